import assert from 'node:assert/strict';
import fc from 'fast-check';
import { VersionGaps } from '../../../../src/feeds/redis/version-gaps.ts';

describe('VersionGaps', () => {
  let gaps: VersionGaps;
  const see = (version: number, nowMs = 0, epoch = 'a') => gaps.see({ epoch, version }, nowMs);
  beforeEach(() => {
    gaps = new VersionGaps(1000);
  });

  it('asks for nothing before the first version that it sees', () => {
    assert.equal(see(17), 'next');
    assert.equal(see(18), 'next');
    assert.deepEqual(gaps.takeLost(Infinity), []);
  });

  it('tells of a jump at once, and of what was lost when nothing fills it in time', () => {
    see(1);
    assert.equal(see(4, 100), 'jump');
    assert.deepEqual(gaps.takeLost(1099), []);
    assert.deepEqual(gaps.takeLost(1100), [{ epoch: 'a', from: 2, to: 3 }]);
    assert.deepEqual([gaps.takeLost(9999), gaps.hasOpen], [[], false]);
  });

  it('forgets what comes late, and keeps what does not', () => {
    see(1);
    see(6);
    assert.equal(see(4), 'late');
    assert.deepEqual(gaps.takeLost(1000), [
      { epoch: 'a', from: 2, to: 3 },
      { epoch: 'a', from: 5, to: 5 },
    ]);
  });

  it('takes a repetition, and a publisher that counts from 1 again, for no loss', () => {
    see(1);
    see(2);
    assert.equal(see(2), 'repeated');
    assert.equal(see(1), 'next');
    assert.equal(see(2), 'next');
    assert.equal(gaps.hasOpen, false);
  });

  it('counts each publisher alone', () => {
    see(1, 0, 'a');
    see(5, 0, 'b');
    assert.equal(see(2, 0, 'a'), 'next');
    assert.equal(see(7, 0, 'b'), 'jump');
    assert.deepEqual(gaps.takeLost(1000), [{ epoch: 'b', from: 6, to: 6 }]);
  });

  it('holds a jump of which every second version comes late in little', () => {
    see(1);
    see(1_000_000_000);
    for (let version = 2_000; version > 2; version -= 2) see(version);
    const lost = gaps.takeLost(1000);
    assert.ok(lost.length <= 66, String(lost.length));
    assert.deepEqual([lost[0]?.from, lost.at(-1)?.to], [2, 999_999_999]);
  });

  it('holds a jump over a billion, and a thousand gaps of one publisher, in little', () => {
    see(1);
    see(1_000_000_000);
    for (let version = 1_000_000_002; version < 1_000_002_000; version += 2) see(version);
    const lost = gaps.takeLost(1000);
    assert.ok(lost.length <= 65, String(lost.length));
    assert.deepEqual([lost[0]?.from, lost.at(-1)?.to], [2, 1_000_001_997]);
  });

  it('finds exactly what did not come, in whatever order the rest came', () => {
    const versions = fc.uniqueArray(fc.integer({ min: 2, max: 40 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(versions, (came) => {
        gaps = new VersionGaps(1000);
        for (const version of [1, ...came]) see(version);
        const lost = gaps.takeLost(1000).flatMap(({ from, to }) => {
          return Array.from({ length: to - from + 1 }, (_, index) => from + index);
        });
        const highest = Math.max(...came);
        const missing = Array.from({ length: highest }, (_, index) => index + 1).filter(
          (version) => version > 1 && !came.includes(version),
        );
        assert.deepEqual(
          lost.sort((one, other) => one - other),
          missing,
        );
      }),
    );
  });
});
