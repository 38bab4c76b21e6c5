import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import { RPC, RpcRefused, type OpenRpc, type RpcHandler, type RpcStatus, type RpcStream } from '../rpc.ts';
import type { ByteBudget } from './byte-budget.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import type { RpcLimits } from './limits.ts';
import type { RpcObserver } from './observer.ts';
import { refuse, respondHeaders, trailersOf } from './response.ts';

/** A connection as its calls see it. */
export interface CallHost {
  readonly peer: string;
  readonly peerNames: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: RpcObserver;
  readonly limits: RpcLimits;
  readonly unfinished: ByteBudget;
  /** A message was sent, or has left. */
  sent(): void;
  /** The stream of the call is gone. */
  gone(call: Call): void;
}

/** The longest that a timer can wait (2^31 - 1 ms, 24 days); a deadline behind it is none. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * One call: a stream of HTTP/2 that speaks gRPC. Small, for most of them are idle: no queue of its own, no promise and one closure.
 *
 * A frame goes to `write` as it is: node:http2 keeps a reference and gives those bytes to the socket. `writableLength` is what was not handed on yet;
 * a message counts whole until its last byte has left.
 */
export class Call implements RpcStream, FrameSink {
  readonly method: string;
  readonly #host: CallHost;
  readonly #stream: ServerHttp2Stream;
  readonly #reader: FrameReader;
  #handler: RpcHandler | null = null;
  /** What the call ended with, whoever ended it. */
  #status: RpcStatus | null = null;
  #told = false;
  #undrained = false;
  #cancelTimer: (() => void) | null = null;
  readonly #written = (): void => this.#onWritten();

  constructor(host: CallHost, stream: ServerHttp2Stream, method: string) {
    this.#host = host;
    this.#stream = stream;
    this.method = method;
    this.#reader = new FrameReader(host.limits.messageBytes, host.unfinished);
  }

  get peer(): string {
    return this.#host.peer;
  }

  get peerNames(): readonly string[] {
    return this.#host.peerNames;
  }

  get queuedBytes(): number {
    return this.#stream.destroyed ? 0 : this.#stream.writableLength;
  }

  /** Opens the call, or refuses it. False: refused, and nothing is left to do. */
  open(open: OpenRpc, timeoutMs: number | undefined): boolean {
    const { observer, logger, clock } = this.#host;
    try {
      this.#handler = open(this);
    } catch (error) {
      const status = refusal(error);
      if (status.code === RPC.internal) logger.error('opening a call failed', { method: this.method, error });
      this.#status = status;
      refuse(this.#stream, status);
      observer.callRefused(status.code);
      return false;
    }
    observer.callOpened(this.method);
    if (timeoutMs !== undefined && timeoutMs <= LONGEST_TIMER_MS && this.#status === null) {
      const late = { code: RPC.deadlineExceeded, message: 'the deadline of the call has passed' };
      this.#cancelTimer = clock.after(timeoutMs, () => this.end(late));
    }
    this.#listen();
    return true;
  }

  send(frame: Buffer): void {
    const stream = this.#stream;
    if (this.#status !== null || stream.destroyed || stream.closed) return;
    if (!stream.headersSent) respondHeaders(stream);
    this.#undrained = true;
    stream.write(frame, this.#written);
    this.#host.sent();
    this.#host.observer.messageSent(this.method, frame.length);
  }

  end(status: RpcStatus): void {
    if (this.#status !== null) return;
    this.#status = status;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#reader.clear();
    this.#finish(status);
    // Not at once: whoever ends a call is in the middle of something.
    queueMicrotask(() => this.#tellEnded());
  }

  /** A whole message has come. */
  frame(body: Buffer): boolean {
    this.#host.observer.messageReceived(this.method, body.length);
    this.#run((handler) => handler.message(body));
    return this.#status === null;
  }

  #listen(): void {
    const stream = this.#stream;
    stream.on('data', (chunk: Buffer) => {
      if (this.#status !== null) return;
      const fault = this.#reader.read(chunk, this);
      if (fault !== undefined) this.end(fault);
    });
    stream.on('end', () => {
      if (this.#status !== null) return;
      if (this.#reader.atBoundary) this.#run((handler) => handler.halfClosed());
      else this.end({ code: RPC.internal, message: 'the body ends inside a message' });
    });
    stream.on('close', () => {
      this.#status ??= { code: RPC.cancelled, message: '' };
      this.#cancelTimer?.();
      this.#cancelTimer = null;
      this.#reader.clear();
      this.#tellEnded();
      this.#host.gone(this);
    });
  }

  /** Ends the stream: trailers behind what is queued, then RST_STREAM, for the client need send no more; by force where it does not fetch the rest. */
  #finish(status: RpcStatus): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    if (stream.headersSent) {
      stream.once('wantTrailers', () => {
        stream.sendTrailers(trailersOf(status));
        setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
      });
      stream.end();
    } else {
      refuse(stream, status);
    }
    this.#cancelTimer = this.#host.clock.after(this.#host.limits.lingerMs, () => {
      // gRPC's clients read this code as RESOURCE_EXHAUSTED. `destroy`, too: where the socket takes nothing, the reset does not get out.
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      stream.destroy();
    });
  }

  #onWritten(): void {
    this.#host.sent();
    if (!this.#undrained || this.#status !== null || this.#stream.writableLength > 0) return;
    this.#undrained = false;
    this.#run((handler) => handler.drained());
  }

  #tellEnded(): void {
    if (this.#told) return;
    this.#told = true;
    this.#run((handler) => handler.ended());
    this.#handler = null;
    this.#host.observer.callClosed(this.method, this.#status?.code ?? RPC.unknown);
  }

  #run(step: (handler: RpcHandler) => void): void {
    if (this.#handler === null) return;
    try {
      step(this.#handler);
    } catch (error) {
      this.#host.logger.error('a call failed', { method: this.method, peer: this.peer, error });
      this.end({ code: RPC.internal, message: 'the server made a mistake; its log tells which' });
    }
  }
}

function refusal(error: unknown): RpcStatus {
  if (error instanceof RpcRefused) return { code: error.code, message: error.message };
  return { code: RPC.internal, message: 'the server made a mistake; its log tells which' };
}
