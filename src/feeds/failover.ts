import type { Clock } from '../lib/clock.ts';
import { errorMessage, RetryableError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { ChangeFeed, FeedName, FeedPulse, FeedSink } from '../registry/change-feed.ts';

/** What a {@link FailoverFeed} is made of. */
export interface FailoverFeedOptions {
  /** The feed that was asked for; it is tried all the time, whoever serves. */
  readonly primary: ChangeFeed;
  /** Makes the fallback, anew each time it has to serve: it starts from the present. */
  readonly fallback: () => ChangeFeed;
  /** How long the primary may be unhealthy, or not open yet, before the fallback serves. */
  readonly patienceMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The primary has to live for this long before the fallback is sent away, and before the time of its next fault is counted anew: one that
 * comes and goes is not well, and must not bring a resync with each turn.
 */
const STEADY_MS = 2000;

/**
 * A feed with another one behind it: when the first is unhealthy for too long the second serves, and the first is taken back when it lives
 * again. Only who gives hints changes, so nothing that is published does. Both may give hints at once; at least once is all they promise.
 */
export class FailoverFeed implements ChangeFeed {
  readonly #options: FailoverFeedOptions;
  #serving: { readonly feed: ChangeFeed; readonly stop: () => Promise<void> } | null = null;
  #isHealthy = false;
  #wasHealthy = false;
  #healthySinceMs = -Infinity;
  /** The begin of its last fault, or of the first of several with little between them. */
  #faultSinceMs = -Infinity;
  #fault: unknown;
  #pulse: FeedPulse | null = null;
  #cancelTimer: () => void = () => undefined;

  constructor(options: FailoverFeedOptions) {
    this.#options = options;
    this.#fault = new RetryableError(`feed ${options.primary.name} has not opened yet`, {
      reason: 'FeedNotOpen',
    });
  }

  get name(): FeedName {
    return this.#options.primary.name;
  }

  get active(): FeedName {
    return this.#serving?.feed.active ?? this.#options.primary.active;
  }

  announce(services: readonly string[]): void {
    this.#options.primary.announce?.(services);
  }

  async run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    const { primary, patienceMs, clock } = this.#options;
    const stopping = new AbortController();
    const both = AbortSignal.any([signal, stopping.signal]);
    const takeOver = (): void => this.#takeOver(sink, both, (bug) => stopping.abort(bug));
    this.#faultSinceMs = clock.now();
    this.#cancelTimer = clock.after(patienceMs, takeOver);
    try {
      await primary.run(this.#primarySink(sink, takeOver), both);
    } finally {
      this.#cancelTimer();
      await this.#serving?.stop();
      this.#serving = null;
    }
    if (!signal.aborted) stopping.signal.throwIfAborted();
  }

  #primarySink(sink: FeedSink, takeOver: () => void): FeedSink {
    const { patienceMs, clock } = this.#options;
    return {
      hint: (services, position) => sink.hint(services, position),
      resync: (reason, message) => sink.resync(reason, message),
      healthy: (pulse) => {
        this.#pulse = pulse;
        if (!this.#isHealthy) {
          this.#isHealthy = this.#wasHealthy = true;
          this.#healthySinceMs = clock.now();
          this.#cancelTimer();
          if (this.#serving !== null) this.#cancelTimer = clock.after(STEADY_MS, () => this.#giveBack(sink));
        }
        // Until it is sent away the fallback serves, and the fault that brought it is what people should see.
        if (this.#serving === null) sink.healthy(pulse);
      },
      unhealthy: (error) => {
        this.#fault = error;
        const wasOpen = this.#wasHealthy;
        if (this.#isHealthy) {
          this.#isHealthy = false;
          this.#cancelTimer();
          if (clock.now() - this.#healthySinceMs >= STEADY_MS) this.#faultSinceMs = clock.now();
          const leftMs = Math.max(0, this.#faultSinceMs + patienceMs - clock.now());
          if (this.#serving === null) this.#cancelTimer = clock.after(leftMs, takeOver);
        }
        // One that cannot even be opened has nothing to come back to.
        if (!wasOpen && this.#serving === null) takeOver();
        else sink.unhealthy(error);
      },
    };
  }

  #takeOver(sink: FeedSink, signal: AbortSignal, onBug: (bug: unknown) => void): void {
    this.#cancelTimer();
    if (signal.aborted || this.#serving !== null) return;
    const { fallback, logger, primary } = this.#options;
    const feed = fallback();
    const stopping = new AbortController();
    const ended = feed
      .run(this.#fallbackSink(sink), AbortSignal.any([signal, stopping.signal]))
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) onBug(error);
      });
    const stop = async (): Promise<void> => {
      stopping.abort(new Error('the fallback serves no more'));
      await ended;
    };
    this.#serving = { feed, stop };
    logger.warn('fallback takes over from the feed', {
      feed: primary.name,
      fallback: feed.name,
      position: this.#pulse?.position,
      error: errorMessage(this.#fault),
    });
    sink.unhealthy(this.#fault);
  }

  #fallbackSink(sink: FeedSink): FeedSink {
    let isOpen = false;
    let isFaulty = false;
    return {
      hint: (services, position) => sink.hint(services, position),
      resync: (reason, message) => sink.resync(reason, message),
      healthy: () => {
        // In this order nothing falls between: it follows, and then everything is read.
        if (!isOpen) sink.resync('FallbackStarted', 'the fallback begins to follow');
        isOpen = true;
        if (isFaulty) sink.unhealthy(this.#fault);
        isFaulty = false;
      },
      unhealthy: (error) => {
        isFaulty = true;
        sink.unhealthy(error);
      },
    };
  }

  #giveBack(sink: FeedSink): void {
    const serving = this.#serving;
    if (serving === null) return;
    this.#serving = null;
    const { logger, primary } = this.#options;
    logger.info('feed is taken back', { feed: primary.name, position: this.#pulse?.position });
    void serving.stop();
    if (this.#pulse !== null) sink.healthy(this.#pulse);
  }
}
