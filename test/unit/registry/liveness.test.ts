import assert from 'node:assert/strict';
import { expiredAt, graceUntil, UNKNOWN_TTL_MS } from '../../../src/registry/liveness.ts';
import { anInstance } from '../../support/instances.ts';

const SECOND = 1_000_000;
const grace = { sinceUs: 100 * SECOND, fromUs: 200 * SECOND };

describe('whether an instance counts as expired', () => {
  it('never, while its lease has not run out', () => {
    assert.equal(expiredAt(anInstance(), grace, 900 * SECOND), null);
    assert.equal(graceUntil(anInstance(), grace), null);
  });

  it('from the end of its lease on, without a grace', () => {
    const instance = anInstance({ expiredAtUs: 150 * SECOND });
    assert.equal(expiredAt(instance, null, 160 * SECOND), 150 * SECOND);
  });

  it('not before one TTL after beats could be stored again, when the lease ran out in between', () => {
    const instance = anInstance({ expiredAtUs: 150 * SECOND, ttlMs: 10_000 });
    assert.equal(expiredAt(instance, grace, 209 * SECOND), null);
    assert.equal(graceUntil(instance, grace), 210 * SECOND);
  });

  it('at the end of the grace, not at that of its lease, once the grace is over', () => {
    const instance = anInstance({ expiredAtUs: 150 * SECOND, ttlMs: 10_000 });
    assert.equal(expiredAt(instance, grace, 210 * SECOND), 210 * SECOND);
  });

  it('at the end of its lease when that came after the grace', () => {
    const instance = anInstance({ expiredAtUs: 215 * SECOND, ttlMs: 10_000 });
    assert.equal(expiredAt(instance, grace, 220 * SECOND), 215 * SECOND);
  });

  it('as before, when its lease had run out before the time without beats', () => {
    const instance = anInstance({ expiredAtUs: grace.sinceUs - 1 });
    assert.equal(expiredAt(instance, grace, 201 * SECOND), grace.sinceUs - 1);
  });

  it('after a fixed grace when the row does not tell the length of its lease', () => {
    const instance = anInstance({ expiredAtUs: grace.sinceUs, ttlMs: null });
    assert.equal(graceUntil(instance, grace), grace.fromUs + UNKNOWN_TTL_MS * 1000);
  });
});
