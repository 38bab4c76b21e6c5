import { connect, type Socket } from 'node:net';
import mysql from 'mysql2';
import type { Clock } from '../lib/clock.ts';
import { RetryableError } from '../lib/errors.ts';
import type { MysqlAccess, MysqlTarget } from './access.ts';
import { type ErrorContext, serverErrorNumber, translateError } from './mysql-error.ts';
import { addressToVerify, tlsOptions } from './tls-options.ts';

/** A statement with its values, which are escaped into it by mysql2 as literals. */
export interface Sql {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** One row: whole numbers as numbers (beyond 2^53 as text), texts and decimals as strings, binary as Buffer, NULL as null. */
export type Columns = readonly unknown[];

export interface ConnectionOptions {
  readonly target: MysqlTarget;
  /** Who reads its error messages. */
  readonly reader: ErrorContext['reader'];
  readonly clock: Clock;
  /** How long connecting and logging in may take, in ms. */
  readonly connectTimeoutMs: number;
  /** How long the server may be silent while it owes an answer, in ms; then the connection is destroyed. */
  readonly queryTimeoutMs: number;
}

/** Rows handed on at a time: what a stream holds in memory, and what is worked through between two turns of the event loop. */
const BATCH_ROWS = 500;

/**
 * What every session is set to, whatever the server's defaults are. autocommit: without it, the first SELECT would open a snapshot that
 * never ends. sql_mode: the escaping of mysql2 is wrong under NO_BACKSLASH_ESCAPES. time_zone: TIMESTAMP values are instants.
 */
const SESSION = [
  `SET SESSION autocommit = 1, time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'`,
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
];

/** ER_MAX_PREPARED_STMT_COUNT_REACHED; ER_UNSUPPORTED_PS, of proxies. */
const UNPREPARED: ReadonlySet<number | undefined> = new Set([1461, 1295]);

/** One connection to the database. Every error it throws is translated; after one that is not the server's answer it is broken. */
export class Connection {
  #context: ErrorContext;
  readonly #options: ConnectionOptions;
  readonly #vendor: mysql.Connection;
  #broken: unknown = null;
  /** Fails the exchange that is under way, if there is one. */
  #failRunning: (error: unknown) => void = () => undefined;

  /** Connects, logs in and sets the session up. */
  static async open(
    options: ConnectionOptions,
    access: MysqlAccess,
    signal: AbortSignal,
  ): Promise<Connection> {
    signal.throwIfAborted();
    const connection = new Connection(options, access);
    try {
      await connection.#ready(signal);
      for (const text of SESSION) await connection.query({ text, values: [] }, signal);
      await connection.#learnAccount(signal);
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  private constructor(options: ConnectionOptions, access: MysqlAccess) {
    const { target } = options;
    this.#options = options;
    this.#context = { target, username: access.username, account: null, reader: options.reader };
    this.#vendor = mysql.createConnection(vendorOptions(target, access, options.connectTimeoutMs));
    this.#vendor.on('error', (error: unknown) => this.#lose(error, error));
    this.#vendor.on('end', () => this.#lose(new Error('the server closed the connection')));
  }

  /** What its errors name. */
  get context(): ErrorContext {
    return this.#context;
  }

  /** True when the connection cannot be used any more. */
  get isBroken(): boolean {
    return this.#broken !== null;
  }

  /** All rows of a small answer. */
  async query(sql: Sql, signal: AbortSignal): Promise<Columns[]> {
    const rows: Columns[] = [];
    await this.stream(sql, (batch) => void rows.push(...batch), signal);
    return rows;
  }

  /**
   * All rows of a small answer to what is asked over and over: the server parses the text once for each connection. Where it takes no more
   * prepared statements, or none at all, it parses it each time.
   */
  async prepared(sql: Sql, signal: AbortSignal): Promise<Columns[]> {
    try {
      return await this.#run<Columns[]>((resolve, reject) => {
        const statement = { sql: sql.text, values: [...sql.values], rowsAsArray: true };
        this.#vendor.execute(statement, (error: Error | null, rows: unknown) => {
          if (error !== null) reject(error);
          else resolve(rows as Columns[]);
        });
        return () => undefined;
      }, signal);
    } catch (error) {
      if (!UNPREPARED.has(serverErrorNumber(error))) throw error;
      return await this.query(sql, signal);
    }
  }

  /** All rows of a small answer by column name, for SHOW statements whose columns differ between servers. */
  named(sql: Sql, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>[]> {
    return this.#run((resolve, reject) => {
      this.#vendor.query({ sql: sql.text, values: [...sql.values] }, (error: Error | null, rows: unknown) => {
        if (error !== null) reject(error);
        else resolve(Array.isArray(rows) ? (rows as Record<string, unknown>[]) : []);
      });
      return () => undefined;
    }, signal);
  }

  /** Runs a statement without an answer; the number of rows it changed. */
  execute(sql: Sql, signal: AbortSignal): Promise<number> {
    return this.#run((resolve, reject) => {
      this.#vendor.query(
        { sql: sql.text, values: [...sql.values] },
        (error: Error | null, answer: unknown) => {
          if (error !== null) reject(error);
          else resolve((answer as { affectedRows?: number }).affectedRows ?? 0);
        },
      );
      return () => undefined;
    }, signal);
  }

  /** Hands the rows on in batches. The server is read from again when `onRows` is done, and others get a turn between batches. */
  stream(
    sql: Sql,
    onRows: (rows: Columns[]) => Promise<void> | void,
    signal: AbortSignal,
    timeoutMs?: number,
  ): Promise<void> {
    return this.#run<undefined>(
      (resolve, reject, waiting) => {
        let batch: Columns[] = [];
        const flush = async (): Promise<void> => {
          const rows = batch;
          batch = [];
          if (rows.length > 0) await onRows(rows);
        };
        const query = this.#vendor.query({ sql: sql.text, values: [...sql.values], rowsAsArray: true });
        query.on('result', (row: unknown) => {
          // An OK packet (a statement without rows) comes here too.
          if (!Array.isArray(row) || batch.push(row) < BATCH_ROWS) return;
          this.#vendor.pause();
          waiting(false);
          flush().then(() => {
            setImmediate(() => {
              if (this.isBroken) return;
              waiting(true);
              this.#vendor.resume();
            });
          }, reject);
        });
        query.on('error', reject);
        query.on('end', () => void flush().then(() => resolve(undefined), reject));
        return () => query.removeAllListeners('result');
      },
      signal,
      timeoutMs,
    );
  }

  /** Says goodbye to the server and closes. */
  end(): void {
    if (this.isBroken) this.destroy();
    else {
      this.#broken = new Error('the connection was closed');
      this.#vendor.end(() => undefined);
    }
  }

  /** Closes at once, in the middle of whatever goes on. */
  destroy(): void {
    this.#broken ??= new Error('the connection was destroyed');
    this.#vendor.destroy();
  }

  /** The account whose grants count: another host than ours stands in it, mostly a pattern. */
  async #learnAccount(signal: AbortSignal): Promise<void> {
    const [row] = await this.query({ text: 'SELECT CURRENT_USER()', values: [] }, signal);
    const account = String(row?.[0]);
    const at = account.lastIndexOf('@');
    this.#context = {
      ...this.#context,
      account: { user: account.slice(0, at), host: account.slice(at + 1) },
    };
  }

  /** mysql2 tells the connection, not the query under way, when a stream of rows is all that waits for an answer. */
  #lose(cause: unknown, error?: unknown): void {
    this.#broken ??= cause;
    this.#failRunning(error ?? this.#lost());
  }

  #ready(signal: AbortSignal): Promise<void> {
    return this.#run<undefined>((resolve, reject) => {
      this.#vendor.connect((error: Error | null) => {
        if (error === null) resolve(undefined);
        else reject(error);
      });
      return () => undefined;
    }, signal);
  }

  /**
   * Runs one exchange with the server under the query timeout and the signal. When either ends it, or the receiver of rows failed, the
   * rest of the answer is still on its way: the connection is destroyed.
   */
  #run<T>(
    start: (
      resolve: (value: T) => void,
      reject: (error: unknown) => void,
      waiting: (is: boolean) => void,
    ) => () => void,
    signal: AbortSignal,
    timeoutMs = this.#options.queryTimeoutMs,
  ): Promise<T> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.isBroken) return Promise.reject(this.#lost());
    return new Promise<T>((resolve, reject) => {
      let stopTimer = (): void => undefined;
      const settle = (finish: () => void): void => {
        this.#failRunning = () => undefined;
        stopTimer();
        signal.removeEventListener('abort', onAbort);
        detach();
        finish();
      };
      const fail = (error: unknown): void => {
        if (!isServerAnswer(error)) this.destroy();
        settle(() => reject(translateError(error, this.context)));
      };
      this.#failRunning = fail;
      const onAbort = (): void => fail(signal.reason);
      const waiting = (is: boolean): void => {
        stopTimer();
        if (is) stopTimer = this.#options.clock.after(timeoutMs, () => fail(this.#silent(timeoutMs)));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting(true);
      const detach = start((value) => settle(() => resolve(value)), fail, waiting);
    });
  }

  #silent(timeoutMs: number): RetryableError {
    const { host, port } = this.#options.target;
    return new RetryableError(`${host}:${port} did not answer for ${timeoutMs / 1000} s`, {
      reason: 'QueryTimeout',
    });
  }

  #lost(): RetryableError {
    const { host, port } = this.#options.target;
    return new RetryableError(`the connection to ${host}:${port} was lost`, {
      reason: 'HostUnreachable',
      cause: this.#broken,
    });
  }
}

/** mysql2's options for a connection to `target`; without any type of its, for a reader of the binary log that is another library. */
export function vendorOptions(target: MysqlTarget, access: MysqlAccess, connectTimeoutMs: number) {
  const ssl = tlsOptions(target, access);
  return {
    stream: () => openSocket(target),
    host: target.host,
    port: target.port,
    database: target.database,
    user: access.username,
    password: access.password,
    charset: 'UTF8MB4_GENERAL_CI',
    connectTimeout: connectTimeoutMs,
    supportBigNumbers: true,
    dateStrings: true,
    jsonStrings: true,
    connectAttributes: { program_name: 'rollcall' },
    ...(ssl === undefined ? {} : { ssl }),
  };
}

/** An error packet of the server ends the exchange cleanly; anything else leaves the connection in the middle of one. */
function isServerAnswer(error: unknown): boolean {
  const { sqlMessage, fatal } = error as { readonly sqlMessage?: string; readonly fatal?: boolean };
  return sqlMessage !== undefined && fatal !== true;
}

function openSocket(target: MysqlTarget): Socket {
  const socket = connect({
    host: target.host,
    port: target.port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 10_000,
  });
  return Object.assign(socket, addressToVerify(target));
}
