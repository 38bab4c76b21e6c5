import type { Clock } from '../lib/clock.ts';
import type { EndpointSlice } from '../model/kube-objects.ts';

/** How long a slice is remembered, in ms: longer than it takes to hand over a lease of 15 s that was not released. */
const KEPT_MS = 60_000;
/** Beyond that many the oldest is forgotten: the leader at work deletes slices all the time. */
const KEPT = 1000;

/**
 * Slices that left the cache while this replica did not lead. Most were deleted by the leader, knowingly; one that somebody else deleted
 * between two leaders was seen to go by nobody else.
 */
export class LostSlices {
  readonly #clock: Pick<Clock, 'now'>;
  /** Oldest first. */
  readonly #lost = new Map<EndpointSlice, number>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  add(slice: EndpointSlice): void {
    const nowMs = this.#clock.now();
    this.#lost.set(slice, nowMs);
    for (const [oldest, atMs] of this.#lost) {
      if (this.#lost.size <= KEPT && atMs + KEPT_MS > nowMs) break;
      this.#lost.delete(oldest);
    }
  }

  /** Those of the last minute; they are forgotten then. */
  take(): readonly EndpointSlice[] {
    const sinceMs = this.#clock.now() - KEPT_MS;
    const recent = [...this.#lost].filter(([, atMs]) => atMs > sinceMs).map(([slice]) => slice);
    this.#lost.clear();
    return recent;
  }
}
