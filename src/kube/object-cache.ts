import type { ObjectCache } from '../controller/kube-ports.ts';
import { errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { KubeObject } from '../model/kube-objects.ts';
import { objectKey, type ObjectKey } from '../model/key.ts';

/** Maps an object to the values under which `byIndex` finds it. */
export type Indexer<T> = (object: T) => readonly string[];

export type Indexers<T> = Readonly<Record<string, Indexer<T>>>;

/** A change as listeners see it: `old` undefined: added; `now` undefined: removed. */
export interface ObjectChange<T> {
  readonly old: T | undefined;
  readonly now: T | undefined;
}

/** {@link ObjectCache} in memory, with indexes. A reflector fills it. */
export class IndexedCache<T extends KubeObject> implements ObjectCache<T> {
  synced = false;
  readonly #objects = new Map<ObjectKey, T>();
  readonly #indexers: readonly (readonly [string, Indexer<T>])[];
  readonly #indexes = new Map<string, Map<string, Set<ObjectKey>>>();
  readonly #listeners = new Set<(change: ObjectChange<T>) => void>();
  readonly #logger: Logger;

  constructor(indexers: Indexers<T>, logger: Logger) {
    this.#indexers = Object.entries(indexers);
    for (const [name] of this.#indexers) this.#indexes.set(name, new Map());
    this.#logger = logger;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key);
  }

  values(): Iterable<T> {
    return this.#objects.values();
  }

  keys(): Iterable<ObjectKey> {
    return this.#objects.keys();
  }

  byIndex(index: string, value: string): readonly T[] {
    const values = this.#indexes.get(index);
    if (values === undefined) throw new Error(`this cache was made without an index ${index}`);
    const found: T[] = [];
    for (const key of values.get(value) ?? []) {
      const object = this.#objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  subscribe(listener: (change: ObjectChange<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Keeps this version of the object; tells the listeners, unless it is the version that is kept already. Another object of
   * the same name (deleted and created again while nobody looked) is a removal and an addition.
   */
  put(now: T): void {
    const key = objectKey(now);
    if (this.#objects.get(key)?.metadata.uid !== now.metadata.uid) this.remove(key);
    const old = this.#objects.get(key);
    if (old?.metadata.resourceVersion === now.metadata.resourceVersion) return;
    this.#objects.set(key, now);
    this.#reindex(key, old, now);
    this.#tell({ old, now });
  }

  /** Removes the object; tells the listeners with its last known state, if there was one. */
  remove(key: ObjectKey): void {
    const old = this.#objects.get(key);
    if (old === undefined) return;
    this.#objects.delete(key);
    this.#reindex(key, old, undefined);
    this.#tell({ old, now: undefined });
  }

  #reindex(key: ObjectKey, old: T | undefined, now: T | undefined): void {
    for (const [name, indexer] of this.#indexers) {
      const index = this.#indexes.get(name);
      if (index === undefined) continue;
      for (const value of this.#valuesOf(indexer, old)) {
        const keys = index.get(value);
        keys?.delete(key);
        if (keys?.size === 0) index.delete(value);
      }
      for (const value of this.#valuesOf(indexer, now)) {
        const keys = index.get(value);
        if (keys === undefined) index.set(value, new Set([key]));
        else keys.add(key);
      }
    }
  }

  /** An indexer that fails on one odd object must not stop the reflector. */
  #valuesOf(indexer: Indexer<T>, object: T | undefined): readonly string[] {
    if (object === undefined) return [];
    try {
      return indexer(object);
    } catch (error) {
      this.#logger.error('an indexer of the cache failed', {
        key: objectKey(object),
        error: errorMessage(error),
      });
      return [];
    }
  }

  /** One listener that throws must not cost the others their event, nor the reflector its watch. */
  #tell(change: ObjectChange<T>): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        const stack = error instanceof Error ? error.stack : undefined;
        this.#logger.error('a listener of the cache failed', { error: errorMessage(error), stack });
      }
    }
  }
}
