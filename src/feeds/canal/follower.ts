import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { FeedSink } from '../../registry/change-feed.ts';
import type { SourceDatabase, SourceTable } from '../../registry/source-table.ts';
import { CanalFault } from './canal-error.ts';
import { incompleteRows } from './canal-conditions.ts';
import type { CanalBatch, CanalConnection } from './connection.ts';
import { positionText, wentBack, type CanalPosition } from './entries.ts';
import { readNews, type CanalNews, type TransactionNews } from './news.ts';
import type { CanalDoubt, SourceWatch } from './source-watch.ts';
import { TellOnce } from './tell-once.ts';
import { UnseenXa } from './unseen-xa.ts';

/** What one conversation with a canal-server is made of. */
export interface FollowerOptions {
  readonly connection: Pick<CanalConnection, 'get' | 'ack' | 'rollback'>;
  readonly source: SourceDatabase;
  readonly table: SourceTable;
  readonly watch: SourceWatch;
  readonly sink: FeedSink;
  readonly fetchSize: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What was there when it was opened is behind: whoever reads everything now misses nothing. */
  readonly onOpen: () => void;
  /** Canal seems to follow nothing. */
  readonly onDoubt: (doubt: CanalDoubt) => void;
  /** It speaks again. */
  readonly onBelief: () => void;
}

/** A transaction that is told once more, when it can be seen for certain. */
interface Held extends TransactionNews {
  readonly sinceMs: number;
}

/** How long to wait for the next question, by how long nothing came: 10 ms while changes come, which is half of the latency. */
const WAITS = [
  { forMs: 1000, waitMs: 10 },
  { forMs: 10_000, waitMs: 50 },
  { forMs: Infinity, waitMs: 100 },
] as const;
/** Transactions are visible some milliseconds after Canal has them; who holds a row for longer is a later one, or a prepared XA transaction. */
const PATIENCE_MS = 100;
/** Between two looks at rows that somebody holds, and before what has no key that can be looked at is told again. */
const HELD_LOOK_MS = 250;
const KEYLESS_MS = 1000;
const MAX_HELD = 10_000;
const MAX_TOLD = 20_000;
/** What a server has kept is some megabytes; where more and more come, it is told like all that follows. */
const CATCH_UP_MS = 3000;
const PULSE_MS = 1000;
/** The database is asked what it has written when Canal has said nothing for so long, and so often. */
const QUIET_MS = 2000;

/** Follows one table through one conversation, from {@link CanalConnection.subscribe} until something fails. */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #once: TellOnce;
  #table: SourceTable;
  #lastId: number | null = null;
  #position: CanalPosition | null = null;
  #held: Held[] = [];
  #isHeldLost = false;
  readonly #unseen = new UnseenXa();
  readonly #toldOfOpen = new Set<string>();
  #heldLookMs = 0;
  #pulseMs = -Infinity;
  #writtenMs = 0;
  #batchesInARow = 0;
  #executedAtMs: number | null = null;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#table = options.table;
    this.#once = new TellOnce(options.sink, options.clock);
  }

  /** Rejects with what went wrong; resolves when `signal` is aborted. What was not acknowledged is rolled back. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#catchUp(signal);
    while (!signal.aborted) await this.#ask(signal);
  }

  /**
   * Passes over what the server had kept: everything is read after that, and nobody needs hints at it. Nor can a change that cannot be told
   * stand in the way for ever. Only its visibility is waited for.
   */
  async #catchUp(signal: AbortSignal): Promise<void> {
    const { connection, fetchSize, source, watch, clock, onOpen } = this.#options;
    watch.saw(await source.written(signal), clock.now());
    const untilMs = clock.now() + CATCH_UP_MS;
    while (clock.now() < untilMs && !signal.aborted) {
      const batch = await connection.get(fetchSize);
      if (batch === null) break;
      this.#lastId = batch.id;
      const news = readable(batch, this.#table);
      if (news !== null) {
        await this.#becomeVisible(news, signal);
        this.#unseen.note(news.xa, clock.now());
        this.#position = news.positions.at(-1) ?? this.#position;
        if (news.tableChange !== null) this.#table = await source.table(signal);
      }
      connection.ack(batch.id);
      watch.heard(clock.now());
    }
    if (!signal.aborted) onOpen();
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { connection, fetchSize } = this.#options;
    const batch = await connection.get(fetchSize);
    if (signal.aborted) return;
    if (batch === null) await this.#idle(signal);
    else await this.#take(batch, signal);
  }

  async #take(batch: CanalBatch, signal: AbortSignal): Promise<void> {
    const { connection, watch, clock, onBelief } = this.#options;
    this.#expect(batch.id);
    this.#batchesInARow += 1;
    try {
      const news = readNews(batch.entries, this.#table);
      await this.#tell(news, signal);
    } catch (error) {
      connection.rollback(batch.id);
      throw error;
    }
    connection.ack(batch.id);
    if (watch.heard(clock.now()) !== null) onBelief();
    this.#pulse();
  }

  /** Batches are numbered one by one: a number that is missing went to somebody else, and what was in it with it. */
  #expect(id: number): void {
    const last = this.#lastId;
    this.#lastId = id;
    if (last !== null && id !== last + 1)
      throw new CanalFault('batchGone', `batch ${id} came after batch ${last}`);
  }

  async #tell(news: CanalNews, signal: AbortSignal): Promise<void> {
    const { source, sink, clock } = this.#options;
    if (news.incomplete !== null) throw incompleteRows(news.incomplete);
    this.#executedAtMs = news.executedAtMs ?? this.#executedAtMs;
    this.#moveOn(news.positions);
    await this.#becomeVisible(news, signal);
    this.#once.tell(this.#untold(news), this.#positionText());
    this.#unseen.note(news.xa, clock.now());
    this.#tellUnseen();
    if (news.unreadable !== null) sink.resync('UnreadableChange', `Canal gave ${news.unreadable}`);
    if (news.tableChange === null) return;
    this.#table = await source.table(signal);
    sink.resync('TableChanged', news.tableChange.slice(0, 200));
  }

  /** A transaction can be seen as a whole: a service that its first batch told of need not be told again by the others. */
  #untold({ transactions, endsOpen }: CanalNews): readonly string[] {
    if (endsOpen) this.#toldOfOpen.clear();
    const untold: string[] = [];
    for (const { services, isEnded } of transactions) {
      for (const service of services) if (!this.#toldOfOpen.has(service)) untold.push(service);
      if (isEnded) this.#toldOfOpen.clear();
      else for (const service of services) this.#toldOfOpen.add(service);
    }
    if (this.#toldOfOpen.size > MAX_TOLD) this.#toldOfOpen.clear();
    return untold;
  }

  /**
   * Safety rule 4: Canal has a transaction before it can be seen. One of its rows is waited for, as it lets go of all of them at once. What
   * somebody holds for longer is told now, in case that he is another, and once more when he lets go, in case that he is not.
   */
  async #becomeVisible({ transactions }: CanalNews, signal: AbortSignal): Promise<void> {
    const keys = transactions.flatMap(({ key }) => (key === null ? [] : [key]));
    const { source, clock } = this.#options;
    const held = new Set(
      keys.length === 0 ? [] : await source.awaitVisible(this.#table, keys, PATIENCE_MS, signal),
    );
    const sinceMs = clock.now();
    const waiting = transactions.filter(({ key }) => key === null || held.has(key));
    this.#held.push(...waiting.map((each) => ({ ...each, sinceMs })));
    if (this.#held.length > MAX_HELD) this.#isHeldLost = true;
    this.#held.splice(MAX_HELD);
  }

  #tellUnseen(): void {
    const { clock, sink } = this.#options;
    if (!this.#unseen.takeDue(clock.now())) return;
    sink.resync(
      'UnreadableChange',
      'an XA transaction was committed that was prepared before it was followed',
    );
  }

  #moveOn(positions: readonly CanalPosition[]): void {
    const { sink, logger } = this.#options;
    for (const position of positions) {
      const before = this.#position;
      this.#position = position;
      if (before === null || !wentBack(before, position)) continue;
      const [from, to] = [positionText(before), positionText(position)];
      logger.warn('Canal went back in the binlog', {
        from,
        to,
        fromServer: before.serverId,
        toServer: position.serverId,
      });
      sink.resync('PositionLost', `Canal went from ${from} to ${to}`);
    }
  }

  async #idle(signal: AbortSignal): Promise<void> {
    const { clock, watch } = this.#options;
    this.#batchesInARow = 0;
    this.#once.drained();
    await this.#lookAtHeld(signal);
    this.#tellUnseen();
    await this.#lookAtSource(signal);
    this.#pulse();
    const quietMs = clock.now() - watch.heardMs;
    const { waitMs } = WAITS.find(({ forMs }) => quietMs < forMs) ?? WAITS[2];
    await clock.sleep(waitMs, signal).catch(() => undefined);
  }

  async #lookAtHeld(signal: AbortSignal): Promise<void> {
    const { source, sink, clock } = this.#options;
    const nowMs = clock.now();
    if (this.#held.length === 0 || nowMs < this.#heldLookMs) return;
    this.#heldLookMs = nowMs + HELD_LOOK_MS;
    const keys = this.#held.flatMap(({ key }) => (key === null ? [] : [key]));
    const held = new Set(keys.length === 0 ? [] : await source.awaitVisible(this.#table, keys, 0, signal));
    const waits = ({ key, sinceMs }: Held): boolean =>
      key === null ? nowMs - sinceMs < KEYLESS_MS : held.has(key);
    const free = this.#held.filter((each) => !waits(each));
    this.#held = this.#held.filter(waits);
    if (this.#isHeldLost && this.#held.length === 0) {
      this.#isHeldLost = false;
      sink.resync('TooManyChanges', `more than ${MAX_HELD} transactions were told before they could be seen`);
    }
    this.#once.tell(
      free.flatMap(({ services }) => [...services]),
      this.#positionText(),
    );
  }

  async #lookAtSource(signal: AbortSignal): Promise<void> {
    const { source, watch, clock, onDoubt } = this.#options;
    const nowMs = clock.now();
    if (nowMs - watch.heardMs < QUIET_MS || nowMs - this.#writtenMs < QUIET_MS) return;
    this.#writtenMs = nowMs;
    const doubt = watch.saw(await source.written(signal), clock.now());
    if (doubt !== null) onDoubt(doubt);
  }

  #pulse(): void {
    const { clock, sink, watch } = this.#options;
    if (watch.doubt !== null || clock.now() - this.#pulseMs < PULSE_MS) return;
    this.#pulseMs = clock.now();
    // Canal's times have whole seconds, and are the database's; that is enough to see a backlog.
    const behindMs = this.#executedAtMs === null ? 0 : Math.max(0, clock.wallNow() - this.#executedAtMs);
    sink.healthy({
      databaseUs: null,
      lagMs: this.#batchesInARow > 1 ? behindMs : 0,
      position: this.#positionText(),
    });
  }

  #positionText(): string {
    return this.#position === null ? 'now' : positionText(this.#position);
  }
}

/** Null: it cannot be read. */
function readable({ entries }: CanalBatch, table: SourceTable): CanalNews | null {
  try {
    return readNews(entries, table);
  } catch (error) {
    if (error instanceof CanalFault) return null;
    throw error;
  }
}
