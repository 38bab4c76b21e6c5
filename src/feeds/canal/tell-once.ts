import type { Clock } from '../../lib/clock.ts';
import type { FeedSink } from '../../registry/change-feed.ts';

/** More different services than this before the source is drained are not told one by one. */
const TOO_MANY = 10_000;
/** While more and more come, everything is read again this often. */
const RESYNC_MS = 5000;

/** Hints, each service once for each batch; and one resync in place of too many of them. */
export class TellOnce {
  readonly #sink: Pick<FeedSink, 'hint' | 'resync'>;
  readonly #clock: Clock;
  readonly #told = new Set<string>();
  #overflowMs: number | null = null;

  constructor(sink: Pick<FeedSink, 'hint' | 'resync'>, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  tell(services: readonly string[], position: string): void {
    const different = new Set(services);
    if (different.size === 0) return;
    if (this.#overflowMs === null) {
      for (const service of different) this.#told.add(service);
      if (this.#told.size <= TOO_MANY) {
        this.#sink.hint(
          [...different].map((service) => ({ service, changedAtUs: null })),
          position,
        );
        return;
      }
      this.#told.clear();
      this.#overflowMs = this.#clock.now();
    }
    if (this.#clock.now() - this.#overflowMs >= RESYNC_MS) {
      this.#overflowMs = this.#clock.now();
      this.#resync();
    }
  }

  /** Nothing waits to be told. */
  drained(): void {
    this.#told.clear();
    if (this.#overflowMs === null) return;
    this.#overflowMs = null;
    this.#resync();
  }

  #resync(): void {
    this.#sink.resync('TooManyChanges', `more than ${TOO_MANY} services changed at once`);
  }
}
