import type { Clock } from '../lib/clock.ts';

/** Lets one loop sleep until something happens: a notification that comes while it is awake ends its next wait at once. */
export class Wakeup {
  readonly #clock: Clock;
  #isNotified = false;
  #wake: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  notify(): void {
    this.#isNotified = true;
    this.#wake?.();
  }

  /** Resolves after `ms`, or as soon as it was notified; rejects with the signal's reason. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#isNotified && ms > 0) await this.#sleep(ms, signal);
    this.#isNotified = false;
    signal.throwIfAborted();
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener('abort', done);
        this.#wake = null;
        resolve();
      };
      const cancel = this.#clock.after(ms, done);
      signal.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }
}
