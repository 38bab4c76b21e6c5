import assert from 'node:assert/strict';
import { FirstReads } from '../../../src/controller/first-reads.ts';
import type { Observation } from '../../../src/controller/publish-decision.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { anObservation } from '../../support/observations.ts';

const key = 'shop/orders';
const health = (reason: string): Observation['health'] => ({
  available: false,
  reason,
  message: '',
  needsHelp: false,
});

describe('the first read of a registry', () => {
  const opening = anObservation({ snapshot: undefined, health: health('NeverRead') });

  it('is waited for, for ten seconds at most', async () => {
    const clock = new FakeClock();
    const reads = new FirstReads(clock);
    assert.equal(reads.waitMs(key, opening), 10_000);
    await clock.advance(4000);
    assert.equal(reads.waitMs(key, opening), 6000);
    await clock.advance(6000);
    assert.equal(reads.waitMs(key, opening), 0);
  });

  const cases: readonly { name: string; seen: Observation }[] = [
    { name: 'has ended well', seen: anObservation() },
    { name: 'has failed', seen: anObservation({ snapshot: undefined, health: health('HostUnreachable') }) },
    {
      name: 'is of no use, because the registry may not be used',
      seen: anObservation({
        snapshot: undefined,
        health: health('NeverRead'),
        lookup: { ok: false, key: 'ops/main', reason: 'NotAllowed', message: '' },
      }),
    },
    {
      name: 'is one of a new session, and an earlier one has left what it knew',
      seen: anObservation({ health: health('NeverRead') }),
    },
  ];
  for (const { name, seen } of cases) {
    it(`is not waited for when it ${name}`, () => {
      assert.equal(new FirstReads(new FakeClock()).waitMs(key, seen), 0);
    });
  }

  it('is waited for anew, in full, after one that ended and after it was forgotten', async () => {
    const clock = new FakeClock();
    const reads = new FirstReads(clock);
    reads.waitMs(key, opening);
    await clock.advance(9000);
    reads.waitMs(key, anObservation());
    assert.equal(reads.waitMs(key, opening), 10_000);
    await clock.advance(9000);
    reads.forget(key);
    assert.equal(reads.waitMs(key, opening), 10_000);
    await clock.advance(9000);
    reads.forgetAll();
    assert.equal(reads.waitMs(key, opening), 10_000);
  });
});
