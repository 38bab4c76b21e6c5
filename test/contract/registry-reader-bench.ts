import assert from 'node:assert/strict';
import type { InstanceKey, HeldRows, RawRow, RegistryReader } from '../../src/registry/registry-reader.ts';

/** Columns of `instances` as a writer sets them. */
export interface WrittenFields {
  readonly address?: string;
  readonly port?: number;
  readonly weight?: number;
  readonly zone?: string | null;
  readonly status?: 'UP' | 'DRAINING' | 'DOWN';
  readonly metadata?: string | null;
  readonly ttlMs?: number | null;
  /** When the statement ran, in a transaction that took its time to commit. Default: now. */
  readonly updatedAtUs?: number;
}

/** A registry with the Managed schema, empty, for the contract suite. */
export interface ReaderBench {
  readonly reader: RegistryReader;
  /** Inserts a row, or changes the columns named of one that is there. Beats for nothing. */
  readonly put: (service: string, instanceId: string, fields?: WrittenFields) => Promise<void>;
  /** A hard DELETE; the beat stays. */
  readonly remove: (service: string, instanceId: string) => Promise<void>;
  /** Sets the deadline of a row to `ms` from now. */
  readonly beat: (service: string, instanceId: string, ms: number) => Promise<void>;
  /** Another server answers from now on, with the same rows. */
  readonly replaceServer: () => Promise<void>;
  /** Cuts the reader off, and mends it. */
  readonly cut: () => void;
  readonly mend: () => void;
  readonly close: () => Promise<void>;
}

export const SECOND_US = 1_000_000;
export const any = { connection: 'any' } as const;

const { signal } = new AbortController();

/** All rows, by name. */
export async function readAll(reader: RegistryReader): Promise<readonly RawRow[]> {
  const all: RawRow[] = [];
  await reader.readAll((rows) => Promise.resolve(void all.push(...rows)), signal);
  return all.sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

/** One row, which must be there. */
export async function readOne(reader: RegistryReader, service: string, instanceId = '1'): Promise<RawRow> {
  const { rows } = await reader.readServices([service], any, signal);
  const row = rows.find((each) => each.instanceId === instanceId);
  assert.ok(row, `${service}/${instanceId} is not there`);
  return row;
}

/** service/instance. */
export function nameOf({
  service,
  instanceId,
}: {
  readonly service: unknown;
  readonly instanceId: unknown;
}): string {
  return `${String(service)}/${String(instanceId)}`;
}

/** The key of a row. */
export function keyOf({ service, instanceId, id }: RawRow): InstanceKey {
  return { service: String(service), instanceId: String(instanceId), id };
}

/** Holds these rows, and no others; their leases are alive. */
export function holding(rows: readonly RawRow[]): HeldRows {
  const hashes = new Set(rows.map((row) => `${nameOf(row)} ${row.hash}`));
  const leases = new Set(rows.map((row) => `${nameOf(row)} ${row.id} ${String(row.ttlMs)}`));
  return {
    has: (service, instanceId, hash) => hashes.has(`${service}/${instanceId} ${hash}`),
    isAlive: (service, instanceId, id, ttlMs) =>
      leases.has(`${service}/${instanceId} ${id} ${String(ttlMs)}`),
  };
}

/** The exclusive or of hashes; 16 hexadecimal digits. */
export function exclusiveOr(hashes: readonly string[]): string {
  let sum = 0n;
  for (const hash of hashes) sum ^= BigInt(`0x${hash}`);
  return sum.toString(16).padStart(16, '0');
}
