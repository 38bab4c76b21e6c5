import { errorMessage, RetryableError, TerminalError } from '../lib/errors.ts';

/** Why a command failed, for people: what somebody can mend needs its message alone; a bug needs its stack. */
export function explanation(error: unknown): string {
  const expected = error instanceof TerminalError || error instanceof RetryableError;
  if (expected || !(error instanceof Error)) return errorMessage(error);
  return `${errorMessage(error)}\n${error.stack ?? ''}`;
}
