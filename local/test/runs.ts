import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** One of several runs of `npm test`. */
export interface Run {
  readonly name: string;
  /** Test files, by patterns. */
  readonly patterns: readonly string[];
  /** What the tests find in their environment, beside what is there. */
  readonly env: Readonly<Record<string, string>>;
}

/** Makes the runs one after the other, whatever comes of each, and answers the exit code; an interrupt reaches the one that runs, and ends all. */
export async function runAll(runs: readonly Run[]): Promise<number> {
  const failed: string[] = [];
  for (const run of runs) {
    console.log(`\n#### ${run.name}`);
    const code = await runTests(run);
    if (code === 'interrupted') return 130;
    if (code !== 0) failed.push(run.name);
  }
  console.log(`\n${runs.length - failed.length} of ${runs.length} runs passed`);
  for (const name of failed) console.log(`  failed: ${name}`);
  return failed.length === 0 ? 0 : 1;
}

/** The exit code of `npm test` on these files. */
async function runTests({ patterns, env: more }: Run): Promise<number | 'interrupted'> {
  const files = patterns.flatMap((pattern) => {
    const found = globSync(pattern, { cwd: root });
    // A file that was renamed must not be left out in silence.
    if (found.length === 0) throw new Error(`there is no file ${pattern}`);
    return found;
  });
  // It ends with its parent, which is this process.
  const env = { ...process.env, ROLLCALL_PARENT: `${process.pid}`, ...more };
  const args = [join(root, 'local/test.ts'), ...files];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
  const interrupts: string[] = [];
  const handOn = (name: NodeJS.Signals): void => {
    interrupts.push(name);
    child.kill(name);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, handOn);
  const [code] = (await once(child, 'exit')) as [number | null];
  for (const name of signals) process.off(name, handOn);
  return interrupts.length > 0 ? 'interrupted' : (code ?? 1);
}
