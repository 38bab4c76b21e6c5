/**
 * Whether a client's PINGs are a flood. Pure: times are handed in. The rule of gRPC's servers (gRFC A8): a PING that comes too soon after the last is a
 * strike; too many of them and the client has to go; data that is sent to it forgives them, for clients measure bandwidth by PINGs then.
 */
export class PingPolicy {
  readonly #intervalMs: number;
  readonly #maxStrikes: number;
  #strikes = 0;
  #lastMs = -Infinity;

  constructor(intervalMs: number, maxStrikes: number) {
    this.#intervalMs = intervalMs;
    this.#maxStrikes = maxStrikes;
  }

  /** A PING came at `nowMs`; false: one too many. */
  ping(nowMs: number): boolean {
    this.#strikes = nowMs - this.#lastMs < this.#intervalMs ? this.#strikes + 1 : 0;
    this.#lastMs = nowMs;
    return this.#strikes <= this.#maxStrikes;
  }

  /** Something was sent. */
  forgive(): void {
    this.#strikes = 0;
    this.#lastMs = -Infinity;
  }
}
