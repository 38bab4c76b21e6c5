import type { FeedName } from '../../src/registry/change-feed.ts';
import type { FindingKind, ReadKind, RegistryObserver, ResyncReason } from '../../src/registry/observer.ts';

/** Keeps what a registry's engine tells the metrics. */
export class RecordingRegistryObserver implements RegistryObserver {
  goodReads = 0;
  expired = 0;
  returned = 0;
  retiredRows = 0;
  auditedServices = 0;
  lagSeconds: number | null = null;
  /** Services hinted at, by feed. */
  readonly hints = new Map<FeedName, number>();
  readonly served: { readonly active: FeedName; readonly healthy: boolean }[] = [];
  readonly couldNotReads: string[] = [];
  readonly reads: { readonly kind: ReadKind; readonly rows: number }[] = [];
  readonly resyncs: ResyncReason[] = [];
  readonly confirmations: string[] = [];
  readonly findings: { readonly kind: FindingKind; readonly rows: number }[] = [];

  goodRead(): void {
    this.goodReads += 1;
  }

  couldNotRead(reason: string): void {
    this.couldNotReads.push(reason);
  }

  readDone(kind: ReadKind, _seconds: number, rows: number): void {
    this.reads.push({ kind, rows });
  }

  resync(reason: ResyncReason): void {
    this.resyncs.push(reason);
  }

  hinted(feed: FeedName, services: number): void {
    this.hints.set(feed, (this.hints.get(feed) ?? 0) + services);
  }

  feedAlive(lagSeconds: number): void {
    this.lagSeconds = lagSeconds;
  }

  feedServes(active: FeedName, healthy: boolean): void {
    this.served.push({ active, healthy });
  }

  leasesExpired(count: number): void {
    this.expired += count;
  }

  leasesReturned(count: number): void {
    this.returned += count;
  }

  confirmation(outcome: 'confirmed' | 'withdrawn'): void {
    this.confirmations.push(outcome);
  }

  auditFinding(kind: FindingKind, rows: number): void {
    this.findings.push({ kind, rows });
  }

  audited(services: number): void {
    this.auditedServices += services;
  }

  retired(rows: number): void {
    this.retiredRows += rows;
  }
}
