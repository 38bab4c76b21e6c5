import { KubeApiError } from '../controller/kube-ports.ts';
import type { WatchEnd } from '../controller/machinery-observers.ts';
import { backoffMs } from '../lib/backoff.ts';
import { errorMessage, RetryableError } from '../lib/errors.ts';
import { Breather } from '../lib/event-loop.ts';
import type { KubeObject } from '../model/kube-objects.ts';
import { objectKey, type ObjectKey } from '../model/key.ts';
import type { ApiRequest } from './api-request.ts';
import { listPages, type ObjectList } from './list-pages.ts';
import type { IndexedCache } from './object-cache.ts';
import type { ReflectorOptions } from './reflector-options.ts';
import { resourcePath } from './resources.ts';
import { endsInitialEvents, isExpired, isOlder, refusesWatchList, type WatchEvent } from './watch-event.ts';
import { readWatch, SilentWatchError } from './watch-stream.ts';

const BACKOFF = { baseMs: 800, maxMs: 30_000, jitter: 1 };
/** A watch that lived so long was a good one: the next fault waits for the shortest delay again. */
const GOOD_LIFE_MS = 10_000;
/** A watch that the server ends sooner without one event is a fault, however good the order. */
const SHORT_LIFE_MS = 1000;
/** So many error answers in a row to the same resourceVersion, and everything is taken anew. */
const REFUSALS = 5;
/** The server is busy, not at odds with us. */
const BUSY = new Set([429, 503]);
const SILENCE_MS = 75_000;
const PAGE_SIZE = 500;

/**
 * The reflector of one namespace, or of all.
 *
 *   nothing ──WatchList──▶ following ──ended, broken, silent──▶ following, from the last resourceVersion
 *      ▲ └────── list ───────▲  │
 *      └─ 410, REFUSALS, store went back      every fault waits longer than the one before it
 */
export class ScopeReflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #namespace: string | undefined;
  readonly #cache: IndexedCache<T>;
  readonly #onSynced: () => void;
  /** Where the next watch starts; undefined: everything has to be taken first. */
  #resourceVersion: string | undefined;
  /** `never` once the server said that it does not know WatchList; `later` after it failed: a list takes its place once. */
  #watchList: 'now' | 'later' | 'never';
  #attempt = 0;
  #refusals = 0;
  /** Everything was taken anew, and no news came since: if that place is gone too, the next time has to wait. */
  #expired = false;
  #heardAtMs: number | undefined;
  synced = false;

  constructor(
    options: ReflectorOptions<T>,
    namespace: string | undefined,
    cache: IndexedCache<T>,
    onSynced: () => void,
  ) {
    this.#options = options;
    this.#namespace = namespace;
    this.#cache = cache;
    this.#onSynced = onSynced;
    this.#watchList = options.watchList === false ? 'never' : 'now';
  }

  /** For how long nothing was heard; 0 before the first byte. */
  silentMs(nowMs: number): number {
    return this.#heardAtMs === undefined ? 0 : nowMs - this.#heardAtMs;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#round(signal);
      if (waitMs > 0) await this.#options.clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  /** One watch, with a list before it where needed. Answers how long to wait before the next. */
  async #round(signal: AbortSignal): Promise<number> {
    const { clock, observer, resource } = this.#options;
    const startedMs = clock.now();
    const watch = { opened: false, events: 0 };
    let error: unknown;
    try {
      if (this.#resourceVersion === undefined && this.#watchList !== 'now') await this.#list(signal);
      await this.#watch(watch, signal);
      if (watch.events === 0 && clock.now() - startedMs < SHORT_LIFE_MS) {
        error = new RetryableError('the server ended the watch at once');
      }
    } catch (thrown) {
      error = thrown;
    }
    if (watch.opened) observer.watchEnded(resource.plural, signal.aborted ? 'stopped' : endOf(error));
    if (signal.aborted) return 0;
    if (error === undefined || clock.now() - startedMs >= GOOD_LIFE_MS) {
      this.#attempt = 0;
      this.#expired = false;
    }
    return error === undefined ? 0 : this.#afterFault(error, signal);
  }

  async #afterFault(error: unknown, signal: AbortSignal): Promise<number> {
    if (!(error instanceof SilentWatchError) || this.#resourceVersion === undefined)
      return this.#judge(error);
    this.#options.logger.debug('watch was silent', { error: errorMessage(error) });
    try {
      await this.#askStore(signal);
      return 0;
    } catch (thrown) {
      return signal.aborted ? 0 : this.#judge(thrown);
    }
  }

  /** Decides what a fault means for the next round, and how long to wait for it. */
  #judge(error: unknown): number {
    const { logger, random } = this.#options;
    const first = this.#resourceVersion === undefined;
    const fields = { error: errorMessage(error) };
    if (
      first &&
      this.#watchList === 'now' &&
      (error instanceof KubeApiError || error instanceof SilentWatchError)
    ) {
      this.#watchList = refusesWatchList(error) ? 'never' : 'later';
      logger.info('WatchList is not to be had; listing instead', fields);
      if (refusesWatchList(error)) return 0;
    } else if (!first && (isExpired(error) || this.#refusedTooOften(error))) {
      this.#resourceVersion = undefined;
      logger.info('taking everything anew', fields);
      if (!this.#expired) {
        this.#expired = true;
        return 0;
      }
    } else {
      logger.warn('watch or list failed', { ...fields, attempt: this.#attempt + 1 });
    }
    return Math.max(retryAfterMs(error), backoffMs(this.#attempt++, BACKOFF, random));
  }

  #refusedTooOften(error: unknown): boolean {
    if (!(error instanceof KubeApiError) || BUSY.has(error.code)) return false;
    this.#refusals += 1;
    return this.#refusals % REFUSALS === 0;
  }

  /**
   * A silent watch is opened again at once, from where it was, after one cheap question: a store that was restored from a
   * backup is behind what we saw, and would keep a watch from its future silent until it has caught up.
   */
  async #askStore(signal: AbortSignal): Promise<void> {
    const { transport, logger } = this.#options;
    const { metadata } = await transport.request<ObjectList<T>>(this.#request({ limit: '1' }), signal);
    const store = metadata.resourceVersion ?? '';
    const seen = this.#resourceVersion ?? '';
    if (!isOlder(store, seen)) return;
    logger.warn('the store went back in time; taking everything anew', { store, seen });
    this.#resourceVersion = undefined;
  }

  async #watch(watch: { opened: boolean; events: number }, signal: AbortSignal): Promise<void> {
    const { transport, clock, observer, resource, random, silenceMs = SILENCE_MS } = this.#options;
    const startedMs = clock.now();
    const from = this.#resourceVersion;
    const initial = from === undefined ? new Map<ObjectKey, T>() : undefined;
    const request = this.#request({
      watch: 'true',
      allowWatchBookmarks: 'true',
      // The server ends it some time between 5 and 10 minutes, so that watches spread over API servers again.
      timeoutSeconds: String(Math.floor(300 * (1 + random()))),
      ...(from === undefined
        ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
        : { resourceVersion: from }),
    });
    let taking = initial;
    const onEvent = (event: WatchEvent<T>): Promise<void> | undefined => {
      watch.events += 1;
      observer.watchEvent(resource.plural, event.type);
      if (taking === undefined) {
        this.#apply(event);
        return undefined;
      }
      if (!endsInitialEvents(event)) {
        collect(taking, event, (object) => this.#prepare(object));
        return undefined;
      }
      const all = taking;
      taking = undefined;
      return this.#replace(all, event.object.metadata.resourceVersion ?? '', 'watchlist', startedMs);
    };
    const onOpen = (): void => {
      watch.opened = true;
      observer.watchStarted(resource.plural);
    };
    const onHeard = (): void => {
      this.#heardAtMs = clock.now();
    };
    await readWatch(transport, request, { onOpen, onHeard, onEvent }, silenceMs, clock, signal);
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { transport, clock, pageSize = PAGE_SIZE } = this.#options;
    const startedMs = clock.now();
    const breather = new Breather(clock);
    const all = new Map<ObjectKey, T>();
    const handlers = {
      onRestart: () => all.clear(),
      onPage: async (items: readonly T[]) => {
        for (const item of items) {
          all.set(objectKey(item), this.#prepare(item));
          await breather.breathe();
        }
      },
    };
    const resourceVersion = await listPages(transport, this.#request({}), pageSize, handlers, signal);
    await this.#replace(all, resourceVersion, 'list', startedMs);
  }

  /** Makes the cache equal to `all`: what is missing there was deleted while nobody looked. */
  async #replace(
    all: ReadonlyMap<ObjectKey, T>,
    resourceVersion: string,
    by: 'watchlist' | 'list',
    startedMs: number,
  ): Promise<void> {
    const { clock, observer, resource, logger } = this.#options;
    const breather = new Breather(clock);
    const prefix = this.#namespace === undefined ? '' : `${this.#namespace}/`;
    for (const key of [...this.#cache.keys()]) {
      if (key.startsWith(prefix) && !all.has(key)) this.#cache.remove(key);
      await breather.breathe();
    }
    for (const object of all.values()) {
      this.#cache.put(object);
      await breather.breathe();
    }
    this.#resourceVersion = resourceVersion;
    this.#refusals = 0;
    if (this.#watchList === 'later') this.#watchList = 'now';
    const seconds = (clock.now() - startedMs) / 1000;
    observer.listed(resource.plural, by, seconds, all.size);
    logger.debug('took everything', { by, objects: all.size, seconds });
    if (this.synced) return;
    this.synced = true;
    this.#onSynced();
  }

  #apply(event: WatchEvent<T>): void {
    if (event.type === 'DELETED') this.#cache.remove(objectKey(event.object));
    else if (event.type !== 'BOOKMARK') this.#cache.put(this.#prepare(event.object));
    this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion;
    this.#refusals = 0;
    this.#expired = false;
  }

  /** The form in which an object is kept: the same from a list and from a watch. */
  #prepare(object: T): T {
    const { apiVersion, kind } = this.#options.resource;
    const kept = { ...object, apiVersion, kind, metadata: withoutManagedFields(object.metadata) };
    return this.#options.transform?.(kept) ?? kept;
  }

  #request(query: Readonly<Record<string, string>>): ApiRequest {
    const { resource, labelSelector, fieldSelector } = this.#options;
    return {
      method: 'GET',
      path: resourcePath(resource, this.#namespace),
      resource: resource.plural,
      query: {
        ...query,
        ...(labelSelector !== undefined && { labelSelector }),
        ...(fieldSelector !== undefined && { fieldSelector }),
      },
    };
  }
}

function collect<T extends KubeObject>(
  into: Map<ObjectKey, T>,
  event: WatchEvent<T>,
  prepare: (object: T) => T,
): void {
  if (event.type === 'DELETED') into.delete(objectKey(event.object));
  else if (event.type !== 'BOOKMARK') into.set(objectKey(event.object), prepare(event.object));
}

function endOf(error: unknown): WatchEnd {
  if (error === undefined) return 'timeout';
  if (isExpired(error)) return 'expired';
  return error instanceof SilentWatchError ? 'silent' : 'error';
}

function retryAfterMs(error: unknown): number {
  if (error instanceof KubeApiError || error instanceof RetryableError) return error.retryAfterMs ?? 0;
  return 0;
}

/** They are often larger than the object, and nobody here reads them; the API server keeps its own when an update has none. */
function withoutManagedFields(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  const kept: KubeObject['metadata'] & { managedFields?: unknown } = { ...metadata };
  delete kept.managedFields;
  return kept;
}
