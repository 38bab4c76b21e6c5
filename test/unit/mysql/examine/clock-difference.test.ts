import assert from 'node:assert/strict';
import { clockDifference, clockProblem } from '../../../../src/mysql/examine/clock-difference.ts';

describe('the difference of two clocks', () => {
  it('is taken from the quickest answer, half of whose time it may be wrong by', () => {
    assert.deepEqual(
      clockDifference([
        { sentAtMs: 1000, tookMs: 900, databaseMs: 9000 },
        { sentAtMs: 3000, tookMs: 20, databaseMs: 3110 },
        { sentAtMs: 5000, tookMs: 30, databaseMs: 9000 },
      ]),
      { aheadMs: 100, uncertainMs: 10 },
    );
  });

  for (const [aheadMs, uncertainMs, says] of [
    [999, 0, null],
    [1400, 500, null],
    [1600, 500, '1.6 s ahead of this'],
    [-90_000, 5, '90 s behind this'],
  ] as const) {
    it(`is ${says === null ? 'no' : 'a'} warning at ${aheadMs} ms, give or take ${uncertainMs}`, () => {
      const problem = clockProblem({ aheadMs, uncertainMs });
      if (says === null) assert.equal(problem, null);
      else {
        assert.ok(problem?.message.includes(says), problem?.message);
        assert.equal(problem?.stops, false);
      }
    });
  }
});
