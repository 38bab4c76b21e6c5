import type { TableMark } from '../../registry/change-log.ts';

/**
 * Whether the table was truncated, replaced or rebuilt between two looks, which no trigger tells. TRUNCATE sets AUTO_INCREMENT back and leaves the time
 * at which the table was made as it is; a table without such a column is seen to be empty, if it still is.
 */
export function isOtherTable(before: TableMark, after: TableMark): boolean {
  const wentBack = (after.nextId ?? 0) < (before.nextId ?? 0);
  return after.made !== before.made || wentBack || (after.isEmpty && !before.isEmpty);
}
