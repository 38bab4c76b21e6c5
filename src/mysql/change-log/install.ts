import { TerminalError } from '../../lib/errors.ts';
import type { CustomSchemaSpec } from '../../model/registry.ts';
import type { Connection } from '../connection.ts';
import { type MigrateOptions, whileLocked } from '../migrations/migrate.ts';
import { isHeldByOthers, serverErrorNumber } from '../mysql-error.ts';
import type { Flavor } from '../server-identity.ts';
import { quoteName } from '../sql-text.ts';
import { findLoggedTable } from './find-table.ts';
import { type LoggedTable, logTable, logTableSql, logTriggers, TRIGGER_NAME } from './triggers.ts';

/** Each one as it would be typed; none when there is nothing to do. */
export type Statements = readonly string[];

export interface ChangeLogOptions extends Omit<MigrateOptions, 'migrations'> {
  /** The user's own table; null: `instances` of the Managed schema. */
  readonly custom: CustomSchemaSpec | null;
  readonly action: 'install' | 'remove';
  /** True: answers the statements and runs none. */
  readonly dryRun: boolean;
}

/**
 * A writer whose transaction is open keeps CREATE TRIGGER waiting, and that keeps all other writers of the table waiting. So it gives up soon.
 * sql_mode, which a trigger keeps: without STRICT, no text that is converted fails a writer.
 */
const SESSION = ['SET SESSION lock_wait_timeout = 10', `SET SESSION sql_mode = ''`];

/**
 * Makes change_log and its triggers, replaces triggers of another version, or removes all of it. Safe to run twice, and at once. New triggers
 * are made before old ones are dropped: a change may be logged twice, never not at all. Throws TerminalError FeedNeedsTable, TriggerNotAllowed,
 * TableBusy and what the server says.
 */
export async function installChangeLog(
  options: ChangeLogOptions,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<Statements> {
  return await whileLocked(options, report, signal, async (connection, flavor) => {
    const statements = await statementsFor(connection, flavor, options, signal);
    if (statements.length === 0) {
      report(
        options.action === 'install'
          ? 'nothing to do, the triggers are there'
          : 'nothing to do, there are no triggers',
      );
      return [];
    }
    const all = [...SESSION, ...statements];
    if (options.dryRun) return all;
    for (const text of all) await execute(connection, text, report, signal);
    report(
      options.action === 'install'
        ? 'change_log is written by triggers now'
        : 'change_log and its triggers are gone',
    );
    return all;
  });
}

/** Statements as the mysql client takes them: triggers have semicolons in them. */
export function asScript(statements: Statements): string {
  let delimiter = '$$';
  // Names of the user's own may have anything in them.
  while (statements.some((text) => text.includes(delimiter))) delimiter += '/';
  return [`DELIMITER ${delimiter}`, ...statements.map((text) => text + delimiter), 'DELIMITER ;', ''].join(
    '\n',
  );
}

interface Found {
  readonly name: string;
  readonly database: string;
  readonly table: string;
}

async function statementsFor(
  connection: Connection,
  flavor: Flavor,
  { custom, action, target }: ChangeLogOptions,
  signal: AbortSignal,
): Promise<Statements> {
  const table = await findLoggedTable(connection, custom, signal);
  const ours = await ourTriggers(connection, table, signal);
  const hasLog = await hasTable(connection, signal);
  if (action === 'remove') return removal(table, ours, hasLog ? target.database : null);
  const wanted = logTriggers(table, target.database);
  const onTable = ours.filter((each) => each.table === table.table);
  const isThere = (name: string): boolean => onTable.some((each) => each.name === name);
  const missing = wanted.filter(({ name }) => !isThere(name));
  // A table that took the place of another one left its triggers, and their names, with the other.
  const astray = ours.filter(
    (each) => each.table !== table.table && wanted.some(({ name }) => name === each.name),
  );
  const outdated = onTable.filter((each) => !wanted.some(({ name }) => name === each.name));
  return [
    ...(hasLog ? [] : [logTableSql(target.database, flavor)]),
    ...astray.map(drop),
    ...missing.map(({ statement }) => statement),
    ...outdated.map(drop),
  ];
}

/** The log itself goes only when no other table is written into it. */
function removal(table: LoggedTable, ours: readonly Found[], logDatabase: string | null): Statements {
  const onTable = ours.filter((each) => each.table === table.table);
  const isShared = ours.length > onTable.length;
  return [
    ...onTable.map(drop),
    ...(logDatabase === null || isShared ? [] : [`DROP TABLE ${logTable(logDatabase)}`]),
  ];
}

function drop({ database, name }: Found): string {
  return `DROP TRIGGER IF EXISTS ${quoteName(database)}.${quoteName(name)}`;
}

/** All triggers of ours in the table's database, on this table and on others. */
async function ourTriggers(
  connection: Connection,
  { database }: LoggedTable,
  signal: AbortSignal,
): Promise<Found[]> {
  const rows = await connection.query(
    {
      text: `SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ? AND TRIGGER_NAME LIKE 'rollcall%'`,
      values: [database],
    },
    signal,
  );
  return rows
    .map(([name, table]) => ({ name: String(name), database, table: String(table) }))
    .filter(({ name }) => TRIGGER_NAME.test(name));
}

async function hasTable(connection: Connection, signal: AbortSignal): Promise<boolean> {
  const sql = {
    text: `SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'change_log'`,
    values: [],
  };
  return (await connection.query(sql, signal)).length > 0;
}

async function execute(
  connection: Connection,
  text: string,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const [what = ''] = text.split(/ AFTER |\n|\(/);
  if (!text.startsWith('SET ')) report(what.trim());
  try {
    await connection.execute({ text, values: [] }, signal);
  } catch (cause) {
    throw explained(cause, connection);
  }
}

function explained(error: unknown, connection: Connection): unknown {
  const { username, target } = connection.context;
  const number = serverErrorNumber(error);
  if (number === 1419) {
    return new TerminalError(
      'TriggerNotAllowed',
      `${username} may not create triggers while the server writes a binary log: type, as an administrator, SET GLOBAL ` +
        'log_bin_trust_function_creators = 1; or let one who has SUPER run what --dry-run prints',
      { cause: error },
    );
  }
  if (number === 1142 || number === 1227) {
    return new TerminalError(
      'GrantMissing',
      `${username} may not do that: GRANT SELECT, INSERT, CREATE, DROP, TRIGGER ON ${quoteName(target.database)}.* TO ` +
        `'${username}'@'%'; (and TRIGGER on the table, where it is in another database), or let an administrator run what --dry-run prints`,
      { cause: error },
    );
  }
  if (!isHeldByOthers(error)) return error;
  return new TerminalError(
    'TableBusy',
    'a transaction that has been open for more than 10 s uses the table: run this again when it has ended (SHOW PROCESSLIST shows it)',
    { cause: error },
  );
}
