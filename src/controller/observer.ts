import type { RejectionReason } from '../model/instance.ts';
import type { ObjectKey } from '../model/key.ts';

/**
 * What the GrpcService controller tells of its work, for metrics. Calls never throw and never wait. Numbers kept per
 * GrpcService go when {@link ControllerObserver.forget} is called for it.
 */
export interface ControllerObserver {
  /** One sync of the slices of a GrpcService ended. `stale`: put off, because the caches had not seen an own write yet. */
  synced(key: ObjectKey, result: SyncResult): void;
  /** What a sync that was carried through found and changed; called also when there was nothing to change. */
  planned(key: ObjectKey, plan: PlanNumbers): void;
  /** One EndpointSlice was written: accepted by the API server. */
  sliceWritten(operation: SliceOperation): void;
  /** How many of the service's instances are in which state, as of the last sync. */
  endpoints(key: ObjectKey, counts: EndpointStateCounts): void;
  /** The rows that are not published because they are wrong, as of the last sync; a reason left out counts as 0. */
  rejected(key: ObjectKey, counts: Partial<Readonly<Record<RejectionReason, number>>>): void;
  /** What the condition Ready of the GrpcService says now. */
  ready(key: ObjectKey, status: ReadyStatus): void;
  /** A change of a row reached the API server: seconds from the change (by the database's clock) to the slice accepted. */
  propagated(seconds: number): void;
  /** The GrpcService is gone, or another replica leads: its numbers are taken out of every sum. */
  forget(key: ObjectKey): void;
}

/** Label `ready` of rollcall_grpcservices. */
export type ReadyStatus = 'True' | 'False' | 'Unknown';

/** Label `result` of rollcall_syncs_total. */
export type SyncResult = 'success' | 'stale' | 'error';

/** Label `operation` of rollcall_changes_total. */
export type SliceOperation = 'create' | 'update' | 'delete';

/** One slice plan in numbers, named as the EndpointSlice controller's metrics are. */
export interface PlanNumbers {
  readonly endpointsAdded: number;
  readonly endpointsRemoved: number;
  /** Endpoints that the slices hold when the plan is carried out. */
  readonly endpointsDesired: number;
  /** Slices when the plan is carried out. */
  readonly slices: number;
  /** Slices that perfect packing would need. */
  readonly slicesDesired: number;
  /** Slices that the plan creates, updates and deletes. */
  readonly slicesChanged: number;
}

/** Label `state` of rollcall_endpoints. */
export interface EndpointStateCounts {
  readonly ready: number;
  readonly draining: number;
  readonly expired: number;
  /** Expired, but published all the same; counted in `ready` and `expired` too, as in status.endpoints. */
  readonly held: number;
}
