import type { FeedResyncReason } from '../../registry/change-feed.ts';
import type { RowKey, SourceTable } from '../../registry/source-table.ts';
import type { RowChange, RowImage } from './source-event.ts';

/** More services than this in one transaction are told by one resync. */
export const MOST_SERVICES = 10_000;

const TOO_MANY = {
  reason: 'TooManyChanges',
  message: `one transaction changed more than ${MOST_SERVICES} services`,
} as const;

/** What one transaction changed. */
export interface ChangedServices {
  readonly services: ReadonlySet<string>;
  /** Why everything has to be read instead; null: the services are all. */
  readonly resync: { readonly reason: FeedResyncReason; readonly message: string } | null;
  /**
   * Keys of at most two of its rows. All that a transaction changed becomes visible at one moment, and its locks go after that: so one row that
   * nobody holds any more is enough to know that all of it can be seen. Two, because one may be held by the next transaction already.
   */
  readonly keys: readonly RowKey[];
}

/** Gathers the row changes of one transaction in bounded memory. */
export class TransactionRows {
  readonly #table: SourceTable;
  readonly #quiet: ReadonlySet<string>;
  #services = new Set<string>();
  #isTooMany = false;
  #first: RowKey | null = null;
  #last: RowKey | null = null;
  #hasChanges = false;

  constructor(table: SourceTable) {
    this.#table = table;
    this.#quiet = new Set(table.quietColumns);
  }

  add(changes: readonly RowChange[]): void {
    let last: RowImage | null = null;
    for (const { before, after } of changes) {
      if (before !== null && after !== null && isQuiet(before, after, this.#quiet)) continue;
      this.#addService(before);
      this.#addService(after);
      last = after ?? before;
      if (this.#hasChanges || last === null) continue;
      this.#hasChanges = true;
      this.#first = rowKey(last, this.#table.primaryKey);
    }
    if (last !== null) this.#last = rowKey(last, this.#table.primaryKey);
  }

  /** What was gathered, to begin anew; null when nothing changed that is news. */
  take(): ChangedServices | null {
    if (!this.#hasChanges) return null;
    const keys = [this.#first, this.#last].filter((key) => key !== null);
    const taken = {
      services: this.#services,
      resync: this.#isTooMany ? TOO_MANY : null,
      keys: keys.length === 2 && sameKey(keys[0] ?? [], keys[1] ?? []) ? keys.slice(1) : keys,
    };
    this.#services = new Set();
    this.#isTooMany = this.#hasChanges = false;
    this.#first = this.#last = null;
    return taken;
  }

  /** A row without a service belongs to none. */
  #addService(row: RowImage | null): void {
    const service = row?.[this.#table.serviceColumn];
    if (service === null || service === undefined) return;
    const name = nameOf(service);
    if (this.#services.size < MOST_SERVICES) this.#services.add(name);
    else if (!this.#services.has(name)) this.#isTooMany = true;
  }
}

function nameOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : String(value);
}

/** True when nothing differs but in quiet columns. */
export function isQuiet(before: RowImage, after: RowImage, quiet: ReadonlySet<string>): boolean {
  for (const column in after) {
    if (!quiet.has(column) && !sameValue(before[column], after[column])) return false;
  }
  return true;
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Buffer.isBuffer(a) && Buffer.isBuffer(b)) return a.equals(b);
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The row's key; null where a part of it is nothing that a statement can ask for: a fraction of a FLOAT is not found by its digits. */
export function rowKey(row: RowImage, primaryKey: readonly string[]): RowKey | null {
  const key: (string | number | bigint | Buffer)[] = [];
  for (const column of primaryKey) {
    const value = row[column];
    const isPlain = typeof value === 'string' || typeof value === 'bigint' || Number.isInteger(value);
    if (!isPlain && !Buffer.isBuffer(value)) return null;
    key.push(value as RowKey[number]);
  }
  return key;
}

function sameKey(a: RowKey, b: RowKey): boolean {
  return a.every((part, index) => sameValue(part, b[index]));
}
