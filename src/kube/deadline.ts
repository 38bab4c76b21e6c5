import type { Clock } from '../lib/clock.ts';

/**
 * The end of one request: the caller's signal, a timeout and the write gate, folded into one signal for the HTTP client. (AbortSignal.any
 * would do the same, but keeps what it made until the long-lived signal goes.)
 */
export class Deadline {
  /** The caller's own signal. */
  readonly outer: AbortSignal;
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #onAbort = (): void => this.abort(this.outer.reason as Error);
  #cancelTimer: (() => void) | undefined;
  #endsAtMs = Number.POSITIVE_INFINITY;
  #onClose: (() => void) | undefined;

  constructor(clock: Clock, outer: AbortSignal) {
    this.#clock = clock;
    this.outer = outer;
    if (outer.aborted) this.#onAbort();
    else outer.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** For the HTTP client. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The outcome of `work`, or the reason of the end if that comes first: undici tells an abort of a request that waits for a connection only when it has one. */
  guard<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const onEnd = (): void => reject(this.signal.reason as Error);
      if (this.signal.aborted) onEnd();
      else this.signal.addEventListener('abort', onEnd, { once: true });
      work.then(resolve, reject);
    });
  }

  /** Ends the request in `ms` with the error that `reason` makes, unless it ends earlier anyway. */
  endIn(ms: number, reason: () => Error): void {
    const endsAtMs = this.#clock.now() + ms;
    if (endsAtMs >= this.#endsAtMs) return;
    this.#endsAtMs = endsAtMs;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(ms, () => this.abort(reason()));
  }

  /** Ends it now. */
  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** Takes the timeout away; the caller's signal stays. */
  lift(): void {
    this.#cancelTimer?.();
    this.#endsAtMs = Number.POSITIVE_INFINITY;
  }

  /** Calls `callback` when the request is over. */
  whenClosed(callback: () => void): void {
    this.#onClose?.();
    this.#onClose = callback;
  }

  /** The request is over: lets go of the timer and the caller's signal. */
  close(): void {
    this.lift();
    this.outer.removeEventListener('abort', this.#onAbort);
    this.#onClose?.();
    this.#onClose = undefined;
  }
}
