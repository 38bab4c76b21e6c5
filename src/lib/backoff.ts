/**
 * Exponential backoff with full control of chance: the delay before attempt `attempt` (0 is the first retry).
 * `baseMs * 2^attempt`, at most `maxMs`, spread by `jitter` (0.2: up to 20 % more) with `random` in [0, 1).
 */
export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  readonly jitter: number;
}

/** See {@link BackoffOptions}. Never negative, never NaN, however large `attempt` grows. */
export function backoffMs(attempt: number, options: BackoffOptions, random: () => number): number {
  const grown = options.baseMs * 2 ** Math.min(attempt, 40);
  return Math.min(grown, options.maxMs) * (1 + options.jitter * random());
}
