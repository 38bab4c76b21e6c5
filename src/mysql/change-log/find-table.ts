import { TerminalError } from '../../lib/errors.ts';
import type { CustomSchemaSpec } from '../../model/registry.ts';
import type { Connection } from '../connection.ts';
import { findTable } from '../find-table.ts';
import { customTable, type LoggedTable, managedTable } from './triggers.ts';

/** The table whose changes are to be logged. Throws TerminalError TableNotFound, FeedNeedsTable (a view) or ColumnNotFound. */
export async function findLoggedTable(
  connection: Connection,
  custom: CustomSchemaSpec | null,
  signal: AbortSignal,
): Promise<LoggedTable> {
  const asked = custom?.table ?? 'instances';
  const found = await findTable(connection, asked, signal);
  if (found === null) throw tableNotFound(asked, custom);
  const { database: foundDatabase, table } = found;
  if (found.isView) throw isView(asked);
  if (custom === null) return managedTable(foundDatabase);
  const rows = await connection.query(
    {
      text: 'SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION',
      values: [foundDatabase, table],
    },
    signal,
  );
  const columns = rows.map(([column]) => String(column));
  checkColumns(custom, columns);
  return customTable(custom, { database: foundDatabase, table }, columns);
}

function checkColumns(spec: CustomSchemaSpec, columns: readonly string[]): void {
  const there = new Set(columns.map((column) => column.toLowerCase()));
  const missing = (Object.values(spec.columns) as string[]).filter(
    (column) => !there.has(column.toLowerCase()),
  );
  if (missing.length === 0) return;
  throw new TerminalError(
    'ColumnNotFound',
    `${spec.table} has no column ${missing.map((column) => `"${column}"`).join(', ')} (spec.schema.custom.columns); it has ${columns.join(', ')}`,
  );
}

function tableNotFound(asked: string, custom: CustomSchemaSpec | null): TerminalError {
  const mend = custom === null ? 'run "rollcall migrate"' : 'correct spec.schema.custom.table, or create it';
  return new TerminalError('TableNotFound', `the database has no table ${asked}: ${mend}`);
}

function isView(asked: string): TerminalError {
  return new TerminalError(
    'FeedNeedsTable',
    `${asked} is a view, and a view has no triggers: set spec.feed.type to Poll or Redis, or spec.schema.custom.table to the table behind it`,
  );
}
