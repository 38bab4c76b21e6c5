import type { Candidate } from './candidates.ts';
import type { Protection } from './publish-spec.ts';

/** Numbers of the protection while it holds something: see safety rule 3 in docs/architecture.md. */
export interface ProtectedBy {
  /** The least number of UP instances that expiry may leave. */
  readonly floor: number;
  /** The UP instances that the share is taken of: alive ones, and expired ones that are neither forgotten nor released. */
  readonly base: number;
  readonly alive: number;
  readonly held: number;
}

export interface Holding {
  /** The expired instances to publish all the same. */
  readonly held: ReadonlySet<Candidate>;
  readonly protectedBy: ProtectedBy | null;
  /** When the passing of time alone takes an instance out of the base; null when that changes nothing. */
  readonly nextChangeUs: number | null;
}

/**
 * Which expired instances stay published, so that expiry does not take a service below its share.
 *
 * | row (one for each address:port) | in the base | can be held |
 * |---|---|---|
 * | UP, alive | yes | - |
 * | UP, expired less than forgetAfter ago | yes | yes, the most recently alive first |
 * | UP, expired forgetAfter ago or earlier | no | no |
 * | UP, expired before the release-held time | no: else its neighbours would be held in its place | no |
 * | DRAINING, alive or not | no: it wants to go | no |
 *
 * Pure and without memory: every replica, and every restart, comes to the same answer. As time goes on with one snapshot, what
 * is published only shrinks.
 */
export function holdExpired(
  candidates: readonly Candidate[],
  protection: Protection,
  nowUs: number,
): Holding {
  const nothing: Holding = { held: new Set(), protectedBy: null, nextChangeUs: null };
  if (protection.mode === 'Off') return nothing;
  const up = candidates.filter(({ instance }) => instance.status === 'UP');
  const alive = up.filter(({ expiredAtUs }) => expiredAtUs === null).length;
  const holdable = up.filter((candidate) => isHoldable(candidate, protection, nowUs)).sort(byMostRecent);
  const base = alive + holdable.length;
  const floor = Math.floor((base * protection.minAvailablePercent) / 100);
  if (alive >= floor) return nothing;
  const held = holdable.slice(0, floor - alive);
  return {
    held: new Set(held),
    protectedBy: { floor, base, alive, held: held.length },
    nextChangeUs: forgottenAtUs(holdable.at(-1), protection),
  };
}

function isHoldable({ expiredAtUs }: Candidate, protection: Protection, nowUs: number): boolean {
  if (expiredAtUs === null) return false;
  if (protection.releaseHeldUs !== null && expiredAtUs < protection.releaseHeldUs) return false;
  return nowUs < expiredAtUs + protection.forgetAfterMs * 1000;
}

function byMostRecent(a: Candidate, b: Candidate): number {
  const later = (b.expiredAtUs ?? 0) - (a.expiredAtUs ?? 0);
  return later === 0 ? (a.instance.instanceId < b.instance.instanceId ? -1 : 1) : later;
}

/** `oldest` expired first, so it is the first to be forgotten. */
function forgottenAtUs(oldest: Candidate | undefined, protection: Protection): number | null {
  const expiredAtUs = oldest?.expiredAtUs ?? null;
  return expiredAtUs === null ? null : expiredAtUs + protection.forgetAfterMs * 1000;
}
