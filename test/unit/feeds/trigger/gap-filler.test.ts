import assert from 'node:assert/strict';
import { GapFiller } from '../../../../src/feeds/trigger/gap-filler.ts';
import { GapSet } from '../../../../src/feeds/trigger/gap-set.ts';
import type { ChangeLog, IdRange } from '../../../../src/registry/change-log.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

/** A log of which only the gaps are looked at. */
class RecordingLog implements ChangeLog {
  readonly held = new Set<number>();
  readonly filled: string[] = [];
  readonly looks: number[] = [];

  isHeld({ from }: IdRange): Promise<boolean> {
    this.looks.push(from);
    return Promise.resolve(this.held.has(from));
  }

  fill({ from, to }: IdRange): Promise<boolean> {
    this.filled.push(`${from}-${to}`);
    return Promise.resolve(true);
  }

  check = unused;
  start = unused;
  read = unused;
  tableMark = unused;
  trim = unused;
}

function unused(): never {
  throw new Error('nobody asks for this here');
}

describe('the filler of gaps (safety rule 5)', () => {
  let clock: FakeClock;
  let log: RecordingLog;
  let gaps: GapSet;
  let resyncs: string[];
  let stopping: AbortController;
  let filler: GapFiller;
  let running: Promise<unknown>;

  beforeEach(() => {
    clock = new FakeClock();
    log = new RecordingLog();
    gaps = new GapSet(0, 1, [], 0);
    resyncs = [];
    stopping = new AbortController();
  });
  afterEach(async () => {
    stopping.abort(new Error('the test is over'));
    await running;
  });

  const start = (canFill: boolean): void => {
    filler = new GapFiller({
      ...{ log, clock, gaps: () => gaps, canFill: () => canFill },
      resync: (reason) => resyncs.push(reason),
    });
    running = filler.run(stopping.signal).catch((error: unknown) => {
      if (!stopping.signal.aborted) throw error;
    });
  };
  const seen = (id: number): void => {
    gaps.seen(id, clock.now(), 50);
    filler.notify();
  };

  it('gives a writer 50 ms to make its entry, and uses up the id then', async () => {
    start(true);
    seen(3);
    await clock.advance(45);
    assert.deepEqual(log.filled, []);
    await clock.advance(60);
    assert.deepEqual(log.filled, ['1-2']);
    assert.equal(gaps.size, 1, 'what is read in it closes a gap, and nothing else');
  });

  it('leaves alone what an open transaction holds, looking more and more rarely, and fills it once it is let go', async () => {
    start(true);
    log.held.add(1);
    seen(3);
    await clock.advance(60_000);
    assert.deepEqual(log.filled, []);
    assert.ok(log.looks.length > 55 && log.looks.length < 75, `${log.looks.length} looks`);
    log.held.clear();
    await clock.advance(1100);
    assert.deepEqual(log.filled, ['1-2']);
  });

  it('fills a wide gap in parts, and has all read again instead for one that is too wide', async () => {
    start(true);
    seen(1202);
    await clock.advance(100);
    assert.deepEqual(log.filled, ['1-500', '501-1000', '1001-1201']);
    for (let id = 1; id < 1202; id += 1) gaps.close(id);
    seen(20_000);
    await clock.advance(100);
    assert.deepEqual([log.filled.length, resyncs, gaps.size], [3, ['TooManyChanges'], 0]);
  });

  it('fills a gap in its time while it waits for one that is held', async () => {
    start(true);
    log.held.add(1);
    seen(3);
    await clock.advance(30_000);
    seen(5);
    await clock.advance(100);
    assert.deepEqual(log.filled, ['4-4']);
  });

  it('wakes nobody while there are no gaps, and once a second for one that is held for long', async () => {
    start(true);
    const asked = { nothing: 0, held: 0 };
    await clock.advance(1);
    const real = clock.after.bind(clock);
    const count = (what: keyof typeof asked): void => {
      clock.after = (ms, callback) => {
        asked[what] += 1;
        return real(ms, callback);
      };
    };
    count('nothing');
    await clock.advance(59_000);
    assert.equal(asked.nothing, 0);
    log.held.add(1);
    seen(3);
    await clock.advance(10_000);
    count('held');
    await clock.advance(10_000);
    assert.ok(asked.held >= 9 && asked.held <= 12, `${asked.held} waits`);
  });

  it('without the right to write waits for a minute, and has all read again at most once a minute', async () => {
    start(false);
    log.held.add(3);
    seen(2);
    await clock.advance(10);
    seen(4);
    await clock.advance(59_900);
    assert.deepEqual([gaps.size, resyncs], [2, []]);
    await clock.advance(1100);
    assert.deepEqual([gaps.size, resyncs], [1, ['PositionLost']], 'what is held is no rollback');
    log.held.clear();
    await clock.advance(50_000);
    assert.equal(resyncs.length, 1);
    await clock.advance(15_000);
    assert.deepEqual([gaps.size, resyncs.length, log.filled], [0, 2, []]);
  });
});
