import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { RedisClientType } from 'redis';
import type { Clock } from '../../lib/clock.ts';
import { translateRedisError, type RedisErrorContext } from './redis-error.ts';
import type { RedisAccess, RedisAddress, RedisTarget, RedisTlsMode } from './target.ts';

/** Shown by `CLIENT LIST`. */
const CLIENT_NAME = 'rollcall';

/** What {@link RedisConnection.open} needs. */
export interface RedisConnectOptions {
  readonly target: RedisTarget;
  readonly address: RedisAddress;
  readonly role: RedisErrorContext['role'];
  readonly access: RedisAccess;
  /** For the whole of it: connect, TLS, login. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/**
 * One connection, and never another by itself: node-redis would connect again silently, and what was published meanwhile would be lost
 * without a word. Whoever holds it opens a new one after {@link RedisConnection.closed}. All errors are those of redis-error.ts.
 */
export class RedisConnection {
  /** Resolves with the reason when it is lost, or when it is closed; never rejects. */
  readonly closed: Promise<Error>;
  readonly #client: RedisClientType;
  readonly #ending: AbortController;
  readonly #context: RedisErrorContext;
  #end: (error: Error) => void = () => undefined;

  private constructor(client: RedisClientType, ending: AbortController, context: RedisErrorContext) {
    this.#client = client;
    this.#ending = ending;
    this.#context = context;
    this.closed = new Promise((resolve) => (this.#end = resolve));
    // Any error ends it: one that the client would live on after (an answer it cannot read) may have hidden a message.
    client.on('error', (error: unknown) => this.#fail(error));
    client.on('terminated', (cause: unknown) => this.#fail(cause));
  }

  /** Connects and logs in. */
  static async open(options: RedisConnectOptions, signal: AbortSignal): Promise<RedisConnection> {
    signal.throwIfAborted();
    const { target, address, role, access, timeoutMs, clock } = options;
    const login = role === 'sentinel' ? access.sentinelLogin : access.login;
    const username = login.username ?? 'default';
    // Half a second and 30 MB that only those pay who follow Redis.
    const { createClient } = await import('redis');
    const ending = new AbortController();
    const socket = {
      ...tlsOptions(target.tls, access, address.host),
      ...address,
      // It reaches a socket that is still connecting, which the client's own destroy() does not.
      signal: ending.signal,
      connectTimeout: timeoutMs,
      reconnectStrategy: false as const,
    };
    const client = createClient({
      ...login,
      RESP: 3,
      name: CLIENT_NAME,
      disableClientInfo: true,
      disableOfflineQueue: true,
      maintNotifications: 'disabled',
      commandOptions: { timeout: timeoutMs },
      socket,
    }) as unknown as RedisClientType;
    const connection = new RedisConnection(client, ending, { address, role, target, username });
    await connection.#connect(timeoutMs, clock, signal);
    return connection;
  }

  get address(): RedisAddress {
    return this.#context.address;
  }

  /** Sends a command; rejects when it is refused, or not answered. */
  async send(...command: readonly string[]): Promise<unknown> {
    return await this.#translated(() => this.#client.sendCommand(command));
  }

  /** Resolves when messages on the channel reach `listener`. */
  async subscribe(channel: string, listener: (message: string) => void): Promise<void> {
    await this.#translated(() => this.#client.subscribe(channel, listener));
  }

  /** Ends it at once, whatever it is doing. */
  close(error: Error): void {
    this.#end(error);
    this.#client.destroy();
    this.#ending.abort(error);
  }

  async #connect(timeoutMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
    const giveUp = (): void => this.close(new Error('it is closed'));
    const cancel = clock.after(timeoutMs, () =>
      this.#fail(new Error(`no answer to the login within ${timeoutMs} ms`)),
    );
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await this.#translated(async () => {
        const failed = this.closed.then((error) => Promise.reject(error));
        await Promise.race([this.#client.connect(), failed]);
      });
    } catch (error) {
      giveUp();
      signal.throwIfAborted();
      throw error;
    } finally {
      cancel();
      signal.removeEventListener('abort', giveUp);
    }
  }

  #fail(error: unknown): void {
    this.close(translateRedisError(error, this.#context));
  }

  async #translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translateRedisError(error, this.#context);
    }
  }
}

/** Options of node:tls for a mode, as src/mysql/tls-options.ts has them. */
function tlsOptions(
  mode: RedisTlsMode,
  { ca, cert, key }: RedisAccess,
  host: string,
): (ConnectionOptions & { readonly tls: true }) | { readonly tls?: false } {
  if (mode === 'Disabled') return {};
  return {
    tls: true,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: mode !== 'Required',
    ...(mode === 'VerifyIdentity' ? {} : { checkServerIdentity: () => undefined }),
    // There is no server name indication for addresses (RFC 6066, 3).
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
