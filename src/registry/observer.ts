import type { FeedName, FeedResyncReason } from './change-feed.ts';

/** What a read was for. */
export type ReadKind = 'full' | 'service' | 'confirm' | 'audit';

/** Why everything was read again. */
export type ResyncReason =
  | 'Started'
  | 'Interval'
  | FeedResyncReason
  | 'Reconnected'
  | 'ServerChanged'
  | 'ServerRestarted'
  | 'TransactionsWentBack'
  | 'ClockJumped';

/** What the audit found that no feed had told. */
export type FindingKind = 'added' | 'updated' | 'removed';

/** What one registry's engine tells the metrics. One observer for each registry; all methods are cheap and never throw. */
export interface RegistryObserver {
  /** The registry has just answered: "seconds since the last good read" starts anew. */
  goodRead(): void;
  /** The registry could not be read; `reason` as in the condition Connected. */
  couldNotRead(reason: string): void;
  readDone(kind: ReadKind, seconds: number, rows: number): void;
  resync(reason: ResyncReason): void;
  /** The feed named services, each counted. */
  hinted(feed: FeedName, services: number): void;
  /** The feed gave a sign of life, and is so far behind its source. */
  feedAlive(lagSeconds: number): void;
  /** Which feed gives the hints now, and whether it is the one that was asked for, in good health. */
  feedServes(active: FeedName, healthy: boolean): void;
  leasesExpired(count: number): void;
  leasesReturned(count: number): void;
  /** A drastic read was confirmed by the second one, or not: then the second one showed something else (safety rule 2). */
  confirmation(outcome: 'confirmed' | 'withdrawn'): void;
  /** Rows of one service that differed from what was held without any hint. */
  auditFinding(kind: FindingKind, rows: number): void;
  /** One step of the audit is done. */
  audited(services: number): void;
  retired(rows: number): void;
}
