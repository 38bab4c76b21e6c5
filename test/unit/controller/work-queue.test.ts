import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KubeApiError } from '../../../src/controller/kube-ports.ts';
import {
  noMachineryObserver,
  type QueueObserver,
  type QueueReading,
} from '../../../src/controller/machinery-observers.ts';
import { WorkQueue, type Reconcile, type WorkQueueOptions } from '../../../src/controller/work-queue.ts';
import { RetryableError, TerminalError } from '../../../src/lib/errors.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

/** A queue on a fake clock, whose reconcile notes when it was called and lasts for as long as `work` says. */
class Bench {
  readonly clock = new FakeClock();
  readonly logger = new RecordingLogger();
  readonly calls: { readonly key: string; readonly atMs: number }[] = [];
  readonly stop = new AbortController();
  readonly queue: WorkQueue<string>;

  constructor(options: Partial<WorkQueueOptions> = {}) {
    this.queue = new WorkQueue<string>({
      name: 'test',
      workers: 1,
      clock: this.clock,
      random: () => 0,
      logger: this.logger,
      observer: noMachineryObserver,
      ...options,
    });
  }

  start(work: Reconcile<string> = () => Promise.resolve(undefined)): Promise<void> {
    return this.queue.run((key, signal) => {
      this.calls.push({ key, atMs: this.clock.now() });
      return work(key, signal);
    }, this.stop.signal);
  }

  keys(): readonly string[] {
    return this.calls.map(({ key }) => key);
  }
}

/** A reconcile that lasts `ms` of the fake clock. */
const lasting =
  (clock: FakeClock, ms: number): Reconcile<string> =>
  async (_key, signal) => {
    await clock.sleep(ms, signal);
    return undefined;
  };

describe('WorkQueue', () => {
  it('works on keys in the order of arrival, each once however often it was added', async () => {
    const bench = new Bench();
    for (const key of ['a', 'b', 'a', 'c', 'b']) bench.queue.add(key);
    assert.equal(bench.queue.length, 3);
    const run = bench.start();
    await bench.clock.advance(0);
    bench.stop.abort();
    await run;
    assert.deepEqual(bench.keys(), ['a', 'b', 'c']);
  });

  it('works once more on a key that was added while it was worked on, and never twice at once', async () => {
    const bench = new Bench({ workers: 4 });
    const run = bench.start(lasting(bench.clock, 100));
    bench.queue.add('a');
    await bench.clock.advance(50);
    bench.queue.add('a');
    bench.queue.add('a');
    await bench.clock.advance(1000);
    bench.stop.abort();
    await run;
    assert.deepEqual(bench.calls, [
      { key: 'a', atMs: 0 },
      { key: 'a', atMs: 100 },
    ]);
  });

  it('lets several workers work at once on different keys', async () => {
    const bench = new Bench({ workers: 2 });
    const run = bench.start(lasting(bench.clock, 100));
    for (const key of ['a', 'b', 'c']) bench.queue.add(key);
    await bench.clock.advance(1000);
    bench.stop.abort();
    await run;
    assert.deepEqual(
      bench.calls.map(({ atMs }) => atMs),
      [0, 0, 100],
    );
  });

  it('keeps the earliest of several delayed additions', async () => {
    const bench = new Bench();
    const run = bench.start();
    bench.queue.addAfter('a', 500);
    bench.queue.addAfter('a', 200);
    bench.queue.addAfter('a', 900);
    await bench.clock.advance(2000);
    bench.stop.abort();
    await run;
    assert.deepEqual(bench.calls, [{ key: 'a', atMs: 200 }]);
  });

  it('never waits longer than a timer can, for one that is asked for more rings at once', async () => {
    const waits: number[] = [];
    const clock = new FakeClock();
    const { queue } = new Bench({
      clock: {
        now: () => clock.now(),
        wallNow: () => clock.wallNow(),
        sleep: (ms, signal) => clock.sleep(ms, signal),
        after: (ms, callback) => {
          waits.push(ms);
          return clock.after(ms, callback);
        },
      },
    });
    queue.addAfter('a', 30 * 86_400_000);
    assert.deepEqual(waits, [2 ** 31 - 1]);
    await clock.advance(2 ** 31 - 1);
    assert.equal(queue.length, 1);
  });

  it('looks again when the reconcile asks for it', async () => {
    const bench = new Bench();
    const run = bench.start(() =>
      Promise.resolve(bench.calls.length < 3 ? { requeueAfterMs: 1000 } : undefined),
    );
    bench.queue.add('a');
    await bench.clock.advance(10_000);
    bench.stop.abort();
    await run;
    assert.deepEqual(
      bench.calls.map(({ atMs }) => atMs),
      [0, 1000, 2000],
    );
  });

  it('tries a failing key again for ever, with delays that double up to the maximum', async () => {
    const bench = new Bench({ retry: { baseMs: 5, maxMs: 40 } });
    const run = bench.start(() => Promise.reject(new RetryableError('busy')));
    bench.queue.add('a');
    await bench.clock.advance(200);
    bench.stop.abort();
    await run;
    const times = bench.calls.map(({ atMs }) => atMs);
    assert.deepEqual(times.slice(0, 7), [0, 5, 15, 35, 75, 115, 155]);
  });

  it('starts from the shortest delay again after a success', async () => {
    const bench = new Bench();
    const run = bench.start(() =>
      [1, 2, 4].includes(bench.calls.length)
        ? Promise.reject(new RetryableError('busy'))
        : Promise.resolve(undefined),
    );
    bench.queue.add('a');
    await bench.clock.advance(1000);
    bench.queue.add('a');
    await bench.clock.advance(1000);
    bench.stop.abort();
    await run;
    assert.deepEqual(
      bench.calls.map(({ atMs }) => atMs),
      [0, 5, 15, 1000, 1005],
    );
  });

  it('waits as long as the other side asked for', async () => {
    const bench = new Bench();
    const run = bench.start(() =>
      bench.calls.length === 1
        ? Promise.reject(new KubeApiError(429, 'TooManyRequests', 'slow down', { retryAfterMs: 3000 }))
        : Promise.resolve(undefined),
    );
    bench.queue.add('a');
    await bench.clock.advance(10_000);
    bench.stop.abort();
    await run;
    assert.deepEqual(
      bench.calls.map(({ atMs }) => atMs),
      [0, 3000],
    );
  });

  it('limits the retries of all keys together', async () => {
    const bench = new Bench({ overall: { qps: 10, burst: 2 }, retry: { baseMs: 1, maxMs: 1 } });
    const run = bench.start((key) =>
      bench.keys().filter((seen) => seen === key).length === 1
        ? Promise.reject(new RetryableError('busy'))
        : Promise.resolve(undefined),
    );
    for (const key of ['a', 'b', 'c', 'd']) bench.queue.add(key);
    await bench.clock.advance(1000);
    bench.stop.abort();
    await run;
    assert.deepEqual(
      bench.calls.slice(4).map(({ atMs }) => Math.round(atMs)),
      [1, 1, 100, 200],
    );
  });

  const noisiness = [
    { name: 'a conflict at debug', error: new KubeApiError(409, 'Conflict', 'changed'), level: 'debug' },
    { name: 'what is tried again at warn', error: new RetryableError('away'), level: 'warn' },
    { name: 'what needs help at warn', error: new TerminalError('NoGrant', 'grant it'), level: 'warn' },
    { name: 'a bug at error', error: new Error('oops'), level: 'error' },
  ] as const;
  for (const { name, error, level } of noisiness) {
    it(`logs ${name}`, async () => {
      const bench = new Bench();
      const run = bench.start(() => Promise.reject(error));
      bench.queue.add('a');
      await bench.clock.advance(0);
      bench.stop.abort();
      await run;
      assert.deepEqual(
        bench.logger.lines.map((line) => line.level),
        [level],
      );
    });
  }

  it('tries again only after the longest delay where only help can end the failure', async () => {
    const bench = new Bench({ retry: { baseMs: 5, maxMs: 60_000 } });
    const run = bench.start(() => Promise.reject(new TerminalError('NoGrant', 'grant it')));
    bench.queue.add('a');
    await bench.clock.advance(60_000);
    bench.stop.abort();
    await run;
    assert.deepEqual(
      bench.calls.map(({ atMs }) => atMs),
      [0, 60_000],
    );
  });

  it('waits for the work under way when stopped, and keeps the rest for the next run', async () => {
    const bench = new Bench();
    let ended = false;
    const run = bench.start(lasting(bench.clock, 100)).then(() => (ended = true));
    bench.queue.add('a');
    bench.queue.add('b');
    await bench.clock.advance(50);
    bench.stop.abort();
    await bench.clock.advance(20);
    assert.equal(ended, false);
    await bench.clock.advance(50);
    await run;
    assert.deepEqual(bench.keys(), ['a']);
    const next = new AbortController();
    const second = bench.queue.run((key) => {
      bench.calls.push({ key, atMs: bench.clock.now() });
      return Promise.resolve(undefined);
    }, next.signal);
    await bench.clock.advance(0);
    next.abort();
    await second;
    assert.deepEqual(bench.keys(), ['a', 'b']);
  });

  it('does not work on a key before the time that the server asked for, whatever news there is', async () => {
    const bench = new Bench({ workers: 2 });
    bench.queue.add('busy');
    const running = bench.start((key) => {
      if (key !== 'busy' || bench.calls.length > 1) return Promise.resolve(undefined);
      // News that comes while it fails, as its own status does.
      bench.queue.add('busy');
      return Promise.reject(new KubeApiError(429, 'TooManyRequests', 'busy', { retryAfterMs: 2000 }));
    });
    await bench.clock.advance(1000);
    bench.queue.add('busy');
    bench.queue.add('other');
    await bench.clock.advance(5000);
    assert.deepEqual(
      bench.calls.map(({ key, atMs }) => `${key}@${atMs}`),
      ['busy@0', 'other@1000', 'busy@2000'],
    );
    bench.stop.abort();
    await bench.clock.advance(0);
    await running;
  });

  it('ends though it is stopped in the very moment in which a worker looks for its next key', async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      const bench = new Bench();
      bench.queue.add('a');
      let ended = false;
      void bench
        .start(() => {
          let moment = Promise.resolve();
          for (let turn = 0; turn < turns; turn += 1) moment = moment.then(() => undefined);
          void moment.then(() => bench.stop.abort());
          return Promise.resolve(undefined);
        })
        .then(() => (ended = true));
      await bench.clock.advance(60_000);
      assert.equal(ended, true, `stopped after ${turns} turns`);
    }
  });

  it('aborts work that outlasts the drain time, and keeps its key', async () => {
    const bench = new Bench({ drainMs: 1000 });
    const run = bench.start(lasting(bench.clock, 60_000));
    bench.queue.add('a');
    await bench.clock.advance(10);
    bench.stop.abort(new Error('stopping'));
    await bench.clock.advance(1000);
    await run;
    assert.equal(bench.clock.now(), 1010);
    assert.equal(bench.queue.length, 1);
  });

  it('ends at once when it is stopped while idle', async () => {
    const bench = new Bench({ workers: 3 });
    const run = bench.start();
    await bench.clock.advance(10);
    bench.stop.abort();
    await run;
    assert.equal(bench.clock.pending, 0);
  });

  it('tells the observer what happened and what is under way', async () => {
    const told: string[] = [];
    const readings: (() => QueueReading)[] = [];
    const observer: QueueObserver = {
      queue: (_queue, read) => readings.push(read),
      added: () => told.push('added'),
      retried: () => told.push('retried'),
      started: (_queue, seconds) => told.push(`started ${seconds}`),
      finished: (_queue, result, seconds) => told.push(`finished ${result} ${seconds}`),
    };
    const bench = new Bench({ observer, workers: 1 });
    bench.queue.add('a');
    bench.queue.add('a');
    await bench.clock.advance(1000);
    const run = bench.start(async (_key, signal) => {
      await bench.clock.sleep(2000, signal);
      if (bench.calls.length === 1) throw new RetryableError('busy');
      return { requeueAfterMs: 60_000 };
    });
    await bench.clock.advance(500);
    bench.queue.add('b');
    assert.deepEqual(readings[0]?.(), {
      depth: 1,
      unfinishedWorkSeconds: 0.5,
      longestRunningSeconds: 0.5,
      activeWorkers: 1,
      maxConcurrent: 1,
    });
    await bench.clock.advance(1600);
    bench.stop.abort();
    await bench.clock.advance(5000);
    await run;
    assert.deepEqual(told.slice(0, 7), [
      'added',
      'started 1',
      'added',
      'retried',
      'finished error 2',
      'started 1.5',
      'added',
    ]);
  });

  it('never runs a key twice at once and works on every addition afterwards, whatever happens', async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      how: fc.constantFrom('add', 'after', 'limited'),
      waitMs: fc.nat(40),
      workMs: fc.nat(30),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, workers) => {
          const bench = new Bench({ workers });
          const running = new Set<string>();
          const addedAt = new Map<string, number>();
          const startedAt = new Map<string, number>();
          let turn = 0;
          const run = bench.start(async (key, signal) => {
            assert.ok(!running.has(key), `${key} runs twice`);
            running.add(key);
            startedAt.set(key, turn++);
            const { workMs, fails } = steps[bench.calls.length % steps.length] ?? { workMs: 1, fails: false };
            await bench.clock.sleep(workMs, signal);
            running.delete(key);
            if (fails && bench.calls.length < 100) throw new RetryableError('busy');
            return undefined;
          });
          for (const { key, how, waitMs } of steps) {
            addedAt.set(key, turn++);
            if (how === 'add') bench.queue.add(key);
            else if (how === 'after') bench.queue.addAfter(key, waitMs);
            else bench.queue.addRateLimited(key);
            await bench.clock.advance(waitMs);
          }
          await bench.clock.advance(600_000);
          bench.stop.abort();
          await run;
          for (const [key, added] of addedAt)
            assert.ok((startedAt.get(key) ?? -1) > added, `${key} was lost`);
          assert.equal(bench.queue.length, 0);
        },
      ),
      { numRuns: 60 },
    );
  });
});
