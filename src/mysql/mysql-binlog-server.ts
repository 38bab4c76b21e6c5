import type { Clock } from '../lib/clock.ts';
import { TerminalError } from '../lib/errors.ts';
import type {
  BinlogColumn,
  BinlogLook,
  BinlogMark,
  BinlogPosition,
  BinlogServer,
} from '../registry/binlog-server.ts';
import type { FeedProblem } from '../registry/feed-problem.ts';
import type { AccessSource, MysqlAccess, MysqlTarget } from './access.ts';
import { checkBinlog, logStatus, problemsError } from './binlog-checks.ts';
import { checkLoggedTable } from './binlog-table-check.ts';
import { Connection, vendorOptions } from './connection.ts';
import { mariadbGtidsWentBack } from './gtid.ts';
import { translateError } from './mysql-error.ts';
import { readServerIdentity, type Flavor } from './server-identity.ts';

export interface MysqlBinlogServerOptions {
  readonly target: MysqlTarget;
  /** Who may read the log. */
  readonly access: AccessSource;
  /** Where the Registry names the Secret of that login; default spec.mysql.credentialsSecretRef. */
  readonly loginField?: string | undefined;
  readonly clock: Clock;
  /** Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** Default 5,000. */
  readonly queryTimeoutMs?: number;
}

/** Uptimes have whole seconds: starts that are no further apart than this are one. */
const RESTART_US = 3_000_000;

/**
 * Where the end of the log is told before the engine has committed what is in it, nothing is told to be before it until this time is over.
 * Only for a MySQL without GTIDs: its gtid_executed, and MariaDB's consistent snapshots, are exact.
 */
const SETTLE_MS = 500;

/** A MySQL or MariaDB server whose binary log is followed. Each look takes a connection of its own. */
export class MysqlBinlogServer implements BinlogServer {
  readonly #options: MysqlBinlogServerOptions;
  #username = '';

  constructor(options: MysqlBinlogServerOptions) {
    this.#options = options;
  }

  translate(error: unknown): Error {
    return translateError(error, {
      target: this.#options.target,
      username: this.#username,
      account: null,
      reader: 'Registry',
    });
  }

  /**
   * Everything that keeps the log of a table from being followed, or followed well; null in place of the table: only what its database alone
   * tells. Rejects where the server cannot be asked.
   */
  async check(
    place: { readonly database: string; readonly table: string | null },
    signal: AbortSignal,
  ): Promise<readonly FeedProblem[]> {
    const { connection } = await this.#connect(signal).catch((error: unknown) => {
      throw this.#inField(error);
    });
    try {
      const { flavor } = await readServerIdentity(connection, signal);
      const { problems } = await checkBinlog(connection, flavor, place.database, signal);
      const { database, table } = place;
      return table === null
        ? problems
        : [...problems, ...(await checkLoggedTable(connection, flavor, { database, table }, signal))];
    } finally {
      connection.end();
    }
  }

  async look(
    table: { readonly database: string; readonly table: string },
    after: BinlogMark | null,
    signal: AbortSignal,
  ): Promise<BinlogLook> {
    const { connection, access } = await this.#connect(signal).catch((error: unknown) => {
      throw this.#inField(error);
    });
    try {
      const { flavor, serverId, startedAtUs } = await readServerIdentity(connection, signal);
      const { problems, settings } = await checkBinlog(connection, flavor, table.database, signal);
      const ofTable = await checkLoggedTable(connection, flavor, table, signal);
      const stopping = [...problems, ...ofTable].filter(({ stops = true }) => stops);
      if (stopping.length > 0) throw problemsError(stopping);
      const hasGtids = flavor === 'MariaDB' || settings.variables.get('gtid_mode') === 'ON';
      const server = { connection, flavor, hasGtids };
      const isSame = after?.serverId === serverId;
      const isRestarted = isSame && Math.abs(startedAtUs - after.startedAtUs) > RESTART_US;
      const lost =
        after === null ? null : await whyLost(server, after.position, isSame && !isRestarted, signal);
      const isLeft = after === null || lost !== null;
      const position = isLeft ? await this.#present(server, signal) : after.position;
      // Read after the position: a change of the table that is not in these columns is still to come in the log.
      const columns = await columnsOf(connection, table, signal);
      return {
        mark: { position, serverId, startedAtUs },
        lost,
        doubt: isRestarted && !isLeft ? 'the server was started again' : null,
        columns,
        login: {
          ...vendorOptions(this.#options.target, access, this.#options.connectTimeoutMs ?? 5000),
          timezone: 'Z',
        },
      };
    } finally {
      connection.end();
    }
  }

  async #connect(signal: AbortSignal): Promise<{ connection: Connection; access: MysqlAccess }> {
    const { target, clock, connectTimeoutMs = 5000, queryTimeoutMs = 5000 } = this.#options;
    const options = { target, clock, connectTimeoutMs, queryTimeoutMs, reader: 'Registry' as const };
    let access = await this.#options.access({ refresh: false });
    this.#username = access.username;
    try {
      return { connection: await Connection.open(options, access, signal), access };
    } catch (error) {
      if ((error as { reason?: unknown }).reason !== 'AccessDenied') throw error;
      // It may have been changed in the Secret since that was read.
      const refused = access.password;
      access = await this.#options.access({ refresh: true });
      if (access.password === refused && access.username === this.#username) throw error;
      this.#username = access.username;
      return { connection: await Connection.open(options, access, signal), access };
    }
  }

  /** The login may be another than the registry's: then its own Secret is the one to mend. */
  #inField(error: unknown): unknown {
    const { loginField } = this.#options;
    if (loginField === undefined || !(error instanceof TerminalError)) return error;
    const message = error.message.replaceAll('spec.mysql.credentialsSecretRef', loginField);
    return new TerminalError(error.reason, message, { cause: error.cause });
  }

  async #present({ connection, flavor, hasGtids }: Server, signal: AbortSignal): Promise<BinlogPosition> {
    if (flavor === 'MariaDB') return { kind: 'gtid', gtids: await mariadbPresent(connection, signal) };
    if (hasGtids) return { kind: 'gtid', gtids: await value(connection, '@@GLOBAL.gtid_executed', signal) };
    const status = await logStatus(connection, flavor, signal);
    await this.#options.clock.sleep(SETTLE_MS, signal);
    return { kind: 'file', file: String(status?.File), offset: Number(status?.Position) };
  }
}

interface Server {
  readonly connection: Connection;
  readonly flavor: Flavor;
  readonly hasGtids: boolean;
}

/**
 * The log's position that belongs to a snapshot: mariadb.com/kb/en/enhancements-for-start-transaction-with-consistent-snapshot. The plain
 * @@gtid_binlog_pos is ahead of what can be seen, by what is being committed.
 */
async function mariadbPresent(connection: Connection, signal: AbortSignal): Promise<string> {
  const execute = (text: string) => connection.execute({ text, values: [] }, signal);
  await execute('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  const status = await connection.query(
    {
      text: `SHOW STATUS WHERE Variable_name IN ('Binlog_snapshot_file', 'Binlog_snapshot_position')`,
      values: [],
    },
    signal,
  );
  await execute('COMMIT');
  const at = new Map(status.map(([name, found]) => [String(name).toLowerCase(), String(found)]));
  const sql = {
    text: 'SELECT BINLOG_GTID_POS(?, ?)',
    values: [at.get('binlog_snapshot_file') ?? '', Number(at.get('binlog_snapshot_position') ?? 0)],
  };
  const [row] = await connection.query(sql, signal);
  return typeof row?.[0] === 'string' ? row[0] : await value(connection, '@@GLOBAL.gtid_binlog_pos', signal);
}

async function whyLost(
  server: Server,
  position: BinlogPosition,
  isSame: boolean,
  signal: AbortSignal,
): Promise<string | null> {
  if (position.kind === 'file') return await whyFileLost(server.connection, position, isSame, signal);
  const { flavor, hasGtids, connection } = server;
  if (!hasGtids) return 'the server has no GTIDs any more';
  if (position.gtids !== '' && (flavor === 'MySQL') !== position.gtids.includes(':'))
    return `a ${flavor} answers now`;
  if (flavor === 'MariaDB') {
    const now = await value(connection, '@@GLOBAL.gtid_binlog_pos', signal);
    return mariadbGtidsWentBack(position.gtids, now)
      ? `the server has ${now} only, not ${position.gtids}`
      : null;
  }
  const sql = {
    text: 'SELECT GTID_SUBSET(?, @@GLOBAL.gtid_executed), GTID_SUBSET(@@GLOBAL.gtid_purged, ?)',
    values: [position.gtids, position.gtids],
  };
  const [row] = await connection.query(sql, signal);
  if (row?.[0] !== 1) return 'the server lacks transactions that were followed';
  return row[1] === 1 ? null : 'transactions were purged from the binary log before they were followed';
}

async function whyFileLost(
  connection: Connection,
  position: BinlogPosition & { readonly kind: 'file' },
  isSame: boolean,
  signal: AbortSignal,
): Promise<string | null> {
  if (!isSame) return 'another server answers, or the server was started again, and it has no GTIDs';
  const logs = await connection.query({ text: 'SHOW BINARY LOGS', values: [] }, signal);
  const log = logs.find(([name]) => name === position.file);
  return log !== undefined && Number(log[1]) >= position.offset
    ? null
    : `${position.file} was purged from the binary log`;
}

async function value(connection: Connection, expression: string, signal: AbortSignal): Promise<string> {
  const [row] = await connection.query({ text: `SELECT ${expression}`, values: [] }, signal);
  return typeof row?.[0] === 'string' ? row[0].replaceAll(/\s/g, '') : '';
}

async function columnsOf(
  connection: Connection,
  { database, table }: { readonly database: string; readonly table: string },
  signal: AbortSignal,
): Promise<BinlogColumn[]> {
  const sql = {
    text:
      'SELECT COLUMN_NAME, COLLATION_NAME, CHARACTER_SET_NAME, COLUMN_TYPE FROM information_schema.COLUMNS ' +
      'WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION',
    values: [database, table],
  };
  const text = (cell: unknown): string | null => (typeof cell === 'string' ? cell : null);
  return (await connection.query(sql, signal)).map(([name, collation, charset, type]) => ({
    COLUMN_NAME: String(name),
    COLLATION_NAME: text(collation),
    CHARACTER_SET_NAME: text(charset),
    COLUMN_COMMENT: '',
    COLUMN_TYPE: String(type),
  }));
}
