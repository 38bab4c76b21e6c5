import type { Acceptance, StreamIdentity } from '../engine/observer.ts';
import { TYPE } from '../resource.ts';

/** What was published of a service. */
export interface Publication {
  /** Of the snapshot that it was made from. */
  readonly revision: number;
  /** When the oldest change that came with the revision was made, by the database's clock, in µs. */
  readonly changedAtUs: number;
  /** That clock now. */
  readonly nowUs: () => number;
}

/**
 * How long a change of rows is waited for after the same was published again, in ms. That happens without cause, and then clients have the change
 * still before them; or a spec changed the assignment, and what clients acknowledge later is that.
 */
const SAME_AGAIN_MS = 10_000;

/** What was published last; `change` null: nothing that clients could acknowledge is the change of a row. */
interface Known {
  readonly revision: number;
  /** Counts the changes of all names. */
  readonly number: number;
  readonly atMs: number;
  readonly change: Publication | null;
}

/**
 * How long changes of rows take to get to xDS clients: from the change to the acknowledgement of each client that had the assignment before. A client that
 * comes later, or that asks again, has nothing to wait for, and is not counted.
 */
export class PropagationLog {
  readonly #known = new Map<string, Known>();
  /** Of each stream: the change that it has acknowledged, by name of the assignment. */
  readonly #acknowledged = new WeakMap<StreamIdentity, Map<string, number>>();
  readonly #now: () => number;
  readonly #propagated: (seconds: number) => void;
  #changes = 0;

  /** `now`: {@link Clock.now}, by which the latency of acknowledgements is measured, too. */
  constructor(now: () => number, propagated: (seconds: number) => void) {
    this.#now = now;
    this.#propagated = propagated;
  }

  /** The assignment `name` is published, changed or not. What was read first is no change: nobody knows since when it was so. */
  published(name: string, publication: Publication): void {
    const before = this.#known.get(name);
    const { revision } = publication;
    const isNews = before !== undefined && revision > before.revision;
    const atMs = this.#now();
    if (before !== undefined && !isNews && atMs - before.atMs < SAME_AGAIN_MS) return;
    this.#changes += 1;
    this.#known.set(name, {
      revision: Math.max(revision, before?.revision ?? 0),
      number: this.#changes,
      atMs,
      change: isNews ? publication : null,
    });
  }

  /** There is no such assignment any more. */
  forget(name: string): void {
    this.#known.delete(name);
  }

  /** See {@link XdsObserver}. */
  accepted(stream: StreamIdentity, { typeUrl, resources, latencyMs }: Acceptance): void {
    if (typeUrl !== TYPE.endpoints) return;
    const sentAtMs = this.#now() - latencyMs;
    for (const { name } of resources) {
      const known = this.#known.get(name);
      // What was sent before the change is an older version.
      if (known === undefined || sentAtMs < known.atMs) this.#acknowledge(stream, name, 0);
      else this.#arrived(stream, name, known);
    }
  }

  #arrived(stream: StreamIdentity, name: string, { number, change }: Known): void {
    const before = this.#acknowledge(stream, name, number);
    if (before === undefined || before >= number || change === null) return;
    this.#propagated((change.nowUs() - change.changedAtUs) / 1_000_000);
  }

  /** Answers which change it had acknowledged before; undefined for none. */
  #acknowledge(stream: StreamIdentity, name: string, number: number): number | undefined {
    const names = this.#acknowledged.get(stream) ?? new Map<string, number>();
    this.#acknowledged.set(stream, names);
    const before = names.get(name);
    names.set(name, Math.max(number, before ?? 0));
    return before;
  }
}
