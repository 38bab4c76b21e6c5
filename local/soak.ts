/**
 * What `npm run test:soak` runs: the tests that take chances, with many more of them than `npm test` takes, and the feeds with the times that
 * they are made for. It takes no arguments: what the environment says already stands, such as ROLLCALL_FEED_COMMITS=5000 for less, or
 * ROLLCALL_CHAOS_SEED=n to kill at the moments of another run.
 */
import { runAll } from './test/runs.ts';

/** What each test file makes of these is said where it reads them. */
const CHAOS = { ROLLCALL_CHAOS_KILLS: '150' };
const FEEDS = {
  ROLLCALL_FEED_COMMITS: '20000',
  ROLLCALL_FEED_TRANSACTION_MS: '60000',
  ROLLCALL_FEED_FLOOD_S: '30',
};

process.exitCode = await runAll([
  {
    name: 'the feeds, on each database',
    patterns: ['test/integration/feeds/*.test.ts'],
    env: unlessSaid(FEEDS),
  },
  {
    name: 'an operator that is killed',
    patterns: ['test/e2e/chaos.test.ts'],
    env: unlessSaid(CHAOS),
  },
]);

function unlessSaid(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, process.env[name] ?? value]),
  );
}
