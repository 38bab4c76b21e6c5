/** Bytes that may be held in all, by whoever takes them. */
export class ByteBudget {
  readonly #bytes: number;
  #taken = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** What is taken and was not given back. */
  get taken(): number {
    return this.#taken;
  }

  /** False, and nothing is taken, where that many are not left. */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#bytes) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }
}
