/** The status a registry row declares. */
export type InstanceStatus = 'UP' | 'DRAINING' | 'DOWN';

/** The two families EndpointSlices are split by (EndpointSlice.addressType). */
export type AddressType = 'IPv4' | 'IPv6';

/**
 * One valid row of the registry: one server. Times are microseconds since 1970 by the database's clock (`...Us`),
 * because every row time and every expiry is judged by that clock and no other.
 */
export interface Instance {
  readonly instanceId: string;
  /** Canonical text of the address: the same address always has the same text. */
  readonly address: string;
  readonly addressType: AddressType;
  /** 1 to 65535. */
  readonly port: number;
  /** 0 means: not published. */
  readonly weight: number;
  readonly region: string | null;
  readonly zone: string | null;
  readonly status: InstanceStatus;
  readonly metadata: Readonly<Record<string, string>>;
  /** The lease's length; null for a static instance, which never expires. */
  readonly ttlMs: number | null;
  /**
   * When the lease ran out, if it has (as of the snapshot's `asOfUs`); null while the instance is alive or static.
   * The beats that push a live lease's deadline on are not followed: 10,000 a second would be no news at all.
   */
  readonly expiredAtUs: number | null;
  /** The row's own updated_at; used for "the newest row wins" and for propagation times. */
  readonly updatedAtUs: number;
  /**
   * Hash of the row's content and primary key (without beats and times), computed by the database: 16 hexadecimal digits. For telling
   * rows apart; whether an endpoint changed is judged by its fields.
   */
  readonly hash: string;
  /** Primary key in a Managed schema; null in a Custom one. */
  readonly id: number | null;
}

/** A row that cannot be published, and why; it never takes its neighbours along. */
export interface RejectedInstance {
  readonly instanceId: string;
  readonly reason: RejectionReason;
  /** One sentence that names the value and what would be right. */
  readonly message: string;
}

/** Label `reason` of the metric rollcall_rejected_instances, and of status.rejected. */
export type RejectionReason =
  | 'InvalidAddress'
  | 'SpecialAddress'
  | 'AddressNotAllowed'
  | 'InvalidPort'
  | 'InvalidWeight'
  | 'InvalidRegion'
  | 'InvalidZone'
  | 'InvalidStatus'
  | 'InvalidMetadata'
  | 'InvalidInstanceId'
  | 'InvalidTtl'
  | 'InvalidTime';
