import { grpcServiceIndexes, kubeServiceIndexes, sliceIndexes } from '../controller/grpcservice-indexes.ts';
import type { MachineryObserver } from '../controller/machinery-observers.ts';
import type { OperatorConfig } from '../config/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { GrpcService } from '../model/grpcservice.ts';
import type { EndpointSlice, KubeObject, KubeService, Namespace, Secret } from '../model/kube-objects.ts';
import type { ObjectKey } from '../model/key.ts';
import { LABEL_MANAGED_BY, MANAGED_BY } from '../model/names.ts';
import type { Registry } from '../model/registry.ts';
import type { KubeEvent } from '../kube/kube-event.ts';
import type { Lease } from '../kube/lease.ts';
import { Reflector } from '../kube/reflector.ts';
import { ApiResourceClient } from '../kube/resource-client.ts';
import {
  ENDPOINT_SLICES,
  EVENTS,
  GRPC_SERVICES,
  LEASES,
  NAMESPACES,
  REGISTRIES,
  type Resource,
  SECRETS,
  SERVICES,
} from '../kube/resources.ts';
import type { Transport } from '../kube/transport.ts';
import type { WriteGate } from '../kube/write-gate.ts';

/** What the parts of src/kube are made with. */
export interface KubePartsOptions {
  readonly config: OperatorConfig;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly observer: MachineryObserver;
}

/** The caches of the operator, each followed by a reflector of its own. */
export interface Reflectors {
  readonly grpcServices: Reflector<GrpcService>;
  readonly registries: Reflector<Registry>;
  readonly slices: Reflector<EndpointSlice>;
  readonly kubeServices: Reflector<KubeService>;
  /** Null in namespaced mode: Namespaces belong to no namespace, so a Role cannot grant them. */
  readonly namespaces: Reflector<Namespace> | null;
  /** The one Lease: so that its release is seen at once. */
  readonly lease: Reflector<Lease>;
}

/** A reflector, whatever it follows. */
export type AnyReflector = Pick<Reflector<KubeObject>, 'synced' | 'whenSynced' | 'run'>;

/** The reflectors with their names. */
export function namedReflectors(reflectors: Reflectors): readonly (readonly [string, AnyReflector])[] {
  const { namespaces, ...always } = reflectors;
  const named: Readonly<Record<string, AnyReflector>> =
    namespaces === null ? { ...always } : { ...always, namespaces };
  return Object.entries(named);
}

/** Makes the reflectors; nothing runs yet. */
export function createReflectors(options: KubePartsOptions): Reflectors {
  const { config } = options;
  const { watchNamespaces } = config;
  const reflector = <T extends KubeObject>(
    resource: Resource<T>,
    scope: Pick<ConstructorParameters<typeof Reflector<T>>[0], 'namespaces'> &
      Partial<ConstructorParameters<typeof Reflector<T>>[0]>,
  ): Reflector<T> => new Reflector({ ...options, resource, ...scope });
  return {
    grpcServices: reflector(GRPC_SERVICES, {
      namespaces: watchNamespaces,
      indexers: grpcServiceIndexes(defaultRegistryKey(config)),
    }),
    registries: reflector(REGISTRIES, { namespaces: config.registryNamespaces }),
    slices: reflector(ENDPOINT_SLICES, {
      namespaces: watchNamespaces,
      labelSelector: `${LABEL_MANAGED_BY}=${MANAGED_BY}`,
      indexers: sliceIndexes,
      pageSize: 50,
    }),
    kubeServices: reflector(SERVICES, {
      namespaces: watchNamespaces,
      indexers: kubeServiceIndexes,
      transform: withoutStatus,
    }),
    namespaces:
      watchNamespaces.length === 0 ? reflector(NAMESPACES, { namespaces: [], transform: onlyLabels }) : null,
    lease: reflector(LEASES, {
      namespaces: [config.namespace],
      fieldSelector: `metadata.name=${config.leaderElection.leaseName}`,
    }),
  };
}

/** The clients of the operator. Only the leader's writes pass `gate`. */
export interface Clients {
  readonly grpcServices: ApiResourceClient<GrpcService>;
  readonly registries: ApiResourceClient<Registry>;
  readonly slices: ApiResourceClient<EndpointSlice>;
  readonly kubeServices: ApiResourceClient<KubeService>;
  readonly secrets: ApiResourceClient<Secret>;
  readonly events: ApiResourceClient<KubeEvent>;
}

export function createClients(transport: Transport, gate: WriteGate): Clients {
  const guarded = { gate, limited: true };
  return {
    grpcServices: new ApiResourceClient(transport, GRPC_SERVICES, guarded),
    registries: new ApiResourceClient(transport, REGISTRIES, guarded),
    slices: new ApiResourceClient(transport, ENDPOINT_SLICES, guarded),
    kubeServices: new ApiResourceClient(transport, SERVICES, guarded),
    secrets: new ApiResourceClient(transport, SECRETS),
    events: new ApiResourceClient(transport, EVENTS),
  };
}

/** `--default-registry` as a key. */
export function defaultRegistryKey({ defaultRegistry }: OperatorConfig): ObjectKey | null {
  return defaultRegistry === null ? null : `${defaultRegistry.namespace}/${defaultRegistry.name}`;
}

/** A cluster may have thousands of Services that are none of our business: the status of theirs is not kept. */
function withoutStatus(service: KubeService): KubeService {
  const kept: KubeService & { status?: unknown } = { ...service };
  delete kept.status;
  return kept;
}

function onlyLabels({ metadata, kind, apiVersion }: Namespace): Namespace {
  const { name, uid, resourceVersion, labels } = metadata;
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    metadata: {
      name,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(labels === undefined ? {} : { labels }),
    },
  };
}
