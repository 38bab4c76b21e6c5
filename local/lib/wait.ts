import { setTimeout as sleep } from 'node:timers/promises';

/** Options of {@link waitFor}. */
export interface WaitOptions {
  /** 30 s by default. */
  readonly timeoutMs?: number;
  /** Time between two looks; 25 ms by default. */
  readonly intervalMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks again and again until `look` gives something other than undefined or false. A look that throws counts as
 * "not yet"; its error is the cause of the one thrown when the time is over.
 */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 30_000, intervalMs = 25, signal }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    signal?.throwIfAborted();
    if (performance.now() > deadline)
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause });
    await sleep(intervalMs, undefined, { signal });
  }
}
