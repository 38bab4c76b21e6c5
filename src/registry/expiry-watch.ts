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
  readonly fail: (error: unknown) => void;
  readonly healthy: (nowUs: number) => void;
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

  constructor(options: ExpiryWatchOptions) {
    this.#options = options;
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
      await gate.passed(signal);
      try {
        await this.#look(signal);
      } catch (error) {
        signal.throwIfAborted();
        fail(error);
      }
      await clock.sleep(TICK_MS, signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const nowUs = await this.#lookAtDeadlines(signal);
    if (nowUs !== null) {
      await this.#lookAtUnbeaten(nowUs, signal);
      await this.#lookForReturns(signal);
    }
    await this.#lookAtDoubtful(signal);
    this.#tick += 1;
  }

  /** Null where the schema has no leases. */
  async #lookAtDeadlines(signal: AbortSignal): Promise<number | null> {
    const overlapUs = this.#tick % WIDE_EVERY_TICKS === 0 ? WIDE_US : NARROW_US;
    const read = await this.#options.reader.expiredSince((this.#lastUs ?? 0) - overlapUs, signal);
    if (read === null) return null;
    await this.#take(read);
    this.#lastUs = read.nowUs;
    this.#options.healthy(read.nowUs);
    return read.nowUs;
  }

  async #lookAtUnbeaten(nowUs: number, signal: AbortSignal): Promise<void> {
    const due = this.#unbeaten.takeDue(nowUs, AT_ONCE * 10);
    try {
      await this.#readByKey(
        due.map(({ key }) => key),
        signal,
      );
    } catch (error) {
      for (const lease of due) this.#unbeaten.add(lease);
      throw error;
    }
  }

  async #lookAtDoubtful(signal: AbortSignal): Promise<void> {
    const doubtful = this.#doubtful;
    if (doubtful.size === 0) return;
    this.#doubtful = new Map();
    try {
      await this.#readByKey([...doubtful.values()], signal);
    } catch (error) {
      for (const [text, key] of doubtful) this.#doubtful.set(text, key);
      throw error;
    }
  }

  /** What the registry says of these leases now; a row that is not there, or has no lease any more, is read with its service. */
  async #readByKey(keys: readonly InstanceKey[], signal: AbortSignal): Promise<void> {
    if (keys.length === 0) return;
    const read = await this.#options.reader.readLeases(keys, { aliveOnly: false }, signal);
    if (read === null) return;
    await this.#take(read);
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

  async #take({ leases, nowUs }: LeaseRead): Promise<void> {
    const { store, observer, hint, clock } = this.#options;
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
  }
}

function keyText({ service, instanceId, id }: InstanceKey): string {
  return `${id ?? ''} ${service} ${instanceId}`;
}
