import { TerminalError } from '../../lib/errors.ts';
import type { CustomSchemaSpec } from '../../model/registry.ts';
import type { FeedProblem } from '../../registry/feed-problem.ts';
import type { Connection } from '../connection.ts';
import { serverErrorNumber } from '../mysql-error.ts';
import { quoteAccount, quoteName } from '../sql-text.ts';

type Verb = 'SELECT' | 'DELETE';

/** ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR, ER_DBACCESS_DENIED_ERROR. */
const DENIED: ReadonlySet<number | undefined> = new Set([1142, 1143, 1044]);
/** No such table, and read_only in its forms: none of them is about grants. */
const OTHER: ReadonlySet<number | undefined> = new Set([1146, 1290, 1792, 1836]);

/**
 * What the account may not do that the operator does: read, and delete rows of our own tables that spec.retention lets go. The server is asked for
 * each by a statement that changes nothing, so that roles and wildcards count as they do there.
 */
export async function grantProblems(
  connection: Connection,
  custom: CustomSchemaSpec | null,
  signal: AbortSignal,
): Promise<readonly FeedProblem[]> {
  return custom === null
    ? await managedGrants(connection, signal)
    : await customGrants(connection, custom, signal);
}

async function managedGrants(connection: Connection, signal: AbortSignal): Promise<readonly FeedProblem[]> {
  const probes: readonly (readonly [Verb, string, string])[] = [
    ['SELECT', 'registry_meta', 'SELECT `name`, `value` FROM `registry_meta` LIMIT 0'],
    ['SELECT', 'instances', 'SELECT * FROM `instances` LIMIT 0'],
    ['SELECT', 'heartbeats', 'SELECT * FROM `heartbeats` LIMIT 0'],
    ['DELETE', 'instances', 'DELETE FROM `instances` WHERE 1 = 0'],
    ['DELETE', 'heartbeats', 'DELETE FROM `heartbeats` WHERE 1 = 0'],
  ];
  const denied: { readonly verb: Verb; readonly table: string }[] = [];
  for (const [verb, table, text] of probes)
    if (await isDenied(connection, text, signal)) denied.push({ verb, table });
  const { database } = connection.context.target;
  return (['SELECT', 'DELETE'] as const).flatMap((verb) => {
    const tables = denied.filter((each) => each.verb === verb).map(({ table }) => table);
    if (tables.length === 0) return [];
    const mend = `GRANT ${verb} ON ${quoteName(database)}.* TO ${accountOf(connection)};`;
    return [problem(connection, verb, tables.join(', '), mend)];
  });
}

async function customGrants(
  connection: Connection,
  { table, columns }: CustomSchemaSpec,
  signal: AbortSignal,
): Promise<readonly FeedProblem[]> {
  const { database } = connection.context.target;
  const [name = '', inDatabase = database] = table.split('.').reverse();
  const full = `${quoteName(inDatabase)}.${quoteName(name)}`;
  const named = (Object.values(columns) as string[]).map(quoteName).join(', ');
  if (!(await isDenied(connection, `SELECT ${named} FROM ${full} LIMIT 0`, signal))) return [];
  const mend = `GRANT SELECT ON ${full} TO ${accountOf(connection)};`;
  return [problem(connection, 'SELECT', table, mend)];
}

function problem(connection: Connection, verb: Verb, tables: string, mend: string): FeedProblem {
  const without = verb === 'SELECT' ? 'nothing is read' : 'spec.retention deletes nothing';
  return {
    reason: 'GrantMissing',
    message: `${accountOf(connection)} may not ${verb} ${verb === 'SELECT' ? 'from' : 'rows of'} ${tables}: ${without}; type on the database: ${mend}`,
    mend,
    stops: verb === 'SELECT',
  };
}

/** Rejects with errors that say nothing about grants, but for those of tables that are not there: others look for these. */
async function isDenied(connection: Connection, text: string, signal: AbortSignal): Promise<boolean> {
  try {
    await connection.execute({ text, values: [] }, signal);
    return false;
  } catch (error) {
    const number = serverErrorNumber(error);
    const isOther =
      OTHER.has(number) || (error instanceof TerminalError && error.reason === 'ColumnNotFound');
    if (connection.isBroken || !(DENIED.has(number) || isOther)) throw error;
    return DENIED.has(number);
  }
}

function accountOf({ context }: Connection): string {
  const { account, username } = context;
  return quoteAccount(account === null ? username : `${account.user}@${account.host}`);
}
