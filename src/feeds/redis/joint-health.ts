import { RetryableError, TerminalError } from '../../lib/errors.ts';
import type { FeedPulse, FeedSink } from '../../registry/change-feed.ts';

/** The parts of a Redis feed. */
export type FeedPart = 'link' | 'poll';

/** Makes one health of two: the feed follows while both of its parts do. */
export class JointHealth {
  readonly #sink: Pick<FeedSink, 'healthy' | 'unhealthy'>;
  /** Null: it is well; undefined: it has not said anything. */
  readonly #faults: Record<FeedPart, { readonly error: unknown } | null | undefined> = {
    link: undefined,
    poll: undefined,
  };

  constructor(sink: Pick<FeedSink, 'healthy' | 'unhealthy'>) {
    this.#sink = sink;
  }

  healthy(part: FeedPart, pulse: FeedPulse): void {
    const was = this.#faults[part];
    this.#faults[part] = null;
    const other = this.#faults[part === 'link' ? 'poll' : 'link'];
    if (other === null) this.#sink.healthy(pulse);
    // What is wrong now is another thing than what was said last.
    else if (other !== undefined && was !== null && was !== undefined) this.#sink.unhealthy(other.error);
  }

  unhealthy(part: FeedPart, error: unknown): void {
    this.#faults[part] = { error };
    this.#sink.unhealthy(error);
  }

  /** The link is lost: until it is back, nothing is healthy. */
  lost(error: Error): void {
    if (error instanceof TerminalError) this.unhealthy('link', error);
    else
      this.unhealthy(
        'link',
        new RetryableError('the subscription was lost, and is made anew', {
          cause: error,
          reason: error instanceof RetryableError ? error.reason : 'RedisUnreachable',
        }),
      );
  }
}
