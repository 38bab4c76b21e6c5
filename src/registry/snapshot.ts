import type { Instance, RejectedInstance } from '../model/instance.ts';

/**
 * The instances of one service as read at one moment of the database's clock. Immutable; a change makes a new one.
 * A service of which the registry has no row has a snapshot too, with no instances: "is empty" is not "was not read".
 */
export interface Snapshot {
  readonly service: string;
  /** Sorted by instanceId (code unit order), so that equal rows give equal snapshots. */
  readonly instances: readonly Instance[];
  /** Rows that could not be parsed, sorted by instanceId. */
  readonly rejected: readonly RejectedInstance[];
  /** The database's clock when this was read. */
  readonly asOfUs: number;
  /**
   * Only grows: the database's time, in microseconds, of the newest change that this snapshot shows. The first read
   * takes the newest updated_at of the rows, so that a restart alone changes nothing.
   */
  readonly revision: number;
  /** When the oldest change that came with this revision was made, by the database's clock; for propagation times. */
  readonly changedAtUs: number;
  /**
   * False until all that this snapshot does not show any more, or shows otherwise, was found so by two reads: the very first read has
   * nothing to be compared with, and a later one may take little from the service and all from a GrpcService that selects a part of
   * it. A removal that would be drastic there is confirmed by {@link Syncer.confirm} first (safety rule 2).
   */
  readonly confirmed: boolean;
  /** Set while expiry has to wait because beats could not be stored; see {@link Grace}. */
  readonly grace: Grace | null;
}

/**
 * After a time in which beats could not be stored (database away, another server answering), expiry waits one TTL
 * (safety rules 3 and 8): an instance whose lease ran out at or after `sinceUs` counts as alive until `fromUs` plus its own TTL.
 */
export interface Grace {
  /** Start of the time without beats; leases that had run out before it stay expired. */
  readonly sinceUs: number;
  /** The moment beats could be stored again. */
  readonly fromUs: number;
}
