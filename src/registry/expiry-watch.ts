import { DeadlineHeap } from './deadline-heap.ts';
import { LeaseTaker, type LeaseTakerOptions } from './lease-taker.ts';
import { type InstanceKey, keyText, type LeaseRead, type RegistryReader } from './registry-reader.ts';
import { ReturnWatch } from './return-watch.ts';
import type { Merged, UnbeatenLease } from './service-state.ts';

export interface ExpiryWatchOptions extends LeaseTakerOptions {
  readonly reader: RegistryReader;
  /** The registry could not be read. */
  readonly fail: (error: unknown, round: number) => void;
}

/** A deadline is noticed within this time and a read. */
const TICK_MS = 250;
/**
 * Beats whose transaction commits late show a deadline that was looked at already. So a little of the past is read again every time,
 * and all of it less often.
 */
const NARROW_US = 1_000_000;
const WIDE_US = 10_000_000;
const WIDE_EVERY_TICKS = 10;
/** Leases without a beat that are looked at in one tick. */
const UNBEATEN_AT_ONCE = 10_000;

/**
 * Notices leases that run out, at a cost that grows with their number and not with the registry's: deadlines through their index, and
 * leases without a beat (which no index leads to) when their time is up. What has run out is judged by the database's clock alone; this
 * machine's only says when to look. Those that come back are looked for beside it (see {@link ReturnWatch}), so that they never keep it waiting.
 */
export class ExpiryWatch {
  readonly #options: ExpiryWatchOptions;
  readonly #taker: LeaseTaker;
  readonly #returns: ReturnWatch;
  readonly #unbeaten = new DeadlineHeap<UnbeatenLease>();
  #doubtful = new Map<string, InstanceKey>();
  #lastUs: number | null = null;
  #tick = 0;
  /** Of the gate, when this look began. */
  #round = 0;
  #roundMs = Number.NEGATIVE_INFINITY;

  constructor(options: ExpiryWatchOptions) {
    this.#options = options;
    this.#taker = new LeaseTaker(options);
    this.#returns = new ReturnWatch({ ...options, taker: this.#taker });
  }

  /** When the last complete round over all leases, those that ran out included, was begun, by this process's clock. */
  get roundMs(): number {
    return Math.min(this.#roundMs, this.#returns.roundMs);
  }

  /** Somebody waits for a round that is begun after this moment. */
  hurry(sinceMs: number): void {
    this.#returns.hurry(sinceMs);
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
    const [never] = await Promise.all([this.#watchDeadlines(signal), this.#returns.run(signal)]);
    return never;
  }

  async #watchDeadlines(signal: AbortSignal): Promise<never> {
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
    const startMs = this.#options.clock.now();
    const nowUs = await this.#lookAtDeadlines(signal);
    if (nowUs !== null) await this.#lookAtUnbeaten(nowUs, signal);
    await this.#lookAtDoubtful(signal);
    this.#roundMs = startMs;
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
    const due = this.#unbeaten.takeDue(nowUs, UNBEATEN_AT_ONCE);
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

  /** False, and nothing is taken, when the clock that it was read by cannot be believed. */
  async #take(read: LeaseRead): Promise<boolean> {
    const { isTaken, overtaken } = await this.#taker.take(read, this.#round);
    if (!isTaken) return false;
    for (const key of overtaken) this.#doubtful.set(keyText(key), key);
    for (const { unbeaten, expiresAtUs, service, instanceId, id } of read.leases) {
      if (unbeaten && expiresAtUs > read.nowUs)
        this.#unbeaten.add({ key: { service, instanceId, id }, deadlineUs: expiresAtUs });
    }
    return true;
  }
}
