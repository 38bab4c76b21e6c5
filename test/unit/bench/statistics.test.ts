import assert from 'node:assert/strict';
import { median, quantile, seeded, shuffled } from '../../../bench/harness/statistics.ts';

describe('the statistics of the benchmarks', () => {
  const cases = [
    { numbers: [3, 1, 2], share: 0.5, expected: 2 },
    { numbers: [4, 1, 3, 2], share: 0.5, expected: 2.5 },
    { numbers: [10, 20], share: 0.25, expected: 12.5 },
    { numbers: [7], share: 0.99, expected: 7 },
    { numbers: [5, 1], share: 1, expected: 5 },
    { numbers: [5, 1], share: 0, expected: 1 },
  ];
  for (const { numbers, share, expected } of cases) {
    it(`finds ${expected} at ${share} of ${numbers.join(', ')}`, () => {
      assert.equal(quantile(numbers, share), expected);
    });
  }

  it('has no median of nothing', () => {
    assert.ok(Number.isNaN(median([])));
  });

  it('shuffles the same way for the same seed, another way for another, and loses nothing', () => {
    const things = Array.from({ length: 100 }, (_, index) => index);
    const first = shuffled(things, seeded(1));
    assert.deepEqual(shuffled(things, seeded(1)), first);
    assert.notDeepEqual(shuffled(things, seeded(2)), first);
    assert.notDeepEqual(first, things);
    assert.deepEqual(
      first.toSorted((a, b) => a - b),
      things,
    );
  });
});
