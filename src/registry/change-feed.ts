/**
 * How changes are noticed. A feed gives hints: *which* service may differ, never what it is now. At least once, in any
 * order; a lost hint costs latency, never correctness (a resync and the audit stand behind).
 */
export interface ChangeFeed {
  /** The feed that was asked for. */
  readonly name: FeedName;
  /** The feed that gives the hints now: another one while this one is served by its fallback. */
  readonly active: FeedName;
  /**
   * Follows the registry until `signal` is aborted (then resolves). Faults are reported through `sink.unhealthy` and
   * tried again by itself; it rejects only on a bug.
   */
  run(sink: FeedSink, signal: AbortSignal): Promise<void>;
  /**
   * Tells others who follow the same source that this process changed rows of these services. For feeds that hear of a change only when its
   * writer says so; those that follow rows see it by themselves, and have none. Never throws: what is lost is found by a poll or an audit.
   */
  announce?(services: readonly string[]): void;
}

/** The values of spec.feed.type. */
export type FeedName = 'Poll' | 'Trigger' | 'Redis' | 'Binlog' | 'Canal';

/** What a feed tells the syncer. */
export interface FeedSink {
  /**
   * These services may differ from what the store has. What is hinted at is committed and visible: a read that begins after the
   * hint sees it (safety rule 4). `position`: where in its source the feed is, in the source's own terms (a GTID, a file and offset, an id).
   */
  hint(services: readonly ServiceHint[], position: string): void;
  /** Anything may have changed: read everything. The message says why, for people. */
  resync(reason: FeedResyncReason, message: string): void;
  /** The feed follows; said when it is open, and again whenever its source gave a sign of life. */
  healthy(pulse: FeedPulse): void;
  /** The feed cannot follow at present, and why. */
  unhealthy(error: unknown): void;
}

export interface ServiceHint {
  readonly service: string;
  /** When, by the database's clock; null: not known. */
  readonly changedAtUs: number | null;
}

/** A sign of life of a feed's source. */
export interface FeedPulse {
  /** The database's clock as the source had it; null: it did not say. */
  readonly databaseUs: number | null;
  /** How long ago what was told last had happened, while more waits to be told; 0: nothing waits. */
  readonly lagMs: number;
  readonly position: string;
}

/**
 * Why a feed needs everything read again.
 * - FeedResumed: it follows again after a time in which it could have missed something.
 * - PositionLost: what it was to go on with is gone from the source (purged, truncated, restored from a backup).
 * - TableChanged: the table was truncated, dropped, renamed or altered, which no row tells.
 * - UnreadableChange: the source holds a change that cannot be read.
 * - TooManyChanges: more at once than is worth telling one by one.
 * - FallbackStarted: the fallback begins, and knows nothing of what came before.
 */
export type FeedResyncReason =
  'FeedResumed' | 'PositionLost' | 'TableChanged' | 'UnreadableChange' | 'TooManyChanges' | 'FallbackStarted';
