import assert from 'node:assert/strict';
import { Chalk } from 'chalk';
import * as fc from 'fast-check';
import { clip, columns, timeText, widthOf, wrap, wrapParts } from '../../../local/demo/text.ts';

const { red } = new Chalk({ level: 1 });

describe('timeText', () => {
  const cases = [
    [0, '0 ms'],
    [-3, '0 ms'],
    [340.4, '340 ms'],
    [1000, '1.0 s'],
    [9949, '9.9 s'],
    [9950, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min 0 s'],
    [185_000, '3 min 5 s'],
    [7_500_000, '2 h 5 min'],
  ] as const;
  for (const [ms, text] of cases) it(`says ${text} for ${ms} ms`, () => assert.equal(timeText(ms), text));
});

describe('clip', () => {
  it('leaves alone what fits', () => {
    assert.equal(clip('hello', 5), 'hello');
    assert.equal(clip(red('hello'), 5), red('hello'));
  });

  it('ends in an ellipsis what does not, and ends its colour', () => {
    assert.equal(clip('hello', 4), 'hel…');
    assert.equal(clip(red('hello'), 4), red('hel…'));
  });

  it('never gives more columns than it may', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme-ascii' }),
      fc.string().map((text) => red(text)),
    );
    fc.assert(
      fc.property(fc.array(piece), fc.nat(40), (pieces, width) => {
        assert.ok(widthOf(clip(pieces.join(''), width)) <= width);
      }),
    );
  });
});

describe('wrap', () => {
  it('breaks between words', () => {
    assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
  });

  it('cuts a word that is longer than a line', () => {
    assert.deepEqual(wrap('a incomprehensible b', 6), ['a', 'incom…', 'b']);
  });

  it('keeps parts whole, whatever is in them', () => {
    assert.deepEqual(wrapParts(['[a] be', '[c] d'], '  ', 12), ['[a] be', '[c] d']);
    assert.deepEqual(wrapParts(['[a] be', '[c] d'], '  ', 13), ['[a] be  [c] d']);
  });
});

describe('columns', () => {
  it('aligns by what can be seen', () => {
    const lines = columns([
      ['a', red('long'), 'x'],
      ['bcd', 'e', 'y'],
    ]);
    assert.deepEqual(lines, [`a    ${red('long')}  x`, 'bcd  e     y']);
  });
});
