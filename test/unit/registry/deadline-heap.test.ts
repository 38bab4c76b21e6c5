import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DeadlineHeap } from '../../../src/registry/deadline-heap.ts';

describe('the heap of deadlines', () => {
  const deadlines = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 });

  it('gives everything that is due, in order, and keeps the rest', () => {
    fc.assert(
      fc.property(deadlines, deadlines, fc.integer({ min: 0, max: 30 }), (first, second, nowUs) => {
        const heap = new DeadlineHeap<{ readonly deadlineUs: number }>();
        const add = (times: readonly number[]) => times.forEach((deadlineUs) => heap.add({ deadlineUs }));
        const take = (until: number) => heap.takeDue(until, Infinity).map(({ deadlineUs }) => deadlineUs);
        const sorted = (times: readonly number[]) => [...times].sort((a, b) => a - b);
        add(first);
        assert.deepEqual(take(nowUs), sorted(first.filter((time) => time <= nowUs)));
        const left = first.filter((time) => time > nowUs);
        assert.equal(heap.size, left.length);
        assert.equal(heap.nextUs, sorted(left)[0] ?? null);
        add(second);
        assert.deepEqual(take(Infinity), sorted([...left, ...second]));
      }),
    );
  });

  it('gives no more than asked for', () => {
    const heap = new DeadlineHeap<{ readonly deadlineUs: number }>();
    for (const deadlineUs of [3, 1, 2]) heap.add({ deadlineUs });
    assert.deepEqual(heap.takeDue(9, 2), [{ deadlineUs: 1 }, { deadlineUs: 2 }]);
    assert.equal(heap.nextUs, 3);
    assert.deepEqual(heap.takeDue(2, 2), []);
  });
});
