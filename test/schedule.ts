import type { Known } from '../local/test/schedule.ts';

/** What `npm test` has to know of test files in order to run them side by side (local/test/schedule.ts). */
export const known: Readonly<Record<string, Known>> = {
  'test/integration/feeds/binlog-converges.test.ts': { seconds: 75 },
  'test/integration/feeds/binlog-cost.test.ts': { alone: 'processor time and memory' },
  'test/integration/feeds/binlog-faults.test.ts': { seconds: 28 },
  'test/integration/feeds/canal-converges.test.ts': { seconds: 48 },
  'test/integration/feeds/canal-feed.test.ts': { seconds: 20 },
  'test/integration/feeds/cost.test.ts': { seconds: 50 },
  'test/integration/feeds/poll-converges.test.ts': { seconds: 72 },
  'test/integration/feeds/redis-converges.test.ts': { seconds: 28 },
  'test/integration/feeds/trigger-converges.test.ts': { seconds: 58 },
  'test/integration/feeds/trigger-feed.test.ts': { seconds: 22 },
  'test/integration/feeds/writers.test.ts': { seconds: 28 },
  'test/integration/image.test.ts': { seconds: 45 },
  'test/integration/kube/reflector.test.ts': { seconds: 35 },
  'test/integration/kube/reflector-turns.test.ts': { alone: 'turns of the event loop' },
  'test/integration/peers.test.ts': { seconds: 20 },
  'test/integration/registry/access.test.ts': { seconds: 16 },
  'test/integration/registry/cost.test.ts': {
    alone: 'the longest turn of the event loop, memory, and the rows that time without a change costs',
  },
  'test/integration/registry/custom.test.ts': { seconds: 29 },
  'test/integration/registry/expiry.test.ts': { seconds: 37 },
  'test/integration/registry/faults.test.ts': { seconds: 100 },
  'test/integration/registry/reading.test.ts': { seconds: 50 },
  'test/integration/xds/reference-conformance.test.ts': { seconds: 50 },

  'test/e2e/adoption.test.ts': { seconds: 27 },
  'test/e2e/api-faults.test.ts': { seconds: 78 },
  'test/e2e/bench-smoke.test.ts': { seconds: 24 },
  'test/e2e/chaos.test.ts': { seconds: 58 },
  'test/e2e/clients.test.ts': { seconds: 60 },
  'test/e2e/clients-names.test.ts': { seconds: 52 },
  'test/e2e/clients-restart.test.ts': { seconds: 37 },
  'test/e2e/feeds.test.ts': { seconds: 25 },
  'test/e2e/feeds-wrong-input.test.ts': { seconds: 27 },
  'test/e2e/handover.test.ts': { seconds: 60 },
  'test/e2e/proxy.test.ts': { seconds: 45 },
  'test/e2e/scale.test.ts': {
    alone:
      'CPU time, the longest turn of the event loop, and the time from a commit to the event of its slice',
  },
  'test/e2e/xds.test.ts': { seconds: 85 },
  'test/e2e/xds-refusals.test.ts': { seconds: 22 },
  'test/e2e/xds-bootstrap.test.ts': { seconds: 25 },
  'test/e2e/xds-mtls.test.ts': { seconds: 20 },
};
