import assert from 'node:assert/strict';
import { PollFeed } from '../../../src/feeds/poll.ts';
import type { FeedSink } from '../../../src/registry/change-feed.ts';
import type { KnownRows, RowSum } from '../../../src/registry/registry-reader.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { TableReader } from '../../support/table-reader.ts';

const SECOND_US = 1_000_000;

describe('the Poll feed', () => {
  let clock: FakeClock;
  let table: TableReader;
  let stopping: AbortController;
  /** Services in the order of the hints. */
  let hinted: string[];
  /** Texts "service instance hash" of rows that are no news. */
  let known: Set<string>;
  let health: string[];

  const sink: FeedSink = {
    hint: (services) => hinted.push(...services.map(({ service }) => service)),
    resync: () => assert.fail('polls ask for no resync'),
    healthy: () => void health.push('healthy'),
    unhealthy: () => void health.push('unhealthy'),
  };
  const knownRows: KnownRows = {
    has: (service, instanceId, hash) => known.has(`${service} ${instanceId} ${hash}`),
    sums: () => new Map<string, RowSum>(),
    revision: () => 0,
  };
  /** Everything that is in the table now is no news. */
  const know = async (): Promise<void> => {
    for (const { service, instanceId, hash } of (await table.changedSince(0)).rows)
      known.add(`${service} ${instanceId} ${hash}`);
  };

  beforeEach(async () => {
    clock = new FakeClock();
    table = new TableReader(clock);
    stopping = new AbortController();
    hinted = [];
    health = [];
    known = new Set();
    const options = { reader: table, known: knownRows, intervalMs: 1000, clock, random: () => 0.5 };
    const feed = new PollFeed({ ...options, logger: new RecordingLogger() });
    void feed.run(sink, stopping.signal);
    // Past its first polls, which look back far.
    await clock.advance(2100);
  });
  afterEach(async () => {
    stopping.abort(new Error('the test is over'));
    await clock.advance(0);
  });

  it('hints at services with rows that are not known, within its interval', async () => {
    table.put('orders', 'a');
    await clock.advance(1000);
    assert.deepEqual(hinted, ['orders']);
  });

  it('passes over rows whose content is known, however often it looks at them', async () => {
    table.put('orders', 'a');
    await know();
    await clock.advance(15_000);
    assert.deepEqual(hinted, []);
  });

  it('finds another content under the same updated_at', async () => {
    const updatedAtUs = table.nowUs;
    table.put('orders', 'a', { updatedAtUs });
    await know();
    table.put('orders', 'a', { updatedAtUs, weight: 7 });
    await clock.advance(1000);
    assert.deepEqual(hinted, ['orders']);
  });

  for (const [seconds, withinMs] of [
    [0.9, 1000],
    [5, 3000],
    [9, 3000],
  ] as const) {
    it(`finds a row whose transaction committed ${seconds} s after the statement, within ${withinMs / 1000} s`, async () => {
      await clock.advance(20_000);
      table.put('orders', 'late', { updatedAtUs: table.nowUs - seconds * SECOND_US });
      await clock.advance(withinMs);
      assert.equal(hinted[0], 'orders');
    });
  }

  it('looks back over the time in which it could not look', async () => {
    table.fault = new Error('away');
    await clock.advance(60_000);
    table.put('orders', 'a');
    await clock.advance(30_000);
    assert.deepEqual(hinted, []);
    table.fault = null;
    await clock.advance(3000);
    assert.equal(hinted[0], 'orders');
    assert.deepEqual([health[0], health.at(-1)], ['healthy', 'healthy']);
    assert.ok(health.includes('unhealthy'));
  });
});
