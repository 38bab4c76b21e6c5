import type { RegistryRow } from './rows.ts';

/** What the slices say of an instance. */
export type Publication = 'ready' | 'draining' | 'absent';

/** What the slices say of an instance, and since when. */
export interface SeenEndpoint {
  readonly state: Publication;
  /** When the watch told of it. */
  readonly since: number;
}

/** A row, what should be published for it and what is. */
export interface FollowedRow extends RegistryRow {
  readonly expired: boolean;
  readonly wanted: Publication;
  /** Since when the row has wanted that, by the database's clock. */
  readonly wantedAt: number;
  readonly published: Publication;
  /** Whether what is wanted was published at any time since; what is repaired later is no change of the row's. */
  readonly settled: boolean;
  /** How long the change took from the row to the watcher of the slices; undefined until it has arrived. */
  readonly afterMs: number | undefined;
}

/** Names an instance among the endpoints: the service in the registry, and the address with its port. */
export const endpointKey = (service: string, address: string): string => `${service} ${address}`;

/**
 * Follows the rows from one look to the next. The clock of the database and the one of this process are the same
 * machine's, so the time from the row's change to the event of the watch is the propagation time as a client of
 * Kubernetes has it.
 *
 * | the row is          | wanted   | since                                    |
 * |---------------------|----------|------------------------------------------|
 * | UP and alive        | ready    | updated_at; the beat that revived it     |
 * | DRAINING and alive  | draining | updated_at; the beat that revived it     |
 * | expired             | absent   | the end of its lease                     |
 * | DOWN                | absent   | updated_at                               |
 */
export function followRows(
  before: readonly FollowedRow[],
  rows: readonly RegistryRow[],
  endpoints: ReadonlyMap<string, SeenEndpoint>,
  now: number,
): FollowedRow[] {
  const known = new Map(before.map((row) => [keyOf(row), row]));
  return rows.map((row) => {
    const earlier = known.get(keyOf(row));
    const expired = row.status !== 'DOWN' && row.expiresAt !== undefined && row.expiresAt <= now;
    const wanted = wantedFor(row, expired);
    const wantedAt = earlier?.wanted === wanted ? earlier.wantedAt : changedAt(row, expired, earlier);
    const seen = endpoints.get(endpointKey(row.service, row.address)) ?? {
      state: 'absent',
      since: -Infinity,
    };
    const followed = { ...row, ...{ expired, wanted, wantedAt, published: seen.state } };
    if (earlier?.settled && earlier.wantedAt === wantedAt) {
      return { ...followed, settled: true, afterMs: earlier.afterMs };
    }
    const settled = seen.state === wanted;
    return {
      ...followed,
      settled,
      afterMs: settled && seen.since >= wantedAt ? seen.since - wantedAt : undefined,
    };
  });
}

function wantedFor(row: RegistryRow, expired: boolean): Publication {
  if (expired || row.status === 'DOWN') return 'absent';
  return row.status === 'UP' ? 'ready' : 'draining';
}

function changedAt(row: RegistryRow, expired: boolean, earlier: FollowedRow | undefined): number {
  const { expiresAt, ttlMs, updatedAt } = row;
  if (expiresAt === undefined) return updatedAt;
  if (expired) return expiresAt;
  const lastBeat = expiresAt - (ttlMs ?? 0);
  return earlier?.expired && row.status !== 'DOWN' ? Math.max(updatedAt, lastBeat) : updatedAt;
}

const keyOf = ({ service, instanceId }: RegistryRow) => `${service} ${instanceId}`;
