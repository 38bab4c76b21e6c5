import { errorMessage, TerminalError } from '../lib/errors.ts';
import { parseDurationMs } from '../model/duration.ts';
import type { CustomColumns, CustomSchemaSpec } from '../model/registry.ts';
import type { Connection } from './connection.ts';
import type { ResolvedCustomSchema, TimeKind } from './custom-sql.ts';
import { quoteName } from './sql-text.ts';

const KINDS: Readonly<Record<string, TimeKind>> = {
  timestamp: 'timestamp',
  datetime: 'datetime',
  tinyint: 'number',
  smallint: 'number',
  mediumint: 'number',
  int: 'number',
  bigint: 'number',
  decimal: 'number',
  double: 'number',
  float: 'number',
};

/**
 * Checks a Custom schema against the database and learns the types of its time columns. Throws TerminalError TableNotFound, ColumnNotFound,
 * InvalidColumnType, TimeZoneUnknown or InvalidWhere, each with the field of the Registry that is to be mended.
 */
export async function resolveCustomSchema(
  connection: Connection,
  spec: CustomSchemaSpec,
  signal: AbortSignal,
): Promise<ResolvedCustomSchema> {
  const types = await columnTypes(connection, spec, signal);
  checkColumns(spec, types);
  const { expiresAt, lastHeartbeat, updatedAt } = spec.columns;
  const lease = expiresAt === undefined ? 'lastHeartbeat' : 'expiresAt';
  const ttlMs = spec.ttl === undefined ? null : parseDurationMs(spec.ttl);
  if (expiresAt === undefined && lastHeartbeat !== undefined && (ttlMs === null || ttlMs <= 0)) {
    throw new TerminalError(
      'InvalidTtl',
      'spec.schema.custom.ttl must say how long a lease lasts after columns.lastHeartbeat: "30s"',
    );
  }
  const resolved = {
    spec,
    ttlMs: ttlMs === 0 ? null : ttlMs,
    leaseKind: timeKind(lease, expiresAt ?? lastHeartbeat, types),
    updatedAtKind: timeKind('updatedAt', updatedAt, types),
  };
  if ([resolved.leaseKind, resolved.updatedAtKind].includes('datetime'))
    await checkTimeZone(connection, spec, signal);
  await checkWhere(connection, spec, signal);
  return resolved;
}

/** Names (lower case: MySQL does not tell them apart by case) and types of the columns of the table or view. */
async function columnTypes(
  connection: Connection,
  spec: CustomSchemaSpec,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const [table, database] = spec.table.split('.').reverse();
  const rows = await connection.query(
    {
      text:
        'SELECT LOWER(COLUMN_NAME), LOWER(DATA_TYPE) FROM information_schema.COLUMNS ' +
        'WHERE TABLE_SCHEMA = IFNULL(?, DATABASE()) AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION',
      values: [database ?? null, table],
    },
    signal,
  );
  // What may not be seen is not in information_schema: the server's own answer says which of the two it is.
  const name = spec.table.split('.').map(quoteName).join('.');
  if (rows.length === 0) await lookAt(name, connection, spec, signal);
  return new Map(rows.map(([column, type]) => [String(column), String(type)]));
}

async function lookAt(
  name: string,
  connection: Connection,
  spec: CustomSchemaSpec,
  signal: AbortSignal,
): Promise<void> {
  try {
    await connection.query({ text: `SELECT 1 FROM ${name} LIMIT 0`, values: [] }, signal);
  } catch (cause) {
    if (!(cause instanceof TerminalError && cause.reason === 'TableNotFound')) throw cause;
    throw new TerminalError(
      cause.reason,
      `the database has no table or view ${spec.table} (spec.schema.custom.table): correct the name, or create it`,
      { cause },
    );
  }
}

function checkColumns(spec: CustomSchemaSpec, types: ReadonlyMap<string, string>): void {
  const named = Object.entries(spec.columns) as [keyof CustomColumns, string][];
  const missing = named.filter(([, column]) => !types.has(column.toLowerCase()));
  if (missing.length === 0) return;
  const what = missing
    .map(([field, column]) => `"${column}" (spec.schema.custom.columns.${field})`)
    .join(', ');
  throw new TerminalError(
    'ColumnNotFound',
    `${spec.table} has no column ${what}; it has ${[...types.keys()].join(', ')}: correct the name, or add the column`,
  );
}

function timeKind(
  field: keyof CustomColumns,
  column: string | undefined,
  types: ReadonlyMap<string, string>,
): TimeKind | null {
  if (column === undefined) return null;
  const type = types.get(column.toLowerCase()) ?? '';
  const kind = KINDS[type];
  if (kind !== undefined) return kind;
  throw new TerminalError(
    'InvalidColumnType',
    `column "${column}" (spec.schema.custom.columns.${field}) is of type ${type}: a time must be a TIMESTAMP, a DATETIME or a number; ` +
      'a view can CAST it',
  );
}

async function checkTimeZone(
  connection: Connection,
  spec: CustomSchemaSpec,
  signal: AbortSignal,
): Promise<void> {
  const zone = spec.timeZone ?? '+00:00';
  const sql = { text: `SELECT CONVERT_TZ('2024-01-01 00:00:00', ?, '+00:00') IS NULL`, values: [zone] };
  const [row] = await connection.query(sql, signal);
  if (row?.[0] === 0) return;
  throw new TerminalError(
    'TimeZoneUnknown',
    `the database does not know the time zone "${zone}" (spec.schema.custom.timeZone): write an offset like +02:00, or load the names ` +
      'with: mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql mysql',
  );
}

async function checkWhere(
  connection: Connection,
  spec: CustomSchemaSpec,
  signal: AbortSignal,
): Promise<void> {
  if (spec.where === undefined) return;
  const name = spec.table.split('.').map(quoteName).join('.');
  try {
    await connection.query(
      { text: `SELECT 1 FROM ${name} WHERE (${spec.where}\n) LIMIT 0`, values: [] },
      signal,
    );
  } catch (cause) {
    if (connection.isBroken) throw cause;
    throw new TerminalError(
      'InvalidWhere',
      `the database does not accept spec.schema.custom.where (${spec.where}): ${answer(cause)}; write a condition like "deleted = 0"`,
      { cause },
    );
  }
}

/** The server's own words, without ours around them. */
function answer(error: unknown): string {
  const text = errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error);
  return text.replaceAll(/\s+/g, ' ');
}
