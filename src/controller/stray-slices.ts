import { backoffMs } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { GrpcService } from '../model/grpcservice.ts';
import type { EndpointSlice } from '../model/kube-objects.ts';
import { LABEL_GRPCSERVICE_UID, LABEL_MANAGED_BY, MANAGED_BY } from '../model/names.ts';
import { grpcServiceUidOf } from './grpcservice-indexes.ts';
import type { ResourceClient } from './kube-ports.ts';

/** What became of the slices that were lost sight of. */
export interface FoundSlices {
  /** Still there and ours, though their labels no longer say so. */
  readonly ours: readonly EndpointSlice[];
  /** Names of slices that somebody else made: they are never touched. */
  readonly foreignNames: readonly string[];
  /** Deleted by somebody else not long ago, as they were seen last. */
  readonly deleted: readonly EndpointSlice[];
}

export interface StraySlicesOptions {
  readonly client: ResourceClient<EndpointSlice>;
  /** Where slices are looked for; empty: in all namespaces. */
  readonly namespaces: readonly string[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** For how long a slice that others deleted is remembered as it was, in ms: for as many tries as it takes to make it again. */
const REMEMBERED_MS = 60_000;

/** What is known of a slice that is looked for. */
interface Lost {
  /** As it was seen last, where it is known to be ours. */
  readonly slice: EndpointSlice | null;
  /** When it was found to be gone, by this process's clock; null: not looked for yet, or there. */
  readonly goneMs: number | null;
}

const RETRY = { baseMs: 1000, maxMs: 60_000, jitter: 0.2 };

/**
 * Slices of ours that the watch does not show: somebody took the label off that it selects by. Such a slice still feeds DNS as long
 * as it names the Service, and would do so for ever with the addresses of that moment; so each one that leaves the cache
 * without having been deleted by us is looked for by its name, and so is one whose name turns out to be taken.
 */
export class StraySlices {
  readonly #options: StraySlicesOptions;
  /** By the GrpcService's uid, by name. */
  readonly #lost = new Map<string, Map<string, Lost>>();

  constructor(options: StraySlicesOptions) {
    this.#options = options;
  }

  /** `slice` was ours and has left the cache. */
  lost(uid: string, slice: EndpointSlice): void {
    this.#lookFor(uid, slice.metadata.name, slice);
  }

  /** A slice was to be created, but there is one of that name that the cache does not have. */
  nameTaken(uid: string, { metadata }: EndpointSlice): void {
    this.#lookFor(uid, metadata.name, null);
  }

  /** Looks for what was lost; `seen` are the slices that need no look, because the cache has them. */
  async find(
    { metadata: { uid = '', namespace = '' } }: GrpcService,
    seen: readonly EndpointSlice[],
    signal: AbortSignal,
  ): Promise<FoundSlices> {
    const names = this.#lost.get(uid);
    if (names === undefined) return NONE;
    for (const { metadata } of seen) names.delete(metadata.name);
    const ours: EndpointSlice[] = [];
    const foreignNames: string[] = [];
    for (const [name, { slice: last }] of names) {
      if (this.#isRemembered(names, name)) continue;
      const slice = await this.#options.client.get(namespace, name, signal);
      if (slice === null) this.#gone(names, name);
      else if (grpcServiceUidOf(slice) === uid || slice.metadata.uid === last?.metadata.uid) ours.push(slice);
      else foreignNames.push(name);
    }
    const deleted = [...names.values()].flatMap(({ slice, goneMs }) =>
      slice === null || goneMs === null ? [] : [slice],
    );
    if (names.size === 0) this.#lost.delete(uid);
    return { ours, foreignNames, deleted };
  }

  /**
   * Those that were lost while nobody watched: slices with the uid of a GrpcService that name another manager, or none. Tries again
   * until the API server has answered; rejects only when `signal` is aborted.
   */
  async search(signal: AbortSignal): Promise<readonly EndpointSlice[]> {
    const { clock, random, logger } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#list(signal);
      } catch (error) {
        signal.throwIfAborted();
        logger.warn('slices without our label could not be listed', { error: errorMessage(error) });
      }
      await clock.sleep(backoffMs(attempt, RETRY, random), signal);
    }
  }

  async #list(signal: AbortSignal): Promise<readonly EndpointSlice[]> {
    const { client, namespaces } = this.#options;
    const labelSelector = `${LABEL_GRPCSERVICE_UID},${LABEL_MANAGED_BY}!=${MANAGED_BY}`;
    const scopes = namespaces.length === 0 ? [{}] : namespaces.map((namespace) => ({ namespace }));
    const lists = await Promise.all(scopes.map((scope) => client.list({ ...scope, labelSelector }, signal)));
    return lists.flat();
  }

  forget(uid: string): void {
    this.#lost.delete(uid);
  }

  forgetAll(): void {
    this.#lost.clear();
  }

  /** True while it is known to be gone, and not for too long. */
  #isRemembered(names: Map<string, Lost>, name: string): boolean {
    const goneMs = names.get(name)?.goneMs ?? null;
    if (goneMs === null) return false;
    if (goneMs + REMEMBERED_MS <= this.#options.clock.now()) names.delete(name);
    return true;
  }

  #gone(names: Map<string, Lost>, name: string): void {
    const slice = names.get(name)?.slice ?? null;
    if (slice === null) names.delete(name);
    else names.set(name, { slice, goneMs: this.#options.clock.now() });
  }

  #lookFor(uid: string, name: string, slice: EndpointSlice | null): void {
    let names = this.#lost.get(uid);
    if (names === undefined) this.#lost.set(uid, (names = new Map<string, Lost>()));
    names.set(name, { slice: slice ?? names.get(name)?.slice ?? null, goneMs: null });
  }
}

const NONE: FoundSlices = { ours: [], foreignNames: [], deleted: [] };
