import { backoffMs } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { errorMessage, TerminalError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import type { ChangeFeed, FeedPulse, FeedSink } from '../../registry/change-feed.ts';
import type { KnownRows } from '../../registry/registry-reader.ts';
import type { PollFeed } from '../poll.ts';
import { Inbox } from './inbox.ts';
import { JointHealth } from './joint-health.ts';
import { RedisLink } from './link.ts';
import { messageText } from './message.ts';
import type { RedisAccessSource, RedisTarget } from './target.ts';

export interface RedisFeedOptions {
  readonly target: RedisTarget;
  readonly access: RedisAccessSource;
  /** The slow poll underneath. */
  readonly poll: PollFeed;
  /** Tells whether a service that was named has changed. */
  readonly known: Pick<KnownRows, 'revision'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const RETRY = { baseMs: 200, maxMs: 2000, jitter: 0.2 };
/** Where somebody has to mend something first. */
const RETRY_TERMINAL = { baseMs: 500, maxMs: 13_000, jitter: 0.2 };
/** Announcements that wait for the server; more are left to the poll. */
const MAX_ANNOUNCED = 1000;

/**
 * The Redis feed: hears on a channel which services were written (docs/feeds/redis.md). Pub/sub delivers at most once, so a slow poll runs
 * underneath, each new subscription brings a resync, and numbered messages show what did not arrive.
 */
export class RedisFeed implements ChangeFeed {
  readonly name = 'Redis';
  readonly active = 'Redis';
  readonly #options: RedisFeedOptions;
  /** Of what this process announces. */
  readonly #epoch: string;
  #announced = 0;
  #announcing = 0;
  #link: RedisLink | null = null;
  #attempt = 0;
  /** The login was refused: the Secret is read anew. */
  #refresh = false;
  /** Something may have been missed since the registry was read. */
  #mustResync = false;

  constructor(options: RedisFeedOptions) {
    this.#options = options;
    this.#epoch = `rollcall-${options.random().toString(36).slice(2)}`;
  }

  async run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    const health = new JointHealth(sink);
    const stopping = new AbortController();
    const both = AbortSignal.any([signal, stopping.signal]);
    const parts = [this.#options.poll.run(pollSink(sink, health), both), this.#follow(sink, health, both)];
    const stop = (bug: unknown): void => stopping.abort(bug);
    await Promise.all(parts.map((part) => part.catch(stop)));
    if (!signal.aborted) stopping.signal.throwIfAborted();
  }

  /**
   * Tells those who follow the channel that these services were written by us. Lost without harm: the number that it takes shows the
   * others that something did not arrive.
   */
  announce(services: readonly string[]): void {
    for (const service of services) {
      this.#announced += 1;
      if (this.#link === null || this.#announcing >= MAX_ANNOUNCED) continue;
      const stamp = { epoch: this.#epoch, version: this.#announced };
      this.#announcing += 1;
      void this.#link
        .publish(messageText({ service, stamp }))
        .catch((error: unknown) => {
          this.#options.logger.debug('service could not be announced', {
            service,
            error: errorMessage(error),
          });
        })
        .finally(() => (this.#announcing -= 1));
    }
  }

  async #follow(sink: FeedSink, health: JointHealth, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    for (let turn = 0; !signal.aborted; turn++) {
      const fault = await this.#live(sink, health, turn, signal);
      const retry = fault instanceof TerminalError ? RETRY_TERMINAL : RETRY;
      const waitMs = backoffMs(this.#attempt, retry, random);
      this.#attempt += 1;
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  /** From connecting to the end of the link; answers why it ended. */
  async #live(sink: FeedSink, health: JointHealth, turn: number, signal: AbortSignal): Promise<unknown> {
    const { target, access, clock, logger, poll, known } = this.#options;
    const inbox = new Inbox({ sink, known, clock, logger, lookNow: () => poll.lookNow() });
    try {
      const given = await access({ refresh: this.#refresh });
      const onMessage = (text: string): void => inbox.receive(text);
      const link = await RedisLink.open({ target, access: given, clock, turn, onMessage }, signal);
      const fault = await this.#followed(link, inbox, sink, health, signal);
      this.#refresh = fault instanceof TerminalError;
      if (!signal.aborted) health.lost(fault);
      return fault;
    } catch (error) {
      if (signal.aborted) return error;
      this.#refresh = error instanceof TerminalError;
      this.#mustResync = true;
      health.unhealthy('link', error);
      return error;
    } finally {
      inbox.close();
    }
  }

  async #followed(
    link: RedisLink,
    inbox: Inbox,
    sink: FeedSink,
    health: JointHealth,
    signal: AbortSignal,
  ): Promise<Error> {
    const { logger, target, clock } = this.#options;
    logger.debug('subscribed', { server: link.address, channel: target.channel });
    const sinceMs = clock.now();
    const pulse = (): FeedPulse => ({ databaseUs: null, lagMs: 0, position: inbox.position });
    if (this.#mustResync)
      sink.resync('FeedResumed', `subscribed anew to ${target.channel} on ${link.address}`);
    this.#mustResync = true;
    this.#link = link;
    health.healthy('link', pulse());
    const fault = await link.follow(() => {
      // A server that ends every connection at once is not asked for another all the time.
      if (clock.now() - sinceMs >= RETRY.maxMs) this.#attempt = 0;
      health.healthy('link', pulse());
    }, signal);
    this.#link = null;
    return fault;
  }
}

/** The poll's hints are the feed's; its health is one half of the feed's. */
function pollSink(sink: FeedSink, health: JointHealth): FeedSink {
  return {
    hint: (services, position) => sink.hint(services, position),
    resync: (reason, message) => sink.resync(reason, message),
    healthy: (pulse) => health.healthy('poll', pulse),
    unhealthy: (error) => health.unhealthy('poll', error),
  };
}
