import { backoffMs, type BackoffOptions } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { errorMessage, RetryableError, TerminalError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import type { BinlogLook, BinlogMark, BinlogServer } from '../../registry/binlog-server.ts';
import type { ChangeFeed, FeedResyncReason, FeedSink } from '../../registry/change-feed.ts';
import type { SourceDatabase, SourceTable } from '../../registry/source-table.ts';
import { dumpFault, freshUuid, positionText, readerServerId } from './dump-fault.ts';
import { Following, type Ending } from './following.ts';
import { PreparedXids } from '../prepared-xids.ts';
import { ReadsWatch } from './reads-watch.ts';
import { BinlogStream } from './stream.ts';
import { Teller } from './teller.ts';

export interface BinlogFeedOptions {
  readonly server: BinlogServer;
  readonly source: SourceDatabase;
  /** Names this reader for life, and no other: the replica and the Registry. Its server id comes from it. */
  readonly reader: string;
  readonly heartbeatMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const RETRY = { baseMs: 100, maxMs: 2000, jitter: 0.2 };
/** Statements that change a table often come several at once. */
const RETRY_TABLE = { baseMs: 20, maxMs: 5000, jitter: 0.2 };
/** What was followed for so long has ended for a reason of its own, not for the last one. */
const LASTED_MS = 30_000;
/** Heartbeats between two looks at which server the registry is read from. */
const READS_PERIODS = 5;
/** Where somebody has to mend something first: as patient as the syncer is. */
const RETRY_TERMINAL = { baseMs: 500, maxMs: 13_000, jitter: 0.2 };

/**
 * The Binlog feed: reads the server's binary log as a replica does. The reader library (zongji) is watched over from here: it neither notices
 * a dead connection nor opens another.
 *
 *      look (checks, position, columns) ──▶ follow ──▶ transactions ──▶ Teller ──▶ hints
 *        ▲                                     │
 *        └── backoff ◀── cut, silent, DDL ─────┘   from the last whole transaction; from the present, with a resync, where that is gone
 */
export class BinlogFeed implements ChangeFeed {
  readonly name = 'Binlog';
  readonly active = 'Binlog';
  readonly #options: BinlogFeedOptions;
  /** Where to go on; null: from the present. */
  #mark: BinlogMark | null = null;
  #resync: { readonly reason: FeedResyncReason; readonly message: string } | null = null;
  readonly #xids = new PreparedXids();
  readonly #reads: ReadsWatch;
  #attempt = 0;
  /** When the log began to be followed; null: it is not. */
  #followedMs: number | null = null;
  /** How many server ids were found to be taken. */
  #taken = 0;

  constructor(options: BinlogFeedOptions) {
    this.#options = options;
    const { source, clock, heartbeatMs } = options;
    this.#reads = new ReadsWatch({ source, clock, periodMs: READS_PERIODS * heartbeatMs });
  }

  async run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    const { source, clock } = this.#options;
    let following: Following | null = null;
    const teller = new Teller({
      ...{ source, sink, clock },
      onFault: (error) => sink.unhealthy(error),
      onRound: () => following?.letGo(),
    });
    const stopping = new AbortController();
    const both = AbortSignal.any([signal, stopping.signal]);
    const telling = teller.run(both).catch((bug: unknown) => stopping.abort(bug));
    while (!both.aborted) {
      const waitMs = await this.#once(sink, teller, (each) => (following = each), both);
      following = null;
      await clock.sleep(waitMs, both).catch(() => undefined);
    }
    await telling;
    if (!signal.aborted) stopping.signal.throwIfAborted();
  }

  /** Opens and follows the log until that ends; answers how long to wait before the next time. */
  async #once(
    sink: FeedSink,
    teller: Teller,
    onOpen: (following: Following) => void,
    signal: AbortSignal,
  ): Promise<number> {
    try {
      const ending = await this.#follow(sink, teller, onOpen, signal);
      if (signal.aborted) return 0;
      return this.#ended(ending, sink);
    } catch (error) {
      if (signal.aborted) return 0;
      return this.#failed(error, sink);
    }
  }

  async #follow(
    sink: FeedSink,
    teller: Teller,
    onOpen: (following: Following) => void,
    signal: AbortSignal,
  ): Promise<Ending> {
    const { source, server, heartbeatMs, clock, random, logger } = this.#options;
    const table = await source.table(signal);
    const look = await server.look(table, this.#mark, signal);
    this.#noteLoss(look);
    teller.follow(table);
    const following = new Following({
      ...{ table, teller, xids: this.#xids, sink, clock, heartbeatMs },
      open: (handlers) =>
        new BinlogStream({
          ...{ login: look.login, columns: look.columns, position: look.mark.position },
          ...{ database: table.database, table: table.table, heartbeatMs, clock },
          serverId: this.#serverId(table),
          replicaUuid: freshUuid(random),
          ...handlers,
        }),
      onFollowing: (position) => {
        this.#followedMs = clock.now();
        logger.info('binlog is followed', { position, serverId: this.#serverId(table) });
        const resync = this.#resync;
        this.#resync = null;
        if (resync !== null) sink.resync(resync.reason, resync.message);
      },
    });
    onOpen(following);
    const ending = await this.#whileReadsStay(following, signal);
    this.#mark = { ...look.mark, position: ending.position };
    return ending;
  }

  /** Follows until that ends, or until the registry is read from another server. */
  async #whileReadsStay(following: Following, signal: AbortSignal): Promise<Ending> {
    const moving = new AbortController();
    const both = AbortSignal.any([signal, moving.signal]);
    const watching = this.#reads.moved(both).then(
      (why) => moving.abort(why),
      () => undefined,
    );
    try {
      return await following.run(both);
    } finally {
      moving.abort(new Error('the log is followed no more'));
      await watching;
    }
  }

  #noteLoss({ lost, doubt, mark }: BinlogLook): void {
    if (lost !== null) this.#needs('PositionLost', `the binary log cannot be gone on with: ${lost}`);
    else if (doubt !== null) this.#needs('FeedResumed', doubt);
    // From here on this is where it goes on, even if the stream does not open now: everything is read when it does.
    this.#mark = mark;
  }

  #needs(reason: FeedResyncReason, message: string): void {
    this.#resync ??= { reason, message };
  }

  #serverId({ database, table }: SourceTable): number {
    return readerServerId(`${this.#options.reader}/${database}.${table}`, this.#taken);
  }

  #ended({ why, error }: Ending, sink: FeedSink): number {
    if (why === 'table') {
      this.#mark = null;
      this.#needs('TableChanged', errorMessage(error));
      return this.#backoff(RETRY_TABLE);
    }
    return this.#failed(error, sink);
  }

  #failed(cause: unknown, sink: FeedSink): number {
    const error = this.#options.server.translate(cause);
    const { errno } = cause as { readonly errno?: number };
    switch (dumpFault(errno, errorMessage(cause))) {
      case 'taken':
        this.#taken += 1;
        sink.unhealthy(serverIdTaken(error));
        break;
      case 'lost':
        this.#mark = null;
        this.#needs('PositionLost', errorMessage(cause));
        sink.unhealthy(error);
        break;
      case 'other':
        if (error instanceof TerminalError && error.reason === 'UnreadableChange') {
          this.#mark = null;
          this.#needs('UnreadableChange', error.message);
        }
        sink.unhealthy(error);
    }
    this.#options.logger.warn('binlog is not followed', {
      position: this.#mark === null ? null : positionText(this.#mark.position),
      error: errorMessage(error),
    });
    return this.#backoff(error instanceof TerminalError ? RETRY_TERMINAL : RETRY);
  }

  #backoff(retry: BackoffOptions): number {
    const { clock, random } = this.#options;
    if (this.#followedMs !== null && clock.now() - this.#followedMs >= LASTED_MS) this.#attempt = 0;
    this.#followedMs = null;
    this.#attempt += 1;
    return backoffMs(this.#attempt - 1, retry, random);
  }
}

function serverIdTaken(cause: Error): RetryableError {
  return new RetryableError(
    'another reader of the binary log came with the same server id, and the server closed this one: it goes on with another id by itself. If ' +
      'this comes again and again, two operators follow this database under one name: give them different pod names or namespaces',
    { reason: 'ServerIdTaken', cause },
  );
}
