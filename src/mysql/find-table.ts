import type { Connection } from './connection.ts';

/** A table or view, by the names that the server has for it. */
export interface FoundTable {
  readonly database: string;
  readonly table: string;
  readonly isView: boolean;
}

/**
 * The table that `asked` (`table` or `database.table`) names; null where there is none. Of names that the server takes for equal
 * (lower_case_table_names) the one that is equal to the letter.
 */
export async function findTable(
  connection: Connection,
  asked: string,
  signal: AbortSignal,
): Promise<FoundTable | null> {
  const [name, database] = asked.split('.').reverse();
  const [found] = await connection.query(
    {
      text:
        'SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES ' +
        'WHERE TABLE_SCHEMA = IFNULL(?, DATABASE()) AND TABLE_NAME = ? ORDER BY BINARY TABLE_NAME = ? DESC LIMIT 1',
      values: [database ?? null, name, name],
    },
    signal,
  );
  if (found === undefined) return null;
  const [schema, table, type] = found.map(String) as [string, string, string];
  return { database: schema, table, isView: type.includes('VIEW') };
}
