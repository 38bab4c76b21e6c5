import assert from 'node:assert/strict';
import { claimedSpec, LeaseSight, releasedSpec } from '../../../src/kube/lease-record.ts';
import type { Lease, LeaseSpec } from '../../../src/kube/lease.ts';

const claim = { identity: 'me', leaseDurationMs: 15_000, wallMs: Date.UTC(2026, 0, 1) };
const now = '2026-01-01T00:00:00.000000Z';
const earlier = '2025-12-31T23:00:00.000000Z';

function lease(spec: LeaseSpec): Lease {
  return { metadata: { namespace: 'system', name: 'rollcall', resourceVersion: '1' }, spec };
}

describe('claimedSpec', () => {
  const cases: readonly { name: string; before: LeaseSpec | undefined; expected: Partial<LeaseSpec> }[] = [
    {
      name: 'counts no transition for the first holder',
      before: undefined,
      expected: { leaseTransitions: 0, acquireTime: now },
    },
    {
      name: 'keeps the time of acquiring when renewing',
      before: { holderIdentity: 'me', acquireTime: earlier, leaseTransitions: 4 },
      expected: { leaseTransitions: 4, acquireTime: earlier, renewTime: now },
    },
    {
      name: 'counts a transition when it takes over',
      before: { holderIdentity: 'other', acquireTime: earlier, leaseTransitions: 4 },
      expected: { leaseTransitions: 5, acquireTime: now },
    },
    {
      name: 'counts a transition after a release',
      before: { holderIdentity: '', leaseTransitions: 4 },
      expected: { leaseTransitions: 5, holderIdentity: 'me' },
    },
  ];
  for (const { name, before, expected } of cases) {
    it(name, () => {
      const spec = claimedSpec(before, claim);
      assert.deepEqual({ ...spec, ...expected }, spec);
      assert.equal(spec.leaseDurationSeconds, 15);
    });
  }
});

describe('releasedSpec', () => {
  it('has no holder and keeps the count', () => {
    const spec = releasedSpec(
      { holderIdentity: 'me', leaseTransitions: 4, leaseDurationSeconds: 15 },
      claim.wallMs,
    );
    assert.deepEqual(spec, {
      holderIdentity: '',
      leaseTransitions: 4,
      leaseDurationSeconds: 1,
      acquireTime: now,
      renewTime: now,
    });
  });
});

describe('LeaseSight', () => {
  const held = lease({ holderIdentity: 'other', leaseDurationSeconds: 20, renewTime: earlier });

  it('waits the full duration of the record from its first sight, whatever its times say', () => {
    const sight = new LeaseSight();
    sight.see(held, 1000);
    assert.equal(sight.freeInMs(held, 'me', 15_000, 1000), 20_000);
    assert.equal(sight.freeInMs(held, 'me', 15_000, 20_999), 1);
    assert.equal(sight.freeInMs(held, 'me', 15_000, 21_000), 0);
  });

  it('waits anew with every change of the record, and not with what else changes on the object', () => {
    const sight = new LeaseSight();
    sight.see(held, 0);
    sight.see({ ...held, metadata: { ...held.metadata, resourceVersion: '2' } }, 10_000);
    assert.equal(sight.freeInMs(held, 'me', 15_000, 10_000), 10_000);
    const renewed = lease({ ...held.spec, renewTime: now });
    sight.see(renewed, 10_000);
    assert.equal(sight.freeInMs(renewed, 'me', 15_000, 10_000), 20_000);
  });

  for (const [name, spec] of [
    ['nobody holds', { holderIdentity: '' }],
    ['was never held', {}],
    ['is its own', { holderIdentity: 'me' }],
  ] as const) {
    it(`finds a lease free that ${name}`, () => {
      const sight = new LeaseSight();
      sight.see(lease(spec), 0);
      assert.equal(sight.freeInMs(lease(spec), 'me', 15_000, 0), 0);
    });
  }
});
