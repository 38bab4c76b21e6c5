/** Where a reader of the binary log is: in the server's own transaction ids where it has them, in a file otherwise. */
export type BinlogPosition =
  | { readonly kind: 'gtid'; readonly gtids: string }
  | { readonly kind: 'file'; readonly file: string; readonly offset: number };

/** A position, and of which server, so that it is not taken for one of another's. */
export interface BinlogMark {
  readonly position: BinlogPosition;
  readonly serverId: string;
  readonly startedAtUs: number;
}

/** A column as information_schema describes it, in the words that the decoder of row events takes. */
export interface BinlogColumn {
  readonly COLUMN_NAME: string;
  readonly COLLATION_NAME: string | null;
  readonly CHARACTER_SET_NAME: string | null;
  readonly COLUMN_COMMENT: string;
  readonly COLUMN_TYPE: string;
}

/** What a look at the server found out before its log is followed. */
export interface BinlogLook {
  /** Where to begin: the mark that was asked for, or the present. Whatever was committed before the present is visible already. */
  readonly mark: BinlogMark;
  /** Why the log cannot be followed from where it was left; null: it can, or there was no such place. */
  readonly lost: string | null;
  /** What may have been missed although it is followed on; null: nothing. */
  readonly doubt: string | null;
  readonly columns: readonly BinlogColumn[];
  /** Options of a connection for the reader of the log, logged in as who may do that. */
  readonly login: Readonly<Record<string, unknown>>;
}

/** A server whose binary log is followed. */
export interface BinlogServer {
  /**
   * Checks that the log of `table` can be followed, from `after` where that is given. Rejects with a TerminalError that names every problem
   * and its mend, or as RegistryReader does.
   */
  look(
    table: { readonly database: string; readonly table: string },
    after: BinlogMark | null,
    signal: AbortSignal,
  ): Promise<BinlogLook>;
  /** An error of a connection made with {@link BinlogLook.login}, in our words. */
  translate(error: unknown): Error;
}
