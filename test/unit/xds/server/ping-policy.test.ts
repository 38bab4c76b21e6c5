import assert from 'node:assert/strict';
import { PingPolicy } from '../../../../src/xds/server/ping-policy.ts';

describe('PingPolicy', () => {
  it('lets go whoever pings too soon once more often than it may', () => {
    const policy = new PingPolicy(1000, 2);
    assert.deepEqual(
      [0, 10, 20, 30].map((atMs) => policy.ping(atMs)),
      [true, true, true, false],
    );
  });

  it('has nothing against pings that are far enough apart, for ever', () => {
    const policy = new PingPolicy(1000, 2);
    for (let atMs = 0; atMs < 100_000; atMs += 1000) assert.equal(policy.ping(atMs), true);
  });

  it('forgives when something was sent', () => {
    const policy = new PingPolicy(1000, 2);
    for (let round = 0; round < 10; round += 1) {
      for (const atMs of [0, 1, 2]) assert.equal(policy.ping(round * 10 + atMs), true);
      policy.forgive();
    }
  });
});
