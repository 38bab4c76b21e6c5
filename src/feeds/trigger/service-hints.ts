import type { ServiceHint } from '../../registry/change-feed.ts';
import type { ChangeLogEntry } from '../../registry/change-log.ts';

/** The services of entries, each once for each batch, with the time of its first change; no more than `limit` different ones in one go. */
export class ServiceHints {
  readonly #limit: number;
  readonly #told = new Set<string>();
  #batch = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** True when there were more: what was added after that is not in any batch, and all has to be read again. */
  get isOverflowing(): boolean {
    return this.#told.size > this.#limit;
  }

  add({ service, atUs }: ChangeLogEntry): void {
    if (service === null || this.isOverflowing) return;
    this.#told.add(service);
    this.#batch.set(service, Math.min(this.#batch.get(service) ?? Infinity, atUs));
  }

  /** What was added since the last time. */
  take(): readonly ServiceHint[] {
    const batch = this.#batch;
    this.#batch = new Map();
    return this.isOverflowing ? [] : [...batch].map(([service, changedAtUs]) => ({ service, changedAtUs }));
  }
}
