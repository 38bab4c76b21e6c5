import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { atMost } from '../lib/limit.ts';
import type { Progress } from '../lib/progress.ts';
import { run } from '../lib/run.ts';
import type { StageResult } from './result.ts';

const root = join(import.meta.dirname, '../..');
const ours = ['src', 'local', 'test', 'bench'].filter((folder) => existsSync(join(root, folder)));

/** The static checks; each counts as one test. */
const checks: Readonly<Record<string, readonly string[]>> = {
  'formatting (prettier)': ['prettier', '--check', '--log-level', 'warn', '.'],
  'lint (eslint)': ['eslint', '--max-warnings', '0', '.'],
  'types (tsc)': ['tsc', '--noEmit', '--pretty', 'false'],
  'import rules (dependency-cruiser)': ['depcruise', '--output-type', 'err', ...ours],
  'unused code (knip)': ['knip', '--no-progress'],
};

/** Runs the static checks, two at a time. */
export async function runChecks(progress: Progress): Promise<StageResult> {
  const inTurn = atMost(2);
  const failed: string[] = [];
  let passed = 0;
  const judge = (name: string, problems: string | undefined) => {
    if (problems === undefined) passed += 1;
    else failed.push(name);
    progress.say(
      problems === undefined ? `  ✔ ${name}` : `  ✘ ${name}\n${problems.trimEnd().replace(/^/gm, '      ')}`,
    );
  };
  await Promise.all(
    Object.entries(checks).map(([name, [tool = '', ...args]]) =>
      inTurn(async () => {
        const result = await run(join(root, 'node_modules/.bin', tool), args, { cwd: root });
        judge(name, result.code === 0 ? undefined : result.stdout + result.stderr);
      }),
    ),
  );
  if (hasScript('generate'))
    judge('generated files are up to date (npm run generate)', await staleGenerated());
  return { passed, failed, skipped: [] };
}

function hasScript(name: string): boolean {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  return name in scripts;
}

/** What `npm run generate` changes in the working tree, against what was there before. */
async function staleGenerated(): Promise<string | undefined> {
  const state = async () => {
    const diff = await run('git', ['diff'], { cwd: root });
    return diff.stdout + (await run('git', ['status', '--porcelain'], { cwd: root })).stdout;
  };
  const before = await state();
  const generated = await run('npm', ['run', '--silent', 'generate'], { cwd: root });
  if (generated.code !== 0) return generated.stdout + generated.stderr;
  const after = await state();
  return before === after ? undefined : `npm run generate changed files; commit what it made:\n${after}`;
}
