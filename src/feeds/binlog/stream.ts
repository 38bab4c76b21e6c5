import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import ZongJi, { type BinlogEvent, type TableMapEvent } from '@vlasky/zongji';
import type { Clock } from '../../lib/clock.ts';
import { errorMessage, RetryableError, TerminalError } from '../../lib/errors.ts';
import { Breather } from '../../lib/event-loop.ts';
import type { BinlogColumn, BinlogPosition } from '../../registry/binlog-server.ts';
import { EVENT_HEADER_BYTES, innerPackets, readPayload } from './payload.ts';
import type { LogHandlers, LogStream } from './log-stream.ts';
import { xidText } from '../prepared-xids.ts';
import type { RowChange, RowImage, SourceEvent } from './source-event.ts';

export interface StreamOptions extends LogHandlers {
  /** Of BinlogLook. */
  readonly login: Readonly<Record<string, unknown>>;
  readonly columns: readonly BinlogColumn[];
  readonly position: BinlogPosition;
  readonly database: string;
  readonly table: string;
  readonly serverId: number;
  readonly replicaUuid: string;
  readonly heartbeatMs: number;
  readonly clock: Clock;
}

/** A packet of mysql2, as far as it is looked at. */
interface Packet {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  isEOF(): boolean;
  isError(): boolean;
}

/** The parts of @vlasky/zongji 0.9 (pinned) that are no public interface of it. */
interface Internals {
  readonly BinlogClass: {
    readonly prototype: { binlogData: (this: unknown, packet: Packet, connection: unknown) => unknown };
  };
  readonly connection: Link | null;
  readonly ctrlConnection: { end(): void } | null;
  readonly options: { readonly filename?: string; readonly position?: number };
  readonly gtidSet: string | undefined;
  readonly useChecksum: boolean;
  readonly tableMap: Record<number, unknown>;
  _fetchTableInfo: (event: TableMapEvent, next: () => void) => void;
}

type Reader = (command: unknown, packet: Packet, connection: unknown) => unknown;

interface Link {
  readonly stream: { destroy(): void };
  pause: () => void;
  resume: () => void;
  query(sql: string, done: (error: unknown) => void): void;
  on(event: 'end', listener: () => void): void;
}

/** Types of events that the library does not read, or that are looked at before it does (mysql::binlog::event::Log_event_type). */
const TYPE = { loadQuery: 18, incident: 26, partialUpdate: 39, payload: 40 } as const;
const CHECKSUM_BYTES = 4;
/** A decompressed transaction is held as a whole; what is larger is not read. */
const MOST_PAYLOAD_BYTES = 512 * 1024 * 1024;
/** The server gives up on a reader that takes nothing for so long: it has to outlast our own pauses. As Canal does. */
const WRITE_TIMEOUT_S = 7200;

const decompress = promisify(zstdDecompress);

/** One connection that follows the binary log of a server from a position, and hands on what concerns one table. */
export class BinlogStream implements LogStream {
  readonly #options: StreamOptions;
  readonly #zongji: ZongJi;
  readonly #internals: Internals;
  readonly #reasonsToPause = new Set<string>();
  #pauseLink: () => void = () => undefined;
  #resumeLink: () => void = () => undefined;
  #isClosed = false;
  /** While the library reads an event: what fails then fails each time. */
  #isReading = false;
  #packets = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#zongji = new ZongJi({ ...options.login });
    this.#internals = this.#zongji as unknown as Internals;
    this.#zongji.on('error', (error: unknown) => this.#fail(this.#isReading ? unreadable(error) : error));
    this.#zongji.on('ready', () => this.#prepare());
    this.#zongji.on('binlog', (event: BinlogEvent) => this.#receive(event));
    this.#internals._fetchTableInfo = (event, next) => this.#describe(event, next);
  }

  start(): void {
    const { position, serverId, database, table } = this.#options;
    this.#zongji.start({
      ...(position.kind === 'gtid'
        ? { gtidSet: position.gtids }
        : { filename: position.file, position: position.offset }),
      serverId,
      includeEvents: ['tablemap', 'writerows', 'updaterows', 'deleterows', 'xid', 'query', 'xaprepare'],
      includeSchema: { [database]: [table] },
    });
  }

  /** How many packets came, of any kind: as long as it grows the connection lives. */
  get packets(): number {
    return this.#packets;
  }

  get isPaused(): boolean {
    return this.#reasonsToPause.size > 0;
  }

  /** Up to where whole transactions were handed on. */
  get position(): BinlogPosition {
    const { gtidSet, options } = this.#internals;
    const { position: begun } = this.#options;
    if (begun.kind === 'gtid') return { kind: 'gtid', gtids: gtidSet ?? begun.gtids };
    return { kind: 'file', file: options.filename ?? begun.file, offset: options.position ?? begun.offset };
  }

  /** Reads no more until {@link BinlogStream.resume}: the server waits. */
  pause(reason: string): void {
    if (this.#reasonsToPause.size === 0) this.#pauseLink();
    this.#reasonsToPause.add(reason);
  }

  resume(reason: string): void {
    if (this.#reasonsToPause.delete(reason) && this.#reasonsToPause.size === 0 && !this.#isClosed)
      this.#resumeLink();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { connection } = this.#internals;
    this.#zongji.stop();
    // The library only says goodbye, and has the server kill the dump over the connection that was closed in #prepare: the server would go on
    // sending, and this side taking, for as long as the process lives.
    connection?.stream.destroy();
  }

  /** Between login and the request for the log. */
  #prepare(): void {
    const { connection, ctrlConnection, BinlogClass } = this.#internals;
    if (connection === null) return;
    // The library keeps it for look-ups that are answered here: idle, the server (wait_timeout) or a NAT would cut it, and the stream with it.
    ctrlConnection?.end();
    const { heartbeatMs, replicaUuid } = this.#options;
    const periodNs = Math.round(heartbeatMs * 1_000_000);
    const statements = [
      `SET @master_heartbeat_period = ${periodNs}, @source_heartbeat_period = ${periodNs}, ` +
        `@slave_uuid = '${replicaUuid}', @replica_uuid = '${replicaUuid}'`,
      `SET SESSION net_write_timeout = ${WRITE_TIMEOUT_S}`,
    ];
    for (const statement of statements) {
      connection.query(statement, (error) => {
        if (error) this.#fail(error);
      });
    }
    connection.on('end', () => this.#fail(ended()));
    this.#pauseLink = connection.pause.bind(connection);
    this.#resumeLink = connection.resume.bind(connection);
    // The library pauses for its look-ups of columns, which are answered at once here: it must not undo our own pauses.
    connection.pause = connection.resume = () => undefined;
    const { prototype } = BinlogClass;
    const read = prototype.binlogData;
    const readEvent: Reader = (command, packet, from) => {
      this.#isReading = !packet.isError();
      try {
        return read.call(command, packet, from);
      } finally {
        this.#isReading = false;
      }
    };
    const look = (command: unknown, packet: Packet): boolean => this.#look(command, packet, readEvent);
    prototype.binlogData = function (packet, from) {
      return look(this, packet) ? readEvent(this, packet, from) : prototype.binlogData;
    };
  }

  /** Looks at a packet before the library does; false: it is not for the library. */
  #look(command: unknown, packet: Packet, read: Reader): boolean {
    if (packet.isError()) return true;
    if (packet.isEOF()) {
      this.#fail(ended());
      return true;
    }
    this.#packets += 1;
    if (this.#packets === 1) this.#options.onOpen();
    switch (packet.buffer.readUInt8(packet.offset + 5)) {
      case TYPE.payload:
        this.#unpack(command, packet, read).catch((error: unknown) => this.#fail(unreadable(error)));
        return false;
      case TYPE.partialUpdate:
        this.#emit({ kind: 'unreadable', what: 'a partial update (binlog_row_value_options)' });
        return false;
      case TYPE.incident:
        this.#emit({ kind: 'unreadable', what: 'an incident: the server lost events' });
        return true;
      case TYPE.loadQuery:
        if (packet.buffer.subarray(packet.offset, packet.end).includes(this.#options.table))
          this.#emit({ kind: 'unreadable', what: 'LOAD DATA as a statement (binlog_format)' });
        return true;
      default:
        return true;
    }
  }

  /** Reads a compressed transaction, in turns, while the stream waits. */
  async #unpack(command: unknown, packet: Packet, read: Reader): Promise<void> {
    const { useChecksum, connection } = this.#internals;
    const header = packet.offset + 1;
    const endPosition = packet.buffer.readUInt32LE(header + 13);
    // The packet's memory is used again by the next one.
    const body = Buffer.from(
      packet.buffer.subarray(header + EVENT_HEADER_BYTES, packet.end - (useChecksum ? CHECKSUM_BYTES : 0)),
    );
    this.pause('payload');
    try {
      const events = await this.#inflate(body);
      if (events === null) return;
      const breather = new Breather(this.#options.clock);
      for (const buffer of innerPackets(events, endPosition, useChecksum)) {
        if (this.#isClosed) return;
        const inner = { buffer, offset: 0, end: buffer.length, isEOF: () => false, isError: () => false };
        if (this.#look(command, inner, read)) read(command, inner, connection);
        await breather.breathe();
      }
    } finally {
      this.resume('payload');
    }
  }

  async #inflate(body: Buffer): Promise<Buffer | null> {
    const { compression, data, size } = readPayload(body);
    if (size > MOST_PAYLOAD_BYTES) {
      this.#emit({ kind: 'unreadable', what: `a compressed transaction of ${size} bytes` });
      return null;
    }
    return compression === 'none' ? data : await decompress(data, { maxOutputLength: MOST_PAYLOAD_BYTES });
  }

  /** Gives the library the columns of the table, which were looked up when the stream was opened. */
  #describe(event: TableMapEvent, next: () => void): void {
    const { columns, database, table } = this.#options;
    if (event.columnCount !== columns.length) {
      this.#emit({ kind: 'drift' });
      return;
    }
    this.#internals.tableMap[event.tableId] = {
      columnSchemas: columns.map((column) => ({ ...column })),
      parentSchema: database,
      tableName: table,
    };
    next();
  }

  #receive(event: BinlogEvent): void {
    const found = sourceEvent(event);
    if (found !== null) this.#emit(found);
  }

  #emit(event: SourceEvent): void {
    if (this.#isClosed) return;
    try {
      this.#options.onEvent(event);
    } catch (error) {
      this.#fail(unreadable(error));
    }
  }

  #fail(error: unknown): void {
    if (!this.#isClosed) this.#options.onError(error);
  }
}

function ended(): RetryableError {
  return new RetryableError('the server closed the stream of its binary log', { reason: 'HostUnreachable' });
}

/** It would be so each time that the stream is opened there. */
function unreadable(cause: unknown): TerminalError {
  return new TerminalError(
    'UnreadableChange',
    `an event of the binary log cannot be read (${errorMessage(cause)}): it is passed over, and everything is read again; see docs/feeds/binlog.md`,
    { cause },
  );
}

interface VendorEvent extends BinlogEvent {
  readonly rows?: readonly (RowImage | { readonly before: RowImage; readonly after: RowImage })[];
  readonly numberOfColumns?: number;
  readonly columns_present_bitmap?: Buffer;
  readonly columns_present_bitmap2?: Buffer;
  readonly schema?: string;
  readonly query?: string;
  readonly onePhase?: boolean;
  readonly xidGtrid?: Buffer;
  readonly xidBqual?: Buffer;
  readonly xidFormatId?: number;
}

function sourceEvent(event: VendorEvent): SourceEvent | null {
  const rows = event.rows ?? [];
  const whole = (): boolean =>
    hasAll(event.columns_present_bitmap, event.numberOfColumns ?? 0) &&
    hasAll(event.columns_present_bitmap2, event.numberOfColumns ?? 0);
  const asRows = (toChange: (row: RowImage) => RowChange): SourceEvent => ({
    kind: 'rows',
    rows: rows.map((row) => toChange(row as RowImage)),
    isWhole: whole(),
  });
  switch (event.getTypeName()) {
    case 'WriteRows':
      return asRows((after) => ({ before: null, after }));
    case 'DeleteRows':
      return asRows((before) => ({ before, after: null }));
    case 'UpdateRows':
      return { kind: 'rows', rows: rows as readonly RowChange[], isWhole: whole() };
    case 'Query':
      return { kind: 'statement', database: event.schema ?? '', text: event.query ?? '' };
    case 'Xid':
      return { kind: 'end', gtid: event.gtid };
    case 'XaPrepare':
      return prepared(event);
    default:
      return null;
  }
}

function prepared({ gtid, onePhase, xidGtrid, xidBqual, xidFormatId }: VendorEvent): SourceEvent {
  if (onePhase === true || xidGtrid === undefined || xidBqual === undefined) return { kind: 'end', gtid };
  return { kind: 'end', gtid, preparedXid: xidText(xidGtrid, xidBqual, xidFormatId ?? 0) };
}

/** True when the bitmap has a bit for each column: rows of binlog_row_image MINIMAL or NOBLOB do not. */
function hasAll(bitmap: Buffer | undefined, columns: number): boolean {
  if (bitmap === undefined) return true;
  for (let column = 0; column < columns; column += 1)
    if (((bitmap[column >> 3] ?? 0) & (1 << (column & 7))) === 0) return false;
  return true;
}
