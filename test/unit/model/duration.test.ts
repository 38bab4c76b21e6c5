import assert from 'node:assert/strict';
import { parseDurationMs } from '../../../src/model/duration.ts';

describe('parseDurationMs', () => {
  const cases: readonly [string, number | null][] = [
    ['1s', 1000],
    ['500ms', 500],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['0s', 0],
    ['', null],
    ['5', null],
    ['-1s', null],
    ['1 s', null],
    ['1d', null],
  ];
  for (const [text, ms] of cases) {
    it(`reads ${JSON.stringify(text)} as ${String(ms)} ms`, () => assert.equal(parseDurationMs(text), ms));
  }
});
