import { TerminalError } from '../lib/errors.ts';
import type { Connection } from './connection.ts';
import { NOW_US } from './sql-text.ts';

export type Flavor = 'MySQL' | 'MariaDB';

/** Who answers on a connection: constant for as long as the connection lives. */
export interface ServerIdentity {
  readonly flavor: Flavor;
  readonly version: string;
  /** Names the server and the data that it serves; see ServerState.serverId. */
  readonly serverId: string;
  /** When its process started, by its own clock (whole seconds; never too early). */
  readonly startedAtUs: number;
}

/** The oldest servers whose SQL is the one that is written here. */
const OLDEST: Readonly<Record<Flavor, readonly [number, number, number]>> = {
  MySQL: [8, 0, 22],
  MariaDB: [10, 6, 0],
};

/**
 * MySQL has server_uuid, made with its data directory. MariaDB's server_uid (10.10 and later) is a hash of the machine and the port: it
 * stays when other data are put in place, so the rest of what tells servers apart is taken as well.
 */
const IDENTITY: Readonly<Record<Flavor, readonly string[]>> = {
  MySQL: ['server_uuid'],
  MariaDB: ['server_uid', 'server_id', 'hostname', 'port', 'datadir'],
};

/** Asks the server who it is. Throws TerminalError UnsupportedServer for one that is too old. */
export async function readServerIdentity(
  connection: Connection,
  signal: AbortSignal,
): Promise<ServerIdentity> {
  const ask = (text: string) => connection.query({ text, values: [] }, signal);
  const [first] = await ask(`SELECT VERSION(), ${NOW_US}`);
  const version = String(first?.[0]);
  const nowUs = Number(first?.[1]);
  const flavor: Flavor = /mariadb/i.test(version) ? 'MariaDB' : 'MySQL';
  checkVersion(flavor, version);
  const names = IDENTITY[flavor];
  const variables = new Map(
    await ask(
      `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names.map((name) => `'${name}'`).join(', ')})`,
    ).then((rows) => rows.map(([name, value]): [string, string] => [String(name), String(value)])),
  );
  const [status] = await ask(`SHOW GLOBAL STATUS LIKE 'Uptime'`);
  return {
    flavor,
    version,
    serverId: names.map((name) => variables.get(name) ?? '').join('/'),
    startedAtUs: nowUs - Number(status?.[1] ?? 0) * 1_000_000,
  };
}

function checkVersion(flavor: Flavor, version: string): void {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  const [a, b, c] = OLDEST[flavor];
  if (major > a || (major === a && (minor > b || (minor === b && patch >= c)))) return;
  throw new TerminalError(
    'UnsupportedServer',
    `${flavor} ${version} is too old: Rollcall needs MySQL 8.4 or later (8.0.22 at the least), or MariaDB 10.6 or later`,
  );
}
