import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { ChangeFeed, FeedName, FeedSink } from '../registry/change-feed.ts';

export interface LeaderOnlyFeedOptions {
  /** The feed of the leader; made anew each time this replica becomes it. */
  readonly leader: () => ChangeFeed;
  /** What this replica follows by while it is not. */
  readonly other: () => ChangeFeed;
  readonly name: FeedName;
  readonly isLeader: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How often to look whether this replica leads: how long a new leader is without its own feed. */
const LOOK_MS = 250;

/**
 * A feed that only one client can follow: the leader does, and every other replica follows by another feed, which is no fault of anybody.
 * Whoever begins to lead opens the feed and then has everything read again; and the same the other way round.
 */
export class LeaderOnlyFeed implements ChangeFeed {
  readonly name: FeedName;
  readonly #options: LeaderOnlyFeedOptions;
  #active: ChangeFeed | null = null;
  #turns = 0;

  constructor(options: LeaderOnlyFeedOptions) {
    this.#options = options;
    this.name = options.name;
  }

  get active(): FeedName {
    return this.#active?.active ?? this.name;
  }

  async run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await this.#turn(sink, signal);
  }

  /** Follows by one of the two for as long as this replica leads, or does not. */
  async #turn(sink: FeedSink, signal: AbortSignal): Promise<void> {
    const { leader, other, isLeader, clock, logger } = this.#options;
    const leads = isLeader();
    const feed = leads ? leader() : other();
    this.#active = feed;
    this.#turns += 1;
    if (this.#turns > 1)
      logger.info('another feed follows, as the leader changed', { feed: feed.name, leads });
    const ending = new AbortController();
    const both = AbortSignal.any([signal, ending.signal]);
    const look = async (): Promise<void> => {
      while (isLeader() === leads && !both.aborted) await clock.sleep(LOOK_MS, both).catch(() => undefined);
      ending.abort(new Error('another feed follows'));
    };
    const looking = look();
    try {
      await feed.run(this.#turns === 1 ? sink : resyncing(sink, feed.name), both);
    } finally {
      ending.abort(new Error('the feed has ended'));
      await looking;
    }
  }
}

/** Has everything read again as soon as the feed is open. */
function resyncing(sink: FeedSink, name: FeedName): FeedSink {
  let isOpen = false;
  return {
    hint: (services, position) => sink.hint(services, position),
    resync: (reason, message) => sink.resync(reason, message),
    healthy: (pulse) => {
      if (!isOpen) sink.resync('FeedResumed', `${name} follows from now on, as the leader changed`);
      isOpen = true;
      sink.healthy(pulse);
    },
    unhealthy: (error) => sink.unhealthy(error),
  };
}
