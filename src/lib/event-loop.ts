import { setImmediate } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** Keeps a long loop from blocking the event loop: whoever calls {@link Breather.breathe} in each round gives the others a turn in time. */
export class Breather {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  #sinceMs: number;

  /** `budgetMs`: how long to work before the others get a turn. */
  constructor(clock: Clock, budgetMs = 8) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
    this.#sinceMs = clock.now();
  }

  /** Undefined while there is time left; else a promise of the next turn. `await` it only where it is one: awaiting costs. */
  breathe(): Promise<void> | undefined {
    if (this.#clock.now() - this.#sinceMs < this.#budgetMs) return undefined;
    return setImmediate().then(() => {
      this.#sinceMs = this.#clock.now();
    });
  }
}
