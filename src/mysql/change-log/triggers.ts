import { createHash } from 'node:crypto';
import type { CustomSchemaSpec } from '../../model/registry.ts';
import type { Flavor } from '../server-identity.ts';
import { quoteName } from '../sql-text.ts';

/** The table whose changes are written down, as the database has it. */
export interface LoggedTable {
  readonly database: string;
  readonly table: string;
  readonly serviceColumn: string;
  readonly instanceIdColumn: string;
  /** A change of any of these is news; of others (beats, updated_at) it is not. */
  readonly watchedColumns: readonly string[];
}

export type TriggerOp = 'insert' | 'update' | 'delete';

/** One trigger. What it does is in its name, so that another text is another trigger. */
export interface LogTrigger {
  readonly name: string;
  readonly op: TriggerOp;
  /** The whole CREATE TRIGGER, without a delimiter. */
  readonly statement: string;
}

/** Names of our triggers, of any version. */
export const TRIGGER_NAME = /^rollcall_(?:insert|update|delete)_[0-9a-f]{10}_/;

/** Names longer than this are refused by the server. */
const NAME_CHARS = 64;

/** What decides how an instance of the Managed schema is published; `owner` and updated_at do not. */
const MANAGED_WATCHED = [
  'id',
  'service',
  'instance_id',
  'address',
  'port',
  'weight',
  'region',
  'zone',
  'status',
  'metadata',
  'ttl_ms',
  'created_at',
];

/** `instances` of the Managed schema. */
export function managedTable(database: string): LoggedTable {
  return {
    database,
    table: 'instances',
    serviceColumn: 'service',
    instanceIdColumn: 'instance_id',
    watchedColumns: MANAGED_WATCHED,
  };
}

/**
 * A table of the user's own: what the Registry names, but for beats and the time of the last update, and every column that `where` mentions.
 * `tableColumns`: all there are.
 */
export function customTable(
  spec: CustomSchemaSpec,
  found: { readonly database: string; readonly table: string },
  tableColumns: readonly string[],
): LoggedTable {
  const { expiresAt, lastHeartbeat, updatedAt, ...content } = spec.columns;
  const lower = (name: string): string => name.toLowerCase();
  const quiet = new Set(
    [expiresAt, lastHeartbeat, updatedAt].filter((name) => name !== undefined).map(lower),
  );
  const named = new Set(Object.values(content).map(lower));
  const where = lower(spec.where ?? '').replaceAll('``', '`');
  const isWatched = (column: string): boolean =>
    named.has(column) || (where.includes(column) && !quiet.has(column));
  return {
    ...found,
    serviceColumn: spec.columns.service,
    instanceIdColumn: spec.columns.instanceId,
    watchedColumns: tableColumns.filter((column) => isWatched(lower(column))),
  };
}

/** CREATE TABLE of the log. */
export function logTableSql(logDatabase: string, flavor: Flavor): string {
  // Binary collations that tell 'a' and 'a ' apart, as JavaScript and Kubernetes do.
  const collation = flavor === 'MySQL' ? 'utf8mb4_0900_bin' : 'utf8mb4_nopad_bin';
  return `CREATE TABLE IF NOT EXISTS ${logTable(logDatabase)} (
  \`id\` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  \`service\` VARCHAR(253) NOT NULL,
  \`instance_id\` VARCHAR(128) NOT NULL,
  \`op\` VARCHAR(6) NOT NULL COMMENT 'insert, update, delete; fill: nothing changed, the id is not to be used',
  \`at\` TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (\`id\`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE ${collation}`;
}

/** \`database\`.\`change_log\` */
export function logTable(logDatabase: string): string {
  return `${quoteName(logDatabase)}.\`change_log\``;
}

/** The three triggers of a table, which write into the log of `logDatabase`. */
export function logTriggers(table: LoggedTable, logDatabase: string): readonly LogTrigger[] {
  const log = logTable(logDatabase);
  const entry = (row: 'NEW' | 'OLD', op: TriggerOp): string => logEntry(table, log, row, op);
  const service = (row: 'NEW' | 'OLD'): string => bytes(row, table.serviceColumn);
  const same = table.watchedColumns.map((column) => `${bytes('OLD', column)} <=> ${bytes('NEW', column)}`);
  const bodies: Readonly<Record<TriggerOp, string>> = {
    insert: entry('NEW', 'insert'),
    delete: entry('OLD', 'delete'),
    update:
      `  IF NOT (${same.join('\n    AND ')}) THEN\n${entry('NEW', 'update')}\n` +
      `    IF NOT (${service('OLD')} <=> ${service('NEW')}) THEN\n${entry('OLD', 'update')}\n    END IF;\n  END IF;`,
  };
  return (['insert', 'update', 'delete'] as const).map((op) => trigger(table, op, bodies[op]));
}

function trigger(table: LoggedTable, op: TriggerOp, body: string): LogTrigger {
  // A log that somebody dropped must not fail the writers of the table: the feed notices and says so.
  const text =
    `AFTER ${op.toUpperCase()} ON ${quoteName(table.database)}.${quoteName(table.table)} FOR EACH ROW\n` +
    `BEGIN\n  DECLARE EXIT HANDLER FOR 1146 BEGIN END;\n${body}\nEND`;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 10);
  const name = `rollcall_${op}_${hash}_${table.table}`.slice(0, NAME_CHARS).trimEnd();
  return {
    name,
    op,
    statement: `CREATE TRIGGER ${quoteName(table.database)}.${quoteName(name)} ${text}`,
  };
}

/**
 * One entry. A reader that finds an id unused for a while uses it up itself: whoever was given it meets a duplicate key then, and takes the
 * next. Names are cut to what the log holds, so that no writer fails; no GrpcService can ask for a longer one.
 */
function logEntry(table: LoggedTable, log: string, row: 'NEW' | 'OLD', op: TriggerOp): string {
  const text = (column: string, chars: number): string =>
    `IFNULL(LEFT(CONVERT(${row}.${quoteName(column)} USING utf8mb4), ${chars}), '')`;
  const insert =
    `INSERT INTO ${log} (\`service\`, \`instance_id\`, \`op\`) ` +
    `VALUES (${text(table.serviceColumn, 253)}, ${text(table.instanceIdColumn, 128)}, '${op}');`;
  return `  BEGIN\n    DECLARE EXIT HANDLER FOR 1062 ${insert}\n    ${insert}\n  END;`;
}

/** What tells values apart here, whatever the collation of the column would take for equal. */
function bytes(row: 'NEW' | 'OLD', column: string): string {
  return `CAST(${row}.${quoteName(column)} AS BINARY)`;
}
