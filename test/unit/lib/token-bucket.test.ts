import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TokenBucket } from '../../../src/lib/token-bucket.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('TokenBucket', () => {
  it('gives its burst at once and then one each 1/qps', () => {
    const bucket = new TokenBucket({ qps: 10, burst: 3 }, new FakeClock());
    assert.deepEqual(
      Array.from({ length: 5 }, () => bucket.reserveMs()),
      [0, 0, 0, 100, 200],
    );
  });

  it('fills up again, but never over its burst', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ qps: 10, burst: 2 }, clock);
    assert.deepEqual([bucket.tryTake(), bucket.tryTake(), bucket.tryTake()], [true, true, false]);
    assert.equal(bucket.full, false);
    await clock.advance(3_600_000);
    assert.equal(bucket.full, true);
    assert.deepEqual([bucket.tryTake(), bucket.tryTake(), bucket.tryTake()], [true, true, false]);
  });

  it('never lets more than burst + qps × time through, in any pattern of asking', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(300), { maxLength: 60 }), async (pauses) => {
        const clock = new FakeClock();
        const bucket = new TokenBucket({ qps: 20, burst: 5 }, clock);
        const grantedAtMs: number[] = [];
        for (const pause of pauses) {
          grantedAtMs.push(clock.now() + bucket.reserveMs());
          if (pause > 200) await clock.advance(pause);
        }
        for (const [index, atMs] of grantedAtMs.entries()) {
          assert.ok(index + 1 <= 5 + (20 * atMs) / 1000 + 1e-6, `${index + 1} by ${atMs}`);
        }
      }),
      { numRuns: 40 },
    );
  });
});
