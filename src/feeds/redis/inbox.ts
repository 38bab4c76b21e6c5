import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { FeedSink } from '../../registry/change-feed.ts';
import type { KnownRows } from '../../registry/registry-reader.ts';
import { HintPace } from './hint-pace.ts';
import { readMessage, type Stamp } from './message.ts';
import { VersionGaps } from './version-gaps.ts';

export interface InboxOptions {
  readonly sink: Pick<FeedSink, 'hint' | 'resync'>;
  /** Tells whether a service that was hinted at has changed. */
  readonly known: Pick<KnownRows, 'revision'>;
  /** A message was passed over: look for what it may have told of. */
  readonly lookNow: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Different services that are told one by one in a window; beyond it everything is read once the window has passed. */
const MAX_SERVICES = 10_000;
const WINDOW_MS = 1000;
/** Services that wait for their next hint are looked at this often. */
const HELD_LOOK_MS = 10;
/** Messages of one publisher's threads change places by less than this. */
const GAP_PATIENCE_MS = 1000;
/** A look costs a query: a publisher whose numbering is broken gets so many of them. */
const LOOK_EVERY_MS = 500;
/** As above, for what costs reading everything. */
const RESYNC_EVERY_MS = 30_000;
const LOG_EVERY_MS = 60_000;

/**
 * Makes hints of the messages of one link. Those that arrive in one packet are told together; a service that does not change, however often it is
 * named, at a slower pace ({@link HintPace}). A jump in the numbering is met twice: by a
 * look at what changed lately, at once, and, where the gap stays, by a resync, because a look finds no row that was deleted.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #gaps = new VersionGaps(GAP_PATIENCE_MS);
  readonly #pace: HintPace;
  readonly #batch = new Set<string>();
  /** Named again too soon; told when it is time. */
  readonly #held = new Set<string>();
  /** Services told in this window. */
  readonly #told = new Set<string>();
  readonly #timers = new Map<string, () => void>();
  #isTooMuch = false;
  #count = 0;
  #unreadable = 0;
  #lastLookMs = -Infinity;
  #lastResyncMs = -Infinity;
  #lastLogMs = -Infinity;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#pace = new HintPace((service) => options.known.revision(service));
  }

  /** Pub/sub has no positions: how many messages came since the link was opened. */
  get position(): string {
    return `message ${this.#count}`;
  }

  receive(text: string): void {
    this.#count += 1;
    const { message, problem } = readMessage(text);
    if (problem !== null) this.#reject(problem);
    if (message === null) return;
    if (message.stamp !== null) this.#see(message.stamp);
    this.#add(message.service);
  }

  /** Nothing is said after this. */
  close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#batch.clear();
    this.#held.clear();
  }

  #add(service: string): void {
    if (this.#told.size === 0) this.#once('window', WINDOW_MS, () => this.#endWindow());
    if (this.#told.size >= MAX_SERVICES && !this.#told.has(service)) {
      this.#isTooMuch = true;
      return;
    }
    this.#told.add(service);
    // The client hands over the messages of a packet one after another, without a turn in between.
    if (this.#batch.size === 0) queueMicrotask(() => this.#flush());
    this.#batch.add(service);
  }

  #flush(): void {
    const named = [...this.#batch];
    this.#batch.clear();
    this.#tell(named);
  }

  #lookAtHeld(): void {
    this.#tell([...this.#held]);
  }

  /** Those whose time it is; the others are held. */
  #tell(named: readonly string[]): void {
    const nowMs = this.#options.clock.now();
    const due: string[] = [];
    for (const service of named) {
      if (this.#pace.dueMs(service, nowMs) > nowMs) {
        this.#held.add(service);
        continue;
      }
      this.#held.delete(service);
      due.push(service);
    }
    if (this.#held.size > 0) this.#once('held', HELD_LOOK_MS, () => this.#lookAtHeld());
    if (due.length === 0) return;
    this.#pace.told(due, nowMs);
    const hints = due.map((service) => ({ service, changedAtUs: null }));
    this.#options.sink.hint(hints, this.position);
  }

  #endWindow(): void {
    this.#told.clear();
    if (!this.#isTooMuch) return;
    this.#isTooMuch = false;
    this.#options.sink.resync('TooManyChanges', `more than ${MAX_SERVICES} services within ${WINDOW_MS} ms`);
  }

  #see(stamp: Stamp): void {
    const { clock } = this.#options;
    if (this.#gaps.see(stamp, clock.now()) !== 'jump') return;
    this.#once('look', this.#lastLookMs + LOOK_EVERY_MS - clock.now(), () => {
      this.#lastLookMs = clock.now();
      this.#options.lookNow();
    });
    this.#once('gaps', GAP_PATIENCE_MS, () => this.#takeLost());
  }

  #takeLost(): void {
    const { clock, sink, logger } = this.#options;
    const nowMs = clock.now();
    const waitMs = this.#lastResyncMs + RESYNC_EVERY_MS - nowMs;
    if (waitMs > 0) {
      this.#once('gaps', waitMs, () => this.#takeLost());
      return;
    }
    const [gap, ...more] = this.#gaps.takeLost(nowMs);
    if (this.#gaps.hasOpen) this.#once('gaps', GAP_PATIENCE_MS, () => this.#takeLost());
    if (gap === undefined) return;
    this.#lastResyncMs = nowMs;
    logger.warn('messages of a publisher did not arrive', { ...gap, gaps: 1 + more.length });
    const which = gap.from === gap.to ? `message ${gap.from}` : `messages ${gap.from} to ${gap.to}`;
    sink.resync('FeedResumed', `${which} of publisher ${gap.epoch} did not arrive`);
  }

  #reject(problem: string): void {
    const { clock, logger } = this.#options;
    this.#unreadable += 1;
    if (clock.now() - this.#lastLogMs < LOG_EVERY_MS) return;
    this.#lastLogMs = clock.now();
    logger.warn('message on the channel cannot be read', { problem, count: this.#unreadable });
  }

  /** One timer of each name; what has passed is run at once. */
  #once(name: string, ms: number, callback: () => void): void {
    if (this.#timers.has(name)) return;
    if (ms <= 0) {
      callback();
      return;
    }
    const cancel = this.#options.clock.after(ms, () => {
      this.#timers.delete(name);
      callback();
    });
    this.#timers.set(name, cancel);
  }
}
