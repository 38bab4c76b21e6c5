/** The table behind a registry, as a feed that follows row changes (Trigger, Binlog, Canal) has to know it. */
export interface SourceTable {
  readonly database: string;
  readonly table: string;
  /** Columns of the primary key, in order. */
  readonly primaryKey: readonly string[];
  /** The column that holds the name of the service. */
  readonly serviceColumn: string;
  /**
   * Columns whose change alone is no news: beats (they come all the time, and expiry is found through the index on deadlines) and the time of
   * the last update.
   */
  readonly quietColumns: readonly string[];
}

/** The primary key of one row: values in the order of {@link SourceTable.primaryKey}. */
export type RowKey = readonly (string | number | bigint | Buffer)[];

/** What the feeds that follow row changes ask of the database itself. All reject as RegistryReader does. */
export interface SourceDatabase {
  /**
   * The table as it is now. Rejects with TerminalError FeedNeedsTable when it is a view, or has no primary key: such a
   * registry can be followed by Poll or Redis.
   */
  table(signal: AbortSignal): Promise<SourceTable>;
  /**
   * Waits until the transactions that changed these rows are visible to reads that begin from now on. A binlog event is sent after the log
   * was synced and before the engine commits, so that a plain read right after it can be too early (safety rule 4); a read of the rows' keys
   * under a share lock waits for the committing transaction to let go of them. Answers those of `keys` (the same objects) that somebody holds for
   * longer than `patienceMs`: either the same transaction, or a later one, whose own event is to come.
   */
  awaitVisible(
    table: SourceTable,
    keys: readonly RowKey[],
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<readonly RowKey[]>;
  /** What the server has written by now: lets a feed that is told of changes by somebody else notice when he falls silent. Cheap. */
  written(signal: AbortSignal): Promise<SourceWritten>;
}

/** See {@link SourceDatabase.written}. */
export interface SourceWritten {
  /** Names the server, as ServerState does. */
  readonly serverId: string;
  /** When its process started, by its own clock; up to a second late. */
  readonly startedAtUs: number;
  /** Changes with each transaction that the server writes to its binlog; '' when it has no GTIDs, which tells nothing. */
  readonly gtids: string;
  /** True when it lacks transactions that it had when it was asked before: a restored backup. */
  readonly wentBack: boolean;
}
