import { TerminalError } from '../lib/errors.ts';
import { type FeedProblem, problemOf } from '../registry/feed-problem.ts';
import type { Connection } from './connection.ts';
import type { Flavor } from './server-identity.ts';
import { quoteName } from './sql-text.ts';

interface TableName {
  readonly database: string;
  readonly table: string;
}

/**
 * What keeps the rows of one table from being read out of the binary log by the account of this connection: columns that it may not read,
 * and columns that nobody is told of. Rejects where the server cannot be asked.
 */
export async function checkLoggedTable(
  connection: Connection,
  flavor: Flavor,
  name: TableName,
  signal: AbortSignal,
): Promise<readonly FeedProblem[]> {
  const denied = await deniedColumns(connection, name, signal);
  if (denied !== null) return [denied];
  return flavor === 'MariaDB' ? await hiddenColumns(connection, name, signal) : [];
}

/**
 * Columns that the account may not read are left out of information_schema, without a word, and then no row can be read: this statement
 * fails.
 */
async function deniedColumns(
  connection: Connection,
  { database, table }: TableName,
  signal: AbortSignal,
): Promise<FeedProblem | null> {
  try {
    const all = `SELECT * FROM ${quoteName(database)}.${quoteName(table)} LIMIT 0`;
    await connection.query({ text: all, values: [] }, signal);
    return null;
  } catch (error) {
    if (error instanceof TerminalError) return problemOf(error);
    throw error;
  }
}

/**
 * MariaDB's log has more columns than information_schema where a table has row_start and row_end without naming them, or a UNIQUE index over
 * a long text, which is one over a hash: mariadb.com/kb/en/system-versioned-tables, mariadb.com/kb/en/getting-started-with-indexes.
 */
async function hiddenColumns(
  connection: Connection,
  { database, table }: TableName,
  signal: AbortSignal,
): Promise<readonly FeedProblem[]> {
  const [row] = await connection.query(
    {
      text:
        'SELECT ' +
        `(SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND TABLE_TYPE = 'SYSTEM VERSIONED'), ` +
        `(SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND GENERATION_EXPRESSION = 'ROW START'), ` +
        `(SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_TYPE = 'HASH')`,
      values: [database, table, database, table, database, table],
    },
    signal,
  );
  const [versioned = 0, named = 0, hashed = 0] = (row ?? []).map(Number);
  const why = [
    ...(versioned > 0 && named === 0 ? ['is WITH SYSTEM VERSIONING'] : []),
    ...(hashed > 0 ? ['has a UNIQUE index over a long text'] : []),
  ];
  if (why.length === 0) return [];
  const message =
    `${quoteName(database)}.${quoteName(table)} ${why.join(' and ')}: its rows have columns in the binary log that nobody is told the names of, so each ` +
    'change has everything read, every five seconds at most. Set spec.feed.type to Trigger';
  return [{ reason: 'UnreadableChange', message, stops: false }];
}
