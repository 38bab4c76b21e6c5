import type { AddressType } from '../model/instance.ts';
import type { Candidate } from './candidates.ts';
import { dnsCarries, type Protection, type PublishSpec } from './publish-spec.ts';

/** Numbers of the protection while it holds something: see safety rule 3 in docs/architecture.md. */
export interface ProtectedBy {
  /** The expired instances that are published all the same. */
  readonly held: number;
  /** What expiry would have taken below its share, the widest first; never empty. */
  readonly shares: readonly ProtectedShare[];
}

/** One part of what is published, of which a share has to stay. */
export interface ProtectedShare {
  /** `All`: every instance; `DNS`: those that DNS carries; `IPv4`, `IPv6`: those in A records, in AAAA records. */
  readonly of: 'All' | 'DNS' | AddressType;
  /** The least number of UP instances that expiry may leave. */
  readonly floor: number;
  /** The UP instances that the share is taken of: alive ones, and expired ones that are neither forgotten nor released. */
  readonly base: number;
  readonly alive: number;
}

export interface Holding {
  /** The expired instances to publish all the same. */
  readonly held: ReadonlySet<Candidate>;
  readonly protectedBy: ProtectedBy | null;
  /** When the passing of time alone takes an instance out of the base; null when that changes nothing. */
  readonly nextChangeUs: number | null;
}

/**
 * Which expired instances stay published, so that expiry takes nothing that a client may depend on alone below its share:
 *
 * | part (left out where it is the same as the one above) | because |
 * |---|---|
 * | every instance | an xDS client reaches them all |
 * | those that DNS carries: on spec.port, of a wanted family | a DNS client reaches no others, however many live on other ports |
 * | of these, each address family by itself | a host without IPv6 has only A records, and the other way round |
 *
 * Each part holds by itself, and what any of them holds is held: as time goes on with one snapshot, each only shrinks, and
 * so does what is published; to count in one part what another holds would bring back an instance that had left. In each part:
 *
 * | row (one for each address:port) | in the base | can be held |
 * |---|---|---|
 * | UP, alive | yes | - |
 * | UP, expired less than forgetAfter ago | yes | yes, the most recently alive first |
 * | UP, expired forgetAfter ago or earlier | no | no |
 * | UP, expired before the release-held time | no: else its neighbours would be held in its place | no |
 * | DRAINING, alive or not | no: it wants to go | no |
 *
 * Pure and without memory: every replica, and every restart, comes to the same answer.
 */
export function holdExpired(candidates: readonly Candidate[], publish: PublishSpec, nowUs: number): Holding {
  const { protection } = publish;
  if (protection.mode === 'Off') return NOTHING;
  const up = candidates.filter(({ instance }) => instance.status === 'UP');
  const holdings = partsOf(up, publish).flatMap((part) => holdingOf(part, protection, nowUs) ?? []);
  if (holdings.length === 0) return NOTHING;
  const held = new Set(holdings.flatMap((holding) => holding.held));
  return {
    held,
    protectedBy: { held: held.size, shares: holdings.map(({ share }) => share) },
    nextChangeUs: holdings.reduce((first, { nextChangeUs }) => Math.min(first, nextChangeUs), Infinity),
  };
}

const NOTHING: Holding = { held: new Set(), protectedBy: null, nextChangeUs: null };

interface Part {
  readonly of: ProtectedShare['of'];
  readonly members: readonly Candidate[];
}

function partsOf(up: readonly Candidate[], publish: PublishSpec): readonly Part[] {
  const parts: Part[] = [{ of: 'All', members: up }];
  const dns = up.filter(({ instance }) => dnsCarries(publish, instance));
  if (dns.length < up.length) parts.push({ of: 'DNS', members: dns });
  const families = (['IPv4', 'IPv6'] as const)
    .map((of) => ({ of, members: dns.filter(({ instance }) => instance.addressType === of) }))
    .filter(({ members }) => members.length > 0);
  return families.length > 1 ? [...parts, ...families] : parts;
}

interface PartHolding {
  readonly held: readonly Candidate[];
  readonly share: ProtectedShare;
  readonly nextChangeUs: number;
}

/** Null: nothing of this part is held. */
function holdingOf({ of, members }: Part, protection: Protection, nowUs: number): PartHolding | null {
  const alive = members.filter(({ expiredAtUs }) => expiredAtUs === null).length;
  const holdable = members.filter((member) => isHoldable(member, protection, nowUs)).sort(byMostRecent);
  const base = alive + holdable.length;
  const floor = Math.floor((base * protection.minAvailablePercent) / 100);
  if (alive >= floor) return null;
  return {
    held: holdable.slice(0, floor - alive),
    share: { of, floor, base, alive },
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
function forgottenAtUs(oldest: Candidate | undefined, protection: Protection): number {
  return (oldest?.expiredAtUs ?? Infinity) + protection.forgetAfterMs * 1000;
}
