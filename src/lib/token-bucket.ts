import type { Clock } from './clock.ts';

/** `qps` tokens come in each second, up to `burst`, with which the bucket starts. */
export interface BucketOptions {
  readonly qps: number;
  readonly burst: number;
}

/** A token bucket; tokens are handed out in the order in which they were asked for. */
export class TokenBucket {
  readonly #options: BucketOptions;
  readonly #clock: Clock;
  #tokens: number;
  #readAtMs: number;

  constructor(options: BucketOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#tokens = options.burst;
    this.#readAtMs = clock.now();
  }

  /** Takes a token in any case; answers in how many ms it is there (0: now). Whoever asks has to wait so long. */
  reserveMs(): number {
    this.#refill();
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens * 1000) / this.#options.qps;
  }

  /** Takes a token if there is one. */
  tryTake(): boolean {
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** True when no token is missing: an idle bucket, which need not be kept. */
  get full(): boolean {
    this.#refill();
    return this.#tokens >= this.#options.burst;
  }

  #refill(): void {
    const nowMs = this.#clock.now();
    const grown = this.#tokens + ((nowMs - this.#readAtMs) * this.#options.qps) / 1000;
    this.#tokens = Math.min(this.#options.burst, grown);
    this.#readAtMs = nowMs;
  }
}
