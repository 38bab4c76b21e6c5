import type { Clock } from '../lib/clock.ts';
import type { GrpcService, GrpcServiceStatus } from '../model/grpcservice.ts';
import { type ObjectKey, objectKey } from '../model/key.ts';
import { statusDelayMs } from './grpcservice-status.ts';
import type { ResourceClient } from './kube-ports.ts';

interface LastWrite {
  readonly atMs: number;
  readonly resourceVersion: string;
}

/**
 * Writes GrpcService.status: a transition at once, anything else at most once a second, and nothing where nothing differs.
 * Remembers the version of each write, so that its echo is no news.
 */
export class GrpcServiceStatusWriter {
  readonly #client: ResourceClient<GrpcService>;
  readonly #clock: Clock;
  readonly #last = new Map<ObjectKey, LastWrite>();

  constructor(client: ResourceClient<GrpcService>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Writes `status` if it is due; answers after how many ms it will be, or null when nothing is left to write. */
  async write(
    grpcService: GrpcService,
    status: GrpcServiceStatus,
    signal: AbortSignal,
  ): Promise<number | null> {
    const key = objectKey(grpcService);
    const sinceMs = this.#clock.now() - (this.#last.get(key)?.atMs ?? -Infinity);
    const delayMs = statusDelayMs(grpcService.status, status, sinceMs);
    if (delayMs !== 0) return delayMs;
    const written = await this.#client.updateStatus({ ...grpcService, status }, signal);
    const resourceVersion = written.metadata.resourceVersion ?? '';
    this.#last.set(key, { atMs: this.#clock.now(), resourceVersion });
    return null;
  }

  /** True for the event that only echoes our own last write. */
  isEcho(grpcService: GrpcService): boolean {
    return this.#last.get(objectKey(grpcService))?.resourceVersion === grpcService.metadata.resourceVersion;
  }

  forget(key: ObjectKey): void {
    this.#last.delete(key);
  }

  forgetAll(): void {
    this.#last.clear();
  }
}
