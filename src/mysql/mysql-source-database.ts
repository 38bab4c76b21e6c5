import type { Clock } from '../lib/clock.ts';
import { TerminalError } from '../lib/errors.ts';
import type { CustomColumns, CustomSchemaSpec } from '../model/registry.ts';
import type { RowKey, SourceDatabase, SourceTable, SourceWritten } from '../registry/source-table.ts';
import { findTable } from './find-table.ts';
import type { Connection, Sql } from './connection.ts';
import { mariadbGtidsWentBack } from './gtid.ts';
import { isHeldByOthers } from './mysql-error.ts';
import type { Session } from './pool.ts';
import { KEYS_AT_ONCE } from './schema-sql.ts';
import type { Flavor } from './server-identity.ts';
import { quoteName } from './sql-text.ts';

export interface MysqlSourceDatabaseOptions {
  /** Does work on a connection of the registry's pool. */
  readonly use: <T>(work: (session: Session) => Promise<T>, signal: AbortSignal) => Promise<T>;
  /** Null: our own tables. */
  readonly custom: CustomSchemaSpec | null;
  readonly clock: Clock;
}

const MANAGED_COLUMNS: Pick<CustomColumns, 'service' | 'expiresAt' | 'lastHeartbeat' | 'updatedAt'> = {
  service: 'service',
  updatedAt: 'updated_at',
};

/** Between two looks at rows that somebody holds: a commit that is under way is over in a moment, others are no hurry. */
const FIRST_LOOK_MS = 1;
const LAST_LOOK_MS = 50;

/** The table behind a registry in MySQL or MariaDB, and the share-lock barrier of safety rule 4. */
export class MysqlSourceDatabase implements SourceDatabase {
  readonly #options: MysqlSourceDatabaseOptions;
  #lastGtids = '';

  constructor(options: MysqlSourceDatabaseOptions) {
    this.#options = options;
  }

  table(signal: AbortSignal): Promise<SourceTable> {
    const { custom, use } = this.#options;
    return use(({ connection }) => describeTable(connection, custom, signal), signal);
  }

  written(signal: AbortSignal): Promise<SourceWritten> {
    return this.#options.use(async ({ connection, identity }) => {
      const { serverId, startedAtUs, flavor } = identity;
      const before = this.#lastGtids;
      // MariaDB's binlog position has what it wrote and passed on, and not what it received alone.
      const text =
        flavor === 'MySQL'
          ? 'SELECT @@GLOBAL.gtid_executed, GTID_SUBSET(?, @@GLOBAL.gtid_executed)'
          : 'SELECT @@GLOBAL.gtid_binlog_pos';
      const [row] = await connection.query({ text, values: flavor === 'MySQL' ? [before] : [] }, signal);
      const [found, isSubset] = row ?? [];
      const gtids = typeof found === 'string' ? found : '';
      this.#lastGtids = gtids;
      const wentBack = flavor === 'MySQL' ? Number(isSubset) === 0 : mariadbGtidsWentBack(before, gtids);
      return { serverId, startedAtUs, gtids, wentBack };
    }, signal);
  }

  async awaitVisible(
    table: SourceTable,
    keys: readonly RowKey[],
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<readonly RowKey[]> {
    const { clock, use } = this.#options;
    const endMs = clock.now() + patienceMs;
    let waitMs = FIRST_LOOK_MS;
    let held = keys;
    for (;;) {
      const asked = held;
      held = await use((session) => heldOf(session, table, asked, signal), signal);
      const leftMs = endMs - clock.now();
      if (held.length === 0 || leftMs <= 0) return held;
      await clock.sleep(Math.min(waitMs, leftMs), signal);
      waitMs = Math.min(2 * waitMs, LAST_LOOK_MS);
    }
  }
}

/**
 * Which of the rows somebody holds at this moment. Nothing is ever waited for while a lock of ours is held, so that no writer waits for us longer
 * than one statement takes, and none of them can be in a deadlock with us: the statement fails at once if any row is held, and halves find out which.
 */
async function heldOf(
  session: Session,
  table: SourceTable,
  keys: readonly RowKey[],
  signal: AbortSignal,
): Promise<readonly RowKey[]> {
  const held: RowKey[] = [];
  const parts: (readonly RowKey[])[] = [];
  for (let end = keys.length; end > 0; end -= KEYS_AT_ONCE)
    parts.push(keys.slice(Math.max(0, end - KEYS_AT_ONCE), end));
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (!(await areHeld(session, table, part, signal))) continue;
    if (part.length === 1) held.push(...part);
    else parts.push(part.slice(part.length >> 1), part.slice(0, part.length >> 1));
  }
  return held;
}

async function areHeld(
  { connection, identity }: Session,
  table: SourceTable,
  keys: readonly RowKey[],
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await connection.query(shareLockSql(identity.flavor, table, keys), signal);
    return false;
  } catch (error) {
    if (isHeldByOthers(error)) return true;
    throw error;
  }
}

/**
 * Locks the rows of these keys, shared, for as long as the statement takes (autocommit), or fails at once. MySQL's FOR SHARE needs no
 * more than SELECT (8.0.22 and later), MariaDB has LOCK IN SHARE MODE only. Rows that are gone are waited for as well: their marks carry the lock.
 */
export function shareLockSql(flavor: Flavor, table: SourceTable, keys: readonly RowKey[]): Sql {
  const columns = table.primaryKey.map(quoteName);
  const [first = ''] = columns;
  const isSingle = columns.length === 1;
  return {
    text:
      `SELECT COUNT(${first}) FROM ${quoteName(table.database)}.${quoteName(table.table)} FORCE INDEX (PRIMARY) ` +
      `WHERE ${isSingle ? first : `(${columns.join(', ')})`} IN (?) ` +
      (flavor === 'MySQL' ? 'FOR SHARE NOWAIT' : 'LOCK IN SHARE MODE NOWAIT'),
    values: [isSingle ? keys.map(([value]) => value) : keys],
  };
}

async function describeTable(
  connection: Connection,
  custom: CustomSchemaSpec | null,
  signal: AbortSignal,
): Promise<SourceTable> {
  const asked = custom?.table ?? 'instances';
  const found = await findTable(connection, asked, signal);
  if (found === null) throw unfollowable(asked, 'is gone');
  if (found.isView) throw unfollowable(asked, 'is a view');
  const table = { database: found.database, table: found.table };
  const primaryKey = await primaryKeyOf(connection, table, signal);
  // What an account may not read is left out of information_schema, without a word: these statements fail, with the GRANT.
  const readable = primaryKey.length === 0 ? '*' : primaryKey.map(quoteName).join(', ');
  const name = `${quoteName(table.database)}.${quoteName(table.table)}`;
  await connection.query({ text: `SELECT ${readable} FROM ${name} LIMIT 0`, values: [] }, signal);
  if (primaryKey.length === 0) throw unfollowable(asked, 'has no primary key');
  const named = await namedColumns(connection, table, signal);
  const asNamed = (column: string): string => named.get(column.toLowerCase()) ?? column;
  const columns = custom?.columns ?? MANAGED_COLUMNS;
  const quiet = [columns.expiresAt, columns.lastHeartbeat, columns.updatedAt].filter(
    (each) => each !== undefined,
  );
  return {
    ...table,
    primaryKey,
    serviceColumn: asNamed(columns.service),
    quietColumns: [...new Set(quiet.map(asNamed))],
  };
}

async function primaryKeyOf(
  connection: Connection,
  { database, table }: Pick<SourceTable, 'database' | 'table'>,
  signal: AbortSignal,
): Promise<string[]> {
  const sql = {
    text:
      'SELECT COLUMN_NAME FROM information_schema.STATISTICS ' +
      `WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX`,
    values: [database, table],
  };
  return (await connection.query(sql, signal)).map(([column]) => String(column));
}

/** The columns as the table spells them, by their names in lower case: MySQL does not tell them apart by case, an event's reader does. */
async function namedColumns(
  connection: Connection,
  { database, table }: Pick<SourceTable, 'database' | 'table'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const sql = {
    text: 'SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
    values: [database, table],
  };
  const rows = await connection.query(sql, signal);
  return new Map(rows.map(([column]) => [String(column).toLowerCase(), String(column)]));
}

function unfollowable(table: string, what: string): TerminalError {
  return new TerminalError(
    'FeedNeedsTable',
    `${table} ${what}, and its rows cannot be followed: set spec.feed.type to Poll or Redis, or spec.schema.custom.table to a table that has ` +
      'a primary key',
  );
}
