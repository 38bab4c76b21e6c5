import type { InstanceKey } from '../registry/registry-reader.ts';
import type { RawRow } from '../registry/registry-reader.ts';
import type { Columns, Sql } from './connection.ts';
import { NOW_US } from './sql-text.ts';

/**
 * The statements by which one schema is read. Pure: from a description to texts, every name quoted, every value a parameter. Rows come
 * as {@link rawRow} takes them, leases as service, instance id, id, deadline; checksums as service, count, checksum.
 */
export interface SchemaSql {
  readonly checksumCost: 'range' | 'table';
  /** True when the beats are in a table of their own: rows can be read without them. */
  readonly hasBeatTable: boolean;
  readAll(): Sql;
  /**
   * With one more column, the last: the database's clock at the start of the statement. `leases` false: without the beats, every lease looks
   * unbeaten. Names are compared as the column's collation does.
   */
  readServices(services: readonly string[], options: { readonly leases: boolean }): Sql;
  /** Service, instance id, hash, updated_at, in any order; null without such a column. */
  changedSince(sinceUs: number): Sql | null;
  /** Leases with a deadline in (`afterUs`, now]; null without leases. */
  expiredSince(afterUs: number): Sql | null;
  /** Leases by key, at most {@link KEYS_AT_ONCE}; with `afterUs` only those whose deadline lies after it. */
  leases(keys: readonly InstanceKey[], afterUs: number | null): Sql | null;
  checksums(after: string | null, through: string | null): Sql;
}

/** Keys in one statement: a list of constants that a server's range optimizer takes without a thought. */
export const KEYS_AT_ONCE = 1000;

/**
 * A statement of `columns` columns whose fourth is a time, and the database's clock with it in a row of its own: what is asked for all the time
 * should not take two exchanges. NOW() is the same in both parts, and the moment at which the statement began, before the server looks at any
 * row: what the answer shows is at least as new.
 */
export function withClock({ text, values }: Sql, columns: number): Sql {
  const rest = ', NULL'.repeat(columns - 4);
  return { text: `SELECT NULL, NULL, NULL, ${NOW_US}${rest} UNION ALL ${text}`, values };
}

/** The answer to {@link withClock}. No row of ours is without a service, which stands first; and a UNION promises no order. */
export function partClock(answer: readonly Columns[]): {
  readonly nowUs: number;
  readonly rows: readonly Columns[];
} {
  const isClock = ([service]: Columns): boolean => service === null;
  const clock = answer.find(isClock);
  if (clock === undefined) throw new Error('the answer has no clock in it');
  return { nowUs: Number(clock[3]), rows: answer.filter((row) => !isClock(row)) };
}

/** The raw row of the columns that {@link SchemaSql.readAll} and readServices select. */
export function rawRow(columns: Columns): RawRow {
  const [
    id,
    service,
    instanceId,
    address,
    port,
    weight,
    region,
    zone,
    status,
    metadata,
    ttlMs,
    expiresAtUs,
    unbeaten,
    updatedAtUs,
    hash,
  ] = columns;
  return {
    id: id === null ? null : Number(id),
    service,
    instanceId,
    address,
    port,
    weight,
    region,
    zone,
    status,
    metadata,
    ttlMs,
    expiresAtUs,
    unbeaten: unbeaten === 1,
    updatedAtUs,
    hash: String(hash),
    leaseRead: true,
  };
}
