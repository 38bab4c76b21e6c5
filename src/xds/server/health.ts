import type { Clock } from '../../lib/clock.ts';
import { RPC, RpcRefused, type OpenRpc, type RpcHandler, type RpcStream } from '../rpc.ts';
import {
  decodeHealthRequest,
  HEALTH_SERVICE,
  healthResponse,
  SERVING,
  type ServingStatus,
} from './health-messages.ts';

export interface HealthOptions {
  /** Names that can be asked for, besides '' for the server as a whole. */
  readonly services: readonly string[];
  /** Whether they serve; cheap. */
  readonly serving: () => boolean;
  /** Takes every call that is none of grpc.health.v1. */
  readonly next: OpenRpc;
  readonly clock: Clock;
}

/** How often a watched status is looked at. */
const WATCH_MS = 1000;

/** grpc.health.v1, Check and Watch, before another {@link OpenRpc} (https://github.com/grpc/grpc/blob/master/doc/health-checking.md). */
export function withHealth({ services, serving, next, clock }: HealthOptions): OpenRpc {
  const known = new Set(['', ...services]);
  const statusOf = (service: string): ServingStatus => {
    if (!known.has(service)) return SERVING.serviceUnknown;
    return serving() ? SERVING.serving : SERVING.notServing;
  };
  return (stream) => {
    if (!stream.method.startsWith(`/${HEALTH_SERVICE}/`)) return next(stream);
    if (stream.method === `/${HEALTH_SERVICE}/Check`) return new Check(stream, statusOf);
    if (stream.method === `/${HEALTH_SERVICE}/Watch`) return new Watch(stream, statusOf, clock);
    throw new RpcRefused(RPC.unimplemented, `${stream.method} is not served here`);
  };
}

/** What both have in common: one request, and what is wrong with it. */
abstract class HealthCall implements RpcHandler {
  protected readonly stream: RpcStream;
  #asked = false;

  constructor(stream: RpcStream) {
    this.stream = stream;
  }

  message(body: Buffer): void {
    const service = decodeHealthRequest(body);
    if (service === undefined) this.#refuse('this is no HealthCheckRequest');
    else if (this.#asked) this.#refuse('one request is asked for, and here is another');
    else this.asked(service);
    this.#asked = true;
  }

  halfClosed(): void {
    if (!this.#asked) this.#refuse('there is no request');
  }

  drained(): void {
    // Nothing waits for it: a status is seven bytes.
  }

  abstract ended(): void;

  protected abstract asked(service: string): void;

  #refuse(message: string): void {
    this.stream.end({ code: RPC.invalidArgument, message });
  }
}

class Check extends HealthCall {
  readonly #statusOf: (service: string) => ServingStatus;

  constructor(stream: RpcStream, statusOf: (service: string) => ServingStatus) {
    super(stream);
    this.#statusOf = statusOf;
  }

  protected override asked(service: string): void {
    const status = this.#statusOf(service);
    if (status === SERVING.serviceUnknown) {
      this.stream.end({ code: RPC.notFound, message: `there is no service ${JSON.stringify(service)} here` });
      return;
    }
    this.stream.send(healthResponse(status));
    this.stream.end({ code: RPC.ok, message: '' });
  }

  override ended(): void {
    // It holds nothing.
  }
}

class Watch extends HealthCall {
  readonly #statusOf: (service: string) => ServingStatus;
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;

  constructor(stream: RpcStream, statusOf: (service: string) => ServingStatus, clock: Clock) {
    super(stream);
    this.#statusOf = statusOf;
    this.#clock = clock;
  }

  protected override asked(service: string): void {
    this.#look(service, undefined);
  }

  override ended(): void {
    this.#cancel?.();
  }

  #look(service: string, before: ServingStatus | undefined): void {
    const status = this.#statusOf(service);
    // A watcher that reads nothing is told the newest when it reads again.
    const told = this.stream.queuedBytes > 0 ? before : status;
    if (told !== before) this.stream.send(healthResponse(status));
    this.#cancel = this.#clock.after(WATCH_MS, () => this.#look(service, told));
  }
}
