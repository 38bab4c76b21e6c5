import type { ObjectCache } from '../controller/kube-ports.ts';
import type { Clock } from '../lib/clock.ts';
import type { KubeObject } from '../model/kube-objects.ts';
import type { ObjectKey } from '../model/key.ts';
import { IndexedCache, type ObjectChange } from './object-cache.ts';
import type { ReflectorOptions } from './reflector-options.ts';
import { ScopeReflector } from './scope-reflector.ts';

/**
 * Keeps a cache equal to what the API server has, as client-go's reflector does: everything first (WatchList, or pages
 * of a list), then the changes, for as long as it runs. Nothing is ever missed for good: a watch that breaks goes on where it was, and where the
 * server has forgotten that place, everything is taken again and compared, deletions included.
 */
export class Reflector<T extends KubeObject> implements ObjectCache<T> {
  readonly #cache: IndexedCache<T>;
  readonly #scopes: readonly ScopeReflector<T>[];
  readonly #clock: Clock;
  #onSynced: (() => void)[] = [];

  constructor(options: ReflectorOptions<T>) {
    const { resource, clock } = options;
    const logger = options.logger.child({ component: 'reflector', resource: resource.plural });
    this.#clock = clock;
    this.#cache = new IndexedCache(options.indexers ?? {}, logger);
    const namespaces = options.namespaces.length === 0 ? [undefined] : [...new Set(options.namespaces)];
    this.#scopes = namespaces.map(
      (namespace) =>
        new ScopeReflector(
          { ...options, logger: namespace === undefined ? logger : logger.child({ namespace }) },
          namespace,
          this.#cache,
          () => this.#scopeSynced(),
        ),
    );
    options.observer.reflector(resource.plural, () => ({
      objects: this.#cache.size,
      synced: this.synced,
      silentSeconds: Math.max(...this.#scopes.map((scope) => scope.silentMs(this.#clock.now()))) / 1000,
    }));
  }

  get synced(): boolean {
    return this.#cache.synced;
  }

  /** How many objects are in the cache. */
  get size(): number {
    return this.#cache.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#cache.get(key);
  }

  values(): Iterable<T> {
    return this.#cache.values();
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.#cache.byIndex(index, value);
  }

  subscribe(listener: (change: ObjectChange<T>) => void): () => void {
    return this.#cache.subscribe(listener);
  }

  /** Resolves when the cache is complete for the first time; rejects with the signal's reason. */
  whenSynced(signal: AbortSignal): Promise<void> {
    if (this.synced) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      this.#onSynced.push(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }

  /** Follows the API server until `signal` is aborted. Faults are logged and tried again for ever. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#scopes.map((scope) => scope.run(signal)));
  }

  #scopeSynced(): void {
    if (this.synced || !this.#scopes.every((scope) => scope.synced)) return;
    this.#cache.synced = true;
    for (const callback of this.#onSynced.splice(0)) callback();
  }
}
