import { KubeApiError, type EventRecorder } from '../controller/kube-ports.ts';
import type { EventObserver } from '../controller/machinery-observers.ts';
import { backoffMs } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { errorMessage, RetryableError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import type { KubeObject } from '../model/kube-objects.ts';
import { eventObject, objectId, seriesKey } from './event-object.ts';
import type { KubeEvent } from './kube-event.ts';
import { microTime } from './micro-time.ts';

/** The verbs that events need. */
export interface EventClient {
  create(event: KubeEvent, signal: AbortSignal): Promise<KubeEvent>;
  mergePatch(namespace: string, name: string, patch: object, signal: AbortSignal): Promise<KubeEvent>;
}

export interface EventRecorderOptions {
  readonly client: EventClient;
  /** Name of this process: its pod. */
  readonly reportingInstance: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly observer: EventObserver;
}

/** Equal events so close together are one series (client-go: 6 minutes). */
const SERIES_MS = 6 * 60_000;
/** The count of a series that goes on is written this often. */
const COUNT_MS = 60_000;
const SWEEP_MS = 30_000;
/** Of one object: 25 at once, then one in 5 minutes, as in client-go's spam filter. */
const PER_OBJECT = { qps: 1 / 300, burst: 25 };
const PENDING = 1000;
const TRIES = 4;
const BACKOFF = { baseMs: 1000, maxMs: 10_000, jitter: 0.5 };
/** What is pending at the stop may still be sent for so long. */
const DRAIN_MS = 2000;

interface Series {
  readonly about: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  wallMs: number;
  count: number;
  lastAtMs: number;
  lastWallMs: number;
  /** Where the event is in the API; undefined: not yet. */
  stored: { readonly namespace: string; readonly name: string } | undefined;
  sentCount: number;
  sentAtMs: number;
  pending: boolean;
}

/**
 * Records events in events.k8s.io/v1. Equal events are one object with a count; an object that flaps runs out of tokens; what does
 * not fit into the queue, or the API server will not have, is counted and forgotten. {@link event} neither throws nor waits.
 */
export class ApiEventRecorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #series = new Map<string, Series>();
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #pending: Series[] = [];
  #wake: (() => void) | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = { ...options, logger: options.logger.child({ component: 'events' }) };
  }

  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { clock, observer } = this.#options;
    const nowMs = clock.now();
    const wallMs = clock.wallNow();
    const key = seriesKey(about, type, reason, message);
    const running = this.#series.get(key);
    if (running !== undefined && nowMs - running.lastAtMs < SERIES_MS) {
      running.count += 1;
      running.lastAtMs = nowMs;
      running.lastWallMs = wallMs;
      observer.eventRecorded('counted');
      // The first repetition is told at once: it turns an event into a series.
      if (running.sentCount === 1) this.#enqueue(running);
      return;
    }
    const series: Series = {
      ...{ about, type, reason, message, wallMs, count: 1, lastAtMs: nowMs, lastWallMs: wallMs },
      ...{ stored: undefined, sentCount: 0, sentAtMs: nowMs, pending: false },
    };
    if (this.#enqueue(series)) this.#series.set(key, series);
    else observer.eventRecorded('dropped');
  }

  /** Sends until `signal` is aborted, and a little longer what is pending then. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const drain = new AbortController();
    let cancelDrain = (): void => undefined;
    const onStop = (): void => {
      cancelDrain = clock.after(DRAIN_MS, () => drain.abort(signal.reason));
    };
    if (signal.aborted) onStop();
    else signal.addEventListener('abort', onStop, { once: true });
    let sweptAtMs = clock.now();
    while (!signal.aborted) {
      const next = this.#pending.shift();
      if (next === undefined) await this.#idle(sweptAtMs + SWEEP_MS - clock.now(), signal);
      else await this.#send(next, signal, drain.signal);
      if (clock.now() - sweptAtMs < SWEEP_MS) continue;
      this.#sweep();
      sweptAtMs = clock.now();
    }
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      await this.#send(next, signal, drain.signal);
    }
    cancelDrain();
  }

  #enqueue(series: Series): boolean {
    if (series.pending) return true;
    if (this.#pending.length >= PENDING || !this.#bucket(series.about).tryTake()) return false;
    series.pending = true;
    this.#pending.push(series);
    this.#wake?.();
    return true;
  }

  #bucket(about: KubeObject): TokenBucket {
    const id = objectId(about);
    let bucket = this.#buckets.get(id);
    if (bucket === undefined) {
      bucket = new TokenBucket(PER_OBJECT, this.#options.clock);
      this.#buckets.set(id, bucket);
    }
    return bucket;
  }

  /** Tries a few times; `stop` ends the waiting between the tries, `drain` the request itself. Never rejects. */
  async #send(series: Series, stop: AbortSignal, drain: AbortSignal): Promise<void> {
    const { clock, random, observer, logger } = this.#options;
    series.pending = false;
    for (let attempt = 0; ; attempt += 1) {
      const { count } = series;
      try {
        await this.#write(series, drain);
        series.sentCount = count;
        series.sentAtMs = clock.now();
        observer.eventRecorded('sent');
        return;
      } catch (error) {
        if (attempt + 1 >= TRIES || stop.aborted || !isTransient(error)) {
          observer.eventRecorded('failed');
          // The next equal event is a new one, and tries again.
          this.#series.delete(seriesKey(series.about, series.type, series.reason, series.message));
          logger.warn('event was not recorded', { reason: series.reason, error: errorMessage(error) });
          return;
        }
        await clock.sleep(backoffMs(attempt, BACKOFF, random), stop).catch(() => undefined);
      }
    }
  }

  async #write(series: Series, signal: AbortSignal): Promise<void> {
    const { client, reportingInstance } = this.#options;
    const { stored, count, lastWallMs } = series;
    const counted = count > 1 ? { count, lastObservedTime: microTime(lastWallMs) } : undefined;
    if (stored !== undefined && counted !== undefined) {
      try {
        await client.mergePatch(stored.namespace, stored.name, { series: counted }, signal);
        return;
      } catch (error) {
        // The API server forgets events after an hour: begin a new one.
        if (!(error instanceof KubeApiError && error.code === 404)) throw error;
        series.wallMs = lastWallMs;
      }
    }
    const event = eventObject({ ...series, reportingInstance, series: counted });
    try {
      await client.create(event, signal);
    } catch (error) {
      // An earlier try whose answer was lost.
      if (!(error instanceof KubeApiError && error.reason === 'AlreadyExists')) throw error;
    }
    series.stored = { namespace: event.metadata.namespace ?? 'default', name: event.metadata.name };
  }

  /** Writes the counts that are due, and forgets what is over. */
  #sweep(): void {
    const nowMs = this.#options.clock.now();
    for (const [key, series] of this.#series) {
      const untold = series.count > series.sentCount;
      const over = nowMs - series.lastAtMs >= SERIES_MS;
      if (untold && series.stored !== undefined && (over || nowMs - series.sentAtMs >= COUNT_MS))
        this.#enqueue(series);
      if (over) this.#series.delete(key);
    }
    for (const [id, bucket] of this.#buckets) if (bucket.full) this.#buckets.delete(id);
  }

  #idle(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        signal.removeEventListener('abort', wake);
        this.#wake = undefined;
        resolve();
      };
      const cancel = this.#options.clock.after(ms, wake);
      this.#wake = wake;
      if (signal.aborted) wake();
      else signal.addEventListener('abort', wake, { once: true });
    });
  }
}

function isTransient(error: unknown): boolean {
  if (error instanceof KubeApiError) return error.code === 429 || error.code >= 500;
  return error instanceof RetryableError;
}
