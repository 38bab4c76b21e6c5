import { systemClock, type Clock } from '../../src/lib/clock.ts';
import type { OpenRpc, RpcHandler, RpcStatus, RpcStream } from '../../src/xds/rpc.ts';
import type { RpcLimits } from '../../src/xds/server/limits.ts';
import type { ConnectionEnd, RpcObserver } from '../../src/xds/server/observer.ts';
import { RpcServer } from '../../src/xds/server/server.ts';
import type { TlsSource } from '../../src/xds/server/tls.ts';
import { RecordingLogger } from './recording-logger.ts';

/** Counts what an {@link RpcObserver} is told. */
export class RecordingRpcObserver implements RpcObserver {
  connections = 0;
  refusedConnections = 0;
  openCalls = 0;
  messagesIn = 0;
  bytesOut = 0;
  readonly ends: ConnectionEnd[] = [];
  /** `METHOD CODE` of each call that was closed. */
  readonly closed: string[] = [];
  readonly refused: number[] = [];

  connectionOpened(): void {
    this.connections += 1;
  }

  connectionClosed(why: ConnectionEnd): void {
    this.connections -= 1;
    this.ends.push(why);
  }

  connectionRefused(): void {
    this.refusedConnections += 1;
  }

  callOpened(): void {
    this.openCalls += 1;
  }

  callClosed(method: string, code: number): void {
    this.openCalls -= 1;
    this.closed.push(`${method} ${code}`);
  }

  callRefused(code: number): void {
    this.refused.push(code);
  }

  messageReceived(): void {
    this.messagesIn += 1;
  }

  messageSent(_method: string, bytes: number): void {
    this.bytesOut += bytes;
  }
}

/** A handler that keeps what it is told, in order. */
export class RecordingHandler implements RpcHandler {
  readonly stream: RpcStream;
  readonly told: string[] = [];
  readonly #onMessage: (stream: RpcStream, body: Buffer) => void;

  constructor(stream: RpcStream, onMessage: (stream: RpcStream, body: Buffer) => void) {
    this.stream = stream;
    this.#onMessage = onMessage;
  }

  message(body: Buffer): void {
    this.told.push(`message ${body.length}`);
    this.#onMessage(this.stream, body);
  }

  halfClosed(): void {
    this.told.push('halfClosed');
  }

  drained(): void {
    this.told.push('drained');
  }

  ended(): void {
    this.told.push('ended');
  }
}

export const OK: RpcStatus = { code: 0, message: '' };

/** A message with its frame around it. */
export function framed(body: Buffer | string): Buffer {
  const message = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** An {@link RpcServer} on a free port of 127.0.0.1 that echoes what it is sent, unless told otherwise. */
export interface ServerBench {
  readonly port: number;
  readonly observer: RecordingRpcObserver;
  readonly logger: RecordingLogger;
  /** Of the calls that were opened, in order. */
  readonly handlers: readonly RecordingHandler[];
  /** Aborts the server's signal and waits for its end. */
  stop(): Promise<void>;
}

export interface ServerBenchOptions {
  readonly limits?: Partial<RpcLimits>;
  readonly tls?: TlsSource;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly onMessage?: (stream: RpcStream, body: Buffer) => void;
  /** Before the handler is made: may throw, send or end. */
  readonly onOpen?: (stream: RpcStream) => void;
  readonly wrap?: (open: OpenRpc) => OpenRpc;
}

/** Starts a {@link ServerBench}. */
export async function startRpcServer(options: ServerBenchOptions = {}): Promise<ServerBench> {
  const handlers: RecordingHandler[] = [];
  const onMessage = options.onMessage ?? ((stream, body) => stream.send(framed(body)));
  const open: OpenRpc = (stream) => {
    options.onOpen?.(stream);
    const handler = new RecordingHandler(stream, onMessage);
    handlers.push(handler);
    return handler;
  };
  const observer = new RecordingRpcObserver();
  const logger = new RecordingLogger();
  const server = new RpcServer({
    address: { host: '127.0.0.1', port: 0 },
    flag: '--xds-address',
    tls: options.tls ?? null,
    limits: options.limits ?? {},
    open: options.wrap?.(open) ?? open,
    clock: options.clock ?? systemClock,
    random: options.random ?? (() => 0.5),
    logger,
    observer,
  });
  const { port } = await server.listen();
  const controller = new AbortController();
  const running = server.run(controller.signal);
  const stop = async (): Promise<void> => {
    controller.abort();
    await running;
  };
  return { port, observer, logger, handlers, stop };
}
