import type { FeedProblem } from './feed-problem.ts';

/** One entry of change_log. Ids are given when a statement runs, and entries are seen when its transaction commits. */
export interface ChangeLogEntry {
  readonly id: number;
  /** Null: the entry only closes a gap, nothing changed. */
  readonly service: string | null;
  /** When the statement ran, by the database's clock. */
  readonly atUs: number;
}

/** Ids from `from` to `to`, both of them included, `step` apart. */
export interface IdRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** Where a reader is: the newest entry it has seen. Its time tells whether it is still the same entry; null where the log was empty. */
export interface ChangeLogPlace {
  readonly id: number;
  readonly atUs: number | null;
}

/** Where a reader begins. */
export interface ChangeLogStart {
  readonly place: ChangeLogPlace;
  /** Ids below that were given, and whose entries are not seen: of transactions that are open, or were rolled back. */
  readonly gaps: readonly IdRange[];
}

export interface ChangeLogRead {
  readonly nowUs: number;
  /** Entries after the place, oldest first, as many as were asked for at most. */
  readonly entries: readonly ChangeLogEntry[];
  /** True when there are more of them. */
  readonly isFull: boolean;
  /** Entries in the gaps. */
  readonly late: readonly ChangeLogEntry[];
}

/** TriggerMissing, ChangeLogMissing, FeedNeedsTable, GrantMissing, and whether the log is followed all the same. */
export type ChangeLogProblem = FeedProblem & { readonly stops: boolean };

/** What can be seen of the table of instances without a look at its rows. */
export interface TableMark {
  /** When it was made, as the server writes it; '' when there is no such table. */
  readonly made: string;
  /** The next value of its AUTO_INCREMENT column; null where it has none. */
  readonly nextId: number | null;
  readonly isEmpty: boolean;
}

/** What {@link ChangeLog.check} found. */
export interface ChangeLogState {
  readonly problems: readonly ChangeLogProblem[];
  /** Whether gaps may be closed by {@link ChangeLog.fill}. */
  readonly canFill: boolean;
  /** Ids of one server are so far apart (auto_increment_increment). */
  readonly step: number;
}

/**
 * The table change_log as the feed Trigger sees it. Every method rejects as those of RegistryReader do: RetryableError where the database cannot
 * be read, TerminalError where somebody has to mend something.
 */
export interface ChangeLog {
  /** All problems at once: the table, its triggers, the grants. */
  check(signal: AbortSignal): Promise<ChangeLogState>;
  /** The newest entry, and the gaps below it. Where the log is empty and may be written to, an entry is made, so that there is a place. */
  start(state: ChangeLogState, signal: AbortSignal): Promise<ChangeLogStart>;
  /** What came after `place`, and into the gaps; null when the entry at `place` is gone or is another one. */
  read(
    place: ChangeLogPlace,
    gaps: readonly IdRange[],
    limit: number,
    signal: AbortSignal,
  ): Promise<ChangeLogRead | null>;
  /** Whether a transaction that is open has made an entry in the gap. Never waits for one. */
  isHeld(gap: IdRange, signal: AbortSignal): Promise<boolean>;
  /**
   * Makes an entry without a service for every id of the gap that has none: whoever was given the id can use it no more. Resolves false
   * when others hold one of them now.
   */
  fill(gap: IdRange, signal: AbortSignal): Promise<boolean>;
  /** The table of instances at this moment. */
  tableMark(signal: AbortSignal): Promise<TableMark>;
  /** Deletes entries below `beforeId` that are older than `retentionMs`, `limit` at most; answers how many went. */
  trim(beforeId: number, retentionMs: number, limit: number, signal: AbortSignal): Promise<number>;
}
