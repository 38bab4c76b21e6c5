import type { InstanceKey } from '../registry/registry-reader.ts';
import type { RawRow } from '../registry/registry-reader.ts';
import type { Columns, Sql } from './connection.ts';

/**
 * The statements by which one schema is read. Pure: from a description to texts, every name quoted, every value a parameter. Rows come
 * as {@link rawRow} takes them, leases as service, instance id, id, deadline; checksums as service, count, checksum.
 */
export interface SchemaSql {
  readonly checksumCost: 'range' | 'table';
  /** True when the beats are in a table of their own: rows can be read without them. */
  readonly hasBeatTable: boolean;
  readAll(): Sql;
  /** `leases` false: without the beats, every lease looks unbeaten. Names are compared as the column's collation does. */
  readServices(services: readonly string[], options: { readonly leases: boolean }): Sql;
  /** Service, instance id, hash, updated_at; null without such a column. */
  changedSince(sinceUs: number): Sql | null;
  /** Leases with a deadline in (`afterUs`, `throughUs`]; null without leases. */
  expiredBetween(afterUs: number, throughUs: number): Sql | null;
  /** Leases by key, at most {@link KEYS_AT_ONCE}; with `afterUs` only those whose deadline lies after it. */
  leases(keys: readonly InstanceKey[], afterUs: number | null): Sql | null;
  checksums(after: string | null, through: string | null): Sql;
}

/** Keys in one statement: a list of constants that a server's range optimizer takes without a thought. */
export const KEYS_AT_ONCE = 1000;

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
