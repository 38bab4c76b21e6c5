import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection, createPool, type Connection, type Pool } from 'mysql2/promise';
import { mariadbFolders, mysqlFolders, templateDir } from '../components/databases.ts';
import { cached } from '../components/cache.ts';
import { components } from '../components/index.ts';
import type { CertificateFiles } from './certificates.ts';
import { ServerProcess, type Server } from './server-process.ts';
import { newWorkDir } from './work-dir.ts';

/** The two kinds of server. */
export type DatabaseFlavor = 'mariadb' | 'mysql';

/** Options of {@link startMariadb} and {@link startMysql}. */
export interface DatabaseOptions {
  /** 10.77.0.20 for MariaDB and 10.77.0.21 for MySQL by default. */
  readonly address?: string;
  /** 3306 by default. */
  readonly port?: number;
  /** Made from the address by default, so that servers side by side differ. */
  readonly serverId?: number;
  /** Added at the end, so they win: `--read-only=ON`, `--default-time-zone=Europe/Berlin`. */
  readonly extraArgs?: readonly string[];
  /** TLS with these; `requireSecure` refuses plain connections. */
  readonly tls?: CertificateFiles & { readonly caFile: string; readonly requireSecure?: boolean };
  /** Starts with a copy of this data ({@link DatabaseServer.copyData}) instead of an empty server. */
  readonly data?: string;
}

/** A user of a database server. */
export interface DatabaseUser {
  readonly user: string;
  readonly password: string;
  /** Privileges on `on`; ALL by default. */
  readonly grants?: string;
  /** A database; everything by default. */
  readonly on?: string;
  /** What the connection must have. */
  readonly require?: 'SSL' | 'X509';
}

/** A real database server, with root without a password for whoever is in the namespace. */
export interface DatabaseServer extends Server {
  readonly flavor: DatabaseFlavor;
  /** As the server says it. */
  readonly version: string;
  readonly address: string;
  readonly port: number;
  /** `mysql://root@host:port/database`, or with a user of your own. */
  readonly url: (database?: string, user?: Pick<DatabaseUser, 'user' | 'password'>) => string;
  /** Runs one statement as root and gives its rows. */
  readonly query: <T = Record<string, unknown>>(sql: string, values?: readonly unknown[]) => Promise<T[]>;
  /** A connection as root, for transactions and session settings; close it yourself. */
  readonly connect: (database?: string) => Promise<Connection>;
  readonly createDatabase: (name: string) => Promise<void>;
  readonly createUser: (user: DatabaseUser) => Promise<void>;
  /** Starts it again with other extra arguments; nothing else changes. */
  readonly restartWith: (extraArgs: readonly string[]) => Promise<void>;
  /** Stops it, copies its data to a new folder, starts it again: a backup. Gives the folder. */
  readonly copyData: () => Promise<string>;
  /**
   * Kills it and starts it at the same address with other data: a backup, or `empty`. MySQL keeps the server UUID of
   * a backup unless `newIdentity` is set.
   */
  readonly replaceData: (data: string, options?: { newIdentity?: boolean }) => Promise<void>;
}

interface Flavor {
  readonly flavor: DatabaseFlavor;
  readonly program: string;
  readonly address: string;
  readonly args: (folder: string) => readonly string[];
}

/** Starts MariaDB with an empty store and a row-based binlog. */
export async function startMariadb(options: DatabaseOptions = {}): Promise<DatabaseServer> {
  return await startDatabase(options, {
    flavor: 'mariadb',
    program: 'mariadbd',
    address: '10.77.0.20',
    args: (folder) => [...mariadbFolders(folder), '--gtid-strict-mode=ON', '--innodb-log-file-size=32M'],
  });
}

/** Starts MySQL with an empty store, a row-based binlog and GTIDs. Throws `Unavailable` when it could not be unpacked. */
export async function startMysql(options: DatabaseOptions = {}): Promise<DatabaseServer> {
  return await startDatabase(options, {
    flavor: 'mysql',
    program: 'mysqld',
    address: '10.77.0.21',
    args: (folder) => [
      ...mysqlFolders(folder),
      '--gtid-mode=ON',
      '--enforce-gtid-consistency=ON',
      '--mysqlx=0',
    ],
  });
}

async function startDatabase(options: DatabaseOptions, flavor: Flavor): Promise<DatabaseServer> {
  const { address = flavor.address, port = 3306 } = options;
  const programs = cached(components[flavor.flavor]);
  const template = join(programs, templateDir);
  const folder = newWorkDir(flavor.flavor);
  const data = join(folder, 'data');
  await copyTree(options.data ?? template, data);

  const fixed = fixedArgs(folder, { ...options, address, port }, flavor.args(programs));
  let pool: Pool | undefined;
  const rootPool = () =>
    (pool ??= createPool({
      host: address,
      port,
      user: 'root',
      connectionLimit: 4,
      dateStrings: true,
      timezone: 'Z',
    }));
  const query = async <T>(sql: string, values?: readonly unknown[]) => {
    const [rows] = await rootPool().query(sql, values as unknown[] | undefined);
    return (Array.isArray(rows) ? rows : [rows]) as T[];
  };
  const isReady = async () => {
    const connection = await createConnection({ host: address, port, user: 'root', connectTimeout: 1000 });
    await connection.query('SELECT 1').finally(() => connection.destroy());
    return true;
  };
  const server = await ServerProcess.start({
    name: `${flavor.flavor}-${address}`,
    command: join(programs, 'programs', flavor.program),
    args: [...fixed, ...(options.extraArgs ?? [])],
    isReady,
  });
  const dispose = server.dispose.bind(server);
  server.dispose = async () => {
    await dispose();
    await pool?.end().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  };

  const [row] = await query<{ version: string }>('SELECT VERSION() AS version');
  const extra = {
    ...{ flavor: flavor.flavor, version: row?.version ?? '', address, port, query },
    url: (database = '', user?: Pick<DatabaseUser, 'user' | 'password'>) => {
      const credentials = user
        ? `${encodeURIComponent(user.user)}:${encodeURIComponent(user.password)}`
        : 'root';
      return `mysql://${credentials}@${address}:${port}/${database}`;
    },
    connect: async (database?: string) => {
      const target = { host: address, port, user: 'root', dateStrings: true, timezone: 'Z' };
      return await createConnection(database === undefined ? target : { ...target, database });
    },
    createDatabase: async (name: string) => {
      await query(`CREATE DATABASE \`${name}\``);
    },
    createUser: async (user: DatabaseUser) => {
      for (const statement of userStatements(user)) await query(statement);
    },
    restartWith: async (extraArgs: readonly string[]) => {
      await server.stop();
      server.respec({ args: [...fixed, ...extraArgs] });
      await server.start();
    },
    copyData: async () => {
      const copy = join(newWorkDir(`${flavor.flavor}-backup`), 'data');
      await server.stop();
      await copyTree(data, copy);
      await server.start();
      return copy;
    },
    replaceData: async (from: string, { newIdentity = false } = {}) => {
      await server.kill();
      await rm(data, { recursive: true, force: true });
      await copyTree(from === 'empty' ? template : from, data);
      if (newIdentity) await rm(join(data, 'auto.cnf'), { force: true });
      await server.start();
    },
  };
  return Object.assign(server, extra);
}

function fixedArgs(
  folder: string,
  options: DatabaseOptions & { address: string; port: number },
  ofFlavor: readonly string[],
): string[] {
  const { address, port, tls } = options;
  const id =
    options.serverId ?? address.split('.').reduce((number, part) => number * 256 + Number(part), port);
  return [
    ...['--no-defaults', '--user=root', `--datadir=${folder}/data`, `--socket=${folder}/socket`],
    ...[`--bind-address=${address}`, `--port=${port}`, `--pid-file=${folder}/pid`, '--skip-name-resolve'],
    ...['--log-bin=binlog', `--server-id=${id % 2 ** 32}`, '--binlog-format=ROW', '--binlog-row-image=FULL'],
    ...['--max-connections=1000', '--innodb-buffer-pool-size=128M'],
    ...ofFlavor,
    ...(tls ? [`--ssl-ca=${tls.caFile}`, `--ssl-cert=${tls.certFile}`, `--ssl-key=${tls.keyFile}`] : []),
    ...(tls?.requireSecure ? ['--require-secure-transport=ON'] : []),
  ];
}

function userStatements({ user, password, grants = 'ALL', on, require }: DatabaseUser): string[] {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  const name = `${quoted(user)}@'%'`;
  return [
    `CREATE USER ${name} IDENTIFIED BY ${quoted(password)}${require ? ` REQUIRE ${require}` : ''}`,
    `GRANT ${grants} ON ${on === undefined ? '*' : `\`${on}\``}.* TO ${name}`,
  ];
}

async function copyTree(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, preserveTimestamps: true });
}
