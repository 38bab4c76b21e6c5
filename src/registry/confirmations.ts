/** How long after the first read the second one is made, in ms (safety rule 2). */
export const CONFIRM_AFTER_MS = 1000;

/** Second reads that are due: of services whose read was drastic, and of those asked for because nothing confirmed the first. */
export class Confirmations {
  /** Service -> when its second read is due. */
  readonly #drastic = new Map<string, number>();
  readonly #asked = new Map<string, number>();

  /** A drastic read was made at `nowMs`; while its confirmation is pending a further one changes nothing. */
  drastic(service: string, nowMs: number): void {
    if (!this.#drastic.has(service)) this.#drastic.set(service, nowMs + CONFIRM_AFTER_MS);
  }

  ask(service: string, nowMs: number): void {
    if (!this.#asked.has(service)) this.#asked.set(service, nowMs + CONFIRM_AFTER_MS);
  }

  /** True while the service keeps what it has. */
  isPending(service: string): boolean {
    return this.#drastic.has(service);
  }

  wasDrastic(service: string): boolean {
    return this.#drastic.has(service);
  }

  due(nowMs: number, limit: number): string[] {
    const due = new Set<string>();
    for (const pending of [this.#drastic, this.#asked]) {
      for (const [service, dueMs] of pending) if (dueMs <= nowMs && due.size < limit) due.add(service);
    }
    return [...due];
  }

  /** When the next one is due; Infinity for none. */
  nextMs(): number {
    let next = Infinity;
    for (const pending of [this.#drastic, this.#asked])
      for (const dueMs of pending.values()) next = Math.min(next, dueMs);
    return next;
  }

  done(service: string): void {
    this.#drastic.delete(service);
    this.#asked.delete(service);
  }

  /** After an outage the first of the two reads is too old to be confirmed: it will be made again. What was asked for stays asked for. */
  forgetDrastic(): void {
    this.#drastic.clear();
  }
}
