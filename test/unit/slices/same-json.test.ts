import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { sameJson } from '../../../src/slices/same-json.ts';

describe('two JSON values say the same', () => {
  const same: readonly (readonly [unknown, unknown])[] = [
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [{ a: 1, b: null }, { a: 1 }],
    [
      { a: 1, b: {} },
      { a: 1, c: [] },
    ],
    [[], null],
  ];
  const different: readonly (readonly [unknown, unknown])[] = [
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, {}],
    [{}, { a: '' }],
    [{ a: false }, {}],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], [1, 1]],
    [['a'], { 0: 'a' }],
    ['1', 1],
    [0, null],
    [{ a: { b: 1 } }, { a: {} }],
  ];
  for (const [a, b] of same) {
    it(`${JSON.stringify(a)} and ${JSON.stringify(b)}`, () => {
      assert.equal(sameJson(a, b), true);
      assert.equal(sameJson(b, a), true);
    });
  }
  for (const [a, b] of different) {
    it(`but not ${JSON.stringify(a)} and ${JSON.stringify(b)}`, () => {
      assert.equal(sameJson(a, b), false);
      assert.equal(sameJson(b, a), false);
    });
  }

  it('when they are equal, and not when they differ in a value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        assert.equal(sameJson(a, JSON.parse(JSON.stringify(a))), true);
        if (sameJson(a, b)) assert.ok(isDeepStrictEqual(strip(a), strip(b)));
        else assert.ok(!isDeepStrictEqual(a, b));
      }),
    );
  });
});

/** Without the fields that say nothing. */
function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(strip);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value;
  const fields = Object.entries(value).map(([key, each]) => [key, strip(each)] as const);
  const said = fields.filter(([, each]) => each !== null);
  return Object.keys(value).length === 0 ? null : Object.fromEntries(said);
}
