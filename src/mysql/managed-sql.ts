import type { InstanceKey } from '../registry/registry-reader.ts';
import type { Sql } from './connection.ts';
import type { SchemaSql } from './schema-sql.ts';
import { checksumColumns, contentHash, microseconds, MOMENT, NOW_US } from './sql-text.ts';

/**
 * Our own tables (see migrations/). Each statement names its index: what it costs must not hang on the server's statistics, because
 * the cost of following a registry is a promise (docs/architecture.md).
 */
const INSTANCES = '`instances` i';
const BEATS = '`heartbeats` h';

const HASH = contentHash(
  ['id', 'instance_id', 'address', 'port', 'weight', 'region', 'zone', 'status', 'metadata', 'ttl_ms'].map(
    (column) => `i.\`${column}\``,
  ),
);

const UNBEATEN_UNTIL = `${microseconds('i.`created_at`')} + i.\`ttl_ms\` * 1000`;

const DEADLINE = `IFNULL(${microseconds('h.`expires_at`')}, ${UNBEATEN_UNTIL})`;

/** A static row has no beat to look up: a comparison with NULL reads nothing. */
const BEAT_OF_ROW = 'h.`instance` = IF(i.`ttl_ms` IS NULL, NULL, i.`id`)';

const columns = (expiresAt: string, unbeaten: string): string =>
  `i.\`id\`, i.\`service\`, i.\`instance_id\`, i.\`address\`, i.\`port\`, i.\`weight\`, i.\`region\`, i.\`zone\`, i.\`status\`, ` +
  `i.\`metadata\`, i.\`ttl_ms\`, ${expiresAt}, ${unbeaten}, ${microseconds('i.`updated_at`')}, ${HASH}`;

const WITH_BEATS = columns(
  `IF(i.\`ttl_ms\` IS NULL, NULL, ${DEADLINE})`,
  'i.`ttl_ms` IS NOT NULL AND h.`instance` IS NULL',
);
const WITHOUT_BEATS = columns(UNBEATEN_UNTIL, 'i.`ttl_ms` IS NOT NULL');

const LEASE = `SELECT i.\`service\`, i.\`instance_id\`, i.\`id\`, ${microseconds('h.`expires_at`')}, 0`;
/** A static row never expires, whatever beat somebody left behind. */
const LEASED = 'STRAIGHT_JOIN `instances` i ON i.`id` = h.`instance` AND i.`ttl_ms` IS NOT NULL';

/** Statements of the Managed schema. */
export const managedSql: SchemaSql = {
  checksumCost: 'range',
  hasBeatTable: true,

  readAll: () => ({
    text: `SELECT ${WITH_BEATS} FROM ${INSTANCES} LEFT JOIN ${BEATS} ON ${BEAT_OF_ROW}`,
    values: [],
  }),

  readServices: (services, { leases }) => ({
    text:
      `SELECT ${leases ? WITH_BEATS : WITHOUT_BEATS}, ${NOW_US} FROM ${INSTANCES} FORCE INDEX (\`service_instance\`) ` +
      `${leases ? `LEFT JOIN ${BEATS} ON ${BEAT_OF_ROW} ` : ''}WHERE i.\`service\` IN (?)`,
    values: [services],
  }),

  changedSince: (sinceUs) => ({
    text:
      `SELECT i.\`service\`, i.\`instance_id\`, ${HASH}, ${microseconds('i.`updated_at`')} ` +
      `FROM ${INSTANCES} FORCE INDEX (\`updated_at\`) WHERE i.\`updated_at\` >= ${MOMENT}`,
    values: [Math.max(0, sinceUs)],
  }),

  expiredSince: (afterUs) => ({
    text:
      `${LEASE} FROM ${BEATS} FORCE INDEX (\`expires_at\`) ${LEASED} ` +
      `WHERE h.\`expires_at\` > ${MOMENT} AND h.\`expires_at\` <= NOW(6)`,
    values: [Math.max(0, afterUs)],
  }),

  leases: (keys, afterUs) => {
    const ids = keys.map(({ id }) => id);
    if (afterUs === null) {
      return {
        text:
          `SELECT i.\`service\`, i.\`instance_id\`, i.\`id\`, ${DEADLINE}, h.\`instance\` IS NULL FROM ${INSTANCES} ` +
          `LEFT JOIN ${BEATS} ON h.\`instance\` = i.\`id\` WHERE i.\`id\` IN (?) AND i.\`ttl_ms\` IS NOT NULL`,
        values: [ids],
      };
    }
    const text = `${LEASE} FROM ${BEATS} FORCE INDEX (PRIMARY) ${LEASED} WHERE h.\`instance\` IN (?) AND h.\`expires_at\` > ${MOMENT}`;
    return { text, values: [ids, Math.max(0, afterUs)] };
  },

  checksums: (after, through) => {
    const bounds = [
      ...(after === null ? [] : ['i.`service` > ?']),
      ...(through === null ? [] : ['i.`service` <= ?']),
    ];
    return {
      text:
        `SELECT i.\`service\`, ${checksumColumns(HASH)} FROM ${INSTANCES} FORCE INDEX (\`service_instance\`) ` +
        `${bounds.length === 0 ? '' : `WHERE ${bounds.join(' AND ')} `}GROUP BY i.\`service\``,
      values: [after, through].filter((bound) => bound !== null),
    };
  },
};

/**
 * Deletes those of the rows that have been DOWN or expired since before `beforeUs`, with their beats. The condition is judged under the
 * row's lock, so a row that comes back at this moment stays.
 */
export function deleteRetiredSql(keys: readonly InstanceKey[], beforeUs: number): Sql {
  const before = Math.max(0, beforeUs);
  return {
    text:
      `DELETE i, h FROM ${INSTANCES} LEFT JOIN ${BEATS} ON h.\`instance\` = i.\`id\` WHERE i.\`id\` IN (?) AND (` +
      `(i.\`status\` = 'DOWN' AND i.\`updated_at\` < ${MOMENT}) OR ` +
      `(i.\`ttl_ms\` IS NOT NULL AND h.\`expires_at\` < ${MOMENT}) OR ` +
      `(i.\`ttl_ms\` IS NOT NULL AND h.\`instance\` IS NULL AND ${UNBEATEN_UNTIL} < ?))`,
    values: [keys.map(({ id }) => id), before, before, before],
  };
}

/** Deletes beats that ran out before `beforeUs` and whose instance is gone: they are few, and an index leads to them. */
export function orphanBeatsSql(beforeUs: number, limit: number): Sql {
  return {
    text:
      `SELECT h.\`instance\` FROM ${BEATS} FORCE INDEX (\`expires_at\`) LEFT JOIN ${INSTANCES} ON i.\`id\` = h.\`instance\` ` +
      `WHERE h.\`expires_at\` < ${MOMENT} AND i.\`id\` IS NULL LIMIT ${limit}`,
    values: [Math.max(0, beforeUs)],
  };
}

/** Deletes beats by key. */
export function deleteBeatsSql(ids: readonly unknown[], beforeUs: number): Sql {
  return {
    text: `DELETE FROM \`heartbeats\` WHERE \`instance\` IN (?) AND \`expires_at\` < ${MOMENT}`,
    values: [ids, Math.max(0, beforeUs)],
  };
}
