import type { Clock } from '../lib/clock.ts';
import { Breather } from '../lib/event-loop.ts';
import type { Gate } from './gate.ts';
import type { RegistryObserver } from './observer.ts';
import { type InstanceKey, keyText, type LeaseRead } from './registry-reader.ts';
import type { RegistryStore } from './store.ts';

export interface LeaseTakerOptions {
  readonly store: RegistryStore;
  readonly gate: Gate;
  /** Services with leases of rows that are not held as they are. */
  readonly hint: (services: readonly string[]) => void;
  /** The registry has answered; false when nothing may be judged by its clock at the moment. */
  readonly healthy: (nowUs: number) => boolean;
  readonly clock: Clock;
  readonly observer: RegistryObserver;
}

/** What became of a read of leases. */
export interface Taken {
  /** False: the clock that it was read by cannot be believed, or the registry was not followed all the time. Nothing was taken. */
  readonly isTaken: boolean;
  /** Leases that this read shows as run out, and a later one that was taken before it as come back: to be asked for again. */
  readonly overtaken: readonly InstanceKey[];
}

/** Leases taken over between two turns of the event loop. */
const AT_ONCE = 1000;
/** No read of leases is under way for longer, in microseconds. */
const UNDER_WAY_US = 60_000_000;
const REFUSED: Taken = { isTaken: false, overtaken: [] };

/**
 * Puts what two loops read of leases, each on a connection of its own, into the store. Their answers overtake each other, and the later
 * one must win: a beat that was seen is not unseen by an answer from before it.
 */
export class LeaseTaker {
  readonly #options: LeaseTakerOptions;
  /** When leases came back, by the database's clock. */
  readonly #returnedUs = new Map<string, number>();
  #latestUs = 0;
  #round = 0;

  constructor(options: LeaseTakerOptions) {
    this.#options = options;
  }

  /** Leases of any kind, read in this round of the gate. */
  async take(read: LeaseRead, round: number): Promise<Taken> {
    if (!this.#isBelieved(read, round)) return REFUSED;
    const { nowUs, leases } = read;
    const isOvertaken = (lease: InstanceKey & { readonly expiresAtUs: number }): boolean =>
      lease.expiresAtUs <= nowUs && (this.#returnedUs.get(keyText(lease)) ?? 0) > nowUs;
    const overtaken = this.#returnedUs.size === 0 ? [] : leases.filter(isOvertaken);
    const valid = overtaken.length === 0 ? leases : leases.filter((lease) => !isOvertaken(lease));
    await this.#put({ nowUs, leases: valid });
    return { isTaken: true, overtaken };
  }

  /** Leases of instances that had run out, and whose deadline lies ahead now; answers how many came back, null: nothing was taken. */
  async takeReturns(read: LeaseRead, round: number): Promise<number | null> {
    if (!this.#isBelieved(read, round)) return null;
    // What has run out since, a later answer may have told already.
    const leases = read.leases.filter(({ expiresAtUs }) => expiresAtUs > this.#latestUs);
    for (const [key, us] of this.#returnedUs)
      if (us < this.#latestUs - UNDER_WAY_US) this.#returnedUs.delete(key);
    for (const lease of leases) this.#returnedUs.set(keyText(lease), read.nowUs);
    return await this.#put({ leases, nowUs: read.nowUs });
  }

  #isBelieved({ nowUs }: LeaseRead, round: number): boolean {
    const { gate, healthy } = this.#options;
    if (round !== gate.round || !healthy(nowUs)) return false;
    if (this.#round !== round) {
      // Another server's clock, perhaps: its moments are not comparable.
      this.#round = round;
      this.#latestUs = 0;
      this.#returnedUs.clear();
    }
    this.#latestUs = Math.max(this.#latestUs, nowUs);
    return true;
  }

  async #put({ leases, nowUs }: LeaseRead): Promise<number> {
    const { store, observer, hint, clock } = this.#options;
    const breather = new Breather(clock);
    let returnedCount = 0;
    for (let start = 0; start < leases.length; start += AT_ONCE) {
      const pause = breather.breathe();
      if (pause !== undefined) await pause;
      const some = leases.slice(start, start + AT_ONCE);
      const { expired, returned, unknown } = store.setLiveness({ leases: some, nowUs });
      returnedCount += returned;
      if (expired > 0) observer.leasesExpired(expired);
      if (returned > 0) observer.leasesReturned(returned);
      if (unknown.length > 0) hint(unknown);
    }
    return returnedCount;
  }
}
