import { TerminalError } from '../lib/errors.ts';
import type { FeedProblem } from '../registry/feed-problem.ts';
import type { Connection } from './connection.ts';
import type { Flavor } from './server-identity.ts';
import { quoteAccount } from './sql-text.ts';

/** What a server says of its binary log, and of the account that asks. */
export interface BinlogSettings {
  readonly flavor: Flavor;
  /** Global variables by name, as SHOW GLOBAL VARIABLES gives them. */
  readonly variables: ReadonlyMap<string, string>;
  /** Privileges on everything. */
  readonly privileges: ReadonlySet<string>;
  /** As CURRENT_USER() names it: user@host. */
  readonly account: string;
  readonly isReplica: boolean;
  /** Databases that are logged alone, or not at all; empty: no such filter. */
  readonly doDatabases: readonly string[];
  readonly ignoreDatabases: readonly string[];
}

const VARIABLES = [
  'log_bin',
  'binlog_format',
  'binlog_row_image',
  'binlog_row_value_options',
  'server_id',
  'read_only',
  'log_slave_updates',
  'log_replica_updates',
  'gtid_mode',
] as const;

type Check = (settings: BinlogSettings, database: string) => FeedProblem | null;

/** MariaDB forgets it when it is started again. */
const set = ({ flavor }: BinlogSettings, name: string, value: string) => {
  const plain = value.replaceAll("'", '');
  return flavor === 'MySQL'
    ? { mend: `SET PERSIST ${name} = ${value};`, also: '' }
    : {
        mend: `SET GLOBAL ${name} = ${value};`,
        also: ` and put "${name} = ${plain}" under [mysqld] in my.cnf`,
      };
};

/** A variable that the server does not have is as we need it: MySQL takes the old choices away one by one. */
const wants =
  (reason: string, name: (typeof VARIABLES)[number], value: string, why: string): Check =>
  (settings) => {
    const found = settings.variables.get(name);
    if (found === undefined || found.toUpperCase() === value) return null;
    const { mend, also } = set(settings, name, `'${value}'`);
    return {
      reason,
      message: `${name} is ${found === '' ? 'empty' : found}, ${why}. Sessions that are open keep the old value. Type on the database: ${mend}${also}`,
      mend,
    };
  };

const CHECKS: readonly Check[] = [
  ({ flavor, variables }) =>
    variables.get('log_bin') === 'ON'
      ? null
      : {
          reason: 'BinlogOff',
          message:
            'log_bin is OFF: the server keeps no binary log. ' +
            (flavor === 'MySQL'
              ? 'Take skip-log-bin out of my.cnf, and start the server again'
              : 'Put "log_bin" under [mysqld] in my.cnf, and start the server again'),
        },
  wants('BinlogFormat', 'binlog_format', 'ROW', 'and only rows name the services that changed'),
  wants(
    'BinlogRowImage',
    'binlog_row_image',
    'FULL',
    'and rows without all columns do not name their service',
  ),
  wants('BinlogRowOptions', 'binlog_row_value_options', '', 'and parts of values cannot be read'),
  (settings) => {
    if (settings.variables.get('server_id') !== '0') return null;
    const { mend, also } = set(settings, 'server_id', '1');
    return {
      reason: 'ServerIdZero',
      message: `server_id is 0: the server refuses readers of its log. Type on the database, with a number of its own: ${mend}${also}`,
      mend,
    };
  },
  ({ isReplica, variables }) => {
    const name = variables.has('log_replica_updates') ? 'log_replica_updates' : 'log_slave_updates';
    if (!isReplica || variables.get(name) === 'ON') return null;
    return {
      reason: 'ReplicaUpdatesNotLogged',
      message: `${name} is OFF on a replica: its log holds nothing of what it replicates. Put "${name} = ON" under [mysqld] in my.cnf and start the server again, or point the Registry at the source`,
    };
  },
  ({ doDatabases, ignoreDatabases }, database) => {
    const isLogged =
      (doDatabases.length === 0 || doDatabases.includes(database)) && !ignoreDatabases.includes(database);
    return isLogged
      ? null
      : {
          reason: 'BinlogFiltered',
          message: `binlog_do_db or binlog_ignore_db keep ${database} out of the log: take them out of my.cnf, and start the server again`,
        };
  },
  missingGrants,
];

function missingGrants({ flavor, privileges, account }: BinlogSettings): FeedProblem | null {
  if (['ALL PRIVILEGES', 'ALL', 'SUPER'].some((each) => privileges.has(each))) return null;
  const missing = [
    ...(privileges.has('REPLICATION SLAVE') || privileges.has('REPLICATION REPLICA')
      ? []
      : ['REPLICATION SLAVE']),
    ...(privileges.has('REPLICATION CLIENT') || privileges.has('BINLOG MONITOR')
      ? []
      : [flavor === 'MariaDB' ? 'BINLOG MONITOR' : 'REPLICATION CLIENT']),
  ];
  if (missing.length === 0) return null;
  const mend = `GRANT ${missing.join(', ')} ON *.* TO ${quoteAccount(account)};`;
  return {
    reason: 'GrantMissing',
    message: `${account} may not read the binary log. Type on the database: ${mend}`,
    mend,
  };
}

/** Everything that keeps the log of `database` from being followed; empty: nothing. Pure. */
export function binlogProblems(settings: BinlogSettings, database: string): readonly FeedProblem[] {
  return CHECKS.map((check) => check(settings, database)).filter((problem) => problem !== null);
}

/** Asks the server. Nothing here needs a privilege but where it says so, so that all that is missing is told at once. */
export async function checkBinlog(
  connection: Connection,
  flavor: Flavor,
  database: string,
  signal: AbortSignal,
): Promise<{ readonly problems: readonly FeedProblem[]; readonly settings: BinlogSettings }> {
  const ask = (text: string) => connection.query({ text, values: [] }, signal);
  const names = VARIABLES.map((name) => `'${name}'`).join(', ');
  const rows = await ask(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names})`);
  const variables = new Map(rows.map(([name, value]) => [String(name), String(value)]));
  const [who] = await ask('SELECT CURRENT_USER(), CURRENT_ROLE()');
  const roles = flavor === 'MySQL' && who?.[1] !== 'NONE' ? ` USING ${String(who?.[1])}` : '';
  const grants = await ask(`SHOW GRANTS FOR CURRENT_USER()${roles}`);
  const byRole = flavor === 'MariaDB' && who?.[1] != null ? await ask('SHOW GRANTS FOR CURRENT_ROLE()') : [];
  const status = (await ifAllowed(() => logStatus(connection, flavor, signal))) ?? {};
  const replicas = await ifAllowed(() =>
    connection.named({ text: 'SHOW REPLICA STATUS', values: [] }, signal),
  );
  const settings: BinlogSettings = {
    ...{ flavor, variables, account: String(who?.[0]) },
    privileges: globalPrivileges([...grants, ...byRole].map(([grant]) => String(grant))),
    isReplica: replicas === null ? variables.get('read_only') === 'ON' : replicas.length > 0,
    doDatabases: databases(status.Binlog_Do_DB),
    ignoreDatabases: databases(status.Binlog_Ignore_DB),
  };
  return { problems: binlogProblems(settings, database), settings };
}

/** The position of the log's end and its filters; undefined when there is no log. */
export async function logStatus(
  connection: Connection,
  flavor: Flavor,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const ask = async (text: string) => (await connection.named({ text, values: [] }, signal))[0];
  if (flavor === 'MariaDB') return await ask('SHOW MASTER STATUS');
  // MySQL 8.2 brought the new name, 8.4 took the old one away.
  const [row] = await connection.query({ text: 'SELECT VERSION()', values: [] }, signal);
  const [major = 0, minor = 0] = String(row?.[0]).split('.').map(Number);
  return await ask(
    major > 8 || (major === 8 && minor >= 2) ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS',
  );
}

/** Privileges on *.* out of what SHOW GRANTS says: "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO ...". */
export function globalPrivileges(grants: readonly string[]): ReadonlySet<string> {
  const lists = grants.map((grant) => /^GRANT (.+) ON \*\.\* TO /.exec(grant)?.[1] ?? '');
  return new Set(lists.flatMap((list) => list.split(',')).map((each) => each.trim().toUpperCase()));
}

/** All of them in one error; the reason is that of the first. */
export function problemsError(problems: readonly FeedProblem[]): TerminalError {
  const [first] = problems;
  return new TerminalError(
    first?.reason ?? 'BinlogOff',
    `the binary log cannot be followed: ${problems.map(({ message }) => message).join('. ')}`,
  );
}

function databases(list: unknown): readonly string[] {
  return typeof list === 'string' && list !== '' ? list.split(',') : [];
}

/** Null when the account may not ask that: the missing grant is a problem that is told already, or not needed. */
async function ifAllowed<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof TerminalError && error.reason === 'GrantMissing') return null;
    throw error;
  }
}
