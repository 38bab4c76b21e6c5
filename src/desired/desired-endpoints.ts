import type { Instance, RejectedInstance } from '../model/instance.ts';
import type { Cidr } from '../registry/cidr.ts';
import { graceUntil } from '../registry/liveness.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import { type Candidate, candidates } from './candidates.ts';
import type { Endpoint } from './endpoint.ts';
import { holdExpired, type ProtectedBy } from './protection.ts';
import type { PublishSpec } from './publish-spec.ts';

export interface DesiredInput {
  readonly publish: PublishSpec;
  /** Of the Registry; empty: every address is allowed. */
  readonly allowedCIDRs: readonly Cidr[];
  readonly snapshot: Snapshot;
  /** The database's clock. */
  readonly nowUs: number;
}

/** What a GrpcService should publish, on every port: the DNS view and the xDS view are taken from it. */
export interface DesiredEndpoints {
  /** Sorted by address type, address (as a number), port; no address:port twice. */
  readonly endpoints: readonly Endpoint[];
  readonly counts: DesiredCounts;
  /** Rows that are wrong: those that could not be parsed and those outside allowedCIDRs; sorted by instance id. */
  readonly rejected: readonly RejectedInstance[];
  /** Published endpoints on other ports than spec.port, which DNS cannot carry; sorted by port. */
  readonly otherPorts: readonly { readonly port: number; readonly count: number }[];
  /** The rows that would be published if no lease ever ran out, in the order of `endpoints`: what the registry asks for (safety rule 2). */
  readonly base: readonly Instance[];
  /** Set while expired instances are held. */
  readonly protectedBy: ProtectedBy | null;
  /** When the passing of time alone changes this, by the database's clock; null: never. */
  readonly nextChangeUs: number | null;
}

/** Every row that matches and is neither DOWN nor of weight 0 is counted in exactly one of ready (not held), draining, expired, rejected, duplicates. */
export interface DesiredCounts {
  /** Held ones included. */
  readonly ready: number;
  readonly draining: number;
  /** Held ones included. */
  readonly expired: number;
  readonly held: number;
  readonly rejected: number;
  /** Rows whose address:port another row has. */
  readonly duplicates: number;
  /** Of the ready and draining ones, those on another port than spec.port. */
  readonly otherPort: number;
}

/**
 * What is to be published for a snapshot at one moment. Pure, without memory or clock: equal input gives equal output on
 * every replica. spec.paused and spec.dns.enabled are for the caller to obey.
 */
export function desiredEndpoints({ publish, allowedCIDRs, snapshot, nowUs }: DesiredInput): DesiredEndpoints {
  const found = candidates(snapshot, publish.selector, allowedCIDRs, nowUs);
  const holding = holdExpired(found.winners, publish, nowUs);
  const endpoints = found.winners
    .filter((candidate) => candidate.expiredAtUs === null || holding.held.has(candidate))
    .map((candidate) => endpointOf(candidate));
  const rejected = byInstanceId([...snapshot.rejected, ...found.notAllowed]);
  const otherPorts = portsBeside(publish.port, endpoints);
  const ready = endpoints.filter(({ state }) => state === 'Ready').length;
  return {
    endpoints,
    counts: {
      ready,
      draining: endpoints.length - ready,
      expired: found.winners.length - endpoints.length + holding.held.size,
      held: holding.held.size,
      rejected: rejected.length,
      duplicates: found.duplicates,
      otherPort: otherPorts.reduce((sum, { count }) => sum + count, 0),
    },
    rejected,
    otherPorts,
    base: found.winners.map(({ instance }) => instance),
    protectedBy: holding.protectedBy,
    nextChangeUs: earliest([holding.nextChangeUs, ...found.winners.map((c) => graceEndUs(c, snapshot))]),
  };
}

function endpointOf({ instance, expiredAtUs }: Candidate): Endpoint {
  return {
    address: instance.address,
    addressType: instance.addressType,
    port: instance.port,
    weight: instance.weight,
    region: instance.region,
    zone: instance.zone,
    state: instance.status === 'DRAINING' ? 'Draining' : 'Ready',
    held: expiredAtUs !== null,
    instanceId: instance.instanceId,
  };
}

function byInstanceId(rejected: readonly RejectedInstance[]): readonly RejectedInstance[] {
  return [...rejected].sort((a, b) =>
    a.instanceId === b.instanceId ? 0 : a.instanceId < b.instanceId ? -1 : 1,
  );
}

function portsBeside(port: number, endpoints: readonly Endpoint[]): DesiredEndpoints['otherPorts'] {
  const counts = new Map<number, number>();
  for (const endpoint of endpoints) {
    if (endpoint.port !== port) counts.set(endpoint.port, (counts.get(endpoint.port) ?? 0) + 1);
  }
  return [...counts].map(([other, count]) => ({ port: other, count })).sort((a, b) => a.port - b.port);
}

/** When an instance that only the grace keeps alive expires. */
function graceEndUs({ instance, expiredAtUs }: Candidate, { grace }: Snapshot): number | null {
  return expiredAtUs === null ? graceUntil(instance, grace) : null;
}

function earliest(times: readonly (number | null)[]): number | null {
  return times.reduce(
    (first, time) => (first === null || (time !== null && time < first) ? time : first),
    null,
  );
}
