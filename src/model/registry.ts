import type { LabelSelector } from './grpcservice.ts';
import type { Condition, KubeObject } from './kube-objects.ts';

/** Registry as stored (rollcall.dev/v1alpha1), after the API server has filled in the defaults of crds/. */
export interface Registry extends KubeObject {
  readonly spec: RegistrySpec;
  readonly status?: RegistryStatus;
}

export interface RegistrySpec {
  readonly mysql: MysqlSpec;
  readonly schema?: SchemaSpec;
  readonly feed?: FeedSpec;
  /** Kubernetes durations ("5m"). */
  readonly resyncInterval?: string;
  readonly retention?: string;
  readonly allowedNamespaces?: {
    readonly from?: 'Same' | 'All' | 'Selector';
    readonly selector?: LabelSelector;
  };
  readonly allowedCIDRs?: readonly string[];
  readonly paused?: boolean;
}

export interface MysqlSpec {
  readonly host: string;
  readonly port?: number;
  readonly database: string;
  readonly credentialsSecretRef: { readonly name: string };
  readonly tls?: TlsSpec;
  readonly maxReplicaLag?: string;
}

export interface TlsSpec {
  /** As MySQL's own --ssl-mode. */
  readonly mode?: 'Disabled' | 'Required' | 'VerifyCA' | 'VerifyIdentity';
  /** Secret with key `ca.crt`. */
  readonly caSecretRef?: { readonly name: string };
  /** Secret with keys `tls.crt` and `tls.key` (kubernetes.io/tls). */
  readonly clientCertificateSecretRef?: { readonly name: string };
}

export interface SchemaSpec {
  readonly type?: 'Managed' | 'Custom';
  readonly custom?: CustomSchemaSpec;
}

export interface CustomSchemaSpec {
  /** Table or view, `table` or `database.table`. */
  readonly table: string;
  readonly columns: CustomColumns;
  /** How the values of the status column read; compared as text. */
  readonly statusValues?: {
    readonly up?: readonly string[];
    readonly draining?: readonly string[];
    readonly down?: readonly string[];
  };
  /** Length of the lease where `columns.lastHeartbeat` is given. */
  readonly ttl?: string;
  /** Time zone of DATETIME columns: '+02:00' or a name that the server's time zone tables know. Default '+00:00'. */
  readonly timeZone?: string;
  /** Unit of integer time columns. */
  readonly timeUnit?: 'Seconds' | 'Milliseconds' | 'Microseconds';
  /** SQL condition that every row must meet: "deleted = 0". */
  readonly where?: string;
}

export interface CustomColumns {
  readonly service: string;
  readonly instanceId: string;
  readonly address: string;
  readonly port: string;
  readonly weight?: string;
  readonly region?: string;
  readonly zone?: string;
  readonly status?: string;
  readonly metadata?: string;
  /** The deadline of the lease, or ... */
  readonly expiresAt?: string;
  /** ... the last beat, `ttl` before the deadline. */
  readonly lastHeartbeat?: string;
  readonly updatedAt?: string;
}

export interface FeedSpec {
  readonly type?: 'Poll' | 'Trigger' | 'Redis' | 'Binlog' | 'Canal';
  readonly fallbackAfter?: string;
  readonly poll?: { readonly interval?: string; readonly auditInterval?: string };
  readonly trigger?: { readonly interval?: string; readonly retention?: string };
  readonly redis?: RedisFeedSpec;
  readonly binlog?: {
    readonly heartbeatInterval?: string;
    readonly credentialsSecretRef?: { readonly name: string };
  };
  readonly canal?: CanalFeedSpec;
}

export interface RedisFeedSpec {
  readonly topology?: 'Standalone' | 'Sentinel' | 'Cluster';
  /** HOST:PORT. */
  readonly addresses: readonly string[];
  readonly sentinelMaster?: string;
  readonly channel?: string;
  /** Keys `password` and, for an ACL user, `username`. */
  readonly credentialsSecretRef?: { readonly name: string };
  readonly sentinelCredentialsSecretRef?: { readonly name: string };
  readonly tls?: TlsSpec;
  readonly pollInterval?: string;
}

export interface CanalFeedSpec {
  readonly host: string;
  readonly port?: number;
  readonly destination: string;
  readonly clientId?: number;
  /** Keys `username` and `password`. */
  readonly credentialsSecretRef?: { readonly name: string };
}

export interface RegistryStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly feed?: { readonly active: string; readonly since: string; readonly reason: string };
  readonly server?: { readonly flavor: string; readonly version: string };
  readonly services?: number;
  readonly instances?: number;
  /** RFC 3339: the registry's state at this moment is what the operator holds. */
  readonly lastSyncTime?: string;
}
