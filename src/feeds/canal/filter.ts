import type { SourceTable } from '../../registry/source-table.ts';

/**
 * The filter of a subscription for one table: a regular expression over `database.table`. Commas part expressions and cannot be escaped; any
 * character stands for one, and what it lets through too many is left out later.
 */
export function filterOf({ database, table }: Pick<SourceTable, 'database' | 'table'>): string {
  return `${escaped(database)}\\.${escaped(table)}`;
}

function escaped(name: string): string {
  return name.replace(/[\\^$.*+?()[\]{}|/#-]/g, '\\$&').replaceAll(',', '.');
}
