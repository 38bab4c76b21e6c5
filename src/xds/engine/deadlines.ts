import type { Clock } from '../../lib/clock.ts';

/**
 * Watches those who owe an answer, each from when it was told of it, all for the same time: one timer for all of them. Who is due and still owes is watched
 * again.
 */
export class Deadlines<S> {
  readonly #clock: Clock;
  readonly #afterMs: number;
  readonly #due: (who: S) => void;
  /** Who, and since when; the longest watched first. */
  readonly #since = new Map<S, number>();
  #cancel: (() => void) | null = null;

  /** `due` is called `afterMs` after {@link watch}; it may watch again. */
  constructor(clock: Clock, afterMs: number, due: (who: S) => void) {
    this.#clock = clock;
    this.#afterMs = afterMs;
    this.#due = due;
  }

  /** Does nothing where it is watched already. */
  watch(who: S): void {
    if (this.#since.has(who)) return;
    this.#since.set(who, this.#clock.now());
    this.#arm();
  }

  unwatch(who: S): void {
    this.#since.delete(who);
    if (this.#since.size > 0 || this.#cancel === null) return;
    this.#cancel();
    this.#cancel = null;
  }

  #arm(): void {
    if (this.#cancel !== null) return;
    for (const sinceMs of this.#since.values()) {
      const inMs = Math.max(0, sinceMs + this.#afterMs - this.#clock.now());
      this.#cancel = this.#clock.after(inMs, () => this.#ring());
      return;
    }
  }

  #ring(): void {
    this.#cancel = null;
    const nowMs = this.#clock.now();
    const due: S[] = [];
    for (const [who, sinceMs] of this.#since) {
      if (nowMs - sinceMs < this.#afterMs) break;
      due.push(who);
    }
    for (const who of due) {
      this.#since.delete(who);
      this.#due(who);
    }
    this.#arm();
  }
}
