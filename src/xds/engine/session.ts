import type { Clock } from '../../lib/clock.ts';
import { errorMessage } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import { TokenBucket } from '../../lib/token-bucket.ts';
import { XdsDecodeError } from '../codec/wire.ts';
import type { DeltaDiscoveryRequest, DiscoveryRequest } from '../discovery.ts';
import type { ResourceKey } from '../resource.ts';
import type { ResourceSource } from '../resource-source.ts';
import { RPC, type RpcHandler, type RpcStatus, type RpcStream } from '../rpc.ts';
import { ClientStream } from './client-stream.ts';
import type { XdsCodec } from './codec.ts';
import type { Deadlines } from './deadlines.ts';
import type { Frames } from './frames.ts';
import type { EngineLimits } from './limits.ts';
import type { StreamIdentity, XdsObserver } from './observer.ts';
import type { Method } from './protocol.ts';
import type { Pushed, PushQueue } from './push-queue.ts';
import type { Subscribers } from './subscribers.ts';

/** What all sessions of a service share. */
export interface Shared {
  readonly source: ResourceSource;
  readonly codec: XdsCodec;
  readonly frames: Frames;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: XdsObserver;
  readonly limits: EngineLimits;
  readonly subscribers: Subscribers<Session>;
  readonly queue: PushQueue<Session>;
  readonly deadlines: Deadlines<Session>;
  readonly sessions: Set<Session>;
  /** Refusals that are worth a warning; what is above it is logged for debugging only. */
  readonly warnings: TokenBucket;
}

/** One stream with its wire. */
export class Session implements RpcHandler, Pushed, StreamIdentity {
  readonly id: number;
  readonly state: ClientStream;
  readonly openedAtMs: number;
  readonly #method: Method;
  readonly #stream: RpcStream;
  readonly #shared: Shared;
  readonly #bucket: TokenBucket;
  #cancelThrottle: (() => void) | null = null;
  #status: RpcStatus | null = null;
  #over = false;

  constructor(id: number, method: Method, stream: RpcStream, shared: Shared) {
    const { limits, clock, subscribers } = shared;
    this.id = id;
    this.#method = method;
    this.#stream = stream;
    this.#shared = shared;
    this.openedAtMs = clock.now();
    this.#bucket = new TokenBucket({ qps: limits.answersPerSecond, burst: limits.answersBurst }, clock);
    this.state = new ClientStream({
      method,
      source: shared.source,
      limits,
      interest: {
        add: (typeUrl, name) => subscribers.add(typeUrl, name, this),
        remove: (typeUrl, name) => subscribers.remove(typeUrl, name, this),
      },
    });
    shared.sessions.add(this);
    shared.observer.opened(this);
  }

  get kind(): StreamIdentity['kind'] {
    return this.#method.kind;
  }

  get method(): string {
    return this.#stream.method;
  }

  get peer(): string {
    return this.#stream.peer;
  }

  get peerNames(): readonly string[] {
    return this.#stream.peerNames;
  }

  get node(): StreamIdentity['node'] {
    return this.state.node;
  }

  get view(): string {
    return this.state.view;
  }

  message(body: Buffer): void {
    if (this.#over) return;
    const request = this.#decode(body);
    if (request === null) return;
    const { status, asks } = this.state.receive(request, this.#shared.clock.now());
    this.#tellNews();
    if (status !== null) {
      this.end(status);
      return;
    }
    this.#watch();
    if (asks) this.#throttle();
    this.#shared.queue.add(this);
  }

  halfClosed(): void {
    this.end({ code: RPC.ok, message: '' });
  }

  drained(): void {
    // What is sent next waits for the client's answer, not for its window.
  }

  ended(): void {
    this.#leave();
  }

  changed(key: ResourceKey): void {
    this.state.changed(key);
  }

  flush(): void {
    if (this.#over || this.#cancelThrottle !== null) return;
    for (let response = this.state.next(); response !== null; response = this.state.next()) {
      const frame = this.#shared.frames.frameOf(response, this.state.lastNonce(response.typeUrl));
      this.state.sent(response, String(frame.nonce), this.#shared.clock.now());
      this.#shared.observer.sent(this, {
        typeUrl: response.typeUrl,
        resources: response.resources.length,
        removed: response.removed.length,
        bytes: frame.bytes.length,
      });
      this.#stream.send(frame.bytes);
    }
    this.#tellNews();
    this.#watch();
  }

  /** It owes an answer for too long. With its bytes read it is only thinking; with them unread it is ended. */
  overdue(): void {
    const sinceMs = this.state.waitingSinceMs;
    if (this.#over || sinceMs === null) return;
    const { limits, clock } = this.#shared;
    const forMs = clock.now() - sinceMs;
    if (this.#stream.queuedBytes > 0 && forMs >= limits.unreadMs) {
      this.end({
        code: RPC.deadlineExceeded,
        message: `the client has not read a response for ${Math.round(forMs / 1000)} s: ${this.#stream.queuedBytes} bytes wait`,
      });
      return;
    }
    this.#shared.deadlines.watch(this);
  }

  /** Ends the call. */
  end(status: RpcStatus): void {
    if (this.#over) return;
    this.#status = status;
    this.#leave();
    this.#stream.end(status);
  }

  #decode(body: Buffer): DiscoveryRequest | DeltaDiscoveryRequest | null {
    const { codec } = this.#shared;
    try {
      return this.#method.kind === 'sotw'
        ? codec.decodeDiscoveryRequest(body)
        : codec.decodeDeltaRequest(body);
    } catch (error) {
      // Anything else is a bug: the transport logs it, and ends the call with INTERNAL.
      if (!(error instanceof XdsDecodeError)) throw error;
      this.end({ code: error.code, message: errorMessage(error) });
      return null;
    }
  }

  /** A stream that asks without end gets its answers at a bounded rate; what it asks for meanwhile is one answer. */
  #throttle(): void {
    if (this.#cancelThrottle !== null || this.#bucket.tryTake()) return;
    this.#cancelThrottle = this.#shared.clock.after(1000 / this.#shared.limits.answersPerSecond, () => {
      this.#cancelThrottle = null;
      this.#bucket.tryTake();
      this.#shared.queue.add(this);
    });
  }

  #watch(): void {
    if (this.#over) return;
    if (this.state.waitingSinceMs === null) this.#shared.deadlines.unwatch(this);
    else this.#shared.deadlines.watch(this);
  }

  #tellNews(): void {
    const { observer, logger, warnings } = this.#shared;
    for (const news of this.state.news.splice(0)) {
      switch (news.is) {
        case 'accepted':
          observer.accepted(this, news.acceptance);
          break;
        case 'withdrawn':
          observer.withdrawn(this, news.refusal);
          break;
        case 'refused': {
          const { typeUrl, reason, resources } = news.refusal;
          const names = resources.slice(0, 10).map(({ name }) => name);
          logger[warnings.tryTake() ? 'warn' : 'debug']('an xDS client refused a response', {
            node: this.node?.id,
            peer: this.peer,
            typeUrl,
            names,
            reason,
          });
          observer.refused(this, news.refusal);
          break;
        }
        default:
          news satisfies never;
      }
    }
  }

  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelThrottle?.();
    this.state.close();
    this.#tellNews();
    this.#shared.deadlines.unwatch(this);
    this.#shared.queue.delete(this);
    this.#shared.sessions.delete(this);
    this.#shared.observer.closed(this, this.#status);
  }
}
