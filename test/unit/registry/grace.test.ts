import assert from 'node:assert/strict';
import fc from 'fast-check';
import { graceIsOver, mergeGrace, SINCE_UNKNOWN } from '../../../src/registry/grace.ts';
import { expiredAt } from '../../../src/registry/liveness.ts';
import { anInstance } from '../../support/instances.ts';

const TTL = 10_000;
const LONGEST = 30_000;

describe('the grace after several outages', () => {
  it('is that of the last one when the earlier one is over', () => {
    const later = { sinceUs: 50_000_000, fromUs: 60_000_000 };
    assert.deepEqual(mergeGrace({ sinceUs: 1, fromUs: 10_000_000 }, later, LONGEST), later);
  });

  it('starts with the first outage while its grace lasts', () => {
    const merged = mergeGrace(
      { sinceUs: 1, fromUs: 10_000_000 },
      { sinceUs: 12_000_000, fromUs: 13_000_000 },
      LONGEST,
    );
    assert.deepEqual(merged, { sinceUs: 1, fromUs: 13_000_000 });
  });

  it('covers everything when nobody knows since when beats were lost', () => {
    const merged = mergeGrace(
      { sinceUs: 1, fromUs: 10_000_000 },
      { sinceUs: SINCE_UNKNOWN, fromUs: 90_000_000 },
      LONGEST,
    );
    assert.deepEqual(merged, { sinceUs: 0, fromUs: 90_000_000 });
  });

  it('lets no instance expire that the earlier one kept alive when the second outage began', () => {
    const us = fc.integer({ min: 1, max: 100_000_000 });
    fc.assert(
      fc.property(us, us, us, us, us, (expiredAtUs, since1, length1, gap, length2) => {
        const earlier = { sinceUs: since1, fromUs: since1 + length1 };
        const later = { sinceUs: earlier.fromUs + gap, fromUs: earlier.fromUs + gap + length2 };
        const instance = anInstance({ ttlMs: TTL, expiredAtUs });
        if (expiredAt(instance, earlier, later.sinceUs) !== null) return;
        const merged = mergeGrace(earlier, later, LONGEST);
        assert.equal(expiredAt(instance, merged, later.fromUs), null);
      }),
      { numRuns: 2000 },
    );
  });

  it('is over when no lease can be kept alive by it any more', () => {
    const grace = { sinceUs: 0, fromUs: 1_000_000 };
    const dead = anInstance({ ttlMs: LONGEST, expiredAtUs: 1 });
    assert.equal(graceIsOver(grace, LONGEST, 30_999_999), false);
    assert.equal(expiredAt(dead, grace, 30_999_999), null);
    assert.equal(graceIsOver(grace, LONGEST, 31_000_000), true);
    assert.notEqual(expiredAt(dead, grace, 31_000_000), null);
  });
});
