/**
 * Time as a value that is handed in. Engines take a {@link Clock}; only `src/main.ts` makes the real one, and tests
 * use `FakeClock` (test/support), so that no test waits for a wall clock.
 */
export interface Clock {
  /** Milliseconds of a clock that never goes back (its zero means nothing); for durations and deadlines. */
  now(): number;
  /** Milliseconds since 1970-01-01T00:00:00Z by this machine's clock, which may be wrong; for what people read. */
  wallNow(): number;
  /** Resolves after `ms`, or rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls `callback` once after `ms`; the answer cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** The real clock: `performance.now()`, `Date.now()` and timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal.addEventListener('abort', onAbort, { once: true });
    }),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
