import type { Clock } from '../lib/clock.ts';
import { TerminalError } from '../lib/errors.ts';
import type { AccessSource, MysqlAccess, MysqlTarget } from './access.ts';
import { Connection } from './connection.ts';
import type { SchemaSql } from './schema-sql.ts';
import { readServerIdentity, type ServerIdentity } from './server-identity.ts';

export interface PoolOptions {
  readonly target: MysqlTarget;
  readonly access: AccessSource;
  /** Checks the schema on a new connection, and says how it is read and what names it beside the server ('' for nothing). */
  readonly prepare: (
    connection: Connection,
    signal: AbortSignal,
  ) => Promise<{ schema: SchemaSql; epoch: string }>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly connectTimeoutMs: number;
  readonly queryTimeoutMs: number;
}

export interface UseOptions {
  /** Connections that must not be taken. */
  readonly avoid?: ReadonlySet<Session>;
  /** False: never do the work a second time, not even when its connection turned out to be dead. */
  readonly retry?: boolean;
}

/** A connection that is logged in, whose server and schema are known. */
export interface Session {
  readonly connection: Connection;
  readonly schema: SchemaSql;
  readonly identity: ServerIdentity;
}

interface Pooled extends Session {
  readonly generation: number;
  readonly closeAtMs: number;
  /** True until its first use is over. */
  isNew: boolean;
}

/** One for each that reads at the same time: syncer (two: it looks and reads), confirmation, feed, expiry watch, return watch, audit, retention. */
const LIMIT = 8;

/**
 * How long a connection is used, at least: after a failover that moves the address but leaves old connections standing, everything is on
 * the new server within this time and a fifth.
 */
const LIFETIME_MS = 60_000;

/**
 * The connections to one registry. All of them lead to the same server: when a new one finds another server at the address, the old
 * ones are closed. A connection that was lost while it was idle is replaced, and the work done again, without anybody noticing.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #all = new Set<Pooled>();
  #idle: Pooled[] = [];
  #opening = 0;
  #waiting: (() => void)[] = [];
  #generation = 0;
  #serverId: string | null = null;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Does work on a connection; again on a new one, unless `retry` is false, when the one it had was dead. */
  async use<T>(
    work: (session: Session) => Promise<T>,
    { avoid = new Set(), retry = true }: UseOptions,
    signal: AbortSignal,
  ): Promise<T> {
    const session = await this.#acquire(avoid, signal);
    const canRetry = retry && !session.isNew;
    session.isNew = false;
    try {
      return await work(session);
    } catch (error) {
      // Grants, tables and columns are looked at anew by new connections only.
      if (error instanceof TerminalError) this.renew();
      const wasLost = session.connection.isBroken && !(error instanceof TerminalError) && !signal.aborted;
      if (!canRetry || !wasLost || isTimeout(error)) throw error;
    } finally {
      this.#release(session);
    }
    // The server closed an idle connection (wait_timeout, KILL, a restart): all others of that age may be as dead.
    this.renew();
    return await this.use(work, { avoid, retry: false }, signal);
  }

  /** Replaces every connection at its next use, so that new credentials or another schema are taken up. */
  renew(): void {
    this.#generation += 1;
    const idle = this.#idle;
    this.#idle = [];
    for (const session of idle) this.#close(session);
  }

  /** Closes all connections; work that is under way fails. */
  close(): void {
    this.#isClosed = true;
    this.renew();
    for (const session of this.#all) session.connection.destroy();
  }

  async #acquire(avoid: ReadonlySet<Session>, signal: AbortSignal): Promise<Pooled> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#isClosed) throw new Error('the pool was closed');
      const session = this.#takeIdle(avoid);
      if (session !== undefined) return session;
      if (this.#all.size + this.#opening < LIMIT) return await this.#open(signal);
      await this.#released(signal);
    }
  }

  #takeIdle(avoid: ReadonlySet<Session>): Pooled | undefined {
    for (const session of this.#idle.filter((each) => !this.#isUsable(each))) this.#drop(session);
    const session = this.#idle.findLast((each) => !avoid.has(each));
    if (session !== undefined) this.#idle = this.#idle.filter((each) => each !== session);
    else if (this.#all.size >= LIMIT && this.#idle.length > 0) this.#drop(this.#idle[0]);
    return session;
  }

  async #open(signal: AbortSignal): Promise<Pooled> {
    const generation = this.#generation;
    this.#opening += 1;
    try {
      const connection = await this.#connect(signal);
      try {
        const identity = await readServerIdentity(connection, signal);
        const { schema, epoch } = await this.#options.prepare(connection, signal);
        const serverId = epoch === '' ? identity.serverId : `${identity.serverId}/${epoch}`;
        const lifetimeMs = LIFETIME_MS * (1 + 0.2 * this.#options.random());
        const closeAtMs = this.#options.clock.now() + lifetimeMs;
        const session = {
          connection,
          schema,
          identity: { ...identity, serverId },
          generation,
          closeAtMs,
          isNew: true,
        };
        this.#all.add(session);
        this.#serverId = serverId;
        return session;
      } catch (error) {
        connection.destroy();
        throw error;
      }
    } finally {
      this.#opening -= 1;
      this.#wakeOne();
    }
  }

  async #connect(signal: AbortSignal): Promise<Connection> {
    const { access } = this.#options;
    const options = { ...this.#options, reader: 'Registry' as const };
    const first = await access({ refresh: false });
    try {
      return await Connection.open(options, first, signal);
    } catch (error) {
      if (!(error instanceof TerminalError && error.reason === 'AccessDenied')) throw error;
      const second = await access({ refresh: true });
      if (isSameLogin(first, second)) throw error;
      return await Connection.open(options, second, signal);
    }
  }

  #isUsable(session: Pooled): boolean {
    return (
      !session.connection.isBroken &&
      session.generation === this.#generation &&
      session.identity.serverId === this.#serverId &&
      this.#options.clock.now() < session.closeAtMs
    );
  }

  #release(session: Pooled): void {
    if (this.#isClosed || !this.#isUsable(session)) this.#close(session);
    else this.#idle.push(session);
    this.#wakeOne();
  }

  #drop(session: Pooled | undefined): void {
    if (session === undefined) return;
    this.#idle = this.#idle.filter((each) => each !== session);
    this.#close(session);
  }

  #close(session: Pooled): void {
    this.#all.delete(session);
    session.connection.end();
  }

  #wakeOne(): void {
    this.#waiting.shift()?.();
  }

  /** Resolves when a connection may have become free, or rejects when the signal is aborted. */
  #released(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((each) => each !== wake);
        reject(signal.reason as Error);
      };
      const wake = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(wake);
    });
  }
}

function isSameLogin(a: MysqlAccess, b: MysqlAccess): boolean {
  return a.username === b.username && a.password === b.password && a.cert === b.cert && a.key === b.key;
}

/** A server that hangs would hang again. */
function isTimeout(error: unknown): boolean {
  return (error as { readonly reason?: unknown }).reason === 'QueryTimeout';
}
