/**
 * Errors say what the caller should do. Anything that is none of these is a bug: it is logged with its stack, and the
 * work is tried again with backoff.
 */

/** Try again later: a lost connection, a server that is busy. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
  /** The least time to wait, in ms, where the other side named one (Retry-After). */
  readonly retryAfterMs: number | undefined;
  /** CamelCase word for a condition that tells of it: HostUnreachable, ReplicaTooFarBehind. */
  readonly reason: string;
  constructor(
    message: string,
    options?: ErrorOptions & { retryAfterMs?: number | undefined; reason?: string },
  ) {
    super(message, options);
    this.retryAfterMs = options?.retryAfterMs;
    this.reason = options?.reason ?? 'Unavailable';
  }
}

/** Trying again is of no use until somebody mends it: `reason` becomes the condition's reason, the message its message. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
  readonly reason: string;
  /** The statement in the message that mends it, as it is to be typed; undefined where no single one does. */
  readonly mend: string | undefined;
  constructor(reason: string, message: string, options?: ErrorOptions & { mend?: string | undefined }) {
    super(message, options);
    this.reason = reason;
    this.mend = options?.mend;
  }
}

/** The command line or the environment is wrong; every problem is in `problems`, each with the flag's name. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * The message of anything thrown, with those of its causes: "could not read: connect ECONNREFUSED 10.0.0.1:3306". A cause that the message
 * quotes already is not said again.
 */
export function errorMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message === '' ? error.name : error.message;
  if (error instanceof AggregateError && error.errors.length > 0 && error.message === '') {
    return error.errors.map(errorMessage).join('; ');
  }
  if (error.cause === undefined) return own;
  const cause = errorMessage(error.cause);
  return own.includes(cause) ? own : `${own}: ${cause}`;
}
