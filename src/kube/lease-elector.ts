import {
  KubeApiError,
  type Leadership,
  NOT_LEADING,
  type ObjectCache,
  type ResourceClient,
} from '../controller/kube-ports.ts';
import type { ElectionObserver } from '../controller/machinery-observers.ts';
import type { Clock } from '../lib/clock.ts';
import { errorMessage, RetryableError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { Deadline } from './deadline.ts';
import { LeaderWork } from './leader-work.ts';
import type { Lease } from './lease.ts';
import { claimedSpec, LeaseSight, releasedSpec } from './lease-record.ts';
import type { WriteGate } from './write-gate.ts';

export interface LeaseElectorOptions {
  readonly namespace: string;
  /** metadata.name of the Lease. */
  readonly name: string;
  /** Unique to this process: pod name and something random. */
  readonly identity: string;
  /** For how long others wait after the last renewal. Default 15 s. */
  readonly leaseDurationMs?: number;
  /** The leader stops so long after its last good renewal began. Default 10 s; less than `leaseDurationMs`. */
  readonly renewDeadlineMs?: number;
  /** Between two renewals, or two attempts. Default 2 s. */
  readonly retryPeriodMs?: number;
  /** Neither gated nor limited. */
  readonly leases: ResourceClient<Lease>;
  /** A cache of this one Lease: with it a release is seen at once, not with the next attempt. */
  readonly cache?: ObjectCache<Lease>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly observer: ElectionObserver;
}

export interface LeaderCallbacks {
  /**
   * This replica leads. Looks at everything again (events may have been missed), works until `term` is aborted, and resolves when
   * its workers have ended; on a clean stop the lease is kept until then. A rejection ends the election.
   */
  onStartedLeading(term: AbortSignal): Promise<void>;
  /** It no longer does. */
  onStoppedLeading(): void;
}

/** As in client-go: candidates spread their attempts over 1 to 2.2 retry periods. */
const JITTER = 1.2;
/** How long a release may take; after that the others have to wait for the lease to run out. */
const RELEASE_MS = 2000;

/**
 * Lease election as in client-go's tools/leaderelection: whoever writes its name into the Lease leads for as long as it
 * renews it; writes are compared-and-swapped by resourceVersion.
 *
 *   candidate ──free or run out: write──▶ leader ──renewed within the deadline──▶ leader
 *       ▲                                   │ deadline passed, or another holder: writes stop at once
 *       └───────────────────────────────────┘ stopped: workers drain, then the lease is released
 *
 * Losing the lease does not end the process, unlike in client-go: every write passes this gate, which is arithmetic on a
 * steady clock and so needs neither a timer nor a turn of the event loop to close. A process that was frozen wakes up
 * with the gate closed.
 */
export class LeaseElector implements Leadership, WriteGate {
  readonly #options: LeaseElectorOptions;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #sight = new LeaseSight();
  /** Writes under way. */
  readonly #writes = new Set<(reason: Error) => void>();
  /** The Lease as last read or written; null: there is none; undefined: has to be read. */
  #lease: Lease | null | undefined;
  #leadsUntilMs = Number.NEGATIVE_INFINITY;
  #heardAtMs: number;
  #wake: (() => void) | undefined;

  constructor(options: LeaseElectorOptions) {
    this.#options = options;
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryPeriodMs = options.retryPeriodMs ?? 2000;
    this.#heardAtMs = options.clock.now();
    options.observer.election(options.name, () => this.isLeader);
  }

  get isLeader(): boolean {
    return this.remainingMs() > 0;
  }

  remainingMs(): number {
    return Math.max(0, this.#leadsUntilMs - this.#options.clock.now());
  }

  enter(abort: (reason: Error) => void): () => void {
    this.#writes.add(abort);
    return () => void this.#writes.delete(abort);
  }

  /** Ms since the API server last answered about the Lease: liveness may judge an election that is broken for good by it. */
  get silentMs(): number {
    return this.#options.clock.now() - this.#heardAtMs;
  }

  /** Takes part until `signal` is aborted; then drains, releases and resolves. Rejects only with what `onStartedLeading` rejected with. */
  async run(callbacks: LeaderCallbacks, signal: AbortSignal): Promise<void> {
    const unsubscribe = this.#options.cache?.subscribe(({ now }) => this.#seeChange(now));
    try {
      while (!signal.aborted) {
        if (await this.#acquire(signal)) await this.#lead(callbacks, signal);
      }
    } finally {
      unsubscribe?.();
    }
  }

  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { random } = this.#options;
    while (!signal.aborted) {
      this.#lease = undefined;
      await this.#attempt(this.#renewDeadlineMs, signal);
      if (this.remainingMs() > 0) return true;
      const retryMs = this.#retryPeriodMs * (1 + JITTER * random());
      // Whoever can tell when the lease runs out need not sleep past it.
      const freeInMs = this.#freeInMs();
      await this.#sleep(freeInMs === 0 ? retryMs : Math.min(retryMs, freeInMs + 50 * random()), signal);
    }
    return false;
  }

  async #lead(callbacks: LeaderCallbacks, signal: AbortSignal): Promise<void> {
    const { logger, identity } = this.#options;
    logger.info('started leading', { identity });
    const term = new AbortController();
    const onStop = (): void => term.abort(signal.reason);
    signal.addEventListener('abort', onStop, { once: true });
    if (signal.aborted) onStop();
    const work = new LeaderWork(
      () => callbacks.onStartedLeading(term.signal),
      () => this.#wake?.(),
    );
    const goesOn = (): boolean => this.remainingMs() > 0 && !work.failed && !(signal.aborted && work.ended);
    while (goesOn()) {
      await this.#sleep(Math.min(this.#retryPeriodMs, this.remainingMs()));
      if (goesOn()) await this.#attempt(this.remainingMs());
    }
    const lost = this.remainingMs() === 0;
    if (lost) logger.warn('lost the lease', { identity, silentMs: Math.round(this.silentMs) });
    this.#stopWrites();
    if (!lost) await this.#release();
    signal.removeEventListener('abort', onStop);
    term.abort(new RetryableError('this replica no longer holds the lease'));
    await work.done;
    logger.info('stopped leading', { identity });
    callbacks.onStoppedLeading();
    work.rethrow();
  }

  /** Tries once to take or renew the lease, within `withinMs`; what came of it is in {@link isLeader}. Never rejects. */
  async #attempt(withinMs: number, signal?: AbortSignal): Promise<void> {
    const { clock, logger, name } = this.#options;
    const deadline = new Deadline(clock, signal ?? new AbortController().signal);
    // A third: one request that hangs must leave time for two more.
    deadline.endIn(
      Math.min(withinMs, this.#renewDeadlineMs / 3),
      () => new RetryableError(`Lease ${name}: no answer in time`),
    );
    try {
      await this.#takeOrRenew(deadline.signal);
    } catch (error) {
      // What was written is not known: read before the next write.
      this.#lease = undefined;
      if (signal?.aborted === true) return;
      const fields = { lease: name, error: errorMessage(error) };
      if (error instanceof KubeApiError && error.code === 409)
        logger.debug('another candidate was faster', fields);
      else logger.warn('could not read or write the lease', fields);
    } finally {
      deadline.close();
    }
  }

  async #takeOrRenew(signal: AbortSignal): Promise<void> {
    const { clock, leases, namespace, name, identity } = this.#options;
    if (this.#lease === undefined) {
      this.#lease = await leases.get(namespace, name, signal);
      this.#heard();
    }
    const lease = this.#lease;
    this.#sight.see(lease, clock.now());
    if (this.#freeInMs() > 0) {
      this.#leadsUntilMs = Number.NEGATIVE_INFINITY;
      return;
    }
    const claim = { identity, leaseDurationMs: this.#leaseDurationMs, wallMs: clock.wallNow() };
    const spec = claimedSpec(lease?.spec, claim);
    // Counted from before the request left: the others count from when they see it.
    const startedMs = clock.now();
    this.#lease =
      lease === null
        ? await leases.create({ metadata: { namespace, name }, spec }, signal)
        : await leases.update({ ...lease, spec }, signal);
    this.#heard();
    this.#leadsUntilMs = startedMs + this.#renewDeadlineMs;
  }

  /** See {@link LeaseSight.freeInMs}; 0 as well when the Lease is not known. */
  #freeInMs(): number {
    const { clock, identity } = this.#options;
    return this.#sight.freeInMs(this.#lease ?? null, identity, this.#leaseDurationMs, clock.now());
  }

  /** Only after the workers ended: who takes it next must not meet writes of ours. */
  async #release(): Promise<void> {
    const { clock, leases, logger, namespace, name, identity } = this.#options;
    const deadline = new Deadline(clock, new AbortController().signal);
    deadline.endIn(RELEASE_MS, () => new RetryableError('releasing the lease took too long'));
    try {
      const lease = this.#lease ?? (await leases.get(namespace, name, deadline.signal));
      if (lease?.spec?.holderIdentity !== identity) return;
      await leases.update({ ...lease, spec: releasedSpec(lease.spec, clock.wallNow()) }, deadline.signal);
      logger.info('released the lease', { identity });
    } catch (error) {
      logger.warn('could not release the lease; the others wait until it runs out', {
        error: errorMessage(error),
      });
    } finally {
      deadline.close();
    }
  }

  /** Closes the gate and aborts the writes under way. */
  #stopWrites(): void {
    this.#leadsUntilMs = Number.NEGATIVE_INFINITY;
    for (const abort of [...this.#writes])
      abort(new RetryableError('aborted: this replica no longer holds the lease', { reason: NOT_LEADING }));
  }

  #heard(): void {
    this.#heardAtMs = this.#options.clock.now();
  }

  /** A candidate looks when the lease becomes free, a leader when somebody else stands in it. */
  #seeChange(lease: Lease | undefined): void {
    const holder = lease?.spec?.holderIdentity ?? '';
    if (this.isLeader ? holder !== this.#options.identity : holder === '') {
      if (this.isLeader) this.#lease = undefined;
      this.#wake?.();
    }
  }

  /** Sleeps until the time is over, something woke us, or the signal is aborted. */
  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        signal?.removeEventListener('abort', wake);
        this.#wake = undefined;
        resolve();
      };
      const cancel = this.#options.clock.after(ms, wake);
      this.#wake = wake;
      if (signal?.aborted === true) wake();
      else signal?.addEventListener('abort', wake, { once: true });
    });
  }
}
