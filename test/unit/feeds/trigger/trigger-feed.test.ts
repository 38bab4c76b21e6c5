import assert from 'node:assert/strict';
import { TriggerFeed } from '../../../../src/feeds/trigger/trigger-feed.ts';
import { errorMessage, RetryableError } from '../../../../src/lib/errors.ts';
import type { ChangeLog, ChangeLogEntry, ChangeLogProblem } from '../../../../src/registry/change-log.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';

const away = new RetryableError('connect ECONNREFUSED', { reason: 'HostUnreachable' });

/** A log of one page, whose entries are what a test has committed; gaps are held, so that nobody fills them. */
class LogOfEntries implements ChangeLog {
  readonly entries: ChangeLogEntry[] = [];
  /** Bounds of the trims that were asked for. */
  readonly trims: number[] = [];
  reads = 0;
  fault: Error | null = null;
  /** Whether the table of instances is. */
  isEmpty = false;

  problems: readonly ChangeLogProblem[] = [];

  commit(...ids: number[]): void {
    this.entries.push(...ids.map((id) => ({ id, service: `service-${id}`, atUs: id })));
    this.entries.sort((a, b) => a.id - b.id);
  }

  check() {
    return this.#answer(() => ({ problems: this.problems, canFill: true, step: 1 }));
  }

  start() {
    return this.#answer(() => {
      const { id, atUs } = this.entries.at(-1) ?? { id: 0, atUs: 0 };
      return { place: { id, atUs }, gaps: [] };
    });
  }

  read({ id: place }: Parameters<ChangeLog['read']>[0], gaps: Parameters<ChangeLog['read']>[1]) {
    this.reads += 1;
    return this.#answer(() => {
      if (!this.entries.some(({ id }) => id === place)) return null;
      const late = this.entries.filter(({ id }) => gaps.some(({ from, to }) => from <= id && id <= to));
      return { nowUs: 0, entries: this.entries.filter(({ id }) => id > place), isFull: false, late };
    });
  }

  tableMark() {
    return this.#answer(() => ({ made: '', nextId: 1, isEmpty: this.isEmpty }));
  }

  isHeld() {
    return this.#answer(() => true);
  }

  fill() {
    return this.#answer(() => false);
  }

  trim(beforeId: number) {
    return this.#answer(() => {
      this.trims.push(beforeId);
      return 0;
    });
  }

  #answer<T>(make: () => T): Promise<T> {
    return this.fault === null ? Promise.resolve().then(make) : Promise.reject(this.fault);
  }
}

describe('the Trigger feed', () => {
  let clock: FakeClock;
  let log: LogOfEntries;
  let told: string[];
  let faults: string[];
  let stopping: AbortController;
  let running: Promise<void>;

  beforeEach(async () => {
    clock = new FakeClock();
    log = new LogOfEntries();
    log.commit(1);
    told = [];
    faults = [];
    stopping = new AbortController();
    const feed = new TriggerFeed({
      ...{ log, clock, intervalMs: 20, retentionMs: 60_000, isLeader: () => true },
      ...{ random: () => 0.5, logger: new RecordingLogger() },
    });
    const sink = {
      hint: (services: readonly { service: string }[]) =>
        told.push(...services.map(({ service }) => service)),
      resync: (reason: string) => told.push(reason),
      healthy: () => undefined,
      unhealthy: (error: unknown) => faults.push(errorMessage(error)),
    };
    running = feed.run(sink, stopping.signal);
    await clock.advance(100);
  });
  afterEach(async () => {
    stopping.abort(new Error('the test is over'));
    await clock.advance(0);
    await running;
  });

  it('looks once an interval while changes come, and a tenth as often at rest', async () => {
    const readsIn = async (ms: number): Promise<number> => {
      const before = log.reads;
      await clock.advance(ms);
      return log.reads - before;
    };
    await clock.advance(1000);
    assert.equal(await readsIn(1000), 5);
    for (let id = 2; id < 22; id += 1) {
      log.commit(id);
      // The first waits for a look at rest.
      await clock.advance(id === 2 ? 200 : 50);
    }
    assert.equal(told.length, 20);
    assert.equal(await readsIn(100), 5);
    await clock.advance(1200);
    assert.equal(await readsIn(1000), 5);
  });

  it('goes on at the pace of the changes after it was away for a moment', async () => {
    log.commit(2);
    await clock.advance(200);
    log.fault = away;
    await clock.advance(20);
    log.fault = null;
    log.commit(3);
    await clock.advance(300);
    assert.deepEqual(told, ['service-2', 'service-3']);
    const before = log.reads;
    await clock.advance(20);
    assert.equal(log.reads - before, 1);
  });

  it('finds a trigger that somebody dropped within 15 s, and has everything read when it is there again', async () => {
    log.problems = [{ reason: 'TriggerMissing', message: 'no trigger logs insert', stops: true }];
    await clock.advance(17_000);
    assert.match(faults.join(), /no trigger logs insert/);
    log.problems = [];
    await clock.advance(10_000);
    assert.deepEqual(told, ['FeedResumed']);
  });

  it('has everything read when a table is empty that had rows since it was looked at', async () => {
    log.isEmpty = true;
    await clock.advance(5000);
    assert.deepEqual(told.splice(0), ['TableChanged']);
    await clock.advance(5000);
    assert.deepEqual(told, [], 'it was known to be empty');
    // Rows that come and are truncated between two looks at the table are told of by their entries alone.
    log.commit(2);
    await clock.advance(5000);
    assert.deepEqual(told, ['service-2', 'TableChanged']);
  });

  it('trims only what every other replica had ten seconds to read', async () => {
    await clock.advance(9800);
    log.commit(2, 3);
    await clock.advance(300);
    assert.deepEqual(log.trims, [1]);
    log.commit(6);
    await clock.advance(10_300);
    assert.deepEqual(log.trims, [1, 3]);
    // Entry 4 and 5 belong to a transaction that is open, and stay when they are seen at last.
    await clock.advance(10_300);
    assert.deepEqual(log.trims, [1, 3, 4]);
  });

  it('carries on where it was when it was away for a moment', async () => {
    log.commit(3);
    await clock.advance(200);
    log.fault = away;
    await clock.advance(3000);
    log.fault = null;
    log.commit(2, 4);
    await clock.advance(3000);
    assert.deepEqual(told.sort(), ['service-2', 'service-3', 'service-4']);
  });

  it('has all read again when it was away for so long that an entry in a gap may have come and been trimmed', async () => {
    log.commit(3);
    await clock.advance(200);
    log.fault = away;
    await clock.advance(20_000);
    log.fault = null;
    await clock.advance(3000);
    assert.deepEqual(told, ['service-3', 'PositionLost']);
    told.length = 0;
    log.fault = away;
    await clock.advance(20_000);
    log.fault = null;
    log.commit(4);
    await clock.advance(3000);
    // Nothing was missing this time.
    assert.deepEqual(told, ['service-4']);
  });
});
