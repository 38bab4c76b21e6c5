import type { ChangeLogPlace, IdRange } from '../../registry/change-log.ts';
import type { Sql } from '../connection.ts';
import type { Flavor } from '../server-identity.ts';
import { microseconds, NOW_US } from '../sql-text.ts';

/** Statements on change_log, which is in the database of the connection. Rows come as id, service, op, at and the database's clock. */
const COLUMNS = `\`id\`, \`service\`, \`op\`, ${microseconds('`at`')}, ${NOW_US}`;
const FROM = 'FROM `change_log` FORCE INDEX (PRIMARY)';

/** The newest entry. */
export const NEWEST: Sql = { text: `SELECT ${COLUMNS} ${FROM} ORDER BY \`id\` DESC LIMIT 1`, values: [] };
/** The oldest entry. */
export const OLDEST: Sql = { text: `SELECT ${COLUMNS} ${FROM} ORDER BY \`id\` LIMIT 1`, values: [] };
/** An entry that says nothing, so that there is one. */
export const MARK: Sql = {
  text: `INSERT INTO \`change_log\` (\`service\`, \`instance_id\`, \`op\`) VALUES ('', '', 'fill')`,
  values: [],
};

/**
 * The entry at the place itself, what came after it, and what is in the gaps now: one statement, so that all of it is of one moment. The
 * `limit` holds for the first two. Late entries come last, with their ids below the place's.
 */
export function readSql(place: ChangeLogPlace, gaps: readonly IdRange[], limit: number): Sql {
  const after = `SELECT ${COLUMNS} ${FROM} WHERE \`id\` >= ? ORDER BY \`id\` LIMIT ${limit}`;
  if (gaps.length === 0) return { text: after, values: [place.id] };
  const { text, values } = within(gaps);
  return {
    text: `(${after}) UNION ALL (SELECT ${COLUMNS} ${FROM} WHERE ${text} LIMIT ${limit})`,
    values: [place.id, ...values],
  };
}

/** Locks what is in the gap, shared, for as long as the statement takes, or fails at once because an open transaction made an entry there. */
export function heldSql(flavor: Flavor, gap: IdRange): Sql {
  const { text, values } = within([gap]);
  const lock = flavor === 'MySQL' ? 'FOR SHARE NOWAIT' : 'LOCK IN SHARE MODE NOWAIT';
  return { text: `SELECT COUNT(\`id\`) ${FROM} WHERE ${text} ${lock}`, values };
}

/** Uses up every id of the gap that has no entry. */
export function fillSql({ from, to, step }: IdRange): Sql {
  const rows = Array.from(
    { length: (to - from) / step + 1 },
    (_, index) => `(${from + index * step}, '', '', 'fill')`,
  );
  return {
    text: `INSERT IGNORE INTO \`change_log\` (\`id\`, \`service\`, \`instance_id\`, \`op\`) VALUES ${rows.join()}`,
    values: [],
  };
}

/** Gaps between the entries from `fromId` on, each with its first and last id. */
export function gapsSql(fromId: number, step: number, limit: number): Sql {
  return {
    text:
      `SELECT before_id + ${step}, id - ${step} FROM (SELECT \`id\` AS id, LAG(\`id\`) OVER (PARTITION BY \`id\` % ${step} ORDER BY \`id\`) AS before_id ` +
      `${FROM} WHERE \`id\` >= ?) entries WHERE id > before_id + ${step} ORDER BY id DESC LIMIT ${limit}`,
    values: [Math.max(0, fromId)],
  };
}

/** Deletes old entries below an id. `throughId` bounds what is looked at. */
export function trimSql(beforeId: number, throughId: number, retentionMs: number): Sql {
  return {
    text: 'DELETE FROM `change_log` WHERE `id` < ? AND `id` <= ? AND `at` < NOW(6) - INTERVAL ? MICROSECOND',
    values: [beforeId, throughId, retentionMs * 1000],
  };
}

function within(gaps: readonly IdRange[]): Sql {
  const parts = gaps.map(({ from, to, step }) => {
    if (from === to) return '`id` = ?';
    return step === 1
      ? '`id` BETWEEN ? AND ?'
      : `(\`id\` BETWEEN ? AND ? AND \`id\` % ${step} = ${from % step})`;
  });
  const values = gaps.flatMap(({ from, to }) => (from === to ? [from] : [from, to]));
  return { text: `(${parts.join(' OR ')})`, values };
}
