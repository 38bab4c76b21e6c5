import {
  constants,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../../lib/clock.ts';
import { errorMessage } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import type { TokenBucket } from '../../lib/token-bucket.ts';
import { RPC, type OpenRpc, type RpcStatus } from '../rpc.ts';
import type { ByteBudget } from './byte-budget.ts';
import { Call, type CallHost } from './call.ts';
import { HEALTH_SERVICE } from './health-messages.ts';
import type { RpcLimits } from './limits.ts';
import type { ConnectionEnd, RpcObserver } from './observer.ts';
import { peerOf } from './peer.ts';
import { PingPolicy } from './ping-policy.ts';
import { judgeRequest } from './request.ts';
import { refuse, refuseHttp } from './response.ts';

/** What the connections of a server share. */
export interface ConnectionParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly observer: RpcObserver;
  readonly limits: RpcLimits;
  readonly unfinished: ByteBudget;
  readonly newCalls: TokenBucket;
  readonly open: OpenRpc;
}

/** How far from its age, as a share of it, a connection is retired by chance (gRFC A9). */
const AGE_JITTER = 0.1;
const TOO_OLD: RpcStatus = {
  code: RPC.unavailable,
  message: 'the connection has reached its age; connect again',
};
const STOPPING: RpcStatus = { code: RPC.unavailable, message: 'the server stops; connect to another' };

/** One client's connection: its calls, and the care that it needs so that none stays half-open, for ever or for nothing. */
export class Connection implements CallHost {
  readonly peer: string;
  readonly peerNames: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: RpcObserver;
  readonly limits: RpcLimits;
  readonly unfinished: ByteBudget;
  readonly #parts: ConnectionParts;
  readonly #session: ServerHttp2Session;
  /** Beneath the session: see {@link Connection.destroy}. */
  readonly #socket: Socket;
  readonly #calls = new Set<Call>();
  readonly #pings: PingPolicy;
  #why: ConnectionEnd = 'client';
  #leaving = false;
  #gone = false;
  #cancelKeepalive: () => void = nothing;
  #cancelIdle: () => void = nothing;
  #cancelAge: () => void = nothing;

  constructor(session: ServerHttp2Session, socket: Socket, parts: ConnectionParts) {
    this.#session = session;
    this.#socket = socket;
    this.#parts = parts;
    ({ names: this.peerNames, address: this.peer } = peerOf(socket));
    this.clock = parts.clock;
    this.logger = parts.logger;
    this.observer = parts.observer;
    this.limits = parts.limits;
    this.unfinished = parts.unfinished;
    this.#pings = new PingPolicy(parts.limits.pingIntervalMs, parts.limits.pingStrikes);
  }

  /** Takes calls until the connection is gone; `onClosed` tells of that. */
  start(onClosed: () => void): void {
    const session = this.#session;
    session.on('stream', (stream, headers) => this.#serve(stream, headers));
    session.on('ping', () => this.#onPing());
    session.on('goaway', () => this.#leave('client', TOO_OLD));
    session.on('error', (error) => {
      this.logger.debug('a connection broke', { peer: this.peer, error: errorMessage(error) });
      this.#destroyLater();
    });
    session.on('close', () => {
      this.#gone = true;
      this.#cancelKeepalive();
      this.#cancelIdle();
      this.#cancelAge();
      this.observer.connectionClosed(this.#why);
      onClosed();
    });
    this.observer.connectionOpened();
    const { ageMs } = this.limits;
    const age = ageMs * (1 + AGE_JITTER * (2 * this.#parts.random() - 1));
    this.#cancelAge = this.clock.after(age, () => this.#retire());
    this.#awaitIdle();
    this.#awaitKeepalive();
  }

  /** Tells the client to go elsewhere and ends its calls. */
  stop(): void {
    this.#leaving = true;
    this.#why = 'stop';
    this.#session.close();
    this.#endCalls(STOPPING);
  }

  /**
   * Drops what is left of it. A session that is destroyed waits for its socket to take what is queued, and one that is closed for the client to close its
   * side, which those that are meant here never do: so the socket goes, too.
   */
  destroy(): void {
    this.#session.destroy();
    this.#socket.destroy();
  }

  sent(): void {
    this.#pings.forgive();
  }

  gone(call: Call): void {
    this.#calls.delete(call);
    if (this.#calls.size === 0) this.#awaitIdle();
  }

  #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // What goes wrong with a stream is told by its `close`, too.
    stream.on('error', nothing);
    const judgement = judgeRequest(headers);
    switch (judgement.kind) {
      case 'http':
        refuseHttp(stream, judgement.status);
        break;
      case 'refused':
        this.#refuse(stream, judgement.status);
        break;
      case 'call':
        this.#open(stream, judgement.method, judgement.timeoutMs);
        break;
      default:
        judgement satisfies never;
    }
  }

  #open(stream: ServerHttp2Stream, method: string, timeoutMs: number | undefined): void {
    // A probe that is refused gets the whole server restarted, and costs nothing.
    if (!method.startsWith(`/${HEALTH_SERVICE}/`) && !this.#parts.newCalls.tryTake()) {
      const message = 'more calls are opened than the server takes at a time; try again in a second';
      this.#refuse(stream, { code: RPC.resourceExhausted, message });
      return;
    }
    const call = new Call(this, stream, method);
    if (!call.open(this.#parts.open, timeoutMs)) return;
    this.#cancelIdle();
    this.#calls.add(call);
  }

  #refuse(stream: ServerHttp2Stream, status: RpcStatus): void {
    refuse(stream, status);
    this.observer.callRefused(status.code);
  }

  #onPing(): void {
    if (this.#session.destroyed || this.#pings.ping(this.clock.now())) return;
    this.logger.warn('a client pings too often: its connection is closed', { peer: this.peer });
    this.#why = 'pings';
    // Words that gRPC's clients know: they ask less often from then on (gRFC A8).
    const code = constants.NGHTTP2_ENHANCE_YOUR_CALM;
    this.#session.goaway(code, 0, Buffer.from('too_many_pings'));
    this.#session.destroy(new Error('too many pings'), code);
    this.#destroyLater();
  }

  #awaitKeepalive(): void {
    this.#cancelKeepalive = this.clock.after(this.limits.keepaliveMs, () => this.#keepAlive());
  }

  #keepAlive(): void {
    // A session that is closing sends no PING; whatever closes one has set it an end.
    if (this.#session.destroyed || this.#session.closed) return;
    this.#awaitAnswer();
    this.#session.ping((error) => {
      if (error !== null) return;
      this.#cancelKeepalive();
      this.#awaitKeepalive();
    });
  }

  /** Whatever a client sends is a sign of life: the answer itself stands behind all that it has to fetch before. */
  #awaitAnswer(): void {
    const readBefore = this.#socket.bytesRead;
    this.#cancelKeepalive = this.clock.after(this.limits.keepaliveTimeoutMs, () => {
      if (this.#socket.bytesRead > readBefore) {
        this.#awaitAnswer();
        return;
      }
      this.logger.info('a client does not answer: its connection is dropped', { peer: this.peer });
      this.#why = 'keepalive';
      this.destroy();
    });
  }

  #awaitIdle(): void {
    this.#cancelIdle();
    if (this.#session.destroyed) return;
    this.#cancelIdle = this.clock.after(this.limits.idleMs, () => {
      if (this.#why === 'client') this.#why = 'idle';
      this.#session.close();
      this.#destroyLater();
    });
  }

  /**
   * A GOAWAY that names the last call that was taken: what the client has sent meanwhile it makes again elsewhere, by itself. Two of them, a round trip apart, would let
   * those in (RFC 9113, 6.8), but node:http2 takes no call after the first, whatever it names.
   */
  #retire(): void {
    if (this.#session.destroyed || this.#leaving) return;
    this.#session.goaway(constants.NGHTTP2_NO_ERROR, 0, Buffer.from('max_age'));
    this.#session.close();
    this.#leave('age', TOO_OLD);
  }

  #leave(why: ConnectionEnd, status: RpcStatus): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#why = why;
    this.#cancelAge();
    this.#cancelAge = this.clock.after(this.limits.ageGraceMs, () => {
      if (!this.#session.destroyed) this.#session.close();
      this.#endCalls(status);
      this.#destroyLater();
    });
  }

  #destroyLater(): void {
    if (this.#gone) return;
    this.#cancelAge();
    this.#cancelAge = this.clock.after(this.limits.lingerMs, () => this.destroy());
  }

  #endCalls(status: RpcStatus): void {
    for (const call of [...this.#calls]) call.end(status);
  }
}

function nothing(): void {
  // On purpose.
}
