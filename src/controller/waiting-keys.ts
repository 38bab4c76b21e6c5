/** How soon a key is to be worked on: a change that callers wait for, or one of many that may take its turn. */
export type Urgency = 'now' | 'later';

/** Of four keys taken one comes from those that may wait, so that they never wait for ever. */
const LATER_SHARE = 4;

/**
 * Keys that wait for a worker, each once, in two lanes in the order of arrival: an address that died is not to wait
 * until a thousand new objects have been worked through (the job of controller-runtime's priority queue).
 */
export class WaitingKeys<K extends string> {
  readonly #lanes: Readonly<Record<Urgency, Map<K, number>>> = { now: new Map(), later: new Map() };
  #taken = 0;

  get size(): number {
    return this.#lanes.now.size + this.#lanes.later.size;
  }

  has(key: K): boolean {
    return this.#lanes.now.has(key) || this.#lanes.later.has(key);
  }

  /** Adds a key; one that waits already keeps its time of arrival, and its place unless it has become urgent. */
  add(key: K, urgency: Urgency, nowMs: number): void {
    const { now, later } = this.#lanes;
    if (now.has(key) || (urgency === 'later' && later.has(key))) return;
    const sinceMs = later.get(key) ?? nowMs;
    later.delete(key);
    this.#lanes[urgency].set(key, sinceMs);
  }

  /** The next key, with its lane and since when it has waited. */
  take(): { readonly key: K; readonly urgency: Urgency; readonly sinceMs: number } | undefined {
    this.#taken += 1;
    const laterFirst = this.#taken % LATER_SHARE === 0;
    return laterFirst
      ? (this.#from('later') ?? this.#from('now'))
      : (this.#from('now') ?? this.#from('later'));
  }

  #from(urgency: Urgency): ReturnType<WaitingKeys<K>['take']> {
    const first = this.#lanes[urgency].entries().next();
    if (first.done === true) return undefined;
    const [key, sinceMs] = first.value;
    this.#lanes[urgency].delete(key);
    return { key, urgency, sinceMs };
  }
}

/** The more urgent of two. */
export function moreUrgent(a: Urgency | undefined, b: Urgency): Urgency {
  return a === 'now' ? a : b;
}
