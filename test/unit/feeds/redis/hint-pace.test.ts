import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hintGapMs, HintPace } from '../../../../src/feeds/redis/hint-pace.ts';

describe('the pace of hints at one service', () => {
  let revision: number;
  let pace: HintPace;
  const tellAll = (timesMs: readonly number[]): number[] => {
    const told: number[] = [];
    for (const nowMs of timesMs) {
      if (pace.dueMs('orders', nowMs) > nowMs) continue;
      pace.told(['orders'], nowMs);
      told.push(nowMs);
    }
    return told;
  };

  beforeEach(() => {
    revision = 5;
    pace = new HintPace(() => revision);
  });

  it('lets two through, and then doubles from 10 ms to a second', () => {
    const gaps = Array.from({ length: 11 }, (_, idle) => hintGapMs(idle));
    assert.deepEqual(gaps, [0, 0, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
    const everyMs = Array.from({ length: 3000 }, (_, ms) => ms);
    assert.deepEqual(tellAll(everyMs), [0, 1, 2, 12, 32, 72, 152, 312, 632, 1272, 2272]);
  });

  it('begins anew with a difference', () => {
    tellAll([0, 1, 2, 12, 32, 72, 152]);
    assert.equal(pace.dueMs('orders', 153), 312);
    revision = 6;
    assert.equal(pace.dueMs('orders', 153), 153);
    pace.told(['orders'], 153);
    assert.equal(pace.dueMs('orders', 154), 154);
  });

  it('begins anew after ten seconds of silence', () => {
    tellAll([0, 1, 2, 12, 32, 72, 152]);
    assert.deepEqual(tellAll([10_152, 10_153, 10_154]), [10_152, 10_153, 10_154]);
  });

  it('takes all names that nobody has for one, told 20 ms apart', () => {
    const unknown = new HintPace(() => 0);
    unknown.told(['a', 'b'], 100);
    assert.deepEqual([unknown.dueMs('c', 101), unknown.dueMs('c', 200)], [120, 200]);
  });

  it('forgets those that were told longest ago', () => {
    for (let ms = 0; ms < 3; ms += 1) pace.told(['orders'], ms);
    assert.equal(pace.dueMs('orders', 3), 12);
    pace.told(
      Array.from({ length: 20_000 }, (_, index) => `s${index}`),
      4,
    );
    assert.equal(pace.dueMs('orders', 4), 4);
  });

  it('never puts off by more than a second, nor what comes first after a difference, whatever happens', () => {
    const events = fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 3000 }), changes: fc.boolean() }));
    fc.assert(
      fc.property(events, (all) => {
        revision = 1;
        pace = new HintPace(() => revision);
        let nowMs = 0;
        for (const { waitMs, changes } of all) {
          nowMs += waitMs;
          if (changes) revision += 1;
          const dueMs = pace.dueMs('orders', nowMs);
          assert.ok(dueMs >= nowMs && dueMs <= nowMs + 1000);
          if (changes) assert.equal(dueMs, nowMs);
          if (dueMs === nowMs) pace.told(['orders'], nowMs);
        }
      }),
    );
  });
});
