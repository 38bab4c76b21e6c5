import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { fit, type Section } from '../../../local/demo/fit.ts';

const more = (count: number) => `+${count}`;
const lines = (...texts: string[]) => texts;

describe('fit', () => {
  const sections: Section[] = [
    { lines: lines('title') },
    { lines: lines('a1', 'a2', 'a3', 'a4'), givesUp: 2, least: 2 },
    { lines: lines('e1', 'e2', 'e3'), givesUp: 1, keeps: 'last' },
    { lines: lines('keys') },
  ];

  it('puts empty lines between sections where there is room', () => {
    const spaced = ['title', '', 'a1', 'a2', 'a3', 'a4', '', 'e1', 'e2', 'e3', '', 'keys'];
    assert.deepEqual(fit(sections, 12, more), spaced);
    assert.deepEqual(
      fit(sections, 11, more),
      spaced.filter((line) => line !== ''),
    );
  });

  it('cuts those that give up first, then the next, and says how much is missing', () => {
    assert.deepEqual(fit(sections, 7, more), ['title', 'a1', 'a2', 'a3', 'a4', 'e3', 'keys']);
    assert.deepEqual(fit(sections, 6, more), ['title', 'a1', 'a2', '+2', 'e3', 'keys']);
  });

  it('leaves out sections without lines', () => {
    assert.deepEqual(fit([{ lines: [] }, { lines: lines('x') }], 5, more), ['x']);
  });

  it('keeps the last section on the smallest screen', () => {
    assert.deepEqual(fit(sections, 2, more), ['title', 'keys']);
    assert.deepEqual(fit(sections, 1, more), ['keys']);
  });

  it('never gives more lines than the screen has', () => {
    const section = fc.record(
      { lines: fc.array(fc.constant('x')), givesUp: fc.nat(3), least: fc.nat(4) },
      { requiredKeys: ['lines'] },
    );
    fc.assert(
      fc.property(fc.array(section), fc.nat(30), (some, height) => {
        assert.ok(fit(some, height, more).length <= height);
      }),
    );
  });
});
