import type { DesiredEndpoints } from '../desired/desired-endpoints.ts';
import type { DnsView } from '../desired/dns-view.ts';
import type { PublishSpec } from '../desired/publish-spec.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import type { XdsReplicaStatus } from '../model/grpcservice.ts';
import type { ObjectKey } from '../model/key.ts';
import type { PublishedCounts } from './published-counts.ts';
import type { RegistryHealth } from './registry-directory.ts';

/** What came of writing; the last part of the status. */
export type PublishOutcome =
  | { readonly kind: 'Published' }
  /** Nothing was written, on purpose: paused, a removal that waits for its confirmation, a name that is taken ... */
  | { readonly kind: 'Held'; readonly reason: string; readonly message: string }
  /** The API server refused or failed. */
  | { readonly kind: 'Failed'; readonly reason: string; readonly message: string };

/** All that the status of a GrpcService is made of. */
export interface StatusFacts {
  readonly publish: PublishSpec;
  /** Why the GrpcService has no registry; null when it has one. */
  readonly registryFault: { readonly reason: string; readonly message: string } | null;
  readonly registryHealth: RegistryHealth;
  /** The Registry that the health is of; null: none is named. */
  readonly registryKey: ObjectKey | null;
  /** Where its rows are: the table of a Custom schema; null for the tables of the Managed one. */
  readonly customTable: string | null;
  readonly snapshot: Snapshot | undefined;
  readonly desired: DesiredEndpoints | null;
  readonly dns: DnsView | null;
  readonly published: PublishedCounts;
  readonly outcome: PublishOutcome;
  readonly clusterDomain: string;
  /** Whether the operator serves xDS. */
  readonly servesXds: boolean;
  /** What replicas hear from xDS clients, as each wrote it, but for those that have fallen silent. */
  readonly xdsReplicas: readonly XdsReplicaStatus[];
}
