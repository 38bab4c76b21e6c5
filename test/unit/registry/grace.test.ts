import assert from 'node:assert/strict';
import fc from 'fast-check';
import { settledExpiry } from '../../../src/registry/grace.ts';
import { expiredAt } from '../../../src/registry/liveness.ts';
import { anInstance } from '../../support/instances.ts';

describe('one grace after another', () => {
  const us = fc.integer({ min: 1, max: 100_000_000 });
  const outages = fc.tuple(us, us, us, us, us).map(([expiredAtUs, since, length, gap, length2]) => ({
    instance: anInstance({ ttlMs: 10_000, expiredAtUs }),
    earlier: { sinceUs: since, fromUs: since + length },
    later: { sinceUs: since + length + gap, fromUs: since + length + gap + length2 },
  }));

  it('lets an instance live on that the earlier one kept alive when the later outage began', () => {
    fc.assert(
      fc.property(outages, ({ instance, earlier, later }) => {
        if (expiredAt(instance, earlier, later.sinceUs) !== null) return;
        const settled = { ...instance, expiredAtUs: settledExpiry(instance, earlier, later, later.sinceUs) };
        assert.equal(expiredAt(settled, later, later.fromUs), null);
      }),
      { numRuns: 2000 },
    );
  });

  it('brings nothing back that was dead when the later outage began', () => {
    fc.assert(
      fc.property(outages, us, ({ instance, earlier, later }, wait) => {
        const before = expiredAt(instance, earlier, later.sinceUs);
        if (before === null) return;
        const settled = { ...instance, expiredAtUs: settledExpiry(instance, earlier, later, later.sinceUs) };
        assert.notEqual(expiredAt(settled, later, later.sinceUs + wait), null);
      }),
      { numRuns: 2000 },
    );
  });

  it('changes nothing for who is alive', () => {
    const alive = anInstance({ expiredAtUs: null });
    assert.equal(settledExpiry(alive, { sinceUs: 1, fromUs: 2 }, { sinceUs: 3, fromUs: 4 }, 3), null);
  });
});
