import type { Clock } from './clock.ts';
import { RetryableError } from './errors.ts';

/**
 * Does work that may take `ms` at most: then its signal is aborted, and this rejects with RetryableError TookTooLong, whether the work has
 * ended by then or not.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const ending = new AbortController();
  const onAbort = (): void => ending.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const cancel = clock.after(ms, () => {
    ending.abort(new RetryableError(`it took longer than ${ms / 1000} s`, { reason: 'TookTooLong' }));
  });
  try {
    return await Promise.race([work(ending.signal), aborted(ending.signal)]);
  } finally {
    cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
