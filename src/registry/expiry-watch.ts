import type { Clock } from '../lib/clock.ts';
import { Breather } from '../lib/event-loop.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import type { Gate } from './gate.ts';
import type { RegistryObserver } from './observer.ts';
import type { InstanceKey, Lease, LeaseRead, RegistryReader } from './registry-reader.ts';
import type { Merged, UnbeatenLease } from './service-state.ts';
import type { RegistryStore } from './store.ts';

export interface ExpiryWatchOptions {
  readonly reader: RegistryReader;
  readonly store: RegistryStore;
  readonly gate: Gate;
  /** Services with leases of rows that are not held as they are. */
  readonly hint: (services: readonly string[]) => void;
  /** The registry could not be read. */
  readonly fail: (error: unknown, round: number) => void;
  /** The registry has answered; false when nothing may be judged by its clock at the moment. */
  readonly healthy: (nowUs: number) => boolean;
  readonly clock: Clock;
  readonly observer: RegistryObserver;
}

/** A deadline is noticed within this time and a read. */
const TICK_MS = 250;
/** Each known expired lease is looked at once in this many ticks: it is back within a second. */
const RETURN_TICKS = 3;
/**
 * Beats whose transaction commits late show a deadline that was looked at already. So a little of the past is read again every time,
 * and all of it less often.
 */
const NARROW_US = 1_000_000;
const WIDE_US = 10_000_000;
const WIDE_EVERY_TICKS = 10;
/** Leases taken over between two turns of the event loop. */
const AT_ONCE = 1000;

/**
 * Notices leases that run out, and those that come back, at a cost that grows with their number and not with the registry's: deadlines
 * through their index, the known expired ones by key, and leases without a beat (which no index leads to) when their time is up. What has
 * run out is judged by the database's clock alone; this machine's only says when to look.
 */
export class ExpiryWatch {
  readonly #options: ExpiryWatchOptions;
  readonly #unbeaten = new DeadlineHeap<UnbeatenLease>();
  #doubtful = new Map<string, InstanceKey>();
  /** Expired leases that this round has still to look at. */
  #toReturn: InstanceKey[] = [];
  #lastUs: number | null = null;
  #tick = 0;
  /** Of the gate, when this look began. */
  #round = 0;
  #roundStartMs = Number.NEGATIVE_INFINITY;
  #roundMs = Number.NEGATIVE_INFINITY;

  constructor(options: ExpiryWatchOptions) {
    this.#options = options;
  }

  /** When the last complete round over all leases, those that ran out included, was begun, by this process's clock. */
  get roundMs(): number {
    return this.#roundMs;
  }

  /** Everything was read at this moment: deadlines before it are known. */
  readAllAt(nowUs: number): void {
    this.#lastUs = nowUs;
    this.#tick = 0;
  }

  /** Takes over what a read left open. */
  leases({ doubtful, unbeaten }: Pick<Merged, 'doubtful' | 'unbeaten'>): void {
    for (const lease of unbeaten) this.#unbeaten.add(lease);
    for (const key of doubtful) this.#doubtful.set(keyText(key), key);
  }

  /** Works until the signal is aborted, then rejects with its reason. */
  async run(signal: AbortSignal): Promise<never> {
    const { clock, gate, fail } = this.#options;
    for (;;) {
      this.#round = await gate.passed(signal);
      try {
        await this.#look(signal);
      } catch (error) {
        signal.throwIfAborted();
        fail(error, this.#round);
      }
      await clock.sleep(TICK_MS, signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    if (this.#tick % RETURN_TICKS === 0) this.#roundStartMs = this.#options.clock.now();
    const nowUs = await this.#lookAtDeadlines(signal);
    if (nowUs !== null) {
      await this.#lookAtUnbeaten(nowUs, signal);
      await this.#lookForReturns(signal);
    }
    await this.#lookAtDoubtful(signal);
    if (this.#tick % RETURN_TICKS === RETURN_TICKS - 1) this.#roundMs = this.#roundStartMs;
    this.#tick += 1;
  }

  /** Null where the schema has no leases, or its clock cannot be believed. */
  async #lookAtDeadlines(signal: AbortSignal): Promise<number | null> {
    const overlapUs = this.#tick % WIDE_EVERY_TICKS === 0 ? WIDE_US : NARROW_US;
    const read = await this.#options.reader.expiredSince((this.#lastUs ?? 0) - overlapUs, signal);
    if (read === null) return null;
    if (!(await this.#take(read))) return null;
    this.#lastUs = read.nowUs;
    return read.nowUs;
  }

  async #lookAtUnbeaten(nowUs: number, signal: AbortSignal): Promise<void> {
    const due = this.#unbeaten.takeDue(nowUs, AT_ONCE * 10);
    const keys = due.map(({ key }) => key);
    await this.#readByKey(keys, () => due.forEach((lease) => this.#unbeaten.add(lease)), signal);
  }

  async #lookAtDoubtful(signal: AbortSignal): Promise<void> {
    const doubtful = this.#doubtful;
    if (doubtful.size === 0) return;
    this.#doubtful = new Map();
    const putBack = () => doubtful.forEach((key, text) => this.#doubtful.set(text, key));
    await this.#readByKey([...doubtful.values()], putBack, signal);
  }

  /** What the registry says of these leases now; a row that is not there, or has no lease any more, is read with its service. */
  async #readByKey(keys: readonly InstanceKey[], putBack: () => void, signal: AbortSignal): Promise<void> {
    if (keys.length === 0) return;
    const read = await this.#options.reader
      .readLeases(keys, { aliveOnly: false }, signal)
      .catch((error: unknown) => {
        putBack();
        throw error;
      });
    if (read === null) return;
    if (!(await this.#take(read))) {
      putBack();
      return;
    }
    const found = new Set(read.leases.map(keyText));
    const gone = keys.filter((key) => !found.has(keyText(key)));
    if (gone.length > 0) this.#options.hint([...new Set(gone.map(({ service }) => service))]);
  }

  /** A third of the expired leases with each tick, so that a mass expiry is no mass read. */
  async #lookForReturns(signal: AbortSignal): Promise<void> {
    const turn = this.#tick % RETURN_TICKS;
    if (turn === 0) this.#toReturn = this.#options.store.expiredKeys();
    const share = Math.ceil(this.#toReturn.length / (RETURN_TICKS - turn));
    const keys = this.#toReturn.splice(0, share);
    if (keys.length === 0) return;
    const read = await this.#options.reader.readLeases(keys, { aliveOnly: true }, signal);
    if (read !== null) await this.#take(read);
  }

  /** False, and nothing is taken, when the clock that it was read by cannot be believed. */
  async #take({ leases, nowUs }: LeaseRead): Promise<boolean> {
    const { store, observer, hint, clock, gate, healthy } = this.#options;
    if (this.#round !== gate.round || !healthy(nowUs)) return false;
    const breather = new Breather(clock);
    for (let start = 0; start < leases.length; start += AT_ONCE) {
      const pause = breather.breathe();
      if (pause !== undefined) await pause;
      const some: readonly Lease[] = leases.slice(start, start + AT_ONCE);
      const { expired, returned, unknown } = store.setLiveness({ leases: some, nowUs });
      if (expired > 0) observer.leasesExpired(expired);
      if (returned > 0) observer.leasesReturned(returned);
      if (unknown.length > 0) hint(unknown);
      for (const { unbeaten, expiresAtUs, service, instanceId, id } of some) {
        if (unbeaten && expiresAtUs > nowUs)
          this.#unbeaten.add({ key: { service, instanceId, id }, deadlineUs: expiresAtUs });
      }
    }
    return true;
  }
}

function keyText({ service, instanceId, id }: InstanceKey): string {
  return `${id ?? ''} ${service} ${instanceId}`;
}
