/**
 * What `npm run test:guards` runs: in copies of the checkout it switches each safety rule off in turn (test/guards/) and demands
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
/** Guards under test at one time, each in a copy of its own. */
const AT_ONCE = 2;
/** A rule that is off may make a test go on forever. */
const TEST_TIMEOUT_MS = 120_000;
process.exitCode = await main();

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-guards-'));
  const failed: string[] = [];
  try {
    const copies = Array.from({ length: AT_ONCE }, (_, number) => join(folder, String(number)));
    for (const copy of copies) await copyCheckout(copy);
    const green = await greenTests(copies);
    const waiting = [...chosen];
    const work = async (copy: string): Promise<void> => {
      for (let guard = waiting.shift(); guard !== undefined; guard = waiting.shift()) {
        const problem = await check(copy, guard, green);
        const name = `rule ${guard.rule} without ${guard.without}: "${guard.test.title}" turns red`;
        console.log(problem === null ? `  ✔ ${name}` : `  ✖ ${name}\n      ${problem}`);
        if (problem !== null) failed.push(name);
      }
    };
    await Promise.all(copies.map(work));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  if (chosen.length === 0) failed.push('there is a guard of this rule');
  for (const name of failed) console.log(`  failed: ${name}`);
  console.log(`\n${chosen.length - failed.length} passed, ${failed.length} failed, 0 skipped`);
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

/** Titles of the tests that pass while every rule is on, each of them once; the tests of one part run in one go. */
async function greenTests(copies: readonly string[]): Promise<ReadonlySet<string>> {
  const parts = new Map<string, Guard[]>();
  for (const guard of chosen) {
    const part = dirname(guard.test.file).split('/').slice(0, 2).join('/');
    parts.set(part, [...(parts.get(part) ?? []), guard]);
  }
  const green = new Set<string>();
  const waiting = [...parts.values()];
  const work = async (copy: string): Promise<void> => {
    for (let some = waiting.shift(); some !== undefined; some = waiting.shift()) {
      const titles = new Set(some.map(({ test }) => test.title));
      const { passed, failed, output } = await runTests(
        copy,
        some.map(({ test }) => test),
      );
      if (failed.length > 0 || passed !== titles.size) {
        console.log(
          `with the rules on, ${passed} of ${titles.size} tests passed and ${failed.length} failed:\n${output}`,
        );
      }
      if (passed + failed.length !== titles.size) continue;
      for (const title of titles) if (!failed.includes(title)) green.add(title);
    }
  };
  await Promise.all(copies.map(work));
  return green;
}

/** What is wrong with a guard; null for nothing. */
async function check(copy: string, guard: Guard, green: ReadonlySet<string>): Promise<string | null> {
  const file = join(copy, guard.file);
  const text = await readFile(file, 'utf8');
  const places = text.split(guard.find).length - 1;
  if (places !== 1)
    return `${guard.file} has ${places} places that read ${JSON.stringify(guard.find)}: correct the guard`;
  if (!green.has(guard.test.title))
    return 'with the rule on it is not green, or there is not exactly one of that title';
  await writeFile(
    file,
    text.replace(guard.find, () => guard.replace),
  );
  const off = await runTests(copy, [guard.test]);
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

/** Runs tests of one part in the copy by the copy's own `npm test`. */
async function runTests(copy: string, tests: readonly Guard['test'][]): Promise<TestRun> {
  const titles = tests.map(({ title }) => title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const files = new Set(tests.map(({ file }) => file));
  const args = [join(copy, 'local/test.ts'), ...files, '-g', `^(${titles.join('|')})$`];
  // It ends with its parent, which is this process.
  const env = { ...process.env, ROLLCALL_PARENT: `${process.pid}` };
  const child = spawn(process.execPath, args, { cwd: copy, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const timeout = setTimeout(() => child.kill('SIGTERM'), TEST_TIMEOUT_MS);
  await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(timeout);
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
