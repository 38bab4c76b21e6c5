import type { Clock } from '../../lib/clock.ts';
import { TerminalError } from '../../lib/errors.ts';
import type { MysqlAccess, MysqlTarget } from '../access.ts';
import { Connection } from '../connection.ts';
import { managedSql } from '../managed-sql.ts';
import { readServerIdentity, type Flavor } from '../server-identity.ts';
import { MIGRATIONS } from './index.ts';
import type { Migration } from './migration.ts';

export interface MigrateOptions {
  readonly target: MysqlTarget;
  readonly access: MysqlAccess;
  readonly clock: Clock;
  /** How long to wait for another migration of this database, in ms. */
  readonly lockTimeoutMs: number;
  /** Default: all there are. */
  readonly migrations?: readonly Migration[];
}

/** What {@link migrate} found and did. */
export interface MigrateResult {
  readonly from: number;
  readonly to: number;
  /** Titles of the migrations that ran, in order. */
  readonly applied: readonly string[];
  /** The registry's own name for life. */
  readonly epoch: string;
}

/** Changing a big table takes its time. */
const STATEMENT_TIMEOUT_MS = 6 * 3_600_000;

/** Binary collations that tell 'a' and 'a ' apart, as JavaScript and Kubernetes do. */
const COLLATION: Readonly<Record<Flavor, string>> = {
  MySQL: 'utf8mb4_0900_bin',
  MariaDB: 'utf8mb4_nopad_bin',
};

const META =
  'CREATE TABLE IF NOT EXISTS `registry_meta` (`name` VARCHAR(64) NOT NULL PRIMARY KEY, `value` VARCHAR(255) NOT NULL) ENGINE = InnoDB';
const LOCK = `CONCAT('rollcall migrate ', LEFT(SHA2(DATABASE(), 256), 32))`;

/**
 * Creates or upgrades the tables of the Managed schema. Forward only. Safe to run twice, and at once: a second one waits for the first, finds
 * nothing to do and says so. Throws TerminalError (what to mend) or RetryableError. `report` gets a line for people at each step.
 */
export async function migrate(
  options: MigrateOptions,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<MigrateResult> {
  return await whileLocked(options, report, signal, async (connection, flavor) => {
    const result = await run(connection, COLLATION[flavor], options.migrations ?? MIGRATIONS, report, signal);
    await checkTables(connection, signal);
    return result;
  });
}

/** Does work that changes the database's tables, on a connection of its own, while no other such work goes on. */
export async function whileLocked<T>(
  options: Omit<MigrateOptions, 'migrations'>,
  report: (line: string) => void,
  signal: AbortSignal,
  work: (connection: Connection, flavor: Flavor) => Promise<T>,
): Promise<T> {
  const connection = await Connection.open(
    {
      target: options.target,
      reader: 'CommandLine',
      clock: options.clock,
      connectTimeoutMs: 10_000,
      queryTimeoutMs: STATEMENT_TIMEOUT_MS,
    },
    options.access,
    signal,
  );
  try {
    const { flavor, version } = await readServerIdentity(connection, signal);
    report(`connected to ${flavor} ${version}`);
    await lock(connection, options.lockTimeoutMs, report, signal);
    return await work(connection, flavor);
  } finally {
    // The lock goes with the connection.
    connection.end();
  }
}

async function lock(
  connection: Connection,
  timeoutMs: number,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const tryFor = async (seconds: number): Promise<boolean> => {
    const [row] = await connection.query({ text: `SELECT GET_LOCK(${LOCK}, ?)`, values: [seconds] }, signal);
    return row?.[0] === 1;
  };
  if (await tryFor(0)) return;
  report(`another migration of this database is running; waiting for it for up to ${timeoutMs / 1000} s`);
  if (await tryFor(Math.ceil(timeoutMs / 1000))) return;
  throw new TerminalError(
    'MigrationRunning',
    `another migration of this database still runs after ${timeoutMs / 1000} s: run it again when that one is done`,
  );
}

async function run(
  connection: Connection,
  collation: string,
  migrations: readonly Migration[],
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<MigrateResult> {
  const execute = (text: string, values: readonly unknown[] = []) =>
    connection.execute({ text, values }, signal);
  await execute(META);
  await execute(`INSERT IGNORE INTO \`registry_meta\` VALUES ('schema_version', '0'), ('epoch', UUID())`);
  const from = Number(await metaValue(connection, 'schema_version', signal));
  const applied: string[] = [];
  for (const migration of migrations) {
    if (migration.version <= from) continue;
    report(`${migration.version}: ${migration.title}`);
    for (const statement of migration.statements(collation)) await execute(statement);
    await execute('UPDATE `registry_meta` SET `value` = ? WHERE `name` = ?', [
      String(migration.version),
      'schema_version',
    ]);
    applied.push(migration.title);
  }
  const to = Number(await metaValue(connection, 'schema_version', signal));
  const epoch = await metaValue(connection, 'epoch', signal);
  report(applied.length === 0 ? `nothing to do, schema version is ${to}` : `schema version is ${to} now`);
  return { from, to, applied, epoch };
}

/** A table of the same name that is not ours would have been left as it is: the operator's own statements find that out. */
async function checkTables(connection: Connection, signal: AbortSignal): Promise<void> {
  try {
    await connection.query(managedSql.readServices([''], { leases: true }), signal);
    await connection.query(managedSql.checksums(null, ''), signal);
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    throw new TerminalError(
      'ForeignTable',
      'the database has a table `instances` or `heartbeats` that is not ours: use a database of its own for the registry, or ' +
        'a Registry with schema.type Custom for a table you have',
      { cause: error },
    );
  }
}

async function metaValue(connection: Connection, name: string, signal: AbortSignal): Promise<string> {
  const sql = { text: 'SELECT `value` FROM `registry_meta` WHERE `name` = ?', values: [name] };
  const [row] = await connection.query(sql, signal);
  return String(row?.[0]);
}
