import type { Clock } from '../lib/clock.ts';
import type { XdsReplicaStatus } from '../model/grpcservice.ts';
import type { ObjectKey } from '../model/key.ts';

/** How long an entry counts that its replica does not renew, in ms: three times as long as a replica takes to renew it. */
const SILENT_MS = 180_000;

interface Seen {
  readonly observedTime: string;
  readonly atMs: number;
}

/**
 * Which entries of `status.xds.replicas` still count. A replica that is gone takes its entry along only where it could say goodbye; the leader drops one
 * that has not changed for too long by its own clock, as a Lease is judged, so that the clocks of machines do not matter.
 */
export class XdsReports {
  readonly #clock: Clock;
  readonly #seen = new Map<ObjectKey, ReadonlyMap<string, Seen>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The entries that count, as they are. */
  standing(key: ObjectKey, entries: readonly XdsReplicaStatus[]): readonly XdsReplicaStatus[] {
    const nowMs = this.#clock.now();
    const before = this.#seen.get(key);
    const seen = new Map<string, Seen>();
    for (const { replica, observedTime } of entries) {
      const last = before?.get(replica);
      seen.set(replica, last?.observedTime === observedTime ? last : { observedTime, atMs: nowMs });
    }
    if (seen.size === 0) this.#seen.delete(key);
    else this.#seen.set(key, seen);
    return entries.filter(({ replica }) => nowMs - (seen.get(replica)?.atMs ?? nowMs) < SILENT_MS);
  }

  /** After how many ms one of those that count will not, if it is not renewed; null when none does. */
  nextMs(key: ObjectKey): number | null {
    const nowMs = this.#clock.now();
    const due = [...(this.#seen.get(key)?.values() ?? [])]
      .map(({ atMs }) => atMs + SILENT_MS - nowMs)
      .filter((ms) => ms > 0);
    return due.length === 0 ? null : Math.min(...due);
  }

  forget(key: ObjectKey): void {
    this.#seen.delete(key);
  }

  forgetAll(): void {
    this.#seen.clear();
  }
}
