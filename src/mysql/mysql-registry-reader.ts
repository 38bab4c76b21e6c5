import type { Clock } from '../lib/clock.ts';
import type { CustomSchemaSpec } from '../model/registry.ts';
import type {
  ChangedRows,
  ChecksumRead,
  HeldRows,
  InstanceKey,
  LeaseRead,
  RawRow,
  RegistryRead,
  RegistryReader,
  ServerState,
} from '../registry/registry-reader.ts';
import type { SourceDatabase } from '../registry/source-table.ts';
import type { AccessSource, MysqlTarget } from './access.ts';
import type { Columns, Connection, Sql } from './connection.ts';
import { resolveCustomSchema } from './custom-schema.ts';
import { customSql } from './custom-sql.ts';
import { deleteBeatsSql, deleteRetiredSql, managedSql, orphanBeatsSql } from './managed-sql.ts';
import { MysqlSourceDatabase } from './mysql-source-database.ts';
import { Pool, type Session, type UseOptions } from './pool.ts';
import { KEYS_AT_ONCE, partClock, rawRow, withClock } from './schema-sql.ts';
import { readRegistryMeta } from './schema-version.ts';
import { ServerStates } from './server-states.ts';
import { NOW_US } from './sql-text.ts';

export interface MysqlRegistryReaderOptions {
  readonly target: MysqlTarget;
  readonly access: AccessSource;
  /** Null: our own tables. */
  readonly custom: CustomSchemaSpec | null;
  /** A read-only replica further behind counts as "could not read". */
  readonly maxReplicaLagMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** How long the server may be silent while it owes an answer; six times as long where it has to go through a table. Default 5,000. */
  readonly queryTimeoutMs?: number;
}

const BULK_TIMEOUTS = 6;

/** The registry in a MySQL or MariaDB database, in our tables or in one of the user's own. Connects when it is first asked. */
export class MysqlRegistryReader implements RegistryReader {
  readonly checksumCost: 'range' | 'table';
  /** The table itself, for feeds that follow its rows; over the same connections. */
  readonly source: SourceDatabase;
  readonly #pool: Pool;
  readonly #states: ServerStates;
  readonly #isManaged: boolean;
  readonly #bulkTimeoutMs: number;
  /** The connection of the last read of everything, and of what was read of a service since: a confirming read takes another. */
  #fullReadBy: Session | null = null;
  readonly #readBy = new Map<string, Session>();

  constructor(options: MysqlRegistryReaderOptions) {
    const { custom, connectTimeoutMs = 5000, queryTimeoutMs = 5000 } = options;
    const prepare = async (connection: Connection, signal: AbortSignal) => {
      if (custom === null)
        return { schema: managedSql, epoch: (await readRegistryMeta(connection, signal)).epoch };
      return { schema: customSql(await resolveCustomSchema(connection, custom, signal)), epoch: '' };
    };
    this.#pool = new Pool({ ...options, connectTimeoutMs, queryTimeoutMs, prepare });
    this.#states = new ServerStates(options.maxReplicaLagMs);
    this.#isManaged = custom === null;
    this.checksumCost = custom === null ? 'range' : 'table';
    this.source = new MysqlSourceDatabase({
      use: (work, signal) => this.#use(work, {}, signal),
      custom,
      clock: options.clock,
    });
    this.#bulkTimeoutMs = queryTimeoutMs * BULK_TIMEOUTS;
  }

  /** Closes all connections; what is under way fails. */
  close(): void {
    this.#pool.close();
  }

  serverState(signal: AbortSignal): Promise<ServerState> {
    return this.#pool.use((session) => this.#states.read(session, signal), {}, signal);
  }

  now(signal: AbortSignal): Promise<number> {
    return this.#use(({ connection }) => readNow(connection, signal), {}, signal);
  }

  readAll(
    onRows: (rows: readonly RawRow[], nowUs: number) => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ readonly nowUs: number }> {
    const work = async (session: Session) => {
      const { connection, schema } = session;
      this.#fullReadBy = session;
      this.#readBy.clear();
      try {
        // Before the snapshot, never after it: whatever was committed by this moment is in the snapshot. By a later one, a lease would count
        // as run out whose beat came in between, and the feed's rows of that time would count as read. By an earlier one, a lease that runs
        // out in between counts as alive for a moment more, until the expiry watch goes on from here.
        const nowUs = await readNow(connection, signal);
        await connection.execute(
          { text: 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY', values: [] },
          signal,
        );
        const onBatch = (batch: Columns[]) => onRows(batch.map(rawRow), nowUs);
        await connection.stream(schema.readAll(), onBatch, signal, this.#bulkTimeoutMs);
        await connection.execute({ text: 'COMMIT', values: [] }, signal);
        return { nowUs };
      } catch (error) {
        // Never back into the pool with a snapshot still open: later reads would see the past.
        connection.destroy();
        throw error;
      }
    };
    return this.#use(work, { retry: false }, signal);
  }

  /** The connections on which these services were read last (safety rule 2). */
  #readersOf(services: readonly string[]): ReadonlySet<Session> {
    const sessions = services.map((service) => this.#readBy.get(service) ?? this.#fullReadBy);
    return new Set(sessions.filter((session) => session !== null));
  }

  readServices(
    services: readonly string[],
    options: { readonly connection: 'any' | 'other'; readonly held?: HeldRows },
    signal: AbortSignal,
  ): Promise<RegistryRead> {
    const isOther = options.connection === 'other';
    const work = async (session: Session): Promise<RegistryRead> => {
      if (isOther) await this.#states.checkReadable(session, signal);
      for (const service of services) this.#readBy.set(service, session);
      const held = session.schema.hasBeatTable ? options.held : undefined;
      const { nowUs, rows } = await readRows(session, services, { leases: held === undefined }, signal);
      return { nowUs, rows: held === undefined ? rows : await withLeases(session, rows, held, signal) };
    };
    return this.#use(work, { avoid: isOther ? this.#readersOf(services) : new Set() }, signal);
  }

  changedSince(sinceUs: number, signal: AbortSignal): Promise<ChangedRows | null> {
    const convert = (nowUs: number, answer: readonly Columns[]): ChangedRows => {
      const rows = answer.filter(isOfAService).map(([service, instanceId, hash, updatedAtUs]) => ({
        service: String(service),
        instanceId: String(instanceId),
        hash: String(hash),
        updatedAtUs: Number(updatedAtUs),
      }));
      return { nowUs, rows: rows.sort((a, b) => a.updatedAtUs - b.updatedAtUs) };
    };
    return this.#readAtOnce((schema) => schema.changedSince(sinceUs), 4, signal, convert);
  }

  expiredSince(afterUs: number, signal: AbortSignal): Promise<LeaseRead | null> {
    return this.#readAtOnce((schema) => schema.expiredSince(afterUs), 5, signal, leaseRead);
  }

  readLeases(
    keys: readonly InstanceKey[],
    { aliveOnly }: { readonly aliveOnly: boolean },
    signal: AbortSignal,
  ): Promise<LeaseRead | null> {
    const work = async ({ connection, schema }: Session): Promise<LeaseRead | null> => {
      const nowUs = await readNow(connection, signal);
      const rows: Columns[] = [];
      for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
        const sql = schema.leases(keys.slice(start, start + KEYS_AT_ONCE), aliveOnly ? nowUs : null);
        if (sql === null) return null;
        await connection.stream(sql, (batch) => void rows.push(...batch), signal);
      }
      return leaseRead(nowUs, rows);
    };
    return this.#use(work, {}, signal);
  }

  checksums(after: string | null, through: string | null, signal: AbortSignal): Promise<ChecksumRead> {
    const work = async ({ connection, schema }: Session): Promise<ChecksumRead> => {
      const nowUs = await readNow(connection, signal);
      const rows: Columns[] = [];
      const take = (batch: Columns[]): void => void rows.push(...batch);
      await connection.stream(schema.checksums(after, through), take, signal, this.#bulkTimeoutMs);
      return { nowUs, sums: rows.map(checksumOf).filter(({ service }) => service !== '') };
    };
    return this.#use(work, {}, signal);
  }

  async deleteRetired(
    keys: readonly InstanceKey[],
    retentionMs: number,
    signal: AbortSignal,
  ): Promise<number> {
    if (!this.#isManaged) return 0;
    const work = async ({ connection }: Session): Promise<number> => {
      const beforeUs = (await readNow(connection, signal)) - retentionMs * 1000;
      let deleted = 0;
      for (const some of chunks(keys)) {
        // Rows and beats of a multi-table DELETE are counted together, so the rows that stay are counted instead.
        await connection.execute(deleteRetiredSql(some, beforeUs), signal);
        deleted += some.length - (await countRows(connection, some, signal));
      }
      const orphans = await connection.query(orphanBeatsSql(beforeUs, KEYS_AT_ONCE), signal);
      const ids = orphans.map(([id]) => id);
      if (ids.length > 0) await connection.execute(deleteBeatsSql(ids, beforeUs), signal);
      return deleted;
    };
    return await this.#use(work, {}, signal);
  }

  #use<T>(work: (session: Session) => Promise<T>, options: UseOptions, signal: AbortSignal): Promise<T> {
    const checked = async (session: Session): Promise<T> => {
      this.#states.checkBelieved(session);
      return await work(session);
    };
    return this.#pool.use(checked, options, signal);
  }

  /** One statement of so many columns that brings the clock along: see {@link withClock}. */
  #readAtOnce<T>(
    statement: (schema: Session['schema']) => Sql | null,
    columns: number,
    signal: AbortSignal,
    convert: (nowUs: number, rows: readonly Columns[]) => T,
  ): Promise<T | null> {
    const work = async ({ connection, schema }: Session): Promise<T | null> => {
      const sql = statement(schema);
      if (sql === null) return null;
      const answer: Columns[] = [];
      await connection.stream(withClock(sql, columns), (batch) => void answer.push(...batch), signal);
      const { nowUs, rows } = partClock(answer);
      return convert(nowUs, rows);
    };
    return this.#use(work, {}, signal);
  }
}

async function readNow(connection: Connection, signal: AbortSignal): Promise<number> {
  const [row] = await connection.query({ text: `SELECT ${NOW_US}`, values: [] }, signal);
  return Number(row?.[0]);
}

/**
 * The rows of these services, and a moment no later than what they show: each of them carries the statement's own, which was before its snapshot.
 * Where there is none to carry it, the clock is asked first, and the rows then.
 */
async function readRows(
  { connection, schema }: Session,
  services: readonly string[],
  options: { readonly leases: boolean },
  signal: AbortSignal,
): Promise<RegistryRead> {
  const sql = schema.readServices(services, options);
  const names = new Set<unknown>(services);
  // The column's collation may take other names for equal; ours are told apart to the letter.
  const read = async (): Promise<{ readonly row: RawRow; readonly nowUs: number }[]> =>
    (await connection.query(sql, signal))
      .map((columns) => ({ row: rawRow(columns), nowUs: Number(columns.at(-1)) }))
      .filter(({ row }) => names.has(row.service));
  const found = await read();
  const [first] = found;
  if (first !== undefined) return { nowUs: first.nowUs, rows: found.map(({ row }) => row) };
  const nowUs = await readNow(connection, signal);
  return { nowUs, rows: (await read()).map(({ row }) => row) };
}

/** The rows with the beats of those whose lease is not known; the others say that it was not looked up. */
async function withLeases(
  { connection, schema }: Session,
  rows: readonly RawRow[],
  held: HeldRows,
  signal: AbortSignal,
): Promise<RawRow[]> {
  const isKnown = ({ service, instanceId, id, ttlMs, hash }: RawRow): boolean =>
    held.has(String(service), String(instanceId), hash) ||
    held.isAlive(String(service), String(instanceId), id, ttlMs);
  const wanted = rows.filter((row) => row.ttlMs !== null && !isKnown(row));
  const leases = new Map<unknown, Columns>();
  for (const some of chunks(wanted.map(({ id }) => ({ service: '', instanceId: '', id })))) {
    const sql = schema.leases(some, null);
    if (sql === null) break;
    for (const lease of await connection.query(sql, signal)) leases.set(lease[2], lease);
  }
  const asked = new Set(wanted);
  return rows.map((row) => {
    if (row.ttlMs === null) return row;
    if (!asked.has(row)) return { ...row, leaseRead: false };
    const lease = leases.get(row.id);
    return lease === undefined ? row : { ...row, expiresAtUs: lease[3], unbeaten: lease[4] === 1 };
  });
}

async function countRows(
  connection: Connection,
  keys: readonly InstanceKey[],
  signal: AbortSignal,
): Promise<number> {
  const sql = {
    text: 'SELECT COUNT(*) FROM `instances` WHERE `id` IN (?)',
    values: [keys.map(({ id }) => id)],
  };
  const [row] = await connection.query(sql, signal);
  return Number(row?.[0]);
}

function leaseRead(nowUs: number, rows: readonly Columns[]): LeaseRead {
  const leases = rows.map(([service, instanceId, id, expiresAtUs, unbeaten]) => ({
    service: String(service),
    instanceId: String(instanceId),
    id: id === null ? null : Number(id),
    expiresAtUs: Number(expiresAtUs),
    unbeaten: unbeaten === 1,
  }));
  return { nowUs, leases };
}

/** A row whose service is '' belongs to none, as one whose service is NULL: no snapshot has it, so it is no difference and no news. */
function isOfAService([service]: Columns): boolean {
  return service !== '';
}

function checksumOf([service, rows, checksum]: Columns) {
  const name = Buffer.isBuffer(service) ? service.toString('utf8') : String(service);
  return { service: name, rows: Number(rows), checksum: String(checksum) };
}

function chunks(keys: readonly InstanceKey[]): InstanceKey[][] {
  const parts: InstanceKey[][] = [];
  for (let start = 0; start < keys.length; start += KEYS_AT_ONCE)
    parts.push(keys.slice(start, start + KEYS_AT_ONCE));
  return parts;
}
