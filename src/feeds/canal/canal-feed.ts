import { backoffMs } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { errorMessage, TerminalError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import type { ChangeFeed, FeedSink } from '../../registry/change-feed.ts';
import type { SourceDatabase, SourceTable } from '../../registry/source-table.ts';
import { conditionOf, doubtCondition, type CanalNames } from './canal-conditions.ts';
import { CanalFault } from './canal-error.ts';
import { CanalConnection, type CanalLogin, type CanalTarget } from './connection.ts';
import { Follower } from './follower.ts';
import { SourceWatch, type CanalDoubt } from './source-watch.ts';
import { filterOf } from './filter.ts';

export interface CanalFeedOptions {
  readonly target: CanalTarget;
  /** Whom to log in as; asked each time a connection is opened. `refresh`: what was given last was refused. */
  readonly access: (options: { readonly refresh: boolean }) => Promise<CanalLogin>;
  /** `namespace/name` of the Secret behind `access`, for messages; null: there is none. */
  readonly secret: string | null;
  readonly source: SourceDatabase;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const RETRY = { baseMs: 500, maxMs: 5000, jitter: 0.2 };
/** Where somebody has to mend something first. */
const RETRY_TERMINAL = { baseMs: 1000, maxMs: 15_000, jitter: 0.2 };
/** A conversation that lasted for so long has failed for a reason of its own, not for the last one. */
const LASTED_MS = 30_000;
/** Batches that were taken away twice within this time are taken by somebody who stays. */
const THEFT_MS = 60_000;
const FETCH_SIZE = 500;

/**
 * The Canal feed: a client of a canal-server, which follows the binlog in its place. Only one client of an id can follow a destination, so only the
 * leader does ({@link LeaderOnlyFeed}). A canal-server that starts again begins at the present, and does not say so: after every
 * conversation that ended, everything is read again.
 */
export class CanalFeed implements ChangeFeed {
  readonly name = 'Canal';
  readonly active = 'Canal';
  readonly #options: CanalFeedOptions;
  #watch: SourceWatch;
  #wasOpen = false;
  #attempt = 0;
  #isRefused = false;
  #username = '';
  #theftMs: number | null = null;
  #fetchSize = FETCH_SIZE;

  constructor(options: CanalFeedOptions) {
    this.#options = options;
    this.#watch = new SourceWatch(0);
  }

  async run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    this.#watch = new SourceWatch(clock.now());
    while (!signal.aborted) {
      const waitMs = await this.#attemptOnce(sink, signal);
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  /** One conversation; answers how long to wait before the next. */
  async #attemptOnce(sink: FeedSink, signal: AbortSignal): Promise<number> {
    const { clock, random, logger } = this.#options;
    const startMs = clock.now();
    try {
      await this.#follow(sink, signal);
      return 0;
    } catch (cause) {
      if (signal.aborted) return 0;
      const error = this.#explained(cause);
      this.#attempt = clock.now() - startMs > LASTED_MS ? 0 : this.#attempt + 1;
      logger.warn('Canal cannot be followed', { error: errorMessage(error), attempt: this.#attempt });
      sink.unhealthy(error);
      const retry = error instanceof TerminalError ? RETRY_TERMINAL : RETRY;
      return backoffMs(Math.max(0, this.#attempt - 1), retry, random);
    }
  }

  /** One conversation. */
  async #follow(sink: FeedSink, signal: AbortSignal): Promise<void> {
    const { source, clock, logger } = this.#options;
    const table = await source.table(signal);
    const connection = await this.#open(table, signal);
    const onAbort = (): void => connection.close();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await connection.subscribe();
      connection.rollback();
      this.#watch.opened(clock.now());
      const watch = this.#watch;
      const follower = new Follower({
        ...{ connection, source, table, watch, sink, clock, logger, fetchSize: this.#fetchSize },
        onOpen: () =>
          this.#say(sink, 'the connection to the canal-server was lost, and it may have lost changes'),
        onDoubt: (doubt) => sink.unhealthy(this.#doubted(doubt)),
        onBelief: () => this.#say(sink, 'the canal-server speaks again, and it may have lost changes'),
      });
      await follower.run(signal);
    } finally {
      signal.removeEventListener('abort', onAbort);
      connection.close();
    }
  }

  /** Logs in with what the Secret has; looks at the Secret itself when that was refused. */
  async #open(table: SourceTable, signal: AbortSignal): Promise<CanalConnection> {
    const { target, access, clock } = this.#options;
    const login = await access({ refresh: this.#isRefused });
    this.#username = login.username;
    const connection = await CanalConnection.open({ target, login, filter: filterOf(table), clock }, signal);
    this.#isRefused = false;
    return connection;
  }

  /** It follows. In this order nothing falls between: it is open, and then everything is read. */
  #say(sink: FeedSink, why: string): void {
    const { doubt } = this.#watch;
    if (doubt !== null) {
      sink.unhealthy(this.#doubted(doubt));
      return;
    }
    if (this.#wasOpen) sink.resync('FeedResumed', why);
    this.#wasOpen = true;
    sink.healthy({ databaseUs: null, lagMs: 0, position: 'now' });
  }

  #doubted(doubt: CanalDoubt): unknown {
    // Whatever was open until now, what follows is a time in which something can be missed.
    this.#wasOpen = true;
    return doubtCondition(doubt, this.#names());
  }

  #explained(error: unknown): unknown {
    if (!(error instanceof CanalFault)) return error;
    if (error.kind === 'accessDenied') this.#isRefused = true;
    if (error.kind === 'tooLarge') this.#fetchSize = 1;
    const nowMs = this.#options.clock.now();
    const isRepeated = this.#theftMs !== null && nowMs - this.#theftMs < THEFT_MS;
    if (error.kind === 'batchGone') this.#theftMs = nowMs;
    return conditionOf(error, this.#names(), isRepeated);
  }

  #names(): CanalNames {
    const { target, secret } = this.#options;
    return { ...target, username: this.#username, secret };
  }
}
