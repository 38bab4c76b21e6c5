import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import { TokenBucket } from '../../lib/token-bucket.ts';
import type { ResourceSource } from '../resource-source.ts';
import { RPC, RpcRefused, type OpenRpc } from '../rpc.ts';
import type { XdsCodec } from './codec.ts';
import { Deadlines } from './deadlines.ts';
import { Frames } from './frames.ts';
import { DEFAULT_LIMITS, type EngineLimits } from './limits.ts';
import { listSession, type StreamListing } from './listing.ts';
import type { XdsObserver } from './observer.ts';
import { METHODS } from './protocol.ts';
import { PushQueue } from './push-queue.ts';
import { Session, type Shared } from './session.ts';
import { Subscribers } from './subscribers.ts';

/** What the service is made of. */
export interface XdsServiceOptions {
  readonly source: ResourceSource;
  readonly codec: XdsCodec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: XdsObserver;
  readonly limits?: Partial<EngineLimits>;
}

/** The ten methods of xDS over one source. */
export interface XdsService {
  /** Accepts a call of one of the ten methods. Throws {@link RpcRefused}: UNIMPLEMENTED for another, UNAVAILABLE before the source is ready. */
  readonly open: OpenRpc;
  /** All streams as they are now. */
  list(): StreamListing[];
  /** Follows the source no more. Streams are ended by the transport. */
  stop(): void;
}

/** Refusals of all clients that are logged as warnings: one that refuses for ever must not fill the log. Metrics and statuses know of all. */
const WARNINGS = { qps: 1, burst: 100 };

/** Follows the source from now on, for all streams together. */
export function createXdsService(options: XdsServiceOptions): XdsService {
  const { source, clock, logger } = options;
  const limits: EngineLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const subscribers = new Subscribers<Session>();
  const onError = (error: unknown): void => logger.error('pushing to an xDS stream failed', { error });
  const shared: Shared = {
    ...options,
    limits,
    subscribers,
    frames: new Frames(options.codec),
    queue: new PushQueue<Session>(clock, subscribers, onError),
    deadlines: new Deadlines<Session>(clock, limits.unreadMs, (session) => session.overdue()),
    sessions: new Set(),
    warnings: new TokenBucket(WARNINGS, clock),
  };
  const stop = source.subscribe((changed) => shared.queue.changed(changed));
  let lastId = 0;
  return {
    open: (stream) => {
      const method = METHODS.get(stream.method);
      if (method === undefined)
        throw new RpcRefused(RPC.unimplemented, `there is no method ${stream.method}`);
      if (!source.isReady) {
        throw new RpcRefused(
          RPC.unavailable,
          'the registry has not been read yet: an empty answer would be wrong',
        );
      }
      lastId += 1;
      return new Session(lastId, method, stream, shared);
    },
    list: () => {
      const nowMs = clock.now();
      const wallMs = clock.wallNow();
      return [...shared.sessions].map((session) => listSession(session, nowMs, wallMs));
    },
    stop,
  };
}
