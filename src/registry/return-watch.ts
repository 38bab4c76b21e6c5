import type { Clock } from '../lib/clock.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import type { Gate } from './gate.ts';
import type { LeaseTaker } from './lease-taker.ts';
import type { InstanceKey, RegistryReader } from './registry-reader.ts';
import type { ExpiredKey, RegistryStore } from './store.ts';

export interface ReturnWatchOptions {
  readonly reader: Pick<RegistryReader, 'readLeases'>;
  readonly store: RegistryStore;
  readonly gate: Gate;
  readonly taker: Pick<LeaseTaker, 'takeReturns'>;
  /** The registry could not be read. */
  readonly fail: (error: unknown, round: number) => void;
  readonly clock: Clock;
}

const TICK_MS = 250;
/** Leases that are asked for in one tick: 8,000 a second, however many have run out. */
export const RETURNS_PER_TICK = 2000;
/** Where more have run out: as many of them are those that did so last, because they are the likeliest to come back. */
export const LATEST_PER_TICK = 1000;
const IN_TURN = RETURNS_PER_TICK - LATEST_PER_TICK;

/**
 * Notices instances that beat again after their lease had run out. No index leads to them, for their deadlines lie among those of all that
 * live; so the leases known to have run out are asked for by key, at a cost per second that has a bound.
 *
 * | leases that have run out | are looked at                                                                    |
 * |--------------------------|----------------------------------------------------------------------------------|
 * | none                     | nothing is asked, until the store tells of one                                    |
 * | up to 2,000              | each with every tick: it is back within 500 ms                                    |
 * | more                     | the last 1,000 with every tick, the others 1,000 a tick in turn                   |
 * | more, and some came back | the others at once, for as long as every thousand has one that came back        |
 * | more, and somebody waits | all at once, for one round (see {@link ReturnWatch.hurry})                         |
 */
export class ReturnWatch {
  readonly #options: ReturnWatchOptions;
  /** What this round over all leases that ran out has still to look at. */
  #rest: InstanceKey[] = [];
  #roundStartMs = Number.NEGATIVE_INFINITY;
  #roundMs = Number.NEGATIVE_INFINITY;
  #hurrySinceMs = Number.NEGATIVE_INFINITY;
  /** Of the gate, when this look began. */
  #gateRound = 0;

  constructor(options: ReturnWatchOptions) {
    this.#options = options;
  }

  /** When the last complete round was begun, by this process's clock: now, where there is nothing to look at. */
  get roundMs(): number {
    const { store, clock } = this.#options;
    return store.hasExpired ? this.#roundMs : clock.now();
  }

  /** Somebody waits for a round that is begun after this moment: it is not spread over time. */
  hurry(sinceMs: number): void {
    this.#hurrySinceMs = Math.max(this.#hurrySinceMs, sinceMs);
  }

  /** Works until the signal is aborted, then rejects with its reason. */
  async run(signal: AbortSignal): Promise<never> {
    const { clock, gate, fail } = this.#options;
    for (;;) {
      this.#gateRound = await gate.passed(signal);
      try {
        if (!(await this.#look(signal))) this.#rest = [];
      } catch (error) {
        signal.throwIfAborted();
        this.#rest = [];
        fail(error, this.#gateRound);
      }
      await clock.sleep(TICK_MS, signal);
      await this.#untilOneExpired(signal);
    }
  }

  async #untilOneExpired(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#options;
    signal.throwIfAborted();
    if (store.hasExpired) return;
    // What is left of a round are leases that are alive, or gone: those that run out from now on must not queue behind them.
    this.#rest = [];
    await new Promise<void>((resolve, reject) => {
      const end = (): void => {
        unsubscribe();
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        end();
        reject(signal.reason as Error);
      };
      const unsubscribe = store.subscribe(() => {
        if (!store.hasExpired) return;
        this.#roundMs = clock.now();
        end();
        resolve();
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** False when an answer was not believed, so that the round says nothing. */
  async #look(signal: AbortSignal): Promise<boolean> {
    const expired = this.#options.store.expiredKeys();
    const last = expired.length > RETURNS_PER_TICK ? latest(expired, LATEST_PER_TICK) : [];
    if (this.#rest.length === 0 || this.#roundStartMs < this.#hurrySinceMs) {
      this.#rest = expired;
      this.#roundStartMs = this.#options.clock.now();
    }
    let keys: InstanceKey[] = [
      ...last,
      ...this.#rest.splice(-(last.length > 0 ? IN_TURN : RETURNS_PER_TICK)),
    ];
    for (;;) {
      const returned = await this.#ask(keys, signal);
      if (returned === null) return false;
      if (this.#rest.length === 0) break;
      if (returned === 0 && this.#roundMs >= this.#hurrySinceMs) return true;
      keys = this.#rest.splice(-IN_TURN);
    }
    this.#roundMs = this.#roundStartMs;
    return true;
  }

  /** How many of them are back; null when the answer was not believed. */
  async #ask(keys: readonly InstanceKey[], signal: AbortSignal): Promise<number | null> {
    const { reader, taker } = this.#options;
    if (keys.length === 0) return 0;
    const read = await reader.readLeases(keys, { aliveOnly: true }, signal);
    return read === null ? 0 : await taker.takeReturns(read, this.#gateRound);
  }
}

/** The leases that ran out last. */
function latest(expired: readonly ExpiredKey[], count: number): InstanceKey[] {
  const heap = new DeadlineHeap<{ readonly key: ExpiredKey; readonly deadlineUs: number }>();
  for (const key of expired) {
    if (heap.size >= count) {
      if (key.expiredAtUs <= (heap.nextUs ?? 0)) continue;
      heap.takeDue(Infinity, 1);
    }
    heap.add({ key, deadlineUs: key.expiredAtUs });
  }
  return heap.takeDue(Infinity, count).map(({ key }) => key);
}
