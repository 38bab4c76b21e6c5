import type { AddressType } from './instance.ts';
import type { Condition, KubeObject } from './kube-objects.ts';

/** GrpcService as stored (rollcall.dev/v1alpha1), after the API server has filled in the defaults of crds/. */
export interface GrpcService extends KubeObject {
  readonly spec: GrpcServiceSpec;
  readonly status?: GrpcServiceStatus;
}

export interface GrpcServiceSpec {
  /** Default: the operator's --default-registry. `namespace` defaults to the GrpcService's own. */
  readonly registryRef?: { readonly name: string; readonly namespace?: string };
  /** Name in the registry; default metadata.name. */
  readonly service?: string;
  readonly selector?: LabelSelector;
  /** The port clients dial: over DNS only instances on this port are published. */
  readonly port: number;
  readonly protection?: ProtectionSpec;
  readonly paused?: boolean;
  readonly dns?: DnsSpec;
  readonly xds?: XdsServiceSpec;
  readonly proxy?: ProxySpec;
}

/** metav1.LabelSelector, matched on instance metadata plus `zone` and `region`. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    readonly values?: readonly string[];
  }[];
}

export interface ProtectionSpec {
  readonly mode?: 'Hold' | 'Off';
  readonly minAvailablePercent?: number;
  /** Kubernetes duration ("10m"). */
  readonly forgetAfter?: string;
}

export interface DnsSpec {
  readonly enabled?: boolean;
  /** Default metadata.name. */
  readonly serviceName?: string;
  readonly appProtocol?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly addressTypes?: readonly AddressType[];
  readonly adoption?: 'Never' | 'IfUnowned';
}

/** How xds:/// clients call the instances. Durations are Kubernetes durations ("10s"). */
export interface XdsServiceSpec {
  readonly loadBalancing?: {
    readonly policy?: 'RoundRobin' | 'LeastRequest' | 'RingHash';
    readonly leastRequest?: { readonly choiceCount?: number };
    readonly ringHash?: {
      readonly header?: string;
      readonly minimumRingSize?: number;
      readonly maximumRingSize?: number;
    };
  };
  readonly locality?: {
    readonly mode?: LocalityMode;
    readonly failoverRegions?: readonly string[];
    readonly minReadyEndpoints?: number;
  };
  readonly outlierDetection?: OutlierDetectionSpec;
  readonly circuitBreaker?: { readonly maxRequests: number };
  readonly retry?: {
    readonly attempts?: number;
    readonly codes?: readonly RetryCode[];
    readonly backoff?: { readonly base?: string; readonly max?: string };
  };
  readonly timeout?: string;
}

export type LocalityMode = 'None' | 'PreferSameZone' | 'PreferSameRegion';

export type RetryCode = 'Cancelled' | 'DeadlineExceeded' | 'Internal' | 'ResourceExhausted' | 'Unavailable';

/** gRFC A50; one of successRate and failurePercentage is there at least. */
export interface OutlierDetectionSpec {
  readonly interval?: string;
  readonly baseEjectionTime?: string;
  readonly maxEjectionTime?: string;
  readonly maxEjectionPercent?: number;
  readonly successRate?: {
    /** Thousandths. */
    readonly stdevFactor?: number;
    readonly enforcementPercent?: number;
    readonly minimumHosts?: number;
    readonly requestVolume?: number;
  };
  readonly failurePercentage?: {
    readonly threshold?: number;
    readonly enforcementPercent?: number;
    readonly minimumHosts?: number;
    readonly requestVolume?: number;
  };
}

/** What the Envoy front proxy routes to the instances; one of the two is there at least. */
export interface ProxySpec {
  readonly hosts?: readonly string[];
  /** Full names: `shop.v1.Orders`. */
  readonly rpcServices?: readonly string[];
}

export interface GrpcServiceStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly endpoints?: EndpointCounts;
  /** How many EndpointSlices hold the endpoints. */
  readonly slices?: number;
  /** When this service last changed: only grows. */
  readonly revision?: number;
  readonly targets?: { readonly dns?: string; readonly xds?: string };
  readonly rejected?: readonly { readonly instanceId: string; readonly reason: string }[];
  readonly xds?: { readonly replicas?: readonly XdsReplicaStatus[] };
}

/** What one replica hears from its xDS clients; written by that replica. Times are metav1.Time by its clock. */
export interface XdsReplicaStatus {
  /** Identity, as in the Lease. */
  readonly replica: string;
  /** Since when something is refused. */
  readonly since: string;
  /** When this was written; renewed while it stands. */
  readonly observedTime: string;
  /** How many clients refuse something. */
  readonly clients: number;
  /** At most 10, what most clients refuse first. */
  readonly refusals: readonly XdsRefusalStatus[];
}

/** What clients refuse for one reason. */
export interface XdsRefusalStatus {
  /** `Cluster` */
  readonly type: string;
  readonly resource: string;
  readonly version: string;
  /** In the client's own words. */
  readonly reason: string;
  readonly clients: number;
  /** node.id of one of them. */
  readonly node: string;
}

export interface EndpointCounts {
  /** Published over DNS: ready + draining. */
  readonly desired: number;
  readonly ready: number;
  readonly draining: number;
  /** Lease ran out (held ones included). */
  readonly expired: number;
  /** Expired, but published all the same by spec.protection; counted in ready too. */
  readonly held: number;
  readonly rejected: number;
}
