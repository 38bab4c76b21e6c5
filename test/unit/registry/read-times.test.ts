import assert from 'node:assert/strict';
import { ReadTimes } from '../../../src/registry/read-times.ts';

describe('ReadTimes', () => {
  it('knows no read of a service before the first', () => {
    assert.equal(new ReadTimes().sentMs('orders'), Number.NEGATIVE_INFINITY);
  });

  it('tells of each service the last read that it was in', () => {
    const reads = new ReadTimes();
    reads.read(null, 1);
    reads.read(['orders'], 2);
    assert.equal(reads.sentMs('orders'), 2);
    assert.equal(reads.sentMs('payments'), 1);
    reads.read(null, 3);
    assert.equal(reads.sentMs('orders'), 3);
  });
});
