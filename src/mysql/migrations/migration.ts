/** One numbered step of the Managed schema. It is never changed once released; a later one changes what it made. */
export interface Migration {
  readonly version: number;
  /** What people read while it runs. */
  readonly title: string;
  /**
   * Statements that may be run again after any of them: DDL commits by itself, so a migration that was cut off starts over.
   * `collation`: the binary one of the server's flavor that does not ignore trailing spaces.
   */
  statements(collation: string): readonly string[];
}
