import assert from 'node:assert/strict';
import fc from 'fast-check';
import { auditRanges, byBytes, isInRange } from '../../../src/registry/audit-ranges.ts';

describe('the ranges of the audit', () => {
  const registry = fc.dictionary(
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.integer({ min: 1, max: 50 }),
    { maxKeys: 60 },
  );
  const steps = fc.integer({ min: 1, max: 12 });

  it('hold every name exactly once, known or not, and are at most as many as there are steps', () => {
    fc.assert(
      fc.property(
        registry,
        steps,
        fc.array(fc.string({ unit: 'binary', maxLength: 4 })),
        (rows, most, unknown) => {
          const ranges = auditRanges(new Map(Object.entries(rows)), most);
          assert.ok(ranges.length >= 1 && ranges.length <= most);
          for (const name of [...Object.keys(rows), ...unknown]) {
            assert.equal(ranges.filter((range) => isInRange(name, range)).length, 1, JSON.stringify(name));
          }
        },
      ),
    );
  });

  it('weigh about the same: none more than its share and its largest service', () => {
    fc.assert(
      fc.property(registry, steps, (rows, most) => {
        const counts = Object.values(rows);
        const total = counts.reduce((sum, count) => sum + count, 0);
        const limit = total / most + Math.max(0, ...counts);
        for (const range of auditRanges(new Map(Object.entries(rows)), most)) {
          const weight = Object.entries(rows)
            .filter(([name]) => isInRange(name, range))
            .reduce((sum, [, count]) => sum + count, 0);
          assert.ok(weight <= limit, `${weight} of ${total} in ${most} steps`);
        }
      }),
    );
  });

  it('are one without any bound for an empty registry', () => {
    assert.deepEqual(auditRanges(new Map(), 30), [{ after: null, through: null }]);
  });

  it('order names as the database does: by code point, not by UTF-16 unit', () => {
    assert.ok(byBytes('\u{1F600}', '\uFFFD') > 0);
    assert.ok(byBytes('a', 'a ') < 0);
  });
});
