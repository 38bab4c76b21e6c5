import type { Clock } from '../lib/clock.ts';
import type { GrpcService, GrpcServiceStatus } from '../model/grpcservice.ts';
import { type ObjectKey, objectKey } from '../model/key.ts';
import { statusDelayMs } from './grpcservice-status.ts';
import type { ResourceClient } from './kube-ports.ts';
import { WrittenStatuses } from './written-statuses.ts';

/**
 * Writes GrpcService.status: a transition at once, anything else at most once a second, and nothing where nothing differs.
 * Remembers each write, so that its echo is no news.
 */
export class GrpcServiceStatusWriter {
  readonly #client: ResourceClient<GrpcService>;
  readonly #written: WrittenStatuses<GrpcService>;

  constructor(client: ResourceClient<GrpcService>, clock: Clock) {
    this.#client = client;
    this.#written = new WrittenStatuses(clock);
  }

  /** The GrpcService with the status that was written last, if the cache has not brought that yet. */
  latest(cached: GrpcService): GrpcService {
    return this.#written.latest(cached);
  }

  /** Writes `status` if it is due; answers after how many ms it will be, or null when nothing is left to write. */
  async write(
    grpcService: GrpcService,
    status: GrpcServiceStatus,
    signal: AbortSignal,
  ): Promise<number | null> {
    const delayMs = statusDelayMs(grpcService.status, status, this.#written.sinceMs(objectKey(grpcService)));
    if (delayMs !== 0) return delayMs;
    this.#written.wrote(await this.#client.updateStatus({ ...grpcService, status }, signal));
    return null;
  }

  /** True for the event that only echoes our own last write. */
  isEcho(grpcService: GrpcService): boolean {
    return this.#written.isEcho(grpcService);
  }

  forget(key: ObjectKey): void {
    this.#written.forget(key);
  }

  forgetAll(): void {
    this.#written.forgetAll();
  }
}
