import type { Clock } from '../lib/clock.ts';
import type { ObjectKey } from '../model/key.ts';
import type { ControllerObserver } from './observer.ts';
import type { Decision, Observation } from './publish-decision.ts';
import type { RegistryDirectory } from './registry-directory.ts';

interface Publication {
  readonly revision: number;
  /** When the endpoints were last changed here. */
  readonly changedMs: number;
  /** More slices are in use than twice what is needed. */
  readonly sparse: boolean;
}

/** How long a service must be quiet before its slices are packed more tightly, and the time between two steps of it, in ms. */
const QUIET_MS = 30_000;

/**
 * What this term of leadership has published, for what only time tells: how long a change took to get here, and whether a
 * service has been quiet for long enough to be packed more tightly. Nothing that is decided depends on it but compaction.
 */
export class PublicationLog {
  readonly #observer: ControllerObserver;
  readonly #registries: RegistryDirectory;
  readonly #clock: Clock;
  readonly #last = new Map<ObjectKey, Publication>();

  constructor(observer: ControllerObserver, registries: RegistryDirectory, clock: Clock) {
    this.#observer = observer;
    this.#registries = registries;
    this.#clock = clock;
  }

  /** Takes note that the API server has accepted all of a decision's writes. */
  published(key: ObjectKey, observation: Observation, decision: Decision): void {
    const slices = decision.writes?.slices;
    if (slices == null) {
      this.#last.delete(key);
      return;
    }
    this.#observer.planned(key, slices.numbers);
    const before = this.#last.get(key);
    const revision = observation.snapshot?.revision ?? 0;
    const changed = !slices.idle;
    if (changed && before !== undefined && revision > before.revision) this.#observePropagation(observation);
    const changedMs = changed || before === undefined ? this.#clock.now() : before.changedMs;
    this.#last.set(key, { revision, changedMs, sparse: slices.sparse });
  }

  /** True when the slices may be packed more tightly now. */
  mayCompact(key: ObjectKey): boolean {
    return this.compactionDueMs(key) === 0;
  }

  /** After how many ms they may; null when they are packed well enough. */
  compactionDueMs(key: ObjectKey): number | null {
    const last = this.#last.get(key);
    if (last?.sparse !== true) return null;
    return Math.max(0, last.changedMs + QUIET_MS - this.#clock.now());
  }

  forget(key: ObjectKey): void {
    this.#last.delete(key);
  }

  forgetAll(): void {
    this.#last.clear();
  }

  /** From the row's change to the slice accepted, both by the database's clock. */
  #observePropagation({ lookup, snapshot }: Observation): void {
    const view = lookup.ok ? this.#registries.get(lookup.key) : undefined;
    if (view === undefined || snapshot === undefined) return;
    this.#observer.propagated(Math.max(0, view.nowUs() - snapshot.changedAtUs) / 1_000_000);
  }
}
