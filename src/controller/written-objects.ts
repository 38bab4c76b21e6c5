import type { KubeObject } from '../model/kube-objects.ts';

interface Written<T> {
  readonly object: T;
  readonly deleted: boolean;
  readonly untilMs: number;
}

/** How long an answer outweighs the cache, in ms: far longer than a watch lags, short enough to heal a wrong memory. */
const BELIEVED_MS = 10_000;

/**
 * Read-your-writes over a cache that lags behind: remembers what the API server answered to our own writes until the
 * watch has brought it, so that the next plan neither repeats a write nor runs into its own conflict (the job of
 * EndpointSliceTracker in Kubernetes). Resource versions are compared as numbers, which the API guarantees since 1.35
 * (KEP-5504). An object that others delete between two events is never seen by the watch: so no answer is believed for ever.
 */
export class WrittenObjects<T extends KubeObject> {
  readonly #byOwner = new Map<string, Map<string, Written<T>>>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Records the answer to a create or an update for the work item `owner`. */
  wrote(owner: string, object: T): void {
    this.#record(owner, object, false);
  }

  /** Records that the delete of `object` was accepted. */
  deleted(owner: string, object: T): void {
    this.#record(owner, object, true);
  }

  /**
   * Takes note of an event of the watch; answers true when it only echoes what `owner` wrote itself and nothing is to be done.
   */
  observe(owner: string, change: { readonly old: T | undefined; readonly now: T | undefined }): boolean {
    const uid = uidOf(change.now ?? change.old);
    const written = this.#byOwner.get(owner);
    const own = written?.get(uid);
    if (written === undefined || own === undefined) return false;
    const caughtUp = change.now === undefined || (!own.deleted && !isOlder(change.now, own.object));
    if (caughtUp) this.#drop(owner, written, uid);
    if (change.now === undefined) return own.deleted;
    return !own.deleted && own.object.metadata.resourceVersion === change.now.metadata.resourceVersion;
  }

  /** What `cached` will be once the watch has caught up with our writes. */
  merge(owner: string, cached: readonly T[]): readonly T[] {
    const written = this.#byOwner.get(owner);
    if (written === undefined) return cached;
    const merged = new Map(cached.map((object) => [uidOf(object), object]));
    for (const [uid, own] of written) {
      const seen = merged.get(uid);
      const caughtUp = own.deleted ? seen === undefined : seen !== undefined && !isOlder(seen, own.object);
      if (caughtUp || own.untilMs < this.#now()) this.#drop(owner, written, uid);
      else if (own.deleted) merged.delete(uid);
      else merged.set(uid, own.object);
    }
    return [...merged.values()];
  }

  /** Forgets what was written for `owner`: after a conflict the cache may be right and the memory wrong. */
  forget(owner: string): void {
    this.#byOwner.delete(owner);
  }

  /** The end of a term of leadership: what others write from here on makes it wrong. */
  forgetAll(): void {
    this.#byOwner.clear();
  }

  #record(owner: string, object: T, deleted: boolean): void {
    let written = this.#byOwner.get(owner);
    if (written === undefined) this.#byOwner.set(owner, (written = new Map<string, Written<T>>()));
    written.set(uidOf(object), { object, deleted, untilMs: this.#now() + BELIEVED_MS });
  }

  #drop(owner: string, written: Map<string, Written<T>>, uid: string): void {
    written.delete(uid);
    if (written.size === 0) this.#byOwner.delete(owner);
  }
}

function uidOf(object: KubeObject | undefined): string {
  return object?.metadata.uid ?? '';
}

function isOlder(seen: KubeObject, own: KubeObject): boolean {
  return BigInt(seen.metadata.resourceVersion ?? '0') < BigInt(own.metadata.resourceVersion ?? '0');
}
