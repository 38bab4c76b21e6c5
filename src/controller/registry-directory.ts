import type { ObjectKey } from '../model/key.ts';
import type { Snapshot } from '../registry/snapshot.ts';

/** What the GrpcService controller sees of the registries that this replica follows. */
export interface RegistryDirectory {
  get(key: ObjectKey): RegistryView | undefined;
  /** Calls back when a service's snapshot changed, or (`service` null) when anything else about the registry did. */
  subscribe(listener: (registry: ObjectKey, service: string | null) => void): () => void;
}

/** One registry, as far as it could be read. */
export interface RegistryView {
  /** Undefined until the registry was read once; a service without rows has an empty snapshot. */
  snapshot(service: string): Snapshot | undefined;
  readonly health: RegistryHealth;
  /** Asks for a second read of a service whose snapshot is not confirmed; its answer comes as a change. */
  confirm(service: string): void;
  /** True when all that the snapshot of `service` says was read after this moment of this process's clock. */
  isCurrent(service: string, sinceMs: number): boolean;
  /** Asks for `service` to be read now, unless it was since that moment. A change is told as ever; that there is none is not. */
  refresh(service: string, sinceMs: number): void;
  /**
   * The database's clock now, estimated from its last answer; it stands still while the registry cannot be read, so
   * that no endpoint changes by the passing of a time that nobody could beat in (safety rule 1).
   */
  nowUs(): number;
}

/** Whether the registry can be read. */
export interface RegistryHealth {
  readonly available: boolean;
  /** CamelCase: Connected, NeverRead, AccessDenied, TableNotFound ... */
  readonly reason: string;
  readonly message: string;
  /** True when trying again is of no use until somebody mends something: a wrong password, a missing table. */
  readonly needsHelp: boolean;
}
