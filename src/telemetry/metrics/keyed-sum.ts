/** A sum of one number per key, kept up to date as numbers change: what a gauge over all GrpcServices shows. */
export class KeyedSum {
  readonly #numbers = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  set(key: string, value: number): void {
    this.#total += value - (this.#numbers.get(key) ?? 0);
    if (value === 0) this.#numbers.delete(key);
    else this.#numbers.set(key, value);
  }

  delete(key: string): void {
    this.set(key, 0);
  }
}
