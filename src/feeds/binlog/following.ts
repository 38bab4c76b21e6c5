import type { Clock } from '../../lib/clock.ts';
import { errorMessage, RetryableError, TerminalError } from '../../lib/errors.ts';
import type { BinlogPosition } from '../../registry/binlog-server.ts';
import type { FeedSink } from '../../registry/change-feed.ts';
import type { SourceTable } from '../../registry/source-table.ts';
import { positionText } from './dump-fault.ts';
import type { SourceEvent } from './source-event.ts';
import { statementMeaning } from './statement.ts';
import type { LogHandlers, LogStream } from './log-stream.ts';
import type { PreparedXids } from '../prepared-xids.ts';
import type { Teller } from './teller.ts';
import { TransactionRows, type ChangedServices } from './transaction.ts';

export interface FollowingOptions {
  readonly table: SourceTable;
  readonly teller: Pick<Teller, 'tell' | 'load' | 'size' | 'lagMs' | 'isFaulty'>;
  /** Of all streams of the feed. */
  readonly xids: PreparedXids;
  readonly sink: FeedSink;
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly open: (handlers: LogHandlers) => LogStream;
  /** The first packet came: from now on nothing is missed. Called once, before the feed says that it is healthy. */
  readonly onFollowing: (position: string) => void;
}

/** How and where following the log ended. `table`: the table is another now. */
export interface Ending {
  readonly why: 'stream' | 'table';
  readonly error: unknown;
  readonly position: BinlogPosition;
}

/** Heartbeats that may be missing before the connection counts as dead. */
const SILENT_PERIODS = 3;
/** How long logging in and the first packet may take. */
const OPEN_MS = 10_000;
/** Transactions that wait to be told before the server is made to wait. */
const MOST_LOAD = 256;
/** All that are held, those included that somebody else holds the rows of. */
const MOST_SIZE = 5000;
/** How long a change that could not be read is shown as the feed's fault: there are sessions that make them, and people should see it. */
const BLEMISH_MS = 30_000;
const UNREAD_EVERY_MS = 1000;

/** One stream at work: gathers its transactions, watches over it, and says how the feed is. */
export class Following {
  readonly #options: FollowingOptions;
  readonly #rows: TransactionRows;
  readonly #stream: LogStream;
  #resolve: (ending: Ending) => void = () => undefined;
  #isFollowing = false;
  #unread: string | null = null;
  #unreadToldMs = -Infinity;
  #blemish: { readonly error: Error; readonly untilMs: number } | null = null;
  #lastPackets = 0;
  #silent = 0;

  constructor(options: FollowingOptions) {
    this.#options = options;
    this.#rows = new TransactionRows(options.table);
    this.#stream = options.open({
      onEvent: (event) => this.#on(event),
      onOpen: () => this.#pulse(),
      onError: (error) => this.#end({ why: 'stream', error }),
    });
  }

  async run(signal: AbortSignal): Promise<Ending> {
    const { clock } = this.#options;
    let cancel: () => void = () => undefined;
    const onAbort = (): void => this.#end({ why: 'stream', error: signal.reason });
    const tick = (): void => {
      this.#tick();
      cancel = clock.after(this.#options.heartbeatMs, tick);
    };
    try {
      signal.addEventListener('abort', onAbort, { once: true });
      const ended = new Promise<Ending>((resolve) => (this.#resolve = resolve));
      signal.throwIfAborted();
      this.#stream.start();
      cancel = clock.after(this.#options.heartbeatMs, tick);
      return await ended;
    } finally {
      cancel();
      this.#tellUnread();
      signal.removeEventListener('abort', onAbort);
      this.#stream.close();
    }
  }

  /** At once: what else came in the same piece belongs to the next stream, and must not move the position on. */
  #end(ending: Pick<Ending, 'why' | 'error'>): void {
    const { position } = this.#stream;
    this.#stream.close();
    this.#resolve({ ...ending, position });
  }

  /** The teller has told something: the server may go on where it was made to wait. */
  letGo(): void {
    const { teller } = this.#options;
    if (teller.load < MOST_LOAD / 2 && teller.size < MOST_SIZE) this.#stream.resume('load');
  }

  #on(event: SourceEvent): void {
    switch (event.kind) {
      case 'rows':
        if (event.isWhole) this.#rows.add(event.rows);
        else this.#cannotRead('rows without all columns', 'binlog_row_image', 'FULL');
        break;
      case 'statement':
        this.#onStatement(event.database, event.text);
        break;
      case 'end':
        if (event.preparedXid !== undefined) this.#options.xids.prepared(event.preparedXid);
        this.#onEnd(event.gtid);
        break;
      case 'unreadable':
        this.#cannotRead(event.what);
        break;
      case 'drift':
        this.#end({ why: 'table', error: new Error('the columns of the table are others') });
        break;
      default:
        event satisfies never;
    }
  }

  #onStatement(current: string, text: string): void {
    const { table } = this.#options;
    const meaning = statementMeaning(text, current, table);
    if (meaning === 'end') this.#onEndStatement(text);
    else if (meaning === 'rows') this.#cannotRead('a change as a statement', 'binlog_format', 'ROW');
    else if (meaning === 'table')
      this.#end({ why: 'table', error: new Error(`the table was changed: ${text.slice(0, 200)}`) });
  }

  #onEndStatement(text: string): void {
    this.#onEnd(undefined);
    if (!this.#options.xids.revealsUnseen(text)) return;
    const message = 'an XA transaction was committed whose rows were in the log before it was followed';
    this.#tellResync({ reason: 'UnreadableChange', message });
  }

  #onEnd(gtid: string | undefined): void {
    const changed = this.#rows.take();
    if (changed === null) return;
    const { teller, table } = this.#options;
    teller.tell(changed, table, gtid ?? positionText(this.#stream.position));
    if (teller.load >= MOST_LOAD || teller.size >= MOST_SIZE) this.#stream.pause('load');
  }

  /** A change that names no service: everything is read, once the transaction can be seen; and people are told who makes such changes. */
  #cannotRead(what: string, variable?: string, value?: string): void {
    const { clock, sink } = this.#options;
    const mend =
      variable === undefined
        ? 'see docs/feeds/binlog.md'
        : `the session of a writer has another ${variable}, set for itself (take SET SESSION ${variable} out of its program) or for all ` +
          `(SET GLOBAL ${variable} = '${value}'; and connect the writers anew)`;
    const error = new TerminalError('UnreadableChange', `the binary log holds ${what}; ${mend}`);
    const isNew = this.#blemish === null;
    this.#blemish = { error, untilMs: clock.now() + BLEMISH_MS };
    if (isNew) sink.unhealthy(error);
    this.#unread = errorMessage(error);
    if (clock.now() - this.#unreadToldMs >= UNREAD_EVERY_MS) this.#tellUnread();
  }

  /** Not for each of a thousand such changes a second. */
  #tellUnread(): void {
    if (this.#unread === null) return;
    const resync = { reason: 'UnreadableChange', message: this.#unread } as const;
    this.#unread = null;
    this.#unreadToldMs = this.#options.clock.now();
    this.#tellResync(resync);
  }

  #tellResync(resync: NonNullable<ChangedServices['resync']>): void {
    const { teller, table } = this.#options;
    teller.tell({ services: new Set(), keys: [], resync }, table, positionText(this.#stream.position));
  }

  #tick(): void {
    const { clock, heartbeatMs } = this.#options;
    const { packets, isPaused } = this.#stream;
    const isSilent = packets === this.#lastPackets && !isPaused;
    this.#lastPackets = packets;
    this.#silent = isSilent ? this.#silent + 1 : 0;
    const mostSilent = packets === 0 ? Math.max(SILENT_PERIODS, OPEN_MS / heartbeatMs) : SILENT_PERIODS;
    if (this.#silent >= mostSilent) {
      const message = `the server has sent nothing for ${(this.#silent * heartbeatMs) / 1000} s`;
      this.#end({ why: 'stream', error: new RetryableError(message, { reason: 'HostUnreachable' }) });
      return;
    }
    if (clock.now() - this.#unreadToldMs >= UNREAD_EVERY_MS) this.#tellUnread();
    if (this.#blemish !== null && this.#blemish.untilMs <= clock.now()) this.#blemish = null;
    if (packets > 0 && !isSilent) this.#pulse();
  }

  #pulse(): void {
    const { sink, teller, onFollowing } = this.#options;
    const position = positionText(this.#stream.position);
    if (!this.#isFollowing) {
      this.#isFollowing = true;
      onFollowing(position);
    }
    if (this.#blemish === null && !teller.isFaulty)
      sink.healthy({ databaseUs: null, lagMs: teller.lagMs, position });
  }
}
