import type { Clock } from '../lib/clock.ts';
import type { ResyncReason } from './observer.ts';

export interface ResyncsOptions {
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Resyncs of a registry that was readable all the time: what is known of leases stays. */
const ROUTINE: ReadonlySet<ResyncReason> = new Set<ResyncReason>([
  'Interval',
  'FeedResumed',
  'PositionLost',
  'TableChanged',
  'UnreadableChange',
  'TooManyChanges',
  'FallbackStarted',
]);
/** Resyncs of the replicas, and of many registries, spread by this share of their interval. */
const JITTER = 0.1;
/**
 * After reading everything a routine resync waits for so many times as long as that took, and no longer than the second number: a feed that
 * comes and goes must not have a large registry read without end. The first one after a quiet time waits for nothing.
 */
const PAUSE = { times: 3, mostMs: 30_000 };

export function isRoutine(reason: ResyncReason): boolean {
  return ROUTINE.has(reason);
}

/** Which resync has to be made, and when: those that are asked for, and one with each interval. */
export class Resyncs {
  readonly #options: ResyncsOptions;
  #asked: ResyncReason | null = null;
  #intervalDueMs = Infinity;
  #pausedUntilMs = -Infinity;

  constructor(options: ResyncsOptions) {
    this.#options = options;
  }

  /** One for the first of several reasons is enough. */
  ask(reason: ResyncReason): void {
    this.#asked ??= reason;
  }

  /** Nothing may be believed before it is made. */
  demand(reason: ResyncReason): void {
    this.#asked = reason;
  }

  /** What is asked for, due or not. */
  get asked(): ResyncReason | null {
    return this.#asked;
  }

  /** The resync to be made now. */
  get due(): ResyncReason | null {
    const nowMs = this.#options.clock.now();
    if (nowMs >= this.#intervalDueMs) this.ask('Interval');
    if (this.#asked === null) return null;
    return isRoutine(this.#asked) && nowMs < this.#pausedUntilMs ? null : this.#asked;
  }

  /** When there is one to be made, if nobody asks before. */
  get nextMs(): number {
    return this.#asked === null ? this.#intervalDueMs : this.#pausedUntilMs;
  }

  /** What was asked for until now is in what is read from now on. */
  begun(): void {
    this.#asked = null;
  }

  /** Everything was read, in the time since `startMs`. */
  done(startMs: number): void {
    const { clock, intervalMs, random } = this.#options;
    const nowMs = clock.now();
    this.#intervalDueMs = nowMs + intervalMs * (1 - JITTER + 2 * JITTER * random());
    this.#pausedUntilMs = nowMs + Math.min(PAUSE.mostMs, PAUSE.times * (nowMs - startMs));
  }
}
