import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { bindError } from '../../lib/bind-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { errorMessage } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import { TokenBucket } from '../../lib/token-bucket.ts';
import type { OpenRpc } from '../rpc.ts';
import { ByteBudget } from './byte-budget.ts';
import { Connection, type ConnectionParts } from './connection.ts';
import { DEFAULT_RPC_LIMITS, type RpcLimits } from './limits.ts';
import type { RpcObserver } from './observer.ts';
import { TlsIdentity, type TlsSource } from './tls.ts';

export interface RpcServerOptions {
  /** Where it listens: host '' is every address, port 0 lets the system choose. */
  readonly address: { readonly host: string; readonly port: number };
  /** How the person who starts the program names the address: "--xds-address (ROLLCALL_XDS_ADDRESS)". */
  readonly flag: string;
  /** Null: plaintext (HTTP/2 with prior knowledge, as gRPC's insecure credentials do it). */
  readonly tls: TlsSource | null;
  /** Those that are left out are of {@link DEFAULT_RPC_LIMITS}. */
  readonly limits?: Partial<RpcLimits>;
  readonly open: OpenRpc;
  readonly clock: Clock;
  /** From 0 up to 1, as Math.random. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly observer: RpcObserver;
}

/**
 * What node:http2 may hold for one connection, in MB: it refuses streams above it. Its own limit of 10 is too little for the queues of a thousand streams; the
 * real bounds are those of {@link RpcLimits}, and the engine's on what is queued.
 */
const SESSION_MEMORY_MB = 1024;

/** A gRPC server on node:http2 for calls in both directions: what docs/decisions/0016 calls the transport. */
export class RpcServer {
  readonly #options: RpcServerOptions;
  readonly #limits: RpcLimits;
  readonly #parts: ConnectionParts;
  readonly #connections = new Set<Connection>();
  #server: Http2Server | Http2SecureServer | null = null;
  #identity: TlsIdentity | null = null;
  #onEmpty: (() => void) | null = null;
  #stopping = false;

  constructor(options: RpcServerOptions) {
    this.#options = options;
    const { clock, random, logger, observer, open } = options;
    const limits = { ...DEFAULT_RPC_LIMITS, ...options.limits };
    this.#limits = limits;
    this.#parts = {
      ...{ clock, random, logger, observer, limits, open },
      unfinished: new ByteBudget(limits.unfinishedBytes),
      newCalls: new TokenBucket(limits.newCalls, clock),
    };
  }

  /**
   * Starts to listen and answers where. Throws ConfigError, with the flag's name, where the address cannot be had, and what the TLS source throws where
   * there is no usable certificate.
   */
  async listen(): Promise<{ readonly host: string; readonly port: number }> {
    const { address, flag, logger } = this.#options;
    const server = await this.#create();
    this.#server = server;
    server.maxConnections = this.#limits.connections;
    // The socket beneath a session is not to be had of the session: its event comes right before, as this listener is the first.
    let socket: Socket | null = null;
    server.prependListener(
      this.#options.tls === null ? 'connection' : 'secureConnection',
      (accepted: Socket) => {
        socket = accepted;
      },
    );
    server.on('session', (session) => {
      if (socket !== null) this.#accept(session, socket);
      socket = null;
    });
    server.on('drop', () => this.#options.observer.connectionRefused());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: address.port, ...(address.host === '' ? {} : { host: address.host }) }, () => {
        server.off('error', reject);
        server.on('error', (error) => logger.error('the RPC server failed', { error }));
        resolve();
      });
    }).catch((error: unknown) => {
      throw bindError(flag, address, error);
    });
    const bound = server.address() as AddressInfo;
    return { host: bound.address, port: bound.port };
  }

  /** Serves until `signal` is aborted; then all calls end with UNAVAILABLE. Resolves when all connections are gone. Call after {@link RpcServer.listen}. */
  async run(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.all([aborted, this.#identity?.run(signal)]);
    await this.#stop();
  }

  async #create(): Promise<Http2Server | Http2SecureServer> {
    const { tls, clock, logger } = this.#options;
    const limits = this.#limits;
    const options = {
      maxSessionMemory: SESSION_MEMORY_MB,
      settings: {
        enablePush: false,
        maxConcurrentStreams: limits.streamsPerConnection,
        maxHeaderListSize: limits.headerListBytes,
      },
    };
    if (tls === null) return createServer(options);
    const identity = new TlsIdentity(tls, { clock, logger });
    const server = createSecureServer({
      ...options,
      ...(await identity.first()),
      handshakeTimeout: limits.handshakeMs,
    });
    server.on('tlsClientError', (error) =>
      logger.debug('a TLS handshake failed', { error: errorMessage(error) }),
    );
    identity.use((material) => server.setSecureContext(material));
    this.#identity = identity;
    return server;
  }

  #accept(session: ServerHttp2Session, socket: Socket): void {
    if (this.#stopping) {
      // Its handshake was under way.
      session.destroy();
      socket.destroy();
      return;
    }
    const connection = new Connection(session, socket, this.#parts);
    this.#connections.add(connection);
    connection.start(() => {
      this.#connections.delete(connection);
      if (this.#connections.size === 0) this.#onEmpty?.();
    });
  }

  async #stop(): Promise<void> {
    const { clock } = this.#options;
    this.#stopping = true;
    this.#server?.close();
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(this.#limits.stopMs, () => {
        for (const connection of [...this.#connections]) connection.destroy();
      });
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
      for (const connection of [...this.#connections]) connection.stop();
    });
  }
}
