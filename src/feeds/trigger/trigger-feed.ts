import { backoffMs } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { RetryableError, TerminalError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import type { ChangeFeed, FeedResyncReason, FeedSink } from '../../registry/change-feed.ts';
import type {
  ChangeLog,
  ChangeLogPlace,
  ChangeLogRead,
  ChangeLogState,
  TableMark,
} from '../../registry/change-log.ts';
import { FILL_AGE_MS, GapFiller } from './gap-filler.ts';
import { GapSet } from './gap-set.ts';
import { nextLookMs } from './look-pace.ts';
import { ServiceHints } from './service-hints.ts';
import { isOtherTable } from './table-mark.ts';
import { untilFirstFails } from './until-first-fails.ts';

export interface TriggerFeedOptions {
  readonly log: ChangeLog;
  /** Between two looks while changes come; {@link nextLookMs} says how much longer it is at rest. */
  readonly intervalMs: number;
  /** Entries that are older are deleted by the leader. */
  readonly retentionMs: number;
  readonly isLeader: () => boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Entries in one read, gaps in one statement. */
const PAGE = 5000;
const GAPS_IN_READ = 500;
/** Different services, or gaps, above which all is read again instead. */
const TOO_MANY = 10_000;
/** A trigger that somebody dropped logs nothing any more: found before the audit's round of 30 s is over. */
const CHECK_EVERY_MS = 15_000;
/** Between two looks at whether the table is still the same one. */
const MARK_EVERY_MS = 2000;
const TRIM_EVERY_MS = 10_000;
const TRIM_ROWS = 2000;
const TRIM_PAUSE_MS = 100;
const RETRY = { baseMs: 250, maxMs: 2000, jitter: 0.2 };
/** Where somebody has to mend something first. */
const RETRY_TERMINAL = { baseMs: 500, maxMs: 5000, jitter: 0.2 };

/** Where the reader is. `mark` is that of the table, `step` that of the ids. */
interface Following {
  place: ChangeLogPlace;
  gaps: GapSet;
  mark: TableMark;
  /** When it was read last, and when something was found. */
  readMs: number;
  foundMs: number;
  readonly step: number;
}

/** The Trigger feed: reads the table change_log, which triggers on the table of instances write. Safety rule 5 is in {@link GapSet}. */
export class TriggerFeed implements ChangeFeed {
  readonly name = 'Trigger';
  readonly active = 'Trigger';
  readonly #options: TriggerFeedOptions;
  #following: Following | null = null;
  /** Changes may have been made that were not logged. */
  #isDoubtful = false;
  #canFill = false;
  #attempt = 0;
  #warned = '';

  constructor(options: TriggerFeedOptions) {
    this.#options = options;
  }

  async run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const isAborted = (): boolean => signal.aborted;
    while (!isAborted()) {
      try {
        await this.#follow(sink, signal);
      } catch (error) {
        if (isAborted()) return;
        const isTerminal = error instanceof TerminalError;
        if (isTerminal) this.#isDoubtful = true;
        sink.unhealthy(error);
        const delayMs = backoffMs(this.#attempt, isTerminal ? RETRY_TERMINAL : RETRY, random);
        this.#attempt += 1;
        await clock.sleep(delayMs, signal).catch(() => undefined);
      }
    }
  }

  /** Rejects with what ends it. */
  async #follow(sink: FeedSink, signal: AbortSignal): Promise<never> {
    const { log, clock } = this.#options;
    const state = await this.#check(signal);
    const following = await this.#open(state, sink, signal);
    this.#attempt = 0;
    const resync = (reason: FeedResyncReason, message: string): void => sink.resync(reason, message);
    const filler = new GapFiller({
      log,
      clock,
      gaps: () => following.gaps,
      canFill: () => this.#canFill,
      resync,
    });
    const parts = [
      (both: AbortSignal) => this.#readOn(following, filler, sink, both),
      (both: AbortSignal) => filler.run(both),
      (both: AbortSignal) => this.#watch(following, sink, both),
      (both: AbortSignal) => this.#trim(following, both),
    ];
    return await untilFirstFails(parts, signal);
  }

  async #check(signal: AbortSignal): Promise<ChangeLogState> {
    const state = await this.#options.log.check(signal);
    const stopping = state.problems.filter(({ stops }) => stops);
    const [first] = stopping;
    if (first !== undefined)
      throw new TerminalError(first.reason, stopping.map(({ message }) => message).join('; and '));
    const warning = state.problems.map(({ message }) => message).join('; and ');
    if (warning !== this.#warned && warning !== '')
      this.#options.logger.warn('change log is followed less well than it could be', { problem: warning });
    this.#warned = warning;
    this.#canFill = state.canFill;
    return state;
  }

  /** At the present position the first time, where it was otherwise; a resync, where that may have missed something. */
  async #open(state: ChangeLogState, sink: FeedSink, signal: AbortSignal): Promise<Following> {
    const { log } = this.#options;
    const before = this.#following;
    const mark = await log.tableMark(signal);
    if (before !== null && !this.#isDoubtful && before.step === state.step && !this.#wasAwayLong(before)) {
      const found = await this.#read(before, sink, signal);
      if (found !== 'lost') {
        this.#changed(before, mark, sink);
        return before;
      }
    }
    const { place, gaps } = await log.start(state, signal);
    const following = {
      ...{ place, mark, step: state.step, readMs: this.#options.clock.now(), foundMs: -Infinity },
      gaps: new GapSet(place.id, state.step, gaps, this.#options.clock.now()),
    };
    if (before !== null) this.#lost(sink);
    this.#following = following;
    this.#isDoubtful = false;
    sink.healthy({ databaseUs: null, lagMs: 0, position: String(following.gaps.contiguous) });
    return following;
  }

  /** An entry that was missing can have come, and been trimmed because it is old: nothing would tell that from one that was rolled back. */
  #wasAwayLong({ gaps, readMs, step }: Following): boolean {
    return (gaps.size > 0 || step > 1) && this.#options.clock.now() - readMs >= TRIM_EVERY_MS;
  }

  #lost(sink: FeedSink): void {
    if (this.#isDoubtful) sink.resync('FeedResumed', 'changes may not have been logged for a while');
    else
      sink.resync(
        'PositionLost',
        'entries that were not read may be gone from change_log (trimmed, truncated, or restored from a backup)',
      );
  }

  async #readOn(
    following: Following,
    filler: GapFiller,
    sink: FeedSink,
    signal: AbortSignal,
  ): Promise<never> {
    const { intervalMs, clock } = this.#options;
    for (;;) {
      await clock.sleep(nextLookMs(intervalMs, clock.now() - following.foundMs), signal);
      const found = await this.#read(following, sink, signal);
      if (found === 'lost')
        throw new RetryableError('the place in change_log is lost', { reason: 'PositionLost' });
      if (found === 'some' && following.gaps.size > 0) filler.notify();
    }
  }

  /** Reads all there is, a page at a time. */
  async #read(
    following: Following,
    sink: FeedSink,
    signal: AbortSignal,
  ): Promise<'some' | 'nothing' | 'lost'> {
    const { log, clock } = this.#options;
    const hints = new ServiceHints(TOO_MANY);
    for (let found = false; ;) {
      const { place, gaps } = following;
      const missing = [...gaps.toRead(GAPS_IN_READ), ...gaps.tails(clock.now())];
      const read = await log.read(place, missing, PAGE, signal);
      if (read === null) return 'lost';
      following.readMs = clock.now();
      found = this.#take(following, read, hints) || found;
      const position = String(following.gaps.contiguous);
      const news = hints.take();
      if (news.length > 0) sink.hint(news, position);
      const hasMore = read.isFull || read.late.length >= PAGE;
      if (!hasMore) this.#drained(following, hints, sink);
      const databaseUs = read.nowUs === 0 ? null : read.nowUs;
      sink.healthy({ databaseUs, lagMs: hasMore ? lagOf(read) : 0, position });
      if (!hasMore) return found ? 'some' : 'nothing';
    }
  }

  #take(following: Following, read: ChangeLogRead, hints: ServiceHints): boolean {
    const nowMs = this.#options.clock.now();
    for (const entry of read.late) if (following.gaps.close(entry.id)) hints.add(entry);
    for (const entry of read.entries) {
      following.gaps.seen(entry.id, nowMs, FILL_AGE_MS);
      hints.add(entry);
    }
    const last = read.entries.at(-1);
    if (last !== undefined) following.place = { id: last.id, atUs: last.atUs };
    // Rows that came after the look at the table, and were truncated before the next one, leave it as empty as it was.
    if (read.entries.some(({ service }) => service !== null))
      following.mark = { ...following.mark, isEmpty: false };
    const isNews = read.entries.length + read.late.length > 0;
    if (isNews) following.foundMs = nowMs;
    return isNews;
  }

  /** All is read; what was too much to be told one by one is read again as a whole. */
  #drained(following: Following, hints: ServiceHints, sink: FeedSink): void {
    if (hints.isOverflowing) sink.resync('TooManyChanges', `more than ${TOO_MANY} services changed at once`);
    if (following.gaps.size <= TOO_MANY) return;
    following.gaps = new GapSet(following.place.id, following.step, [], this.#options.clock.now());
    sink.resync('TooManyChanges', `more than ${TOO_MANY} gaps in the ids of change_log`);
  }

  /** Whether the table is the same one, and all is as it has to be. */
  async #watch(following: Following, sink: FeedSink, signal: AbortSignal): Promise<never> {
    const { log, clock } = this.#options;
    let checkedMs = clock.now();
    for (;;) {
      await clock.sleep(MARK_EVERY_MS, signal);
      const isOther = this.#changed(following, await log.tableMark(signal), sink);
      if (!isOther && clock.now() - checkedMs < CHECK_EVERY_MS) continue;
      const { step } = await this.#check(signal);
      checkedMs = clock.now();
      if (step !== following.step)
        throw new RetryableError('auto_increment_increment changed', { reason: 'PositionLost' });
    }
  }

  #changed(following: Following, mark: TableMark, sink: FeedSink): boolean {
    const isOther = isOtherTable(following.mark, mark);
    following.mark = mark;
    if (!isOther) return false;
    sink.resync(
      'TableChanged',
      'the table of instances was truncated, replaced or rebuilt, which no trigger tells',
    );
    return true;
  }

  /**
   * Never beyond what was read here a round ago: the other replicas have read it as well, and the newest entry stays, which is the place of
   * all who follow.
   */
  async #trim(following: Following, signal: AbortSignal): Promise<never> {
    const { log, clock, isLeader, retentionMs, logger } = this.#options;
    for (;;) {
      const beforeId = Math.min(following.place.id, following.gaps.contiguous + 1);
      await clock.sleep(TRIM_EVERY_MS, signal);
      let trimmed = 0;
      for (let rows = TRIM_ROWS; rows > 0 && isLeader();) {
        rows = await log.trim(beforeId, retentionMs, TRIM_ROWS, signal).catch(denied);
        trimmed += rows;
        await clock.sleep(TRIM_PAUSE_MS, signal);
      }
      if (trimmed > 0) logger.debug('trimmed change log', { entries: trimmed });
    }
  }
}

/** How long ago what was read last had happened. */
function lagOf({ nowUs, entries }: ChangeLogRead): number {
  return Math.max(0, (nowUs - (entries.at(-1)?.atUs ?? nowUs)) / 1000);
}

/** That the log may not be trimmed is said by the check, and no reason not to follow it. */
function denied(error: unknown): number {
  if (error instanceof TerminalError) return 0;
  throw error;
}
