import type { FeedSink } from '../../src/registry/change-feed.ts';

/** What a feed told, in order. */
export class ToldByFeed implements FeedSink {
  readonly hints: string[] = [];
  readonly resyncs: string[] = [];
  readonly faults: unknown[] = [];
  isHealthy = false;
  onHint: (service: string) => void = () => undefined;

  hint(services: readonly { readonly service: string }[]): void {
    for (const { service } of services) {
      this.hints.push(service);
      this.onHint(service);
    }
  }

  resync(reason: string): void {
    this.resyncs.push(reason);
  }

  healthy(): void {
    this.isHealthy = true;
  }

  unhealthy(error: unknown): void {
    this.isHealthy = false;
    this.faults.push(error);
  }
}
