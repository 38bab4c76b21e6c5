/**
 * What `npm run test:faults` runs: every test of faults on every database. Those of the registry go through all databases by themselves;
 * the end-to-end ones run once for each, by the environment variable ROLLCALL_TEST_DATABASE. It takes no arguments.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const REGISTRY = ['test/integration/registry/*.test.ts'];
const END_TO_END = ['registry-safety*', 'chaos', 'handover', 'drift', 'api-faults', 'wrong-*'].map(
  (name) => `test/e2e/${name}.test.ts`,
);

const runs = [
  { name: 'the registry, on each database', patterns: REGISTRY, database: 'mariadb' },
  ...['mariadb', 'mysql'].map((database) => ({
    ...{ name: `end to end, on ${database}`, patterns: END_TO_END, database },
  })),
];

const failed: string[] = [];
for (const { name, patterns, database } of runs) {
  console.log(`\n#### ${name}`);
  if ((await test(patterns, database)) !== 0) failed.push(name);
}
console.log(`\n${runs.length - failed.length} of ${runs.length} runs passed`);
for (const name of failed) console.log(`  failed: ${name}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** The exit code of `npm test` on these files; an interrupt reaches it, and ends this process as well. */
async function test(patterns: readonly string[], database: string): Promise<number> {
  const files = patterns.flatMap((pattern) => {
    const found = globSync(pattern, { cwd: root });
    // A file that was renamed must not be left out in silence.
    if (found.length === 0) throw new Error(`there is no file ${pattern}`);
    return found;
  });
  // It ends with its parent, which is this process.
  const env = { ...process.env, ROLLCALL_PARENT: `${process.pid}`, ROLLCALL_TEST_DATABASE: database };
  const args = [join(root, 'local/test.ts'), ...files];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
  const handOn = (name: NodeJS.Signals): void => {
    failed.push('all of them (interrupted)');
    child.kill(name);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, handOn);
  const [code] = (await once(child, 'exit')) as [number | null];
  for (const name of signals) process.off(name, handOn);
  if (failed.includes('all of them (interrupted)')) process.exit(130);
  return code ?? 1;
}
