import { decoded } from './frames.ts';
import { decodeMessage, int64, type Decoded } from './messages.ts';

/** EntryType of EntryProtocol.proto. */
const ENTRY = { rowData: 2, transactionEnd: 3 } as const;
/** INSERT, UPDATE, DELETE of EventType in EntryProtocol.proto; not given means UPDATE, for the reason below. */
const ROWS: readonly number[] = [0, 1, 2, 3];
/** XACOMMIT and XAROLLBACK of EventType: statements without a schema. */
const XA_FINISHES: readonly number[] = [13, 14];

/** Where in the binlog of which server Canal is. */
export interface CanalPosition {
  readonly serverId: number;
  readonly file: string;
  readonly offset: number;
  /** '' where Canal does not follow by GTID. */
  readonly gtid: string;
}

interface EntryHeader extends CanalPosition {
  /** When the statement ran, by the database's clock, in whole seconds; ms since 1970. */
  readonly executedAtMs: number;
  readonly schema: string;
  readonly table: string;
}

/** One value of a row. All values are text: numbers in digits, binary ones with a character for each byte. */
export type Column = Decoded<'Column'>;

/** A row before and after; one of them is empty for an insert or a delete. */
export interface RowImages {
  readonly before: readonly Column[];
  readonly after: readonly Column[];
}

/**
 * An entry as far as a feed of rows needs it. `end`: of a transaction, with the xid of one that is prepared and not committed yet. `finish`: the
 * statement that ends such a one. `other`: of no meaning here.
 */
export type CanalEntry = EntryHeader &
  (
    | { readonly kind: 'rows'; readonly rows: readonly RowImages[]; readonly sql: string }
    | { readonly kind: 'ddl'; readonly sql: string }
    | { readonly kind: 'end'; readonly preparedXid: string | null }
    | { readonly kind: 'finish'; readonly sql: string }
    | { readonly kind: 'other' }
  );

/**
 * Decodes one entry. Rows of tables that are not `isOurs`, and the texts of statements without a schema, are not looked into: MariaDB's binlog
 * carries the text of each statement, whatever its table, and a flood of those must cost next to nothing. Only one that changes a table is:
 * Canal gives no schema with what it cannot read (SET STATEMENT ... FOR TRUNCATE). Throws {@link CanalFault} `protocol`.
 */
export function decodeEntry(
  bytes: Uint8Array,
  isOurs: (schema: string, table: string) => boolean,
): CanalEntry {
  return decoded(() => {
    const entry = decodeMessage('Entry', bytes);
    const raw = entry.header ?? decodeMessage('Header', new Uint8Array());
    const header = headerOf(raw);
    if (entry.entryType === ENTRY.transactionEnd)
      return { ...header, kind: 'end', preparedXid: preparedXid(entry.storeValue) };
    if (XA_FINISHES.includes(raw.eventType))
      return { ...header, kind: 'finish', sql: decodeMessage('RowChange', entry.storeValue).sql };
    const isForeign = ROWS.includes(raw.eventType)
      ? !isOurs(header.schema, header.table)
      : header.schema === '' && !decodeMessage('Kind', entry.storeValue).isDdl;
    // Not given means ROWDATA: the default of Canal's messages of old, which it still relies on.
    if ((entry.entryType !== ENTRY.rowData && entry.entryType !== 0) || isForeign)
      return { ...header, kind: 'other' };
    return { ...header, ...changeOf(decodeMessage('RowChange', entry.storeValue)) };
  });
}

function headerOf(header: Decoded<'Header'>): EntryHeader {
  return {
    serverId: int64(header.serverId),
    file: header.logfileName,
    offset: int64(header.logfileOffset),
    gtid: header.gtid,
    executedAtMs: int64(header.executeTime),
    // Canal gives the names of some statements as they were written.
    schema: unquoted(header.schemaName),
    table: unquoted(header.tableName),
  };
}

/** Canal ends a transaction at its XA END, which only comes with XA PREPARE; the xid as the log writes it: X'6162',X'',1. */
function preparedXid(storeValue: Uint8Array): string | null {
  const { props } = decodeMessage('TransactionEnd', storeValue);
  return props.find(({ key }) => key === 'XA_XID')?.value ?? null;
}

type Change =
  | { readonly kind: 'rows'; readonly rows: readonly RowImages[]; readonly sql: string }
  | { readonly kind: 'ddl'; readonly sql: string }
  | { readonly kind: 'other' };

function changeOf({ eventType, isDdl, sql, rowDatas }: Decoded<'RowChange'>): Change {
  if (isDdl) return { kind: 'ddl', sql };
  if (!ROWS.includes(eventType)) return { kind: 'other' };
  const rows = rowDatas.map(({ beforeColumns: before, afterColumns: after }) => ({ before, after }));
  return { kind: 'rows', rows, sql };
}

function unquoted(name: string): string {
  return name.startsWith('`') && name.endsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name;
}

/** The position as people write it: the file and offset, and the GTID where there is one. */
export function positionText({ file, offset, gtid }: CanalPosition): string {
  return `${file}:${offset}${gtid === '' ? '' : ` ${gtid}`}`;
}

/**
 * True when `now` is not a later position of what `before` is a position of: another server, another series of files, or further back. What
 * Canal read between is not known then. Files count up: binlog.000009, binlog.000010, ..., binlog.1000000.
 */
export function wentBack(before: CanalPosition, now: CanalPosition): boolean {
  if (before.serverId !== now.serverId) return true;
  const [from, to] = [fileNumber(before.file), fileNumber(now.file)];
  if (from.series !== to.series) return true;
  return to.number < from.number || (to.number === from.number && now.offset < before.offset);
}

function fileNumber(file: string): { readonly series: string; readonly number: number } {
  const dot = file.lastIndexOf('.');
  return { series: file.slice(0, dot), number: Number(file.slice(dot + 1)) };
}
