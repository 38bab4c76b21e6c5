import type { Clock } from '../../lib/clock.ts';
import { TerminalError } from '../../lib/errors.ts';
import type { FeedSink } from '../../registry/change-feed.ts';
import type { RowKey, SourceDatabase, SourceTable } from '../../registry/source-table.ts';
import { MOST_SERVICES, type ChangedServices } from './transaction.ts';

export interface TellerOptions {
  readonly source: Pick<SourceDatabase, 'awaitVisible'>;
  readonly sink: Pick<FeedSink, 'hint' | 'resync'>;
  readonly clock: Clock;
  /** The database could not be asked; it is tried again. See {@link Teller.isFaulty}. */
  readonly onFault: (error: unknown) => void;
  /** Called after each round: {@link Teller.load} may have gone down. */
  readonly onRound: () => void;
}

interface Waiting {
  changed: ChangedServices;
  readonly table: SourceTable;
  readonly position: string;
  readonly sinceMs: number;
  nextLookMs: number;
  waitMs: number;
  /** It was told although somebody still held its rows; it is told again when they are free. */
  isTold: boolean;
}

/** Transactions that are looked at together. */
const AT_ONCE = 500;
/** The time between event and commit is far shorter; who holds a row for longer is somebody else, or a prepared XA transaction. */
const PATIENCE_MS = 100;
const FIRST_WAIT_MS = 1;
const LAST_WAIT_MS = 500;
/** A row whose key cannot be asked for is told again after this time. */
const KEYLESS_MS = 1000;
const RETRY_MS = 500;

/**
 * Tells what transactions changed once it can be seen (safety rule 4). The log's events come before the engine commits; rows of the transaction
 * are locked until then.
 *
 *      event ──▶ waiting ──▶ rows free?  yes ──▶ hint
 *                   ▲            │ no: others go on, it is looked at again in 1, 2, 4 ... 500 ms
 *                   └────────────┘ after 100 ms: a hint already, and another when they are free
 */
export class Teller {
  readonly #options: TellerOptions;
  #waiting: Waiting[] = [];
  #current: SourceTable | null = null;
  #isFaulty = false;
  #wake: () => void = () => undefined;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** Transactions that wait to be told for the first time. */
  get load(): number {
    return this.#waiting.reduce((sum, { isTold }) => sum + (isTold ? 0 : 1), 0);
  }

  /** All that it holds. */
  get size(): number {
    return this.#waiting.length;
  }

  /** True while the database cannot be asked what can be seen: nothing is told until it can be. */
  get isFaulty(): boolean {
    return this.#isFaulty;
  }

  /** How long the oldest of {@link Teller.load} has been waiting, in ms. */
  get lagMs(): number {
    const first = this.#waiting.find(({ isTold }) => !isTold);
    return first === undefined ? 0 : this.#options.clock.now() - first.sinceMs;
  }

  /** The table as it is now: rows of the one before may be nothing that can be asked for any more. */
  follow(table: SourceTable): void {
    this.#current = table;
  }

  tell(changed: ChangedServices, table: SourceTable, position: string): void {
    const nowMs = this.#options.clock.now();
    this.#waiting.push({
      ...{ changed, table, position, sinceMs: nowMs, nextLookMs: nowMs },
      ...{ waitMs: FIRST_WAIT_MS, isTold: false },
    });
    this.#wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const nowMs = this.#options.clock.now();
      const due = this.#waiting.filter(({ nextLookMs }) => nextLookMs <= nowMs).slice(0, AT_ONCE);
      if (due.length === 0) await this.#pause(signal);
      else await this.#round(due, signal);
    }
  }

  async #round(due: readonly Waiting[], signal: AbortSignal): Promise<void> {
    const { clock, onFault, onRound } = this.#options;
    try {
      const held = await this.#held(due, signal);
      this.#isFaulty = false;
      this.#tellRound(due, held);
    } catch (error) {
      if (signal.aborted) return;
      this.#isFaulty = true;
      onFault(error);
      await clock.sleep(RETRY_MS, signal).catch(() => undefined);
    }
    onRound();
  }

  async #held(due: readonly Waiting[], signal: AbortSignal): Promise<ReadonlySet<RowKey>> {
    const held = new Set<RowKey>();
    for (const table of new Set(due.map((each) => each.table))) {
      const those = due.filter((each) => each.table === table);
      const keys = those.flatMap(({ changed }) => changed.keys);
      if (keys.length === 0) continue;
      try {
        for (const key of await this.#options.source.awaitVisible(table, keys, 0, signal)) held.add(key);
      } catch (error) {
        if (!(error instanceof TerminalError) || !this.#isGone(table)) throw error;
        // Whoever changed the table had to wait for these transactions: they can be seen.
        for (const each of those) each.changed = { ...each.changed, keys: [] };
      }
    }
    return held;
  }

  #isGone({ database, table, primaryKey }: SourceTable): boolean {
    const now = this.#current;
    if (now === null) return false;
    return now.database !== database || now.table !== table || now.primaryKey.join() !== primaryKey.join();
  }

  #tellRound(due: readonly Waiting[], held: ReadonlySet<RowKey>): void {
    const nowMs = this.#options.clock.now();
    const done = new Set<Waiting>();
    const news: Waiting[] = [];
    for (const each of due) {
      const ageMs = nowMs - each.sinceMs;
      const { keys } = each.changed;
      const isVisible = keys.length === 0 ? ageMs >= KEYLESS_MS : keys.some((key) => !held.has(key));
      if (isVisible) done.add(each);
      if (isVisible || (!each.isTold && (keys.length === 0 || ageMs >= PATIENCE_MS))) {
        news.push(each);
        each.isTold = true;
      }
      each.nextLookMs = nowMs + each.waitMs;
      each.waitMs = Math.min(2 * each.waitMs, LAST_WAIT_MS);
    }
    if (done.size > 0) this.#waiting = this.#waiting.filter((each) => !done.has(each));
    this.#say(news);
  }

  #say(news: readonly Waiting[]): void {
    const { sink } = this.#options;
    const services = new Set<string>();
    for (const { changed } of news) for (const service of changed.services) services.add(service);
    const resync = news.find(({ changed }) => changed.resync !== null)?.changed.resync ?? null;
    if (resync !== null) sink.resync(resync.reason, resync.message);
    else if (services.size > MOST_SERVICES)
      sink.resync('TooManyChanges', `more than ${MOST_SERVICES} services changed at once`);
    else if (services.size > 0) {
      const hints = [...services].map((service) => ({ service, changedAtUs: null }));
      sink.hint(hints, news.at(-1)?.position ?? '');
    }
  }

  /** Until something is told, or the next look is due. */
  #pause(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const nextMs = this.#waiting.reduce((least, { nextLookMs }) => Math.min(least, nextLookMs), Infinity);
      const cancel =
        nextMs === Infinity
          ? () => undefined
          : clock.after(Math.max(0, nextMs - clock.now()), () => this.#wake());
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        this.#wake = () => undefined;
        resolve();
      };
      this.#wake = end;
      signal.addEventListener('abort', end, { once: true });
    });
  }
}
