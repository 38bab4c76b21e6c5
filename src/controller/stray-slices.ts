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
}

export interface StraySlicesOptions {
  readonly client: ResourceClient<EndpointSlice>;
  /** Where slices are looked for; empty: in all namespaces. */
  readonly namespaces: readonly string[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const RETRY = { baseMs: 1000, maxMs: 60_000, jitter: 0.2 };

/**
 * Slices of ours that the watch does not show: somebody took the label off that it selects by. Such a slice still feeds DNS as long
 * as it names the Service, and would do so for ever with the addresses of that moment; so each one that leaves the cache
 * without having been deleted by us is looked for by its name, and so is one whose name turns out to be taken.
 */
export class StraySlices {
  readonly #options: StraySlicesOptions;
  /** By the GrpcService's uid: the names to look for, each with the uid of the slice where it is known to be ours. */
  readonly #lost = new Map<string, Map<string, string | null>>();

  constructor(options: StraySlicesOptions) {
    this.#options = options;
  }

  /** `slice` was ours and has left the cache. */
  lost(uid: string, { metadata }: EndpointSlice): void {
    this.#lookFor(uid, metadata.name, metadata.uid ?? null);
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
    for (const [name, sliceUid] of [...names]) {
      const slice = await this.#options.client.get(namespace, name, signal);
      if (slice === null) names.delete(name);
      else if (grpcServiceUidOf(slice) === uid || slice.metadata.uid === sliceUid) ours.push(slice);
      else foreignNames.push(name);
    }
    if (names.size === 0) this.#lost.delete(uid);
    return { ours, foreignNames };
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

  #lookFor(uid: string, name: string, sliceUid: string | null): void {
    let names = this.#lost.get(uid);
    if (names === undefined) this.#lost.set(uid, (names = new Map<string, string | null>()));
    names.set(name, sliceUid ?? names.get(name) ?? null);
  }
}

const NONE: FoundSlices = { ours: [], foreignNames: [] };
