import type { Clock } from '../lib/clock.ts';

/** Calls back once when nothing was fed for a while. The timer is set anew only when it runs out, not with each feeding. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #onSilence: () => void;
  #fedAtMs: number;
  #cancel: () => void;

  constructor(clock: Clock, patienceMs: number, onSilence: () => void) {
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#onSilence = onSilence;
    this.#fedAtMs = clock.now();
    this.#cancel = clock.after(patienceMs, () => this.#look());
  }

  feed(): void {
    this.#fedAtMs = this.#clock.now();
  }

  stop(): void {
    this.#cancel();
  }

  #look(): void {
    const leftMs = this.#fedAtMs + this.#patienceMs - this.#clock.now();
    if (leftMs > 0) this.#cancel = this.#clock.after(leftMs, () => this.#look());
    else this.#onSilence();
  }
}
