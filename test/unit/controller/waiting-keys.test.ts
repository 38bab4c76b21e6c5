import assert from 'node:assert/strict';
import { WaitingKeys } from '../../../src/controller/waiting-keys.ts';

describe('keys that wait for a worker', () => {
  const taken = (keys: WaitingKeys<string>): string[] => {
    const order: string[] = [];
    for (let next = keys.take(); next !== undefined; next = keys.take()) order.push(next.key);
    return order;
  };

  it('are taken in the order of arrival, each once', () => {
    const keys = new WaitingKeys<string>();
    for (const key of ['a', 'b', 'a', 'c']) keys.add(key, 'now', 0);
    assert.equal(keys.size, 3);
    assert.deepEqual(taken(keys), ['a', 'b', 'c']);
  });

  it('are taken before all those that may wait, but every fourth is one of these', () => {
    const keys = new WaitingKeys<string>();
    for (const key of ['l1', 'l2', 'l3']) keys.add(key, 'later', 0);
    for (const key of ['n1', 'n2', 'n3', 'n4', 'n5']) keys.add(key, 'now', 0);
    assert.deepEqual(taken(keys), ['n1', 'n2', 'n3', 'l1', 'n4', 'n5', 'l2', 'l3']);
  });

  it('change the lane when they become urgent, and keep the time since when they have waited', () => {
    const keys = new WaitingKeys<string>();
    keys.add('a', 'later', 1);
    keys.add('b', 'later', 2);
    keys.add('b', 'now', 3);
    keys.add('b', 'later', 4);
    assert.equal(keys.size, 2);
    assert.deepEqual(keys.take(), { key: 'b', urgency: 'now', sinceMs: 2 });
    assert.deepEqual(keys.take(), { key: 'a', urgency: 'later', sinceMs: 1 });
    assert.equal(keys.take(), undefined);
  });
});
