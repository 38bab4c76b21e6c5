import type { Clock } from '../lib/clock.ts';

/** Clocks that are further apart than this after going on for a moment have been set: NTP slews by less. */
const JUMP_US = 2_000_000;
/** ... and for each second between two readings: no machine's clock drifts by more than a thousandth. */
const DRIFT = 0.001;

interface Reading {
  readonly nowUs: number;
  readonly sentMs: number;
  readonly receivedMs: number;
}

/**
 * The database's clock as its answers tell it. Between answers it is estimated by this machine's monotonic clock, never by its wall
 * clock, which may be an hour wrong; and what has expired is never judged by the estimate.
 */
export class DatabaseClock {
  readonly #clock: Clock;
  #last: Reading | null = null;
  #frozenAtMs: number | null = null;
  #estimateUs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The newest reading; null before the first. */
  get lastUs(): number | null {
    return this.#last?.nowUs ?? null;
  }

  /** An estimate of the database's clock: never ahead of it but by drift, never going back, and standing still while frozen. */
  nowUs(): number {
    if (this.#last === null) return 0;
    const untilMs = this.#frozenAtMs ?? this.#clock.now();
    const estimate = this.#last.nowUs + Math.max(0, untilMs - this.#last.receivedMs) * 1000;
    this.#estimateUs = Math.max(this.#estimateUs, Math.floor(estimate));
    return this.#estimateUs;
  }

  /** How long it takes until the database's clock shows `us`, in ms. */
  msUntil(us: number): number {
    return Math.max(0, (us - this.nowUs()) / 1000);
  }

  /** Takes note of a reading that an exchange, sent at `sentMs` and answered now, brought. */
  observe(nowUs: number, sentMs: number): void {
    const reading = { nowUs, sentMs, receivedMs: this.#clock.now() };
    // Answers of several connections overtake each other: an older reading is no news.
    if (this.#last === null || nowUs > this.#last.nowUs) this.#last = reading;
  }

  /** Whether a reading cannot be the same clock going on: somebody set it, or its machine stood still. Call before `observe`. */
  hasJumped(nowUs: number, sentMs: number): boolean {
    const last = this.#last;
    if (last === null) return false;
    const receivedMs = this.#clock.now();
    const leastUs = last.nowUs + (sentMs - last.receivedMs) * 1000;
    const mostUs = last.nowUs + (receivedMs - last.sentMs) * 1000;
    const toleranceUs = JUMP_US + (receivedMs - last.sentMs) * 1000 * DRIFT;
    return nowUs < leastUs - toleranceUs || nowUs > mostUs + toleranceUs;
  }

  /** The same of an answer that may have been long under way: only a clock that was set ahead shows in it. */
  hasJumpedAhead(nowUs: number): boolean {
    return this.hasJumped(nowUs, -Infinity);
  }

  /** Starts over from a reading of a clock that jumped, or of another server's. */
  reset(nowUs: number, sentMs: number): void {
    this.#last = { nowUs, sentMs, receivedMs: this.#clock.now() };
    this.#estimateUs = nowUs;
  }

  /** Stops the estimate while the registry cannot be read. */
  freeze(): void {
    this.#frozenAtMs ??= this.#clock.now();
  }

  thaw(): void {
    this.#frozenAtMs = null;
  }
}
