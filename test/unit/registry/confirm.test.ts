import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isDrastic } from '../../../src/registry/confirm.ts';
import { anInstance, aSnapshot } from '../../support/instances.ts';
import type { Instance } from '../../../src/model/instance.ts';

const row = (number: number, fields: Partial<Instance> = {}) =>
  anInstance({ instanceId: `i-${number}`, address: `10.0.0.${number}`, ...fields });
const rows = (...numbers: number[]) => numbers.map((number) => row(number));

const cases = [
  { name: 'nothing becomes nothing', before: [], after: [], drastic: false },
  { name: 'nothing becomes something', before: [], after: rows(1), drastic: false },
  { name: 'the only row goes', before: rows(1), after: [], drastic: true },
  { name: 'the only row becomes DOWN', before: rows(1), after: [row(1, { status: 'DOWN' })], drastic: true },
  { name: 'the only row gets weight 0', before: rows(1), after: [row(1, { weight: 0 })], drastic: true },
  { name: 'the only row drains', before: rows(1), after: [row(1, { status: 'DRAINING' })], drastic: false },
  { name: 'the only row goes, another comes', before: rows(1), after: rows(2), drastic: false },
  { name: 'one of two goes', before: rows(1, 2), after: rows(1), drastic: false },
  { name: 'two of three go', before: rows(1, 2, 3), after: rows(1), drastic: true },
  { name: 'two of four go', before: rows(1, 2, 3, 4), after: rows(1, 2), drastic: true },
  { name: 'two of five go', before: rows(1, 2, 3, 4, 5), after: rows(1, 2, 3), drastic: false },
  { name: 'all are replaced', before: rows(1, 2), after: rows(3, 4), drastic: true },
  {
    name: 'all get another id at the same address',
    before: rows(1, 2),
    after: rows(1, 2).map((r) => ({ ...r, instanceId: `${r.instanceId}x` })),
    drastic: false,
  },
  {
    name: 'rows that were DOWN go',
    before: [row(1), row(2, { status: 'DOWN' }), row(3, { status: 'DOWN' })],
    after: rows(1),
    drastic: false,
  },
  {
    name: 'all expire',
    before: rows(1, 2),
    after: rows(1, 2).map((r) => ({ ...r, expiredAtUs: 1 })),
    drastic: false,
  },
  {
    name: 'all that are alive go, and many that died long ago stay',
    before: [row(1), row(2), ...[3, 4, 5, 6, 7].map((n) => row(n, { expiredAtUs: 1 }))],
    after: [3, 4, 5, 6, 7].map((n) => row(n, { expiredAtUs: 1 })),
    drastic: true,
  },
  {
    name: 'the only one alive goes, and others died long ago',
    before: [row(1), row(2, { expiredAtUs: 1 }), row(3, { expiredAtUs: 1 })],
    after: [row(2, { expiredAtUs: 1 }), row(3, { expiredAtUs: 1 })],
    drastic: true,
  },
] as const;

describe('a read that takes much away', () => {
  for (const c of cases) {
    it(`${c.drastic ? 'needs' : 'needs no'} confirmation when ${c.name}`, () => {
      assert.equal(isDrastic(aSnapshot(c.before), aSnapshot(c.after)), c.drastic);
    });
  }

  it('is never drastic when it only adds, and always when it leaves nothing', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
    fc.assert(
      fc.property(numbers, numbers, (some, more) => {
        const before = rows(...some);
        const all = rows(...new Set([...some, ...more]));
        assert.equal(isDrastic(aSnapshot(before), aSnapshot(all)), false);
        assert.equal(isDrastic(aSnapshot(before), aSnapshot([])), true);
      }),
    );
  });
});
