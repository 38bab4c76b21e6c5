import type { RowKey, SourceTable } from '../../registry/source-table.ts';
import { decodeEntry, type CanalEntry, type CanalPosition, type Column, type RowImages } from './entries.ts';

/** What one transaction did to the table: the services that may differ, and the key of the last row of them. */
export interface TransactionNews {
  readonly services: ReadonlySet<string>;
  /**
   * One row stands for all of them: a transaction lets go of its rows at once, when it is visible. Null when the key cannot be written down.
   */
  readonly key: RowKey | null;
  /** False: more of it comes in the next batch. */
  readonly isEnded: boolean;
}

/** What a batch says of XA transactions, of whatever table: one was prepared, or the statement that ends one. */
export type XaStep = { readonly prepared: string } | { readonly finished: string };

/** What a batch of entries says of one table. */
export interface CanalNews {
  readonly transactions: readonly TransactionNews[];
  /** True when the batch begins with the end of the transaction that the last one left open. */
  readonly endsOpen: boolean;
  /** The statement that changed the table itself, or null. */
  readonly tableChange: string | null;
  /** Why some of the changes cannot be told by service; null: all of them can. */
  readonly unreadable: string | null;
  /** Rows without the columns that are needed, and what they lack; null: there were none. It takes a person to mend that. */
  readonly incomplete: string | null;
  /** The ends of transactions, in order; positions in between are of no use (MariaDB 11.4 has none there). */
  readonly positions: readonly CanalPosition[];
  /** In order. */
  readonly xa: readonly XaStep[];
  /** When what is told last had happened, by the database's clock; null: nothing is told. */
  readonly executedAtMs: number | null;
}

/** Names of services in another character set than UTF-8 come with this in place of what could not be read. */
const REPLACEMENT = '\uFFFD';

/** Reads a batch. Throws {@link CanalFault} `protocol` for entries that cannot be decoded. */
export function readNews(entries: readonly Uint8Array[], table: SourceTable): CanalNews {
  const reading = new Reading(table);
  for (const bytes of entries) reading.add(decodeEntry(bytes, reading.isOurs));
  return reading.news();
}

class Reading {
  readonly #table: SourceTable;
  readonly #quiet: ReadonlySet<string>;
  readonly #transactions: TransactionNews[] = [];
  #services = new Set<string>();
  #key: RowKey | null = null;
  #endsOpen = false;
  #tableChange: string | null = null;
  #unreadable: string | null = null;
  #incomplete: string | null = null;
  readonly #positions: CanalPosition[] = [];
  readonly #xa: XaStep[] = [];
  #executedAtMs: number | null = null;

  constructor(table: SourceTable) {
    this.#table = table;
    this.#quiet = new Set(table.quietColumns);
  }

  readonly isOurs = (schema: string, table: string): boolean =>
    schema === this.#table.database && table === this.#table.table;

  add(entry: CanalEntry): void {
    if (entry.executedAtMs > 0) this.#executedAtMs = entry.executedAtMs;
    switch (entry.kind) {
      case 'rows':
        this.#addRows(entry.rows, entry.sql);
        return;
      case 'ddl':
        if (this.#concerns(entry, entry.sql)) this.#tableChange = entry.sql;
        this.#end(entry);
        return;
      case 'end':
        if (entry.preparedXid !== null) this.#xa.push({ prepared: entry.preparedXid });
        this.#end(entry);
        return;
      case 'finish':
        this.#xa.push({ finished: entry.sql });
        return;
      case 'other':
        return;
    }
  }

  news(): CanalNews {
    this.#endTransaction(false);
    return {
      transactions: this.#transactions,
      endsOpen: this.#endsOpen,
      tableChange: this.#tableChange,
      unreadable: this.#unreadable,
      incomplete: this.#incomplete,
      positions: this.#positions,
      xa: this.#xa,
      executedAtMs: this.#executedAtMs,
    };
  }

  /**
   * `RENAME TABLE instances TO old` has the other table's name, of several tables in one statement only one is named, and none where Canal
   * could not read the statement.
   */
  #concerns(entry: { readonly schema: string; readonly table: string }, sql: string): boolean {
    if (this.isOurs(entry.schema, entry.table)) return true;
    if (entry.table === '' && entry.schema !== '') return entry.schema === this.#table.database;
    return sql.toLowerCase().includes(this.#table.table.toLowerCase());
  }

  #addRows(rows: readonly RowImages[], sql: string): void {
    if (rows.length === 0) this.#incomplete ??= `the statement alone, without its rows: ${sql.slice(0, 200)}`;
    for (const row of rows) this.#addRow(row);
  }

  #addRow(images: RowImages): void {
    const { before, after } = images;
    if (before.length > 0 && after.length > 0 && this.#isQuiet(images)) return;
    for (const image of [before, after]) if (image.length > 0) this.#addService(image);
    // MINIMAL row images have the key in the image before only; they are met as incomplete, by their service.
    this.#key = keyOf(after.length > 0 ? after : before, this.#table.primaryKey);
  }

  #addService(image: readonly Column[]): void {
    const column = find(image, this.#table.serviceColumn);
    if (column === undefined) {
      const has = image.map(({ name }) => name).join(', ');
      this.#incomplete ??= `a row without its column ${this.#table.serviceColumn} (it has ${has})`;
      return;
    }
    if (/^(enum|set)\b/i.test(column.mysqlType))
      this.#incomplete ??= `column ${column.name} of type ${column.mysqlType} as a number`;
    if (column.isNull) return;
    const service = textOf(column);
    if (service.includes(REPLACEMENT))
      this.#unreadable = `the name of a service that is not UTF-8: ${service}`;
    this.#services.add(service);
  }

  #isQuiet({ before, after }: RowImages): boolean {
    return after.every((column) => {
      if (this.#quiet.has(column.name)) return true;
      const old = find(before, column.name);
      // Canal's word, or ours: values that it cannot write down are equal as text.
      return !column.updated && old?.value === column.value && old.isNull === column.isNull;
    });
  }

  #end({ serverId, file, offset, gtid }: CanalPosition): void {
    this.#positions.push({ serverId, file, offset, gtid });
    if (this.#services.size === 0 && this.#transactions.length === 0) this.#endsOpen = true;
    this.#endTransaction(true);
  }

  #endTransaction(isEnded: boolean): void {
    if (this.#services.size > 0)
      this.#transactions.push({ services: this.#services, key: this.#key, isEnded });
    this.#services = new Set();
    this.#key = null;
  }
}

function find(image: readonly Column[], name: string): Column | undefined {
  return image.find((column) => column.name === name);
}

function isBinary({ mysqlType }: Column): boolean {
  return /^(var)?binary|^(tiny|medium|long)?blob/i.test(mysqlType);
}

function textOf(column: Column): string {
  return isBinary(column) ? Buffer.from(column.value, 'latin1').toString('utf8') : column.value;
}

/** The key as the database takes it. Null where a column is missing, or of a type whose text is not what the database would call equal. */
function keyOf(image: readonly Column[], primaryKey: readonly string[]): RowKey | null {
  const values: (string | bigint | Buffer)[] = [];
  for (const name of primaryKey) {
    const column = find(image, name);
    if (column === undefined || column.isNull) return null;
    const value = keyValue(column);
    if (value === null) return null;
    values.push(value);
  }
  return values;
}

function keyValue(column: Column): string | bigint | Buffer | null {
  const { mysqlType, value } = column;
  if (value.includes(REPLACEMENT)) return null;
  if (/^(tiny|small|medium|big)?int|^year/i.test(mysqlType))
    return /^-?\d+$/.test(value) ? BigInt(value) : null;
  if (isBinary(column)) return padded(Buffer.from(value, 'latin1'), mysqlType);
  // ENUM and SET come as numbers, TIMESTAMP in Canal's own time zone, BIT and FLOAT in texts of their own, MariaDB's UUID and INET as bytes.
  if (/^(var)?char|^(tiny|medium|long)?text|^decimal|^date/i.test(mysqlType)) return value;
  return null;
}

/** BINARY(n) has n bytes; the binlog leaves out the zeros at its end, and without them the row is not found. */
function padded(bytes: Buffer, mysqlType: string): Buffer {
  const width = Number(/^binary\((\d+)\)/i.exec(mysqlType)?.[1] ?? 0);
  return bytes.length >= width ? bytes : Buffer.concat([bytes, Buffer.alloc(width - bytes.length)]);
}
