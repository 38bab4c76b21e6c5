import { TerminalError } from '../../lib/errors.ts';
import type { CustomSchemaSpec } from '../../model/registry.ts';
import type { ChangeLogProblem, ChangeLogState } from '../../registry/change-log.ts';
import type { Columns, Connection } from '../connection.ts';
import { serverErrorNumber } from '../mysql-error.ts';
import { quoteAccount, quoteName } from '../sql-text.ts';
import { findLoggedTable } from './find-table.ts';
import { type LoggedTable, logTable, type LogTrigger, logTriggers } from './triggers.ts';

/** ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR, ER_DBACCESS_DENIED_ERROR. */
const DENIED: ReadonlySet<number | undefined> = new Set([1142, 1143, 1044]);
/** ER_OPTION_PREVENTS_STATEMENT (read_only), ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION. */
const READ_ONLY: ReadonlySet<number | undefined> = new Set([1290, 1792, 1836]);
const NO_SUCH_TABLE = 1146;
const TRIGGER_DOES_NOT_EXIST = 1360;

/** Statements that need a privilege and change nothing. */
const PROBES = {
  SELECT: 'SELECT `id` FROM `change_log` LIMIT 0',
  INSERT: `INSERT INTO \`change_log\` (\`id\`, \`service\`, \`instance_id\`, \`op\`) SELECT 1, '', '', 'fill' FROM (SELECT 1 AS one) nothing WHERE one = 2`,
  DELETE: 'DELETE FROM `change_log` WHERE `id` = 0',
} as const;

const WITHOUT = {
  SELECT: 'the feed cannot read the log',
  INSERT:
    'ids of transactions that were rolled back are waited for a minute, and everything is read again then',
  DELETE: 'the log is never trimmed',
} as const;

/**
 * All that keeps the feed Trigger from following, or from following well: the table, its triggers, the log, the grants. Each problem has the
 * statement that mends it. Rejects where the database cannot be read.
 */
export async function checkChangeLog(
  connection: Connection,
  custom: CustomSchemaSpec | null,
  signal: AbortSignal,
): Promise<ChangeLogState> {
  const [first] = await query(connection, 'SELECT CURRENT_USER(), @@GLOBAL.auto_increment_increment', signal);
  const { target } = connection.context;
  const [account, database, step] = [
    quoteAccount(String(first?.[0])),
    target.database,
    Number(first?.[1] ?? 1),
  ];
  const isManaged = custom === null;
  const names = { account, database, isManaged, migrate: migrateCommand(connection, custom) };
  const log = await checkLog(connection, names, signal);
  const table = await checkTable(connection, custom, names, signal);
  const shares = await isWrittenElsewhere(connection, signal);
  return {
    problems: [...table, ...log.problems],
    canFill: log.canWrite && !shares,
    step: Number.isInteger(step) && step > 0 ? step : 1,
  };
}

interface Names {
  readonly account: string;
  readonly database: string;
  /** True: all tables of the database are ours, and the account may read them. */
  readonly isManaged: boolean;
  /** The command that makes the log and its triggers. */
  readonly migrate: string;
}

async function checkLog(connection: Connection, names: Names, signal: AbortSignal) {
  const { account, database, isManaged, migrate } = names;
  const problems: ChangeLogProblem[] = [];
  let canWrite = true;
  for (const verb of ['SELECT', 'INSERT', 'DELETE'] as const) {
    const number = await numberOf(connection, PROBES[verb], signal);
    if (number === NO_SUCH_TABLE) return { canWrite: false, problems: [logMissing(migrate)] };
    if (number !== undefined && verb === 'INSERT') canWrite = false;
    if (!DENIED.has(number)) continue;
    // Nobody may see whether a table is there of which he may do nothing, and nothing can be granted on one that is not.
    const on = verb === 'SELECT' && isManaged ? `${quoteName(database)}.*` : logTable(database);
    const when = verb === 'SELECT' && !isManaged ? ', after rollcall migrate --feed trigger has made it' : '';
    const grant = `GRANT ${verb} ON ${on} TO ${account};`;
    const message = `${account} may not ${verb} on change_log: ${WITHOUT[verb]}; type on the database${when}: ${grant}`;
    problems.push({ reason: 'GrantMissing', message, mend: grant, stops: verb === 'SELECT' });
    if (verb === 'SELECT') return { canWrite: false, problems };
  }
  return { canWrite, problems };
}

async function checkTable(
  connection: Connection,
  custom: CustomSchemaSpec | null,
  names: Names,
  signal: AbortSignal,
): Promise<readonly ChangeLogProblem[]> {
  try {
    const table = await findLoggedTable(connection, custom, signal);
    return await checkTriggers(connection, table, names, signal);
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    const { reason, message, mend } = error;
    return [{ reason, message, ...(mend === undefined ? {} : { mend }), stops: true }];
  }
}

async function checkTriggers(
  connection: Connection,
  table: LoggedTable,
  { account, database, migrate }: Names,
  signal: AbortSignal,
): Promise<readonly ChangeLogProblem[]> {
  const wanted = logTriggers(table, database);
  const rows = await connection.query(
    {
      text: 'SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ? AND EVENT_OBJECT_TABLE = ?',
      values: [table.database, table.table],
    },
    signal,
  );
  const there = new Set(rows.map(([name]) => String(name)));
  const [missing] = wanted.filter(({ name }) => !there.has(name));
  if (missing === undefined) return [];
  const name = `${quoteName(table.database)}.${quoteName(table.table)}`;
  if (there.size === 0 && (await isHidden(connection, table, missing, signal))) {
    const grant = `GRANT TRIGGER ON ${name} TO ${account};`;
    const message = `${account} may not see the triggers of ${name}: type on the database: ${grant}`;
    return [{ reason: 'GrantMissing', message, mend: grant, stops: true }];
  }
  const what = wanted.filter((each) => !there.has(each.name)).map(({ op }) => op);
  return [
    {
      reason: 'TriggerMissing',
      message: `${name} has no trigger, or one of another version, that logs ${what.join(', ')}: ${migrateMend(migrate)}`,
      mend: migrate,
      stops: true,
    },
  ];
}

/** The server says that a trigger does not exist to anybody, but shows it only to those who may have triggers on its table. */
async function isHidden(
  connection: Connection,
  { database }: LoggedTable,
  { name }: LogTrigger,
  signal: AbortSignal,
): Promise<boolean> {
  const number = await numberOf(
    connection,
    `SHOW CREATE TRIGGER ${quoteName(database)}.${quoteName(name)}`,
    signal,
  );
  return number !== undefined && number !== TRIGGER_DOES_NOT_EXIST;
}

/**
 * Where several servers are written to at once (Galera, group replication), an entry that another server is about to make is not locked here:
 * using up its id would undo that server's transaction.
 */
async function isWrittenElsewhere(connection: Connection, signal: AbortSignal): Promise<boolean> {
  const rows = await query(
    connection,
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'group_replication_single_primary_mode', 'group_replication_group_name')`,
    signal,
  );
  const variables = new Map(rows.map(([name, value]): [string, string] => [String(name), String(value)]));
  const inGroup = (variables.get('group_replication_group_name') ?? '') !== '';
  return (
    variables.get('wsrep_on') === 'ON' ||
    (inGroup && variables.get('group_replication_single_primary_mode') === 'OFF')
  );
}

function logMissing(migrate: string): ChangeLogProblem {
  return {
    reason: 'ChangeLogMissing',
    message: `the database has no table change_log: ${migrateMend(migrate)}`,
    mend: migrate,
    stops: true,
  };
}

/** With the login left for the reader to fill in: the operator's own may not do that. registry.yaml is the Registry's manifest. */
function migrateCommand({ context }: Connection, custom: CustomSchemaSpec | null): string {
  const { host, port, database } = context.target;
  return (
    `rollcall migrate --feed trigger --url mysql://USER:PASSWORD@${host}:${port}/${database}` +
    (custom === null ? '' : ' --registry registry.yaml')
  );
}

function migrateMend(migrate: string): string {
  const file = migrate.endsWith('.yaml') ? ' (registry.yaml is the manifest of the Registry)' : '';
  return `as a user who may create triggers run${file}, or run what it prints with --dry-run: ${migrate}`;
}

/** The number of the error by which the server refuses a statement; undefined: it does not. Rejects with other errors. */
async function numberOf(
  connection: Connection,
  text: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    await connection.execute({ text, values: [] }, signal);
    return undefined;
  } catch (error) {
    const number = serverErrorNumber(error);
    const isExpected =
      DENIED.has(number) ||
      READ_ONLY.has(number) ||
      [NO_SUCH_TABLE, TRIGGER_DOES_NOT_EXIST, 1227].includes(number ?? 0);
    if (number === undefined || connection.isBroken || !isExpected) throw error;
    return number;
  }
}

function query(connection: Connection, text: string, signal: AbortSignal): Promise<Columns[]> {
  return connection.query({ text, values: [] }, signal);
}
