import { createHash } from 'node:crypto';
import { RetryableError } from '../../src/lib/errors.ts';
import type {
  ChangedRows,
  ChecksumRead,
  InstanceKey,
  HeldRows,
  Lease,
  LeaseRead,
  RawRow,
  RegistryRead,
  RegistryReader,
  ServerState,
} from '../../src/registry/registry-reader.ts';
import type { FakeClock } from './fake-clock.ts';
import { aRow } from './raw-rows.ts';

/** What a test says of a row. */
export type TableFields = Partial<
  Pick<RawRow, 'address' | 'port' | 'weight' | 'zone' | 'status' | 'metadata' | 'ttlMs'>
> & {
  /** When the statement ran, where its transaction was slow to commit. Default: now. */
  readonly updatedAtUs?: number;
  /** False: a leased row (`ttlMs`) does not beat as it is first written. Default: true. */
  readonly beats?: boolean;
};

interface Kept {
  readonly row: RawRow;
  readonly createdAtUs: number;
  readonly updatedAtUs: number;
}

/**
 * A registry in memory behind the reader's port, for tests of what a real database shows only now and then: faults between two
 * batches, hints while a read is under way, another server. It keeps the contract of test/contract/registry-reader.ts, as the real adapter does.
 */
export class TableReader implements RegistryReader {
  readonly checksumCost = 'range';
  /** How far this database's clock is ahead of the fake clock's zero. */
  offsetUs = 5_000_000_000_000;
  /** Every read rejects with it. */
  fault: Error | null = null;
  /** Calls of these methods reject with it. */
  readonly faults = new Map<string, Error>();
  /** Called for each read of everything after its first row was handed over; what it throws breaks the read off. */
  duringReadAll: () => Promise<void> = () => Promise.resolve();
  readonly server = { serverId: 'one', startedAtUs: 0, gtidsWentBack: false };
  /** The methods that were called, in order; readServices with the connection that was asked for. */
  readonly calls: string[] = [];
  readonly #clock: FakeClock;
  #believed: { readonly serverId: string; readonly startedAtUs: number } | null = null;
  #kept = new Map<string, Kept>();
  #beats = new Map<number, number>();
  #ids = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  get nowUs(): number {
    return this.offsetUs + this.#clock.now() * 1000;
  }

  put(service: string, instanceId: string, fields: TableFields = {}): void {
    const { updatedAtUs = this.nowUs, beats = true, ...content } = fields;
    const known = this.#kept.get(`${service} ${instanceId}`);
    const id = known?.row.id ?? (this.#ids += 1);
    const row = aRow({ address: `10.0.0.${id}`, ...known?.row, id, service, instanceId, ...content });
    const hash = createHash('sha1')
      .update(JSON.stringify({ ...row, hash: '' }))
      .digest('hex')
      .slice(0, 16);
    const { createdAtUs = this.nowUs } = known ?? {};
    this.#kept.set(`${service} ${instanceId}`, { row: { ...row, hash }, createdAtUs, updatedAtUs });
    if (typeof row.ttlMs === 'number' && known === undefined && beats) this.beat(service, instanceId);
  }

  /** As a hard DELETE: no feed tells of it. */
  remove(service: string, instanceId: string): void {
    this.#kept.delete(`${service} ${instanceId}`);
  }

  /** Another server at the address: other rows, other beats. */
  clear(): void {
    this.#kept = new Map();
    this.#beats = new Map();
  }

  beat(service: string, instanceId: string, ms?: number): void {
    const row = this.#kept.get(`${service} ${instanceId}`)?.row;
    this.#beats.set(row?.id ?? 0, this.nowUs + (ms ?? Number(row?.ttlMs)) * 1000);
  }

  serverState(signal?: AbortSignal): Promise<ServerState> {
    this.#believed = null;
    return this.#answer('serverState', signal, () => {
      this.#believed = { ...this.server };
      return {
        ...{ flavor: 'MySQL', version: '8.4.0', readOnly: false, replicaLagMs: null, executedGtids: '' },
        ...this.server,
        nowUs: this.nowUs,
      };
    });
  }

  now(signal?: AbortSignal): Promise<number> {
    return this.#answer('now', signal, () => this.nowUs);
  }

  async readAll(
    onRows: (rows: readonly RawRow[], nowUs: number) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<{ readonly nowUs: number }> {
    const read = () => ({ nowUs: this.nowUs, rows: this.#rows() });
    const { nowUs, rows } = await this.#answer('readAll', signal, read);
    await onRows(rows.slice(0, 1), nowUs);
    await this.duringReadAll();
    await onRows(rows.slice(1), nowUs);
    return { nowUs };
  }

  readServices(
    services: readonly string[],
    options: { readonly connection: 'any' | 'other'; readonly held?: HeldRows },
    signal?: AbortSignal,
  ): Promise<RegistryRead> {
    const { connection, held } = options;
    const leaseOf = (row: RawRow): RawRow => {
      const [service, instanceId] = [String(row.service), String(row.instanceId)];
      const isKnown =
        held?.has(service, instanceId, row.hash) === true ||
        held?.isAlive(service, instanceId, row.id, row.ttlMs) === true;
      return { ...row, leaseRead: row.ttlMs === null || !isKnown };
    };
    return this.#answer(`readServices ${connection}`, signal, () => ({
      nowUs: this.nowUs,
      rows: this.#rows()
        .filter(({ service }) => services.includes(String(service)))
        .map(leaseOf),
    }));
  }

  changedSince(sinceUs: number, signal?: AbortSignal): Promise<ChangedRows> {
    return this.#answer('changedSince', signal, () => ({
      nowUs: this.nowUs,
      rows: [...this.#kept.values()]
        .filter(({ updatedAtUs }) => updatedAtUs >= sinceUs)
        .sort((a, b) => a.updatedAtUs - b.updatedAtUs)
        .map(({ row, updatedAtUs }) => ({
          ...{ service: String(row.service), instanceId: String(row.instanceId) },
          ...{ hash: row.hash, updatedAtUs },
        })),
    }));
  }

  expiredSince(afterUs: number, signal?: AbortSignal): Promise<LeaseRead> {
    const isWanted = ({ expiresAtUs, unbeaten }: Lease) =>
      !unbeaten && expiresAtUs > afterUs && expiresAtUs <= this.nowUs;
    return this.#leases('expiredSince', signal, isWanted);
  }

  readLeases(
    keys: readonly InstanceKey[],
    { aliveOnly }: { readonly aliveOnly: boolean },
    signal?: AbortSignal,
  ): Promise<LeaseRead> {
    const ids = new Set(keys.map(({ id }) => id));
    const isWanted = ({ id, expiresAtUs, unbeaten }: Lease) =>
      ids.has(id) && (!aliveOnly || (!unbeaten && expiresAtUs > this.nowUs));
    return this.#leases('readLeases', signal, isWanted);
  }

  checksums(after: string | null, through: string | null, signal?: AbortSignal): Promise<ChecksumRead> {
    return this.#answer('checksums', signal, () => {
      const sums = new Map<string, { rows: number; checksum: bigint }>();
      for (const { service, hash } of this.#rows()) {
        const name = String(service);
        if ((after !== null && name <= after) || (through !== null && name > through)) continue;
        const { rows, checksum } = sums.get(name) ?? { rows: 0, checksum: 0n };
        sums.set(name, { rows: rows + 1, checksum: checksum ^ BigInt(`0x${hash}`) });
      }
      return {
        nowUs: this.nowUs,
        sums: [...sums].map(([service, { rows, checksum }]) => ({
          ...{ service, rows, checksum: checksum.toString(16).padStart(16, '0') },
        })),
      };
    });
  }

  deleteRetired(keys: readonly InstanceKey[], retentionMs: number, signal?: AbortSignal): Promise<number> {
    return this.#answer('deleteRetired', signal, () => {
      const ids = new Set(keys.map(({ id }) => id));
      const beforeUs = this.nowUs - retentionMs * 1000;
      const retired = this.#rows().filter(
        ({ id, status, updatedAtUs, expiresAtUs }) =>
          ids.has(id) &&
          ((status === 'DOWN' && Number(updatedAtUs) < beforeUs) ||
            (expiresAtUs !== null && Number(expiresAtUs) < beforeUs)),
      );
      for (const { service, instanceId } of retired) this.remove(String(service), String(instanceId));
      return retired.length;
    });
  }

  #leases(
    name: string,
    signal: AbortSignal | undefined,
    isWanted: (lease: Lease) => boolean,
  ): Promise<LeaseRead> {
    return this.#answer(name, signal, () => ({
      nowUs: this.nowUs,
      leases: this.#rows()
        .filter(({ ttlMs }) => ttlMs !== null)
        .map(({ service, instanceId, id, expiresAtUs, unbeaten }) => ({
          ...{ service: String(service), instanceId: String(instanceId), id, unbeaten },
          expiresAtUs: Number(expiresAtUs),
        }))
        .filter(isWanted),
    }));
  }

  #rows(): RawRow[] {
    return [...this.#kept.values()].map(({ row, createdAtUs, updatedAtUs }) => {
      if (row.ttlMs === null) return { ...row, updatedAtUs };
      const beat = this.#beats.get(Number(row.id));
      const expiresAtUs = beat ?? createdAtUs + Number(row.ttlMs) * 1000;
      return { ...row, updatedAtUs, expiresAtUs, unbeaten: beat === undefined };
    });
  }

  /** What is true at the moment of the answer, one turn after the question. */
  async #answer<T>(call: string, signal: AbortSignal | undefined, answer: () => T): Promise<T> {
    this.calls.push(call);
    await Promise.resolve();
    signal?.throwIfAborted();
    const fault = this.fault ?? this.faults.get(call.split(' ', 1).join());
    if (fault !== undefined) throw fault;
    const { serverId, startedAtUs } = this.#believed ?? this.server;
    if (serverId !== this.server.serverId || startedAtUs !== this.server.startedAtUs)
      throw new RetryableError('is another server than before', { reason: 'ServerChanged' });
    return answer();
  }
}
