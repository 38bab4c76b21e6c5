import type { Clock } from '../lib/clock.ts';
import type { KubeObject } from '../model/kube-objects.ts';
import { type ObjectKey, objectKey } from '../model/key.ts';

type WithStatus = KubeObject & { readonly status?: unknown };

interface LastWrite<T> {
  readonly atMs: number;
  /** As the API server answered it. */
  readonly object: T;
}

/**
 * The status that was last written of each object. Until the watch has brought it the cache is behind: a status judged against
 * the cache alone would be written twice, the second time in vain (409).
 */
export class WrittenStatuses<T extends WithStatus> {
  readonly #clock: Clock;
  readonly #last = new Map<ObjectKey, LastWrite<T>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The cached object with the status that was written last, if the cache has not brought that yet. */
  latest(cached: T): T {
    const last = this.#last.get(objectKey(cached))?.object;
    const { uid, resourceVersion = '0' } = cached.metadata;
    if (last === undefined || last.metadata.uid !== uid) return cached;
    // Resource versions are compared as numbers, which the API guarantees since 1.35 (KEP-5504).
    const written = last.metadata.resourceVersion ?? '0';
    if (BigInt(resourceVersion) >= BigInt(written)) return cached;
    return {
      ...cached,
      metadata: { ...cached.metadata, resourceVersion: written },
      status: last.status,
    };
  }

  /** Records the API server's answer to a write. */
  wrote(object: T): void {
    this.#last.set(objectKey(object), { atMs: this.#clock.now(), object });
  }

  /** Since the last write, in ms; Infinity when there was none. */
  sinceMs(key: ObjectKey): number {
    return this.#clock.now() - (this.#last.get(key)?.atMs ?? -Infinity);
  }

  /** True for the event that only echoes the last write. */
  isEcho(object: T): boolean {
    const last = this.#last.get(objectKey(object))?.object;
    return last?.metadata.resourceVersion === object.metadata.resourceVersion;
  }

  forget(key: ObjectKey): void {
    this.#last.delete(key);
  }

  forgetAll(): void {
    this.#last.clear();
  }
}
