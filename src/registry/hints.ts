import type { ServiceHint } from './change-feed.ts';

/** Services that may differ, each once, with the time of its oldest change. */
export class Hints {
  readonly #changedAtUs = new Map<string, number | null>();

  get size(): number {
    return this.#changedAtUs.size;
  }

  add({ service, changedAtUs }: ServiceHint): void {
    const known = this.#changedAtUs.get(service);
    const isOlder = changedAtUs !== null && (known == null || changedAtUs < known);
    if (known === undefined || isOlder) this.#changedAtUs.set(service, changedAtUs);
  }

  /** Takes out services, in the order they came, while `rowsOf` them adds up to less than `limit`; those that `isHeld` stay. */
  take(
    limit: number,
    rowsOf: (service: string) => number,
    isHeld: (service: string) => boolean,
  ): ServiceHint[] {
    const taken: ServiceHint[] = [];
    let rows = 0;
    for (const [service, changedAtUs] of this.#changedAtUs) {
      if (isHeld(service)) continue;
      if (rows >= limit) break;
      rows += Math.max(1, rowsOf(service));
      taken.push({ service, changedAtUs });
    }
    for (const { service } of taken) this.#changedAtUs.delete(service);
    return taken;
  }

  /** True when there is one that may be taken. */
  hasAny(isHeld: (service: string) => boolean): boolean {
    for (const service of this.#changedAtUs.keys()) if (!isHeld(service)) return true;
    return false;
  }

  clear(): void {
    this.#changedAtUs.clear();
  }
}
