import type { Lease, LeaseSpec } from './lease.ts';
import { microTime } from './micro-time.ts';

/** What a candidate writes about itself. */
export interface Claim {
  readonly identity: string;
  readonly leaseDurationMs: number;
  /** Wall clock; only people read what comes of it. */
  readonly wallMs: number;
}

/** The spec with which `claim` takes or renews the lease; a change of the holder is counted in leaseTransitions. */
export function claimedSpec(before: LeaseSpec | undefined, claim: Claim): LeaseSpec {
  const now = microTime(claim.wallMs);
  const mine = before?.holderIdentity === claim.identity;
  const transitions = before?.leaseTransitions ?? 0;
  return {
    holderIdentity: claim.identity,
    leaseDurationSeconds: Math.ceil(claim.leaseDurationMs / 1000),
    acquireTime: mine ? (before.acquireTime ?? now) : now,
    renewTime: now,
    // The first holder of a new lease is no change of the holder.
    leaseTransitions: mine || before === undefined ? transitions : transitions + 1,
  };
}

/** The spec of a lease that its holder gave up: free at once, for everybody. */
export function releasedSpec(before: LeaseSpec, wallMs: number): LeaseSpec {
  const now = microTime(wallMs);
  return {
    ...before,
    holderIdentity: '',
    // As client-go does it: the API asks for a positive number.
    leaseDurationSeconds: 1,
    acquireTime: now,
    renewTime: now,
  };
}

/**
 * Judges another holder's lease by this machine's steady clock alone: it runs out when its record has not changed for its
 * duration, as seen from here. The times in the record are another machine's, and may be an hour wrong.
 */
export class LeaseSight {
  #record = '';
  #changedAtMs = Number.NEGATIVE_INFINITY;

  /** Notes what the record says now. */
  see(lease: Lease | null, nowMs: number): void {
    const record = JSON.stringify(lease?.spec ?? null);
    if (record === this.#record) return;
    this.#record = record;
    this.#changedAtMs = nowMs;
  }

  /** In how many ms the lease that was seen last runs out for `identity`; 0: it may be taken. */
  freeInMs(lease: Lease | null, identity: string, leaseDurationMs: number, nowMs: number): number {
    const { holderIdentity = '', leaseDurationSeconds } = lease?.spec ?? {};
    if (holderIdentity === '' || holderIdentity === identity) return 0;
    const durationMs = leaseDurationSeconds === undefined ? leaseDurationMs : leaseDurationSeconds * 1000;
    return Math.max(0, this.#changedAtMs + durationMs - nowMs);
  }
}
