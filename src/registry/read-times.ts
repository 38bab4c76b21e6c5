/** When the last read that was applied to each service was sent, by this process's clock. */
export class ReadTimes {
  /** Of the last read of everything. */
  #allMs = Number.NEGATIVE_INFINITY;
  /** Of services that were read by themselves since. */
  readonly #services = new Map<string, number>();

  /** These services were read; null: all of them. */
  read(services: readonly string[] | null, sentMs: number): void {
    if (services !== null) {
      for (const service of services) this.#services.set(service, sentMs);
      return;
    }
    this.#allMs = sentMs;
    this.#services.clear();
  }

  sentMs(service: string): number {
    return this.#services.get(service) ?? this.#allMs;
  }
}
