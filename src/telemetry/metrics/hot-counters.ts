import { Counter, type Registry } from 'prom-client';

/** A counter that is asked for a thousand times in a push: a number in a map, which becomes a sample when somebody scrapes. */
export interface HotCounter {
  add(value: string, amount: number): void;
}

/** `labelsOf`: the labels that stand for a value; `values` are there from the start, at 0. */
export function hotCounter<L extends string>(
  register: Registry,
  options: {
    readonly name: string;
    readonly help: string;
    readonly labelNames: readonly L[];
    readonly labelsOf: (value: string) => Readonly<Record<L, string>>;
    readonly values?: Iterable<string>;
  },
): HotCounter {
  const { name, help, labelNames, labelsOf, values = [] } = options;
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, 0);
  new Counter({
    name,
    help,
    labelNames,
    registers: [register],
    collect() {
      this.reset();
      for (const [value, count] of counts) this.inc(labelsOf(value), count);
    },
  });
  return { add: (value, amount) => void counts.set(value, (counts.get(value) ?? 0) + amount) };
}

/** How many observations wait at most. */
const WAITING = 4096;

/** Observations that are made when somebody scrapes, or when many wait: not in the middle of a push, where microseconds add up. */
export class LateObservations {
  readonly #observe: (label: string, value: number) => void;
  #waiting: (string | number)[] = [];

  constructor(observe: (label: string, value: number) => void) {
    this.#observe = observe;
  }

  add(label: string, value: number): void {
    if (this.#waiting.push(label, value) >= 2 * WAITING) this.drain();
  }

  /** Makes them. */
  drain(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < waiting.length; at += 2) {
      this.#observe(waiting[at] as string, waiting[at + 1] as number);
    }
  }
}
