import type { SourceWritten } from '../../registry/source-table.ts';

/**
 * Why it is not believed that Canal follows: `restarted`: the database is another server, or was started again, and Canal has said nothing since.
 * `silent`: the database wrote transactions, and Canal says nothing.
 */
export type CanalDoubt = 'restarted' | 'silent';

/** Starts that are no further apart are one: servers count their uptime in whole seconds, so that each is up to a second late. */
const RESTART_US = 1_200_000;
/**
 * Canal passes on every transaction of the tables that are followed, and of others (without their rows) one in five seconds by their own times,
 * which are in whole seconds. So what is written later than this after it was last heard must be heard of.
 */
const SETTLE_MS = 7000;
/** ... within this time. */
const GRACE_MS = 10_000;

/**
 * Notices that a canal-server answers and yet follows nothing: its own connection to the database is its own affair, and it never says that
 * it is broken. What the database has written is held against what Canal says. Pure: times are handed in, in ms.
 *
 *      heard ──7 s──▶ base ──the database writes──▶ moved ──10 s──▶ silent
 *        ▲                                                             │
 *        └──────────────── Canal says anything at all ◀────────────────┘
 */
export class SourceWatch {
  #heardMs: number;
  #server: Pick<SourceWritten, 'serverId' | 'startedAtUs'> | null = null;
  #base: string | null = null;
  #movedMs: number | null = null;
  #doubt: CanalDoubt | null = null;

  constructor(nowMs: number) {
    this.#heardMs = nowMs;
  }

  /** Null: nothing speaks against it. */
  get doubt(): CanalDoubt | null {
    return this.#doubt;
  }

  /** When Canal last said anything. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** Canal said something of the binlog; answers the doubt that ends with that. */
  heard(nowMs: number): CanalDoubt | null {
    const doubt = this.#doubt;
    this.#doubt = null;
    this.#restart(nowMs);
    return doubt;
  }

  /** A new conversation: its time of silence begins now. A doubt stays: the canal-server is the same, or starts anew at the present. */
  opened(nowMs: number): void {
    this.#restart(nowMs);
  }

  /** What the database has written by now; answers a doubt that begins with that, or null. */
  saw(written: SourceWritten, nowMs: number): CanalDoubt | null {
    if (this.#isRestarted(written)) return this.#begin('restarted');
    if (nowMs - this.#heardMs < SETTLE_MS) return null;
    this.#base ??= written.gtids;
    if (written.gtids !== this.#base) this.#movedMs ??= nowMs;
    if (this.#movedMs === null || nowMs - this.#movedMs < GRACE_MS) return null;
    return this.#begin('silent');
  }

  #restart(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#base = null;
    this.#movedMs = null;
  }

  #isRestarted({ serverId, startedAtUs, wentBack }: SourceWritten): boolean {
    const before = this.#server;
    this.#server = { serverId, startedAtUs };
    if (wentBack) return true;
    if (before === null) return false;
    return before.serverId !== serverId || Math.abs(before.startedAtUs - startedAtUs) > RESTART_US;
  }

  #begin(doubt: CanalDoubt): CanalDoubt | null {
    if (this.#doubt !== null) return null;
    this.#doubt = doubt;
    return doubt;
  }
}
