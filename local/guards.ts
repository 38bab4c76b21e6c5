/**
 * What `npm run test:guards` runs: in a copy of the checkout it switches each safety rule off in turn (test/guards/guards.ts) and demands
 * that the named test turns red; and that each of these tests is green while the rules are on. `-- 2` runs the guards of rule 2 only.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Guard } from '../test/guards/guard.ts';
import { guards } from '../test/guards/guards.ts';
import { mustRun } from './lib/run.ts';

const root = dirname(import.meta.dirname);
const rules = process.argv.slice(2);
const chosen = guards.filter(({ rule }) => rules.length === 0 || rules.includes(rule));
process.exitCode = await main();

async function main(): Promise<number> {
  const copy = await mkdtemp(join(tmpdir(), 'rollcall-guards-'));
  let passed = 0;
  const failed: string[] = [];
  try {
    await copyCheckout(copy);
    for (const guard of chosen) {
      const problem = await check(copy, guard);
      const name = `rule ${guard.rule} without ${guard.without}: "${guard.test.title}" turns red`;
      console.log(problem === null ? `  ✔ ${name}` : `  ✖ ${name}\n      ${problem}`);
      if (problem === null) passed += 1;
      else failed.push(name);
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  if (chosen.length === 0) failed.push('there is a guard of this rule');
  console.log(`\n${passed} passed, ${failed.length} failed, 0 skipped`);
  return failed.length === 0 ? 0 : 1;
}

/** The files that git knows, and new ones that it does not ignore; node_modules by reference. */
async function copyCheckout(copy: string): Promise<void> {
  const listed = await mustRun('git', ['-C', root, 'ls-files', '-co', '--exclude-standard', '-z']);
  for (const file of listed.split('\0').filter((name) => name !== '')) {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    // A file that was deleted, but not committed, is still listed.
    if (existsSync(join(root, file))) await cp(join(root, file), join(copy, file));
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
}

/** What is wrong with a guard; null for nothing. */
async function check(copy: string, guard: Guard): Promise<string | null> {
  const file = join(copy, guard.file);
  const text = await readFile(file, 'utf8');
  const places = text.split(guard.find).length - 1;
  if (places !== 1)
    return `${guard.file} has ${places} places that read ${JSON.stringify(guard.find)}: correct the guard`;
  const on = await runTest(copy, guard);
  if (on.failed.length > 0 || on.passed !== 1) {
    return `with the rule on, ${on.passed} tests of that title passed and ${on.failed.length} failed:\n${on.output}`;
  }
  await writeFile(
    file,
    text.replace(guard.find, () => guard.replace),
  );
  const off = await runTest(copy, guard);
  await writeFile(file, text);
  if (off.failed.includes(guard.test.title)) return null;
  return `with the rule off it stays green (or did not run at all):\n${off.output}`;
}

interface TestRun {
  readonly passed: number;
  /** Full titles. */
  readonly failed: readonly string[];
  readonly output: string;
}

/** Runs the one test in the copy by the copy's own `npm test`. */
async function runTest(copy: string, { test }: Guard): Promise<TestRun> {
  const pattern = `^${test.title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
  const args = [join(copy, 'local/test.ts'), test.file, '-g', pattern];
  const child = spawn(process.execPath, args, { cwd: copy, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  await new Promise((resolve) => child.on('close', resolve));
  const counts = /(\d+) passed, \d+ failed, \d+ skipped\s*$/.exec(output);
  const failed = /\nfailed:\n((?: {2}.*\n)+)/.exec(output)?.[1] ?? '';
  return {
    passed: Number(counts?.[1] ?? 0),
    failed: failed
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
    output: output.split('\n').slice(-30).join('\n'),
  };
}
