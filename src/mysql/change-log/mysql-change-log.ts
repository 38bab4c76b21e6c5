import type { Clock } from '../../lib/clock.ts';
import { RetryableError } from '../../lib/errors.ts';
import type { CustomSchemaSpec } from '../../model/registry.ts';
import type {
  ChangeLog,
  ChangeLogEntry,
  ChangeLogPlace,
  ChangeLogRead,
  ChangeLogStart,
  ChangeLogState,
  IdRange,
  TableMark,
} from '../../registry/change-log.ts';
import type { AccessSource, MysqlTarget } from '../access.ts';
import type { Columns, Connection } from '../connection.ts';
import { managedSql } from '../managed-sql.ts';
import { isHeldByOthers } from '../mysql-error.ts';
import { Pool, type Session } from '../pool.ts';
import type { Flavor } from '../server-identity.ts';
import { quoteName } from '../sql-text.ts';
import { fillSql, gapsSql, heldSql, MARK, NEWEST, OLDEST, readSql, trimSql } from './change-log-sql.ts';
import { checkChangeLog } from './check.ts';

export interface MysqlChangeLogOptions {
  readonly target: MysqlTarget;
  readonly access: AccessSource;
  /** Null: the log of `instances` of the Managed schema. */
  readonly custom: CustomSchemaSpec | null;
  readonly clock: Clock;
  readonly random: () => number;
  /** How long the server may be silent while it owes an answer: what notices a half-open link. Default 2,000. */
  readonly queryTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 5000;
/** Entries before the newest that are searched for gaps at the start. */
const LOOK_BACK = 100_000;
/** More gaps than this at the start are not told apart. */
const GAPS_AT_START = 10_000;
/** A log whose oldest entry is younger than this may have begun with one of a transaction that is still open. */
const YOUNG_US = 600_000_000;
const HEAD = 100;

/** change_log in MySQL or MariaDB, over connections of its own: what fills gaps must not stand in anybody's way. */
export class MysqlChangeLog implements ChangeLog {
  readonly #options: MysqlChangeLogOptions;
  readonly #pool: Pool;

  constructor(options: MysqlChangeLogOptions) {
    this.#options = options;
    this.#pool = new Pool({
      ...options,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      queryTimeoutMs: options.queryTimeoutMs ?? 2000,
      prepare: async (connection, signal) => {
        // A statement that meets an open transaction all the same waits no longer than this.
        await connection.execute({ text: 'SET SESSION innodb_lock_wait_timeout = 1', values: [] }, signal);
        return { schema: managedSql, epoch: '' };
      },
    });
  }

  /** Closes all connections; what is under way fails. */
  close(): void {
    this.#pool.close();
  }

  async check(signal: AbortSignal): Promise<ChangeLogState> {
    const { custom } = this.#options;
    const state = await this.#use(({ connection }) => checkChangeLog(connection, custom, signal), signal);
    // A grant on a whole database is not seen by connections that are open.
    if (state.problems.length > 0) this.#pool.renew();
    return state;
  }

  start({ canFill, step }: ChangeLogState, signal: AbortSignal): Promise<ChangeLogStart> {
    return this.#use(async ({ connection }) => {
      let [newest] = await connection.query(NEWEST, signal);
      if (newest === undefined && canFill) {
        await connection.execute(MARK, signal);
        [newest] = await connection.query(NEWEST, signal);
      }
      if (newest === undefined) return { place: { id: 0, atUs: null }, gaps: [] };
      const { id, atUs } = entryOf(newest);
      return { place: { id, atUs }, gaps: await gapsBelow(connection, { id, step }, signal) };
    }, signal);
  }

  read(
    place: ChangeLogPlace,
    gaps: readonly IdRange[],
    limit: number,
    signal: AbortSignal,
  ): Promise<ChangeLogRead | null> {
    return this.#use(async ({ connection }) => {
      // One more for the place itself.
      const sql = readSql(place, gaps, limit + 1);
      // Mostly there are no gaps, and then it is the same statement all the time.
      const rows = await (gaps.length === 0
        ? connection.prepared(sql, signal)
        : connection.query(sql, signal));
      const all = rows.map(entryOf);
      const after = all.filter(({ id }) => id > place.id);
      const nowUs = Number(rows[0]?.[4] ?? 0);
      if (place.atUs !== null && !all.some(({ id, atUs }) => id === place.id && atUs === place.atUs))
        return null;
      const late = all.filter(({ id }) => id < place.id);
      return { nowUs, entries: after, isFull: after.length >= limit, late };
    }, signal);
  }

  async isHeld(gap: IdRange, signal: AbortSignal): Promise<boolean> {
    return await this.#use(async ({ connection, identity }) => {
      try {
        await connection.query(heldSql(identity.flavor, gap), signal);
        return false;
      } catch (error) {
        if (isHeldByOthers(error)) return true;
        throw error;
      }
    }, signal);
  }

  async fill(gap: IdRange, signal: AbortSignal): Promise<boolean> {
    return await this.#use(async ({ connection }) => {
      try {
        await connection.execute(fillSql(gap), signal);
        return true;
      } catch (error) {
        if (isHeldByOthers(error)) return false;
        throw error;
      }
    }, signal);
  }

  tableMark(signal: AbortSignal): Promise<TableMark> {
    const table = this.#options.custom?.table ?? 'instances';
    return this.#use(
      ({ connection, identity }) => markOf(connection, identity.flavor, table, signal),
      signal,
    );
  }

  trim(beforeId: number, retentionMs: number, limit: number, signal: AbortSignal): Promise<number> {
    return this.#use(async ({ connection }) => {
      const [oldest] = await connection.query(OLDEST, signal);
      if (oldest === undefined) return 0;
      const throughId = entryOf(oldest).id + limit - 1;
      return await connection.execute(trimSql(beforeId, throughId, retentionMs), signal);
    }, signal);
  }

  async #use<T>(work: (session: Session) => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await this.#pool.use(work, {}, signal);
    } catch (error) {
      // The link is silent: the others over it may be as well, and each of them would have to be found out.
      if (error instanceof RetryableError && error.reason === 'QueryTimeout') this.#pool.renew();
      throw error;
    }
  }
}

async function gapsBelow(
  connection: Connection,
  { id, step }: { readonly id: number; readonly step: number },
  signal: AbortSignal,
): Promise<IdRange[]> {
  const rows = await connection.query(gapsSql(id - LOOK_BACK * step, step, GAPS_AT_START), signal);
  const gaps = rows.map(([from, to]) => ({ from: Number(from), to: Number(to), step }));
  const [oldest] = await connection.query(OLDEST, signal);
  if (oldest === undefined || step > 1) return gaps;
  const { id: first, atUs } = entryOf(oldest);
  const isYoung = Number(oldest[4]) - atUs < YOUNG_US;
  return isYoung && first > 1 ? [...gaps, { from: Math.max(1, first - HEAD), to: first - 1, step }] : gaps;
}

/** Those whose tables are told of as they are. Otherwise MySQL tells what it learnt within the last day. */
const fresh = new WeakSet<Connection>();

async function markOf(
  connection: Connection,
  flavor: Flavor,
  name: string,
  signal: AbortSignal,
): Promise<TableMark> {
  if (flavor === 'MySQL' && !fresh.has(connection)) {
    const text = 'SET SESSION information_schema_stats_expiry = 0';
    await connection.execute({ text, values: [] }, signal);
    fresh.add(connection);
  }
  const [table, database] = name.split('.').reverse();
  const rows = `SELECT 1 FROM ${name.split('.').map(quoteName).join('.')} LIMIT 1`;
  const [row] = await connection.query(
    {
      text:
        `SELECT CREATE_TIME, AUTO_INCREMENT, EXISTS (${rows}) FROM information_schema.TABLES ` +
        'WHERE TABLE_SCHEMA = IFNULL(?, DATABASE()) AND TABLE_NAME = ?',
      values: [database ?? null, table],
    },
    signal,
  );
  const [made, nextId, hasRows] = row ?? [];
  return {
    made: typeof made === 'string' ? made : '',
    nextId: nextId === null || nextId === undefined ? null : Number(nextId),
    isEmpty: hasRows === 0,
  };
}

function entryOf([id, service, op, atUs]: Columns): ChangeLogEntry {
  return { id: Number(id), service: op === 'fill' ? null : String(service), atUs: Number(atUs) };
}
