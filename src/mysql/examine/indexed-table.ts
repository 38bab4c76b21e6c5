import type { Connection } from '../connection.ts';
import type { IndexedTable } from './wanted-indexes.ts';

/** Bytes of two such columns that still fit into one index: InnoDB takes 3,072 in all. */
const LONGEST_BYTES = 1536;

/** A table with its indexes; `view` for a view, null where there is no such table (or none that the account may see). */
export async function readIndexedTable(
  connection: Connection,
  name: string,
  signal: AbortSignal,
): Promise<IndexedTable | 'view' | null> {
  const [asked, inDatabase] = name.split('.').reverse();
  const [found] = await connection.query(
    {
      text:
        'SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES ' +
        'WHERE TABLE_SCHEMA = IFNULL(?, DATABASE()) AND TABLE_NAME = ? ORDER BY BINARY TABLE_NAME = ? DESC LIMIT 1',
      values: [inDatabase ?? null, asked, asked],
    },
    signal,
  );
  if (found === undefined) return null;
  const [database, table, type] = found.map(String) as [string, string, string];
  if (type.includes('VIEW')) return 'view';
  const of = { values: [database, table] };
  const where = 'WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?';
  // All columns, because the one that says whether an index may be used has another name on each server.
  const statistics = await connection.named(
    { text: `SELECT * FROM information_schema.STATISTICS ${where} ORDER BY INDEX_NAME, SEQ_IN_INDEX`, ...of },
    signal,
  );
  const indexes = new Map<string, string[]>();
  for (const row of statistics) {
    if (row.INDEX_TYPE !== 'BTREE' || row.IS_VISIBLE === 'NO' || row.IGNORED === 'YES') continue;
    const key = String(row.INDEX_NAME);
    // A part that is an expression has no column.
    indexes.set(key, [
      ...(indexes.get(key) ?? []),
      typeof row.COLUMN_NAME === 'string' ? row.COLUMN_NAME : '',
    ]);
  }
  const long = await connection.query(
    {
      text: `SELECT COLUMN_NAME FROM information_schema.COLUMNS ${where} AND CHARACTER_OCTET_LENGTH > ${LONGEST_BYTES}`,
      ...of,
    },
    signal,
  );
  return { database, table, indexes, longColumns: new Set(long.map(([column]) => String(column))) };
}
