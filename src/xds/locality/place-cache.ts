import type { Clock } from '../../lib/clock.ts';
import type { Place } from './node-locator.ts';

/** What was found out of places, for a while and for so many clients at most: those that were asked for longest ago go first. */
export class PlaceCache {
  readonly #clock: Clock;
  readonly #keptMs: number;
  readonly #max: number;
  readonly #places = new Map<string, { readonly place: Place | null; readonly untilMs: number }>();

  constructor(clock: Clock, keptMs: number, max: number) {
    this.#clock = clock;
    this.#keptMs = keptMs;
    this.#max = max;
  }

  /** Undefined: not known, or no longer. Null: it is known that there is none. */
  get(key: string): Place | null | undefined {
    const entry = this.#places.get(key);
    if (entry === undefined) return undefined;
    this.#places.delete(key);
    if (entry.untilMs <= this.#clock.now()) return undefined;
    this.#places.set(key, entry);
    return entry.place;
  }

  set(key: string, place: Place | null): void {
    this.#places.delete(key);
    this.#places.set(key, { place, untilMs: this.#clock.now() + this.#keptMs });
    for (const oldest of this.#places.keys()) {
      if (this.#places.size <= this.#max) break;
      this.#places.delete(oldest);
    }
  }
}
