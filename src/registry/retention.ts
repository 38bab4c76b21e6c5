import type { Clock } from '../lib/clock.ts';
import { errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { Gate } from './gate.ts';
import type { RegistryObserver } from './observer.ts';
import type { RegistryReader } from './registry-reader.ts';
import { retiredKeys } from './retired-keys.ts';
import type { RegistryStore } from './store.ts';

export interface RetentionOptions {
  readonly reader: RegistryReader;
  readonly store: RegistryStore;
  readonly gate: Gate;
  readonly retentionMs: number;
  /** Only the leader deletes. */
  readonly isLeader: () => boolean;
  /** The database's clock. */
  readonly nowUs: () => number;
  readonly hint: (services: readonly string[]) => void;
  /** There is another {@link Retention.fault}, or none any more. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly observer: RegistryObserver;
}

const EVERY_MS = 60_000;
/** Rows of one DELETE: its locks are short. */
const BATCH = 500;
const PAUSE_MS = 1000;

/**
 * Deletes rows that have been DOWN or expired for longer than the retention, in small batches. The store knows the candidates, so that
 * nothing is searched for; the database judges each again while it deletes. Never while the registry is not healthy.
 */
export class Retention {
  readonly #options: RetentionOptions;
  #fault: string | null = null;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Why rows that should go could not be deleted, and what mends it; null: they could, or there was nothing to delete. */
  get fault(): string | null {
    return this.#fault;
  }

  /** Works until the signal is aborted, then rejects with its reason. */
  async run(signal: AbortSignal): Promise<never> {
    const { clock, random, logger } = this.#options;
    for (;;) {
      await clock.sleep(EVERY_MS * (0.9 + 0.2 * random()), signal);
      try {
        await this.#retire(signal);
        this.#setFault(null);
      } catch (error) {
        signal.throwIfAborted();
        // A missing DELETE grant, or a lock that somebody else holds, says nothing about whether the registry can be read.
        logger.warn('retired rows could not be deleted', { error: errorMessage(error) });
        this.#setFault(errorMessage(error));
      }
    }
  }

  #setFault(fault: string | null): void {
    if (fault === this.#fault) return;
    this.#fault = fault;
    this.#options.onChange();
  }

  async #retire(signal: AbortSignal): Promise<void> {
    const { reader, store, gate, isLeader, retentionMs, nowUs, hint, clock, logger, observer } =
      this.#options;
    const keys = retiredKeys(store, retentionMs, nowUs());
    // Called without candidates as well: beats without an instance go too.
    do {
      if (!isLeader() || !gate.isOpen) return;
      const batch = keys.splice(0, BATCH);
      const deleted = await reader.deleteRetired(batch, retentionMs, signal);
      if (deleted > 0) {
        logger.info('deleted rows that were DOWN or expired for long', { rows: deleted });
        observer.retired(deleted);
        hint([...new Set(batch.map(({ service }) => service))]);
      }
      if (keys.length > 0) await clock.sleep(PAUSE_MS, signal);
    } while (keys.length > 0);
  }
}
