import { backoffMs } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { errorMessage, RetryableError, TerminalError } from '../lib/errors.ts';
import { Breather } from '../lib/event-loop.ts';
import type { Logger } from '../lib/logger.ts';
import { TokenBucket, type BucketOptions } from '../lib/token-bucket.ts';
import { KubeApiError } from './kube-ports.ts';
import type { QueueObserver, QueueReading, ReconcileResult } from './machinery-observers.ts';
import { moreUrgent, type Urgency, WaitingKeys } from './waiting-keys.ts';

/** What a reconcile answers: nothing, or when it wants to look again although nothing changed. */
export interface Requeue {
  readonly requeueAfterMs?: number;
}

/** Brings one key to its desired state. May be called again for the same key at any time, but never twice at once. */
export type Reconcile<K extends string> = (key: K, signal: AbortSignal) => Promise<Requeue | undefined>;

export interface WorkQueueOptions {
  /** Label of the metrics. */
  readonly name: string;
  readonly workers: number;
  /** Delay before the retries of one key: doubles from `baseMs`. Default 5 ms to 5 minutes. */
  readonly retry?: { readonly baseMs: number; readonly maxMs: number };
  /** Limits the retries of all keys together. Default 50 a second, 300 at once. */
  readonly overall?: BucketOptions;
  /** How long {@link WorkQueue.run} waits for the reconciles under way before it aborts them. Default 5 s. */
  readonly drainMs?: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly observer: QueueObserver;
}

const JITTER = 0.1;
/** News of a key waits as long as the server asked for (Retry-After), but no longer than this, in ms. */
const LONGEST_PATIENCE_MS = 5000;
/** The longest that a timer can wait (2^31 - 1 ms, 24 days); Node.js lets one that is set for more ring at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Timer {
  readonly dueMs: number;
  readonly urgency: Urgency;
  readonly cancel: () => void;
}

/**
 * A work queue with the semantics of client-go's (k8s.io/client-go/util/workqueue): a key is never in two workers at once;
 * however often it is added while it waits, it is worked on once; added while it is worked on, once more afterwards. Failures are tried
 * again with a delay that doubles, for ever: what is level-triggered must not be dropped for good.
 *
 *           add ──▶ waiting (each key once) ──▶ worker ──▶ done
 *            ▲                                    │  added meanwhile, or failed
 *  addAfter ─┴── timer, the earliest counts ◀─────┘
 *
 * Beyond client-go: what is urgent goes before what may wait, see {@link WaitingKeys}. A retry is as urgent as what failed.
 */
export class WorkQueue<K extends string> {
  readonly #options: WorkQueueOptions;
  readonly #retry: { readonly baseMs: number; readonly maxMs: number };
  readonly #overall: TokenBucket;
  readonly #waiting = new WaitingKeys<K>();
  /** Keys in a worker, with the time since when. */
  readonly #processing = new Map<K, { readonly sinceMs: number; readonly urgency: Urgency }>();
  /** Keys that were added while in a worker. */
  readonly #again = new Map<K, Urgency>();
  readonly #timers = new Map<K, Timer>();
  readonly #failures = new Map<K, number>();
  /** Keys that are not to be worked on before a time, because the server asked for patience. */
  readonly #notBefore = new Map<K, number>();
  /** Workers that wait for a key. */
  readonly #idle: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#retry = options.retry ?? { baseMs: 5, maxMs: 300_000 };
    this.#overall = new TokenBucket(options.overall ?? { qps: 50, burst: 300 }, options.clock);
    options.observer.queue(options.name, () => this.#read());
  }

  /** How many keys wait for a worker. */
  get length(): number {
    return this.#waiting.size;
  }

  /** Asks for `key` to be worked on as soon as a worker is free. */
  add(key: K, urgency: Urgency = 'now'): void {
    const isKnown = this.#waiting.has(key) || this.#again.has(key);
    if (!isKnown) this.#options.observer.added(this.#options.name);
    if (this.#processing.has(key)) {
      this.#again.set(key, moreUrgent(this.#again.get(key), urgency));
      return;
    }
    if (this.#mustWait(key, urgency)) return;
    this.#waiting.add(key, urgency, this.#options.clock.now());
    if (!isKnown) this.#idle.shift()?.();
  }

  #mustWait(key: K, urgency: Urgency): boolean {
    const waitMs = (this.#notBefore.get(key) ?? 0) - this.#options.clock.now();
    if (waitMs > 0) this.addAfter(key, waitMs, urgency);
    else this.#notBefore.delete(key);
    return waitMs > 0;
  }

  /**
   * Asks for `key` after `wantedMs`, and after {@link LONGEST_TIMER_MS} where that is more: who looks too soon asks again. Of several such wishes the earliest
   * counts: a burst collapses to one turn.
   */
  addAfter(key: K, wantedMs: number, urgency: Urgency = 'later'): void {
    const ms = Math.min(wantedMs, LONGEST_TIMER_MS);
    if (ms <= 0) {
      this.add(key, urgency);
      return;
    }
    const dueMs = this.#options.clock.now() + ms;
    const before = this.#timers.get(key);
    const timer = { dueMs, urgency: moreUrgent(before?.urgency, urgency) };
    if (before !== undefined && before.dueMs <= dueMs) {
      this.#timers.set(key, { ...before, urgency: timer.urgency });
      return;
    }
    before?.cancel();
    const cancel = this.#options.clock.after(ms, () => {
      const due = this.#timers.get(key);
      this.#timers.delete(key);
      this.add(key, due?.urgency);
    });
    this.#timers.set(key, { ...timer, cancel });
  }

  /** Asks for another try of `key`: after its own delay, which doubles each time, but not before `atLeastMs` or the overall limit. */
  addRateLimited(key: K, atLeastMs = 0): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const { baseMs, maxMs } = this.#retry;
    const ownMs = backoffMs(failures, { baseMs, maxMs, jitter: JITTER }, this.#options.random);
    this.#options.observer.retried(this.#options.name);
    const urgency = this.#processing.get(key)?.urgency;
    this.addAfter(key, Math.max(ownMs, atLeastMs, this.#overall.reserveMs()), urgency);
  }

  /** Forgets how often `key` failed. */
  forget(key: K): void {
    this.#failures.delete(key);
  }

  /** How often `key` failed in a row. */
  failures(key: K): number {
    return this.#failures.get(key) ?? 0;
  }

  /**
   * Works until `signal` is aborted, then waits for the reconciles under way; what is left of the queue stays, for a later
   * run. The signal a reconcile gets is aborted only when it takes longer than `drainMs` after that.
   */
  async run(reconcile: Reconcile<K>, signal: AbortSignal): Promise<void> {
    const drain = new AbortController();
    const onAbort = (): void => {
      for (const wake of this.#idle.splice(0)) wake();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const workers = Array.from({ length: this.#options.workers }, () =>
      this.#work(reconcile, drain.signal, signal),
    );
    const done = Promise.all(workers);
    const cancel = await this.#startDrain(drain, done, signal);
    await done;
    cancel();
    signal.removeEventListener('abort', onAbort);
  }

  /** Waits for the stop and starts the time in which the workers may end by themselves. */
  async #startDrain(
    drain: AbortController,
    done: Promise<unknown>,
    signal: AbortSignal,
  ): Promise<() => void> {
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([stopped, done]);
    return this.#options.clock.after(this.#options.drainMs ?? 5000, () => drain.abort(signal.reason));
  }

  async #work(reconcile: Reconcile<K>, drain: AbortSignal, signal: AbortSignal): Promise<void> {
    // A reconcile that finds nothing to do may never wait for anything: thousands of them in a row must not block the rest.
    const breather = new Breather(this.#options.clock);
    const isStopped = (): boolean => signal.aborted;
    while (!isStopped()) {
      await breather.breathe();
      // It may have been stopped meanwhile: whoever falls idle now would not be woken any more.
      if (isStopped()) return;
      const key = this.#take();
      if (key === undefined) {
        await new Promise<void>((resolve) => this.#idle.push(resolve));
        continue;
      }
      await this.#process(key, reconcile, drain);
    }
  }

  #take(): K | undefined {
    const next = this.#waiting.take();
    if (next === undefined) return undefined;
    const nowMs = this.#options.clock.now();
    this.#processing.set(next.key, { sinceMs: nowMs, urgency: next.urgency });
    this.#options.observer.started(this.#options.name, (nowMs - next.sinceMs) / 1000);
    return next.key;
  }

  async #process(key: K, reconcile: Reconcile<K>, drain: AbortSignal): Promise<void> {
    const startedMs = this.#options.clock.now();
    let result: ReconcileResult;
    try {
      const requeueAfterMs = (await reconcile(key, drain))?.requeueAfterMs;
      this.forget(key);
      if (requeueAfterMs !== undefined) this.addAfter(key, requeueAfterMs);
      result = requeueAfterMs === undefined ? 'success' : 'requeue_after';
    } catch (error) {
      result = drain.aborted ? this.#interrupted(key) : this.#failed(key, error);
    }
    const seconds = (this.#options.clock.now() - startedMs) / 1000;
    this.#options.observer.finished(this.#options.name, result, seconds);
    this.#processing.delete(key);
    const again = this.#again.get(key);
    if (again === undefined) return;
    this.#again.delete(key);
    if (this.#mustWait(key, again)) return;
    this.#waiting.add(key, again, this.#options.clock.now());
    this.#idle.shift()?.();
  }

  /** Cut short by the stop: the key stays in the queue for the next run. */
  #interrupted(key: K): ReconcileResult {
    this.add(key);
    return 'error';
  }

  #failed(key: K, error: unknown): ReconcileResult {
    const { logger } = this.#options;
    if (error instanceof TerminalError) {
      logger.warn('reconcile needs help', { key, reason: error.reason, error: errorMessage(error) });
      this.addRateLimited(key, this.#retry.maxMs);
      return 'terminal';
    }
    const fields = { key, failures: this.failures(key) + 1, error: errorMessage(error) };
    if (error instanceof KubeApiError && error.code === 409) {
      logger.debug('reconcile met a newer version', fields);
      this.addRateLimited(key);
    } else if (error instanceof KubeApiError || error instanceof RetryableError) {
      logger.warn('reconcile failed', fields);
      const patienceMs = Math.min(error.retryAfterMs ?? 0, LONGEST_PATIENCE_MS);
      if (patienceMs > 0) this.#notBefore.set(key, this.#options.clock.now() + patienceMs);
      this.addRateLimited(key, error.retryAfterMs);
    } else {
      const stack = error instanceof Error ? error.stack : undefined;
      logger.error('reconcile met a bug', { ...fields, stack });
      this.addRateLimited(key);
    }
    return 'error';
  }

  #read(): QueueReading {
    const nowMs = this.#options.clock.now();
    const seconds = [...this.#processing.values()].map(({ sinceMs }) => (nowMs - sinceMs) / 1000);
    return {
      depth: this.#waiting.size,
      unfinishedWorkSeconds: seconds.reduce((sum, each) => sum + each, 0),
      longestRunningSeconds: Math.max(0, ...seconds),
      activeWorkers: this.#processing.size,
      maxConcurrent: this.#options.workers,
    };
  }
}
