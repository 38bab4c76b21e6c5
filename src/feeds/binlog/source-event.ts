/** One image of a row: values by column as the decoder has them. */
export type RowImage = Readonly<Record<string, unknown>>;

/** One changed row: before null is an INSERT, after null a DELETE. */
export interface RowChange {
  readonly before: RowImage | null;
  readonly after: RowImage | null;
}

/** What the log says of the table that is followed; everything else is left out before it comes here. */
export type SourceEvent =
  | { readonly kind: 'rows'; readonly rows: readonly RowChange[]; readonly isWhole: boolean }
  /** A statement as text; DDL always comes so. `database` is the session's. */
  | { readonly kind: 'statement'; readonly database: string; readonly text: string }
  /**
   * The rows since the last end belong to one transaction, which is being committed. `gtid`: its name, where it has one. `preparedXid`: it is prepared only,
   * and committed by a statement that names this xid ({@link PreparedXids}).
   */
  | { readonly kind: 'end'; readonly gtid: string | undefined; readonly preparedXid?: string }
  /** The log holds something that may concern the table and cannot be read. `what` is for people. */
  | { readonly kind: 'unreadable'; readonly what: string }
  /** The table has other columns than were looked up. */
  | { readonly kind: 'drift' };
