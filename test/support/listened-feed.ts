import { waitFor } from '../../local/lib/wait.ts';
import type { ChangeFeed, FeedName, FeedSink } from '../../src/registry/change-feed.ts';

/**
 * A feed that is listened to: counts what it tells itself, service by service. The observer of a registry counts by who serves, and takes
 * for the feed's what its fallback tells last, or what the feed tells a second time of something older.
 */
export class ListenedFeed implements ChangeFeed {
  readonly #feed: ChangeFeed;
  readonly #told = new Map<string, number>();

  constructor(feed: ChangeFeed) {
    this.#feed = feed;
  }

  get name(): FeedName {
    return this.#feed.name;
  }

  get active(): FeedName {
    return this.#feed.active;
  }

  announce(services: readonly string[]): void {
    this.#feed.announce?.(services);
  }

  run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    const hint: FeedSink['hint'] = (services, position) => {
      for (const { service } of services) this.#told.set(service, this.toldOf(service) + 1);
      sink.hint(services, position);
    };
    const listening: FeedSink = {
      hint,
      resync: (reason, message) => sink.resync(reason, message),
      healthy: (pulse) => sink.healthy(pulse),
      unhealthy: (error) => sink.unhealthy(error),
    };
    return this.#feed.run(listening, signal);
  }

  /** How often it has told of this service. */
  toldOf(service: string): number {
    return this.#told.get(service) ?? 0;
  }

  /**
   * Waits until it tells of a change that is made now. `change` changes this service, which nothing else may do meanwhile; it is done more
   * than once, because a fault may be noticed only now, and another feed tells of what comes before this one follows again.
   */
  async tells(
    service: string,
    change: (service: string) => Promise<void>,
    timeoutMs = 30_000,
  ): Promise<void> {
    const before = this.toldOf(service);
    const isTold = async (): Promise<boolean> => {
      await change(service);
      return this.toldOf(service) > before;
    };
    await waitFor(`${this.name} to tell of ${service}`, isTold, { timeoutMs, intervalMs: 200 });
  }
}
