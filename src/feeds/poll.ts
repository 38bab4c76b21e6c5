import { backoffMs } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { TerminalError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { ChangeFeed, FeedSink, ServiceHint } from '../registry/change-feed.ts';
import type { ChangedRows, KnownRows, RegistryReader } from '../registry/registry-reader.ts';
import { Wakeup } from '../registry/wakeup.ts';

export interface PollFeedOptions {
  readonly reader: RegistryReader;
  readonly known: KnownRows;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/**
 * updated_at is set when a statement runs, and seen when its transaction commits. Rows of transactions up to this long are found for
 * certain; what takes longer is found by the audit (docs/architecture.md).
 */
const OVERLAP_US = 10_000_000;
/**
 * Most transactions are short. So each poll looks back by a second only, and one in a while by the whole overlap: a changed row is examined
 * a handful of times, not once with every poll for ten seconds.
 */
const NARROW_US = 1_000_000;
const WIDE_EVERY_MS = 2500;
const RETRY = { baseMs: 500, maxMs: 2000, jitter: 0.2 };
/** Where somebody has to mend something first: as patient as the syncer is. */
const RETRY_TERMINAL = { baseMs: 500, maxMs: 13_000, jitter: 0.2 };

/**
 * The Poll feed: asks for rows by updated_at, by the database's clock, and hints at the services of those whose content is not known. In a
 * schema without updated_at it compares the checksums of all services instead, which costs a look at every row.
 */
export class PollFeed implements ChangeFeed {
  readonly name = 'Poll';
  readonly active = 'Poll';
  readonly #options: PollFeedOptions;
  /** The database's clock before the last poll, and before the last one that looked back by the whole overlap. */
  #lastUs: number | null = null;
  #lastWideUs = 0;
  #lastWideMs = -Infinity;
  #attempt = 0;
  #comparesSums = false;
  readonly #wakeup: Wakeup;

  constructor(options: PollFeedOptions) {
    this.#options = options;
    this.#wakeup = new Wakeup(options.clock);
  }

  /** Ends the wait for the next poll; after one that failed, the wait stays as long as it is. */
  lookNow(): void {
    this.#wakeup.notify();
  }

  async run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#poll(sink, signal);
      const wait =
        this.#attempt > 0 ? this.#options.clock.sleep(waitMs, signal) : this.#wakeup.wait(waitMs, signal);
      await wait.catch(() => undefined);
    }
  }

  /** One poll; answers how long to wait before the next. */
  async #poll(sink: FeedSink, signal: AbortSignal): Promise<number> {
    const { clock, intervalMs, random } = this.#options;
    const startMs = clock.now();
    try {
      const nowUs = await this.#look(sink, signal);
      if (signal.aborted) return 0;
      this.#attempt = 0;
      sink.healthy({ databaseUs: nowUs, lagMs: 0, position: positionOf(nowUs) });
      return Math.max(0, startMs + intervalMs - clock.now());
    } catch (error) {
      if (signal.aborted) return 0;
      sink.unhealthy(error);
      this.#attempt += 1;
      const retry = error instanceof TerminalError ? RETRY_TERMINAL : RETRY;
      return backoffMs(this.#attempt - 1, retry, random);
    }
  }

  async #look(sink: FeedSink, signal: AbortSignal): Promise<number> {
    const { reader, clock } = this.#options;
    if (this.#lastUs === null) {
      // The position to start from: whoever reads everything after this misses nothing.
      this.#lastUs = this.#lastWideUs = await reader.now(signal);
      return this.#lastUs;
    }
    const isWide = clock.now() - this.#lastWideMs >= WIDE_EVERY_MS;
    const wideMs = clock.now();
    const sinceUs = isWide ? Math.min(this.#lastUs, this.#lastWideUs) - OVERLAP_US : this.#lastUs - NARROW_US;
    const read = await reader.changedSince(sinceUs, signal);
    if (read === null) return await this.#compareSums(sink, signal);
    this.#hint(sink, read);
    this.#lastUs = read.nowUs;
    if (isWide) {
      this.#lastWideUs = read.nowUs;
      this.#lastWideMs = wideMs;
    }
    return read.nowUs;
  }

  #hint(sink: FeedSink, read: ChangedRows): void {
    const services = new Map<string, number>();
    for (const { service, instanceId, hash, updatedAtUs } of read.rows) {
      if (this.#options.known.has(service, instanceId, hash)) continue;
      services.set(service, Math.min(services.get(service) ?? Infinity, updatedAtUs));
    }
    const hints = [...services].map(([service, changedAtUs]): ServiceHint => ({ service, changedAtUs }));
    if (hints.length > 0) sink.hint(hints, positionOf(read.nowUs));
  }

  async #compareSums(sink: FeedSink, signal: AbortSignal): Promise<number> {
    const { reader, known, logger } = this.#options;
    if (!this.#comparesSums) {
      logger.info('schema has no column updatedAt: every poll compares the checksums of all services');
      this.#comparesSums = true;
    }
    const { nowUs, sums } = await reader.checksums(null, null, signal);
    const held = new Map(known.sums());
    const hints: ServiceHint[] = [];
    for (const { service, rows, checksum } of sums) {
      const sum = held.get(service);
      held.delete(service);
      if (sum?.rows !== rows || sum.checksum !== checksum) hints.push({ service, changedAtUs: null });
    }
    for (const service of held.keys()) hints.push({ service, changedAtUs: null });
    if (hints.length > 0) sink.hint(hints, positionOf(nowUs));
    this.#lastUs = nowUs;
    return nowUs;
  }
}

/** Polls follow the database's clock. */
function positionOf(nowUs: number): string {
  return new Date(nowUs / 1000).toISOString();
}
