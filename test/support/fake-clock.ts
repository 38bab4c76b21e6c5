import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/lib/clock.ts';

interface Timer {
  readonly atMs: number;
  /** Timers of one moment run in the order in which they were made. */
  readonly order: number;
  readonly callback: () => void;
}

/** How many turns of the event loop `advance` gives to what a timer set off: enough for chains of awaits and for `setImmediate`. */
const TURNS = 4;

/**
 * A {@link Clock} whose time moves only by {@link FakeClock.advance}. Due timers run in order of their deadlines; after
 * each, everything it set off (promises, `setImmediate`) runs before the next one, so tests need no sleeps.
 */
export class FakeClock implements Clock {
  /** The wall clock's reading when `now()` was 0; assign it to make the machine's clock wrong. */
  wallStartMs: number;
  #nowMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  /** `startMs`: where the wall clock starts, in ms since 1970; `now()` starts at 0. */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.wallStartMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wallNow(): number {
    return this.wallStartMs + this.#nowMs;
  }

  /** Timers that have not run yet. */
  get pending(): number {
    return this.#timers.size;
  }

  after(ms: number, callback: () => void): () => void {
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const onAbort = (): void => {
        cancel();
        reject(signal.reason as Error);
      };
      const cancel = this.after(ms, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Moves time on by `ms`, running what falls due on the way and all it sets off. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (let timer = this.#next(untilMs); timer !== undefined; timer = this.#next(untilMs)) {
      this.#timers.delete(timer);
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.callback();
      await settle();
    }
    this.#nowMs = untilMs;
    await settle();
  }

  /** Moves time on by `ms` in one leap, as for a process that was frozen: all that fell due runs late, when `advance` is called. */
  freeze(ms: number): void {
    this.#nowMs += ms;
  }

  #next(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs > untilMs) continue;
      if (
        next === undefined ||
        timer.atMs < next.atMs ||
        (timer.atMs === next.atMs && timer.order < next.order)
      ) {
        next = timer;
      }
    }
    return next;
  }
}

async function settle(): Promise<void> {
  for (let count = 0; count < TURNS; count += 1) await turn();
}
