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

export interface GrpcServiceStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly endpoints?: EndpointCounts;
  /** How many EndpointSlices hold the endpoints. */
  readonly slices?: number;
  /** When this service last changed: only grows. */
  readonly revision?: number;
  readonly targets?: { readonly dns?: string };
  readonly rejected?: readonly { readonly instanceId: string; readonly reason: string }[];
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
