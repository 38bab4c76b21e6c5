import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nextLookMs } from '../../../../src/feeds/trigger/look-pace.ts';

/** The bounds of spec.feed.trigger.interval. */
const interval = fc.integer({ min: 5, max: 10_000 });
const quiet = fc.oneof(fc.integer({ min: 0, max: 200_000 }), fc.constant(Infinity));

describe('the pace of the looks at change_log', () => {
  for (const { what, quietMs, waitMs } of [
    { what: 'just after a change', quietMs: 0, waitMs: 20 },
    { what: 'a tenth of a second after it', quietMs: 100, waitMs: 20 },
    { what: 'half a second after it', quietMs: 500, waitMs: 100 },
    { what: 'a second after it', quietMs: 1000, waitMs: 200 },
    { what: 'where nothing was found yet', quietMs: Infinity, waitMs: 200 },
  ]) {
    it(`is ${waitMs} ms by default ${what}`, () => assert.equal(nextLookMs(20, quietMs), waitMs));
  }

  it('is no slower than a second at rest, unless more was asked for', () => {
    assert.equal(nextLookMs(400, Infinity), 1000);
    assert.equal(nextLookMs(3000, Infinity), 3000);
  });

  it('lies between the interval and ten times as long at all times', () => {
    fc.assert(
      fc.property(interval, quiet, (intervalMs, quietMs) => {
        const waitMs = nextLookMs(intervalMs, quietMs);
        assert.ok(waitMs >= intervalMs && waitMs <= 10 * intervalMs);
        assert.ok(waitMs <= Math.max(intervalMs, 1000));
      }),
    );
  });

  it('is a fifth of the time without a change at most, where it is not the interval', () => {
    fc.assert(
      fc.property(interval, quiet, (intervalMs, quietMs) => {
        assert.ok(nextLookMs(intervalMs, quietMs) <= Math.max(intervalMs, quietMs / 5));
      }),
    );
  });

  it('lets one change cost 15 looks more than rest at most, whatever the interval', () => {
    fc.assert(
      fc.property(interval, (intervalMs) => {
        const restMs = nextLookMs(intervalMs, Infinity);
        let [quietMs, looks] = [0, 0];
        for (; nextLookMs(intervalMs, quietMs) < restMs; looks += 1)
          quietMs += nextLookMs(intervalMs, quietMs);
        assert.ok(looks - quietMs / restMs <= 15, `${looks} looks in ${quietMs} ms`);
      }),
    );
  });

  it('is never shorter for a longer interval, or after a longer time without a change', () => {
    fc.assert(
      fc.property(interval, interval, quiet, quiet, (a, b, c, d) => {
        const waitMs = nextLookMs(Math.min(a, b), Math.min(c, d));
        assert.ok(waitMs <= nextLookMs(Math.max(a, b), Math.min(c, d)));
        assert.ok(waitMs <= nextLookMs(Math.min(a, b), Math.max(c, d)));
      }),
    );
  });
});
