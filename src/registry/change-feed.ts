/**
 * How changes are noticed. A feed gives hints: *which* service may differ, never what it is now. At least once, in any
 * order; a lost hint costs latency, never correctness (a resync and the audit stand behind).
 */
export interface ChangeFeed {
  readonly name: string;
  /**
   * Follows the registry until `signal` is aborted (then resolves). Faults are reported through `sink.unhealthy` and
   * tried again by itself; it rejects only on a bug.
   */
  run(sink: FeedSink, signal: AbortSignal): Promise<void>;
}

/** What a feed tells the syncer. */
export interface FeedSink {
  /** These services may differ from what the store has. `changedAtUs`: when, by the database's clock, if known. */
  hint(services: readonly ServiceHint[]): void;
  /** Anything may have changed: read everything. The reason is a short phrase for people. */
  resync(reason: string): void;
  /** The feed saw the registry's present state at this moment of the database's clock. */
  healthy(nowUs: number): void;
  /** The feed cannot follow at present, and why. */
  unhealthy(error: unknown): void;
}

export interface ServiceHint {
  readonly service: string;
  readonly changedAtUs: number | null;
}
