import type { Clock } from '../../lib/clock.ts';
import type { FeedResyncReason } from '../../registry/change-feed.ts';
import type { ChangeLog } from '../../registry/change-log.ts';
import { Wakeup } from '../../registry/wakeup.ts';
import type { Gap, GapSet } from './gap-set.ts';

export interface GapFillerOptions {
  readonly log: ChangeLog;
  readonly gaps: () => GapSet;
  /** Whether entries may be written. */
  readonly canFill: () => boolean;
  readonly resync: (reason: FeedResyncReason, message: string) => void;
  readonly clock: Clock;
}

/** A writer that was given an id makes its entry at once; one that is slower than this is paid for by a retry in its trigger. */
export const FILL_AGE_MS = 50;
/** Between two looks for gaps whose time has come, while there are any. Each wakes the process, which costs about as much as a statement. */
const EVERY_MS = { least: 25, most: 1000 };
/** While there are none: whoever reads tells of them. */
const UNTOLD_MS = 60_000;
/** Gaps in one look. */
const AT_ONCE = 100;
/** Entries of one statement that fills. */
const FILL_ROWS = 500;
/** A rolled back transaction with more entries than this is not worth as many rows. */
const WIDEST = 10_000;
/** After this a gap that cannot be filled was rolled back, unless its lock says otherwise. */
const GRACE_MS = 60_000;
const HELD_MS = { first: 50, most: 1000 };

/**
 * Closes the gaps of transactions that were rolled back, on other connections than the reader's. What an open transaction holds is left alone;
 * the rest is used up by entries without a service, which the reader sees as any others: a gap is closed by what is read in it, and
 * by nothing else. An account that may not write waits for a minute instead.
 */
export class GapFiller {
  readonly #options: GapFillerOptions;
  readonly #told: Wakeup;
  #expiredMs = -Infinity;

  constructor(options: GapFillerOptions) {
    this.#options = options;
    this.#told = new Wakeup(options.clock);
  }

  /** Says that there are gaps, some of which may be new. */
  notify(): void {
    this.#told.notify();
  }

  async run(signal: AbortSignal): Promise<never> {
    const { clock, gaps, canFill } = this.#options;
    for (;;) {
      await this.#told.wait(this.#waitMs(), signal);
      if (canFill()) for (const gap of gaps().due(clock.now(), AT_ONCE)) await this.#fill(gap, signal);
      else await this.#expire(signal);
    }
  }

  #waitMs(): number {
    const { clock, gaps, canFill } = this.#options;
    if (gaps().size === 0) return UNTOLD_MS;
    if (!canFill()) return EVERY_MS.most;
    return Math.min(EVERY_MS.most, Math.max(EVERY_MS.least, gaps().dueMs - clock.now()));
  }

  async #fill(gap: Gap, signal: AbortSignal): Promise<void> {
    const { log, gaps, clock, resync } = this.#options;
    if (await log.isHeld(gap, signal)) {
      this.#postponeHeld(gap);
      return;
    }
    const width = (gap.to - gap.from) / gap.step + 1;
    if (width > WIDEST) {
      gaps().remove(gap);
      resync('TooManyChanges', `${width} ids of change_log (from ${gap.from}) were given and not used`);
      return;
    }
    for (let from = gap.from; from <= gap.to; from += FILL_ROWS * gap.step) {
      const to = Math.min(gap.to, from + (FILL_ROWS - 1) * gap.step);
      if (await log.fill({ from, to, step: gap.step }, signal)) continue;
      this.#postponeHeld(gap);
      return;
    }
    // The reader sees it in a moment.
    gaps().postpone(gap, clock.now() + HELD_MS.most);
  }

  /** Looked at more rarely the longer it takes. */
  #postponeHeld(gap: Gap): void {
    const { gaps, clock } = this.#options;
    const ageMs = clock.now() - gap.sinceMs;
    gaps().postpone(gap, clock.now() + Math.min(HELD_MS.most, Math.max(HELD_MS.first, ageMs / 2)));
  }

  /** Everything is read again at most once a minute, so a gap may wait for two. */
  async #expire(signal: AbortSignal): Promise<void> {
    const { log, gaps, clock, resync } = this.#options;
    const nowMs = clock.now();
    if (nowMs - this.#expiredMs < GRACE_MS) return;
    const old = gaps()
      .due(nowMs, Infinity)
      .filter(({ sinceMs }) => nowMs - sinceMs >= GRACE_MS);
    let expired = 0;
    for (const gap of old) {
      if (await log.isHeld(gap, signal)) {
        this.#postponeHeld(gap);
        continue;
      }
      gaps().remove(gap);
      expired += 1;
    }
    if (expired === 0) return;
    this.#expiredMs = nowMs;
    resync(
      'PositionLost',
      `${expired} gaps in the ids of change_log stayed open for a minute, and may not be filled`,
    );
  }
}
