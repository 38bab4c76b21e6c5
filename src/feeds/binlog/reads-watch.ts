import type { Clock } from '../../lib/clock.ts';
import { RetryableError } from '../../lib/errors.ts';
import type { SourceDatabase } from '../../registry/source-table.ts';

export interface ReadsWatchOptions {
  readonly source: Pick<SourceDatabase, 'written'>;
  readonly periodMs: number;
  readonly clock: Clock;
}

/**
 * Notices that the registry is read from another server than before. After a failover that moves the address and leaves old connections standing,
 * the stream of the old server goes on as if nothing had happened, heartbeats included, and tells of nothing any more.
 */
export class ReadsWatch {
  readonly #options: ReadsWatchOptions;
  #serverId: string | null = null;

  constructor(options: ReadsWatchOptions) {
    this.#options = options;
  }

  /** Resolves with why the stream has to be opened anew; rejects when `signal` is aborted. */
  async moved(signal: AbortSignal): Promise<RetryableError> {
    const { source, periodMs, clock } = this.#options;
    for (;;) {
      const before = this.#serverId;
      // A database that cannot be asked is noticed by whoever has something to ask; here it is nothing but no answer.
      const written = await source.written(signal).catch(() => null);
      signal.throwIfAborted();
      this.#serverId = written?.serverId ?? before;
      if (before !== null && this.#serverId !== before)
        return new RetryableError('the registry is read from another server now', {
          reason: 'ServerChanged',
        });
      await clock.sleep(periodMs, signal);
    }
  }
}
