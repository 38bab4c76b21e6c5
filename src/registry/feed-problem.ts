import { errorMessage, RetryableError, TerminalError } from '../lib/errors.ts';

/** Something that keeps a feed from following, or from following well, as its condition has it. */
export interface FeedProblem {
  /** CamelCase; docs/operations.md explains each. */
  readonly reason: string;
  /** For people: what is wrong, and what mends it. */
  readonly message: string;
  /**
   * The part of the message that is to be typed, as it stands (a statement, or a command of a shell): what follows it is a comment. Absent where
   * no statement mends it.
   */
  readonly mend?: string;
  /** False: it works all the same, less well than it could. Default true. */
  readonly stops?: boolean;
}

/** An error that tells people what is wrong; null for one that is a bug, or an abort. */
export function problemOf(error: unknown): FeedProblem | null {
  if (error instanceof RetryableError) return { reason: error.reason, message: errorMessage(error) };
  if (!(error instanceof TerminalError)) return null;
  const { reason, mend } = error;
  return { reason, message: error.message, ...(mend === undefined ? {} : { mend }) };
}

/** What somebody who looked at a registry found about one thing: how it is, and what is wrong with it. */
export interface Finding {
  /** In a word or two: "Replica lag". */
  readonly about: string;
  /** How it is, for people; '' where the problem says all. */
  readonly says: string;
  readonly problem: FeedProblem | null;
}
