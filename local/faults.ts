/**
 * What `npm run test:faults` runs: every test of faults on every database. Those of the registry go through all databases by themselves;
 * the end-to-end ones run once for each, by the environment variable ROLLCALL_TEST_DATABASE. It takes no arguments.
 */
import { runAll } from './test/runs.ts';

const END_TO_END = ['registry-safety*', 'chaos', 'handover', 'drift', 'api-faults', 'wrong-*'].map(
  (name) => `test/e2e/${name}.test.ts`,
);

process.exitCode = await runAll([
  {
    name: 'the registry, on each database',
    patterns: ['test/integration/registry/*.test.ts'],
    env: { ROLLCALL_TEST_DATABASE: 'mariadb' },
  },
  ...['mariadb', 'mysql'].map((database) => ({
    name: `end to end, on ${database}`,
    patterns: END_TO_END,
    env: { ROLLCALL_TEST_DATABASE: database },
  })),
]);
