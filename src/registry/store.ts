import type { Instance } from '../model/instance.ts';
import type { KnownServer } from './continuity.ts';
import type { HeldRows, InstanceKey, KnownRows, Lease, LeaseRead, RowSum } from './registry-reader.ts';
import type { ParsedRow } from './rows.ts';
import {
  emptyState,
  findRow,
  lowerBound,
  mergeService,
  type Merged,
  type ServiceRead,
  type ServiceState,
} from './service-state.ts';
import { settledExpiry } from './grace.ts';
import type { Grace, Snapshot } from './snapshot.ts';

/** What {@link RegistryStore.setLiveness} changed. */
export interface LivenessChange {
  readonly expired: number;
  readonly returned: number;
  /** Services with a lease of a row that the store does not have: reading them again shows what they are now. */
  readonly unknown: readonly string[];
}

/**
 * Services without rows that are remembered: more than GrpcServices name. Whoever publishes on a channel, or deletes services for years, could
 * fill any memory otherwise; one that is forgotten is known to be empty, and is read twice again before that is confirmed.
 */
const MAX_EMPTY = 20_000;

/** A lease that ran out, and when. */
export interface ExpiredKey extends InstanceKey {
  readonly expiredAtUs: number;
}

/**
 * What is known of one registry: the newest snapshot of every service. Everything in it is immutable; a change puts a new snapshot
 * in place and tells the subscribers the service's name, and nothing else tells them.
 */
export class RegistryStore implements KnownRows, HeldRows {
  readonly #states = new Map<string, ServiceState>();
  /** Services with a lease that ran out and may come back: mostly few, so that looking for those costs nothing where none did. */
  readonly #withExpired = new Set<string>();
  /** Services without rows, the one that was read longest ago first. */
  readonly #empty = new Set<string>();
  readonly #listeners = new Set<(service: string) => void>();
  /** Who gave what is in here: a later session on the same registry carries on from it. */
  source: KnownServer | null = null;
  #firstReadUs: number | null = null;
  #grace: Grace | null = null;

  /** The snapshot of a service; with no instances if it has no rows, and undefined before everything was read once. */
  snapshot(service: string): Snapshot | undefined {
    const state = this.#states.get(service);
    if (state !== undefined) return state.snapshot;
    return this.#firstReadUs === null
      ? undefined
      : emptyState(service, this.#firstReadUs, this.#grace).snapshot;
  }

  /** Calls back with the name of each service whose snapshot changed in what it says; the answer ends that. */
  subscribe(listener: (service: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** True once everything was read; from then on a service that is not here is empty. */
  get wasRead(): boolean {
    return this.#firstReadUs !== null;
  }

  get grace(): Grace | null {
    return this.#grace;
  }

  /** Services that have rows, and their valid and rejected rows. */
  counts(): { readonly services: number; readonly instances: number; readonly rejected: number } {
    let services = 0;
    let instances = 0;
    let rejected = 0;
    for (const { sum, snapshot } of this.#states.values()) {
      if (sum.rows > 0) services += 1;
      instances += snapshot.instances.length;
      rejected += snapshot.rejected.length;
    }
    return { services, instances, rejected };
  }

  /** The instance that is held of a valid row with this hash. */
  instance(service: string, instanceId: string, hash: string): Instance | undefined {
    const state = this.#states.get(service);
    return state === undefined ? undefined : findRow(state.snapshot.instances, instanceId, hash);
  }

  has(service: string, instanceId: string, hash: string): boolean {
    const state = this.#states.get(service);
    if (state === undefined) return false;
    return (
      findRow(state.snapshot.instances, instanceId, hash) !== undefined ||
      findRow(state.rejectedRows, instanceId, hash) !== undefined
    );
  }

  isAlive(service: string, instanceId: string, id: number | null, ttlMs: unknown): boolean {
    const instances = this.#states.get(service)?.snapshot.instances ?? [];
    const held = instances[lowerBound(instances, instanceId)];
    return (
      id !== null &&
      held?.instanceId === instanceId &&
      held.id === id &&
      held.ttlMs === ttlMs &&
      held.expiredAtUs === null
    );
  }

  sums(): ReadonlyMap<string, RowSum> {
    const sums = new Map<string, RowSum>();
    for (const [service, { sum }] of this.#states) if (sum.rows > 0) sums.set(service, sum);
    return sums;
  }

  revision(service: string): number {
    return this.#states.get(service)?.snapshot.revision ?? 0;
  }

  /** The names of all services that have a state of their own, those that lost their rows included. */
  services(): IterableIterator<string> {
    return this.#states.keys();
  }

  /** All instances with their service, for the rare walks over everything (longest TTL, retention). */
  *instances(): IterableIterator<{ readonly service: string; readonly instance: Instance }> {
    for (const [service, { snapshot }] of this.#states) {
      for (const instance of snapshot.instances) yield { service, instance };
    }
  }

  /** Keys and times of the rejected rows (retention only). */
  *rejectedKeys(): IterableIterator<InstanceKey & { readonly updatedAtUs: number }> {
    for (const [service, { rejectedRows }] of this.#states) {
      for (const { instanceId, id, updatedAtUs } of rejectedRows)
        yield { service, instanceId, id, updatedAtUs };
    }
  }

  /** Whether there are any {@link RegistryStore.expiredKeys}. */
  get hasExpired(): boolean {
    return this.#withExpired.size > 0;
  }

  /** Leases that have run out, of rows that would be published if they came back. */
  expiredKeys(): ExpiredKey[] {
    const keys: ExpiredKey[] = [];
    for (const service of this.#withExpired) {
      for (const instance of this.#states.get(service)?.snapshot.instances ?? []) {
        if (!mayComeBack(instance)) continue;
        const { instanceId, id, expiredAtUs } = instance;
        keys.push({ service, instanceId, id, expiredAtUs });
      }
    }
    return keys;
  }

  /** What a read of all rows of a service would change. Changes nothing: see {@link RegistryStore.put}. */
  merge(service: string, rows: readonly ParsedRow[], read: ServiceRead): Merged {
    return mergeService(service, this.#before(service), rows, read, this.#grace);
  }

  /** Puts a merged state in place. It must come from the latest {@link RegistryStore.merge} of the service. */
  put(merged: Merged): void {
    if (merged.changed) this.#replace(merged.state);
    else this.#set(merged.state);
  }

  /** From now on a service without a state is known to be empty. */
  setRead(nowUs: number): void {
    this.#firstReadUs ??= nowUs;
  }

  /**
   * Puts a grace over every snapshot, after what the one before it said was settled (see {@link settledExpiry}), and tells the subscribers
   * of those whose instances it can keep alive. `judgedUs`: the last moment of the database's clock that anybody judged by.
   */
  setGrace(grace: Grace, judgedUs: number): void {
    const earlier = this.#grace;
    this.#grace = grace;
    for (const [service, state] of this.#states) {
      const { instances } = state.snapshot;
      const hasExpired = instances.some(({ expiredAtUs }) => expiredAtUs !== null);
      const settle = (instance: Instance): Instance => {
        const expiredAtUs = settledExpiry(instance, earlier, grace, judgedUs);
        return expiredAtUs === instance.expiredAtUs ? instance : { ...instance, expiredAtUs };
      };
      const snapshot = {
        ...state.snapshot,
        instances: hasExpired ? instances.map(settle) : instances,
        grace,
      };
      this.#set({ ...state, snapshot });
      if (hasExpired) this.#tell(service);
    }
  }

  /**
   * Takes over what the expiry watch read at `nowUs`: a lease whose deadline has passed is expired since then, any other is alive.
   * A row that is not held with this id is reported: its service has to be read.
   */
  setLiveness({ leases, nowUs }: LeaseRead): LivenessChange {
    const unknown: string[] = [];
    let expired = 0;
    let returned = 0;
    for (const [service, ofService] of byServiceOf(leases)) {
      const state = this.#states.get(service);
      const change = state === undefined ? null : livenessOf(state, ofService, nowUs, this.#grace);
      if (change === null || change.unknown) unknown.push(service);
      expired += change?.expired ?? 0;
      returned += change?.returned ?? 0;
      if (change?.state) this.#replace(change.state);
    }
    return { expired, returned, unknown };
  }

  #before(service: string): ServiceState | null {
    const state = this.#states.get(service);
    if (state !== undefined) return state;
    return this.#firstReadUs === null ? null : emptyState(service, this.#firstReadUs, this.#grace);
  }

  #replace(state: ServiceState): void {
    this.#set(state);
    this.#tell(state.snapshot.service);
  }

  #set(state: ServiceState): void {
    const { service, instances } = state.snapshot;
    this.#states.set(service, state);
    if (instances.some(mayComeBack)) this.#withExpired.add(service);
    else this.#withExpired.delete(service);
    this.#empty.delete(service);
    if (state.sum.rows === 0) this.#rememberEmpty(service);
  }

  #rememberEmpty(service: string): void {
    this.#empty.add(service);
    if (this.#empty.size <= MAX_EMPTY) return;
    for (const oldest of this.#empty) {
      this.#empty.delete(oldest);
      this.#states.delete(oldest);
      break;
    }
  }

  #tell(service: string): void {
    for (const listener of this.#listeners) listener(service);
  }
}

function mayComeBack(instance: Instance): instance is Instance & { readonly expiredAtUs: number } {
  return instance.expiredAtUs !== null && instance.status !== 'DOWN';
}

function byServiceOf(leases: readonly Lease[]): Map<string, Lease[]> {
  const byService = new Map<string, Lease[]>();
  for (const lease of leases) {
    const ofService = byService.get(lease.service);
    if (ofService === undefined) byService.set(lease.service, [lease]);
    else ofService.push(lease);
  }
  return byService;
}

/** `state` null: nothing changed. */
function livenessOf(
  state: ServiceState,
  leases: readonly Lease[],
  nowUs: number,
  grace: Grace | null,
): { state: ServiceState | null; expired: number; returned: number; unknown: boolean } {
  const instances = [...state.snapshot.instances];
  const times: number[] = [];
  let expired = 0;
  let returned = 0;
  let unknown = false;
  for (const lease of leases) {
    const index = indexOfLease(instances, lease);
    const instance = instances[index];
    if (instance === undefined) {
      unknown ||= !state.rejectedRows.some(({ instanceId }) => instanceId === lease.instanceId);
      continue;
    }
    const expiredAtUs = expiryOf(lease, instance, nowUs, grace);
    if (expiredAtUs === instance.expiredAtUs) continue;
    instances[index] = { ...instance, expiredAtUs };
    times.push(expiredAtUs ?? nowUs);
    if (expiredAtUs === null) returned += 1;
    else if (instance.expiredAtUs === null) expired += 1;
  }
  if (times.length === 0) return { state: null, expired, returned, unknown };
  const { snapshot } = state;
  const newest = times.reduce((a, b) => Math.max(a, b));
  const changedAtUs = times.reduce((a, b) => Math.min(a, b));
  const revision = Math.max(snapshot.revision + 1, newest);
  return {
    state: { ...state, snapshot: { ...snapshot, instances, asOfUs: nowUs, revision, changedAtUs } },
    expired,
    returned,
    unknown,
  };
}

/**
 * When the lease ran out, or null. An instance that was alive when a grace began has not run out before it, whatever a server says that
 * lost its last beats: the grace has to cover it. And what ran out does not do so again at an earlier time.
 */
function expiryOf(lease: Lease, instance: Instance, nowUs: number, grace: Grace | null): number | null {
  if (lease.expiresAtUs > nowUs) return null;
  return Math.max(lease.expiresAtUs, instance.expiredAtUs ?? grace?.sinceUs ?? 0);
}

function indexOfLease(instances: readonly Instance[], lease: InstanceKey): number {
  for (let index = lowerBound(instances, lease.instanceId); index < instances.length; index += 1) {
    if (instances[index]?.instanceId !== lease.instanceId) break;
    if (instances[index]?.id === lease.id) return index;
  }
  return -1;
}
