import type { ReflectorObserver } from '../controller/machinery-observers.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { KubeObject } from '../model/kube-objects.ts';
import type { Indexers } from './object-cache.ts';
import type { Resource } from './resources.ts';
import type { Transport } from './transport.ts';

/** What a {@link Reflector} follows, and how. */
export interface ReflectorOptions<T extends KubeObject> {
  readonly transport: Transport;
  readonly resource: Resource<T>;
  /** One watch for each of these namespaces; empty: one for all of the cluster. */
  readonly namespaces: readonly string[];
  readonly labelSelector?: string;
  /** `metadata.name=rollcall` also lets RBAC's resourceNames cover list and watch. */
  readonly fieldSelector?: string;
  readonly indexers?: Indexers<T>;
  /** Makes an object smaller before it is kept; `metadata.managedFields` goes in any case. Default: as it is. */
  readonly transform?: (object: T) => T;
  /** Objects in a page of a list, where WatchList is not to be had. Default 500; less for large objects. */
  readonly pageSize?: number;
  /**
   * A watch that brings no byte for so long is taken for dead and opened again from where it was. Default 75 s: the API server
   * sends bookmarks every 60 s, though not before anything of the kind changed since the watch began; then opening it again is for nothing, but cheap.
   */
  readonly silenceMs?: number;
  /** False: always list and watch, for servers behind something that breaks WatchList. Default true. */
  readonly watchList?: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly observer: ReflectorObserver;
}
