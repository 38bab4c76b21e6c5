/**
 * The port through which the syncer and the feeds see a registry, whatever its schema. One adapter: src/mysql.
 * Every method rejects with RetryableError when the registry could not be read (connection, timeout, replica too far behind), and
 * with TerminalError when somebody has to mend something first (credentials, grants, a missing table or column).
 * "Could not read" is never an empty answer. Once {@link RegistryReader.serverState} has said who answers, every other method rejects with
 * RetryableError ServerChanged when another server, or another process of it, would answer: what it says must not be mixed with what
 * the first one said before somebody has looked at who it is (safety rule 8).
 */
export interface RegistryReader {
  /**
   * Who answers, and in what state. Cheap: asked every second, and for reads that come later after it than a moment. Only the syncer asks: an answer that tells of another server is given
   * once.
   */
  serverState(signal: AbortSignal): Promise<ServerState>;

  /** The database's clock: everything committed by then is seen by any later read. */
  now(signal: AbortSignal): Promise<number>;

  /**
   * All rows in one consistent read, in any order (sorting 100,000 rows would cost the server more than the read); batches end at any
   * row. Backpressure: the next batch is fetched when `onRows` has resolved. `nowUs` is the database's clock at the start of the read.
   */
  readAll(
    onRows: (rows: readonly RawRow[], nowUs: number) => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ readonly nowUs: number }>;

  /**
   * The rows of the services named. `connection: 'other'` takes one that was not used for the last read (safety rule 2). With `held`,
   * leases are looked up only for the rows that it does not know (see {@link RawRow.leaseRead}): reading a service of
   * 5,000 because one row changed must not read 5,000 beats as well.
   */
  readServices(
    services: readonly string[],
    options: { readonly connection: 'any' | 'other'; readonly held?: HeldRows },
    signal: AbortSignal,
  ): Promise<RegistryRead>;

  /** Rows whose updated_at is at or after `sinceUs`, oldest first. Null when the schema has no such column. */
  changedSince(sinceUs: number, signal: AbortSignal): Promise<ChangedRows | null>;

  /** Leases whose deadline lies in (`afterUs`, now], found through the index on the deadline. Null when the schema has no leases. */
  expiredSince(afterUs: number, signal: AbortSignal): Promise<LeaseRead | null>;

  /**
   * The deadlines of the leases named, by key: created_at + ttl where there is no beat. A row that is gone or static is left out.
   * `aliveOnly`: only beats whose deadline lies ahead (of 100,000 expired leases, few are back). Null when the schema has no leases.
   */
  readLeases(
    keys: readonly InstanceKey[],
    options: { readonly aliveOnly: boolean },
    signal: AbortSignal,
  ): Promise<LeaseRead | null>;

  /** Count and checksum of every service whose name lies in (`after`, `through`]; null: no bound. */
  checksums(after: string | null, through: string | null, signal: AbortSignal): Promise<ChecksumRead>;

  /**
   * Deletes those of the rows named that have been DOWN or expired for longer than `retentionMs` (judged again by the database, as it
   * deletes), and at most as many beats without an instance; answers how many instances went. The caller knows the
   * candidates, so nothing is searched for. Managed schema only (0 otherwise).
   */
  deleteRetired(keys: readonly InstanceKey[], retentionMs: number, signal: AbortSignal): Promise<number>;

  /** What one call of {@link RegistryReader.checksums} costs: the rows of its range, or (no usable order) the whole table. */
  readonly checksumCost: 'range' | 'table';
}

/** What is already known of the registry: lets feeds and readers pass over what is no news. */
export interface KnownRows {
  /** True when a row with this content hash is held for the instance, valid or rejected. */
  has(service: string, instanceId: string, hash: string): boolean;
  /** Rows and checksum of every service that has rows, as {@link RegistryReader.checksums} gives them. */
  sums(): ReadonlyMap<string, RowSum>;
  /** Another number whenever what is held of the service has changed; 0: it has no rows, and none were seen since it is known. */
  revision(service: string): number;
}

/** What is held of single rows: lets a read of a service leave out the leases that it would tell nothing new of. */
export interface HeldRows extends Pick<KnownRows, 'has'> {
  /**
   * True when this row, whatever else it says now, is held with a lease of this length that is alive: whoever watches deadlines knows of it, so that
   * a change of the row is no reason to look its lease up. A lease that ran out may have come back unseen (nobody asks for rows that are DOWN).
   */
  isAlive(service: string, instanceId: string, id: number | null, ttlMs: unknown): boolean;
}

/** How many rows a service has, and the exclusive or of their hashes (16 hexadecimal digits). */
export interface RowSum {
  readonly rows: number;
  readonly checksum: string;
}

/** Which server answers; a change of `serverId`, or executed transactions that go back, is another server (safety rule 8). */
export interface ServerState {
  readonly flavor: 'MySQL' | 'MariaDB';
  readonly version: string;
  /**
   * Names the server and the registry in it: server_uuid on MySQL; server_uid, server_id, host, port and data directory on MariaDB
   * (its server_uid alone stays when the data are replaced); plus the epoch of registry_meta in a Managed schema.
   */
  readonly serverId: string;
  readonly readOnly: boolean;
  /** How far a replica is behind; null on a server that is none. */
  readonly replicaLagMs: number | null;
  /** Executed GTIDs as the server writes them; '' when it keeps none. */
  readonly executedGtids: string;
  /** False when `executedGtids` no longer contains what this connection saw before: a restored backup, a lagging replica. */
  readonly gtidsWentBack: boolean;
  /** The database's clock, and when the server process started by it. */
  readonly nowUs: number;
  readonly startedAtUs: number;
}

/** One row as the server gave it, under the names of the Managed schema; nothing is trusted yet. */
export interface RawRow {
  readonly id: number | null;
  readonly service: unknown;
  readonly instanceId: unknown;
  readonly address: unknown;
  readonly port: unknown;
  readonly weight: unknown;
  readonly region: unknown;
  readonly zone: unknown;
  /** Already mapped to UP, DRAINING, DOWN where the schema has statusValues; otherwise as it stands. */
  readonly status: unknown;
  /** JSON text, or an object. */
  readonly metadata: unknown;
  /** Null for a static row, and where the schema knows deadlines only. */
  readonly ttlMs: unknown;
  /** The deadline of the lease: the beat's, or created_at + ttl; null for a static row; negative when it cannot be converted. */
  readonly expiresAtUs: unknown;
  readonly updatedAtUs: unknown;
  /** 16 hexadecimal digits over the content and the primary key, so that a row deleted and inserted again is another row. */
  readonly hash: string;
  /** True when the lease has no beat yet: its deadline is created_at + ttl, and no index leads to it. */
  readonly unbeaten: boolean;
  /** False when the lease was not looked up because the row, or its lease, is known: `expiresAtUs` and `unbeaten` say nothing then. */
  readonly leaseRead: boolean;
}

/** An answer with the moment it belongs to. */
export interface RegistryRead {
  readonly nowUs: number;
  readonly rows: readonly RawRow[];
}

export interface ChangedRows {
  readonly nowUs: number;
  readonly rows: readonly {
    readonly service: string;
    readonly instanceId: string;
    readonly hash: string;
    readonly updatedAtUs: number;
  }[];
}

/** Names one instance; `id` is the primary key where the schema is Managed. */
export interface InstanceKey {
  readonly service: string;
  readonly instanceId: string;
  readonly id: number | null;
}

/** Tells keys apart. */
export function keyText({ service, instanceId, id }: InstanceKey): string {
  return `${id ?? ''} ${service} ${instanceId}`;
}

/** One lease; `unbeaten`: it has no beat, so that no index leads to its deadline. */
export interface Lease extends InstanceKey {
  readonly expiresAtUs: number;
  readonly unbeaten: boolean;
}

export interface LeaseRead {
  readonly nowUs: number;
  readonly leases: readonly Lease[];
}

export interface ChecksumRead {
  readonly nowUs: number;
  readonly sums: readonly (RowSum & { readonly service: string })[];
}
