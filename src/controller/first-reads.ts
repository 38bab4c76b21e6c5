import type { Clock } from '../lib/clock.ts';
import type { ObjectKey } from '../model/key.ts';
import type { Observation } from './publish-decision.ts';

/** How long the first read of a registry may take before it is told that nothing was read yet, in ms. */
const PATIENCE_MS = 10_000;

/**
 * Keeps an operator that has just started from telling of every GrpcService that its registry was not read yet, and a moment later
 * that it was: two writes of status and an event for each, and conditions that flap, at every restart. Until the first read has
 * ended, well or not (both are told by the registry), what was told last stays.
 */
export class FirstReads {
  readonly #clock: Clock;
  /** Since when each GrpcService waits. */
  readonly #since = new Map<ObjectKey, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How much longer to wait before anything is decided, in ms; 0: no longer. */
  waitMs(
    key: ObjectKey,
    { lookup, snapshot, health }: Pick<Observation, 'lookup' | 'snapshot' | 'health'>,
  ): number {
    if (!lookup.ok || snapshot !== undefined || health.reason !== 'NeverRead') {
      this.#since.delete(key);
      return 0;
    }
    const nowMs = this.#clock.now();
    const sinceMs = this.#since.get(key) ?? nowMs;
    this.#since.set(key, sinceMs);
    return Math.max(0, sinceMs + PATIENCE_MS - nowMs);
  }

  forget(key: ObjectKey): void {
    this.#since.delete(key);
  }

  forgetAll(): void {
    this.#since.clear();
  }
}
