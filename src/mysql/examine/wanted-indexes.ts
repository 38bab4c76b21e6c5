import type { CustomSchemaSpec } from '../../model/registry.ts';
import type { FeedProblem } from '../../registry/feed-problem.ts';
import { quoteName } from '../sql-text.ts';

/** A table with what is indexed in it. */
export interface IndexedTable {
  readonly database: string;
  readonly table: string;
  /** By name. Those that the server may not use are left out. */
  readonly indexes: ReadonlyMap<string, readonly string[]>;
  /** The columns, as the table spells them, of which an index takes a part only: texts without a bound, or with one that is too far. */
  readonly longColumns: ReadonlySet<string>;
}

/** Characters of such a column that an index holds: what fits in any row format and character set. */
const PREFIX_CHARS = 191;

/** The statements of the reads name these (see managed-sql.ts), so that nothing is read without one of them. docs/sql.md has the same. */
const MANAGED = [
  { table: 'instances', name: 'service_instance', as: 'UNIQUE KEY', columns: '(`service`, `instance_id`)' },
  { table: 'instances', name: 'updated_at', as: 'KEY', columns: '(`updated_at`, `id`)' },
  { table: 'heartbeats', name: 'expires_at', as: 'KEY', columns: '(`expires_at`)' },
];

/** Indexes that our own tables lack, each with the statement that makes it. A table that is not there is not looked at. Pure. */
export function managedIndexProblems(tables: readonly IndexedTable[]): readonly FeedProblem[] {
  return MANAGED.flatMap(({ table, name, as, columns }) => {
    const found = tables.find((each) => each.table === table);
    if (found === undefined || found.indexes.has(name)) return [];
    const mend = `ALTER TABLE ${fullName(found)} ADD ${as} ${quoteName(name)} ${columns};`;
    const message = `${table} has no index ${name}, which the reads name: nothing is read without it; type on the database: ${mend}`;
    return [{ reason: 'IndexNotFound', message, mend }];
  });
}

/** Columns of a user's table by which it is read and that no index begins with. Names of columns are compared without case, as the server does. Pure. */
export function customIndexProblems(
  { columns }: CustomSchemaSpec,
  table: IndexedTable,
): readonly FeedProblem[] {
  const { service, instanceId, expiresAt, lastHeartbeat, updatedAt } = columns;
  const wanted = [
    { columns: [service, instanceId], read: 'every read of a service' },
    { columns: [expiresAt ?? lastHeartbeat], read: 'every look for leases that ended' },
    { columns: [updatedAt], read: 'every look for changes' },
  ];
  return wanted.flatMap(({ columns: some, read }) => {
    const names = some.filter((name) => name !== undefined);
    const [first] = names;
    if (first === undefined || isIndexed(first, table)) return [];
    const mend = `CREATE INDEX ${quoteName(`rollcall_${first}`.slice(0, 64).trimEnd())} ON ${fullName(table)} (${names.map((name) => part(name, table)).join(', ')});`;
    const message = `no index of ${table.table} begins with ${first}, so ${read} goes through the whole table; type on the database: ${mend}`;
    return [{ reason: 'IndexMissing', message, mend, stops: false }];
  });
}

function isIndexed(column: string, { indexes }: IndexedTable): boolean {
  return [...indexes.values()].some(([first]) => first?.toLowerCase() === column.toLowerCase());
}

function part(column: string, { longColumns }: IndexedTable): string {
  const isLong = [...longColumns].some((each) => each.toLowerCase() === column.toLowerCase());
  return isLong ? `${quoteName(column)}(${PREFIX_CHARS})` : quoteName(column);
}

function fullName({ database, table }: IndexedTable): string {
  return `${quoteName(database)}.${quoteName(table)}`;
}
