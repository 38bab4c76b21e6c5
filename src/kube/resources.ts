import type { GrpcService } from '../model/grpcservice.ts';
import type {
  ConfigMap,
  EndpointSlice,
  KubeObject,
  KubeService,
  Pod,
  Secret,
} from '../model/kube-objects.ts';
import type { Registry } from '../model/registry.ts';
import type { KubeEvent } from './kube-event.ts';
import type { Lease } from './lease.ts';

/** Where objects of one kind live in the API. The type parameter says what they look like. */
export interface Resource<T extends KubeObject = KubeObject> {
  /** Group and version; `v1` for the core group. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never present: binds `T`. */
  readonly object?: T;
}

export const ENDPOINT_SLICES: Resource<EndpointSlice> = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
};

export const SERVICES: Resource<KubeService> = {
  apiVersion: 'v1',
  kind: 'Service',
  plural: 'services',
  namespaced: true,
};

export const SECRETS: Resource<Secret> = {
  apiVersion: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
};

export const CONFIG_MAPS: Resource<ConfigMap> = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

export const PODS: Resource<Pod> = {
  apiVersion: 'v1',
  kind: 'Pod',
  plural: 'pods',
  namespaced: true,
};

export const NODES: Resource = {
  apiVersion: 'v1',
  kind: 'Node',
  plural: 'nodes',
  namespaced: false,
};

export const NAMESPACES: Resource = {
  apiVersion: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};

export const GRPC_SERVICES: Resource<GrpcService> = {
  apiVersion: 'rollcall.dev/v1alpha1',
  kind: 'GrpcService',
  plural: 'grpcservices',
  namespaced: true,
};

export const REGISTRIES: Resource<Registry> = {
  apiVersion: 'rollcall.dev/v1alpha1',
  kind: 'Registry',
  plural: 'registries',
  namespaced: true,
};

export const LEASES: Resource<Lease> = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

export const EVENTS: Resource<KubeEvent> = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
};

/**
 * The path of a resource, of one object of it, or of a subresource of that. `namespace` undefined: all namespaces, or
 * a resource that has none.
 */
export function resourcePath(
  resource: Resource,
  namespace: string | undefined,
  name?: string,
  subresource?: string,
): string {
  const root = resource.apiVersion.includes('/') ? 'apis' : 'api';
  const parts = [resource.plural, name, subresource].filter((part) => part !== undefined);
  const scope = namespace === undefined || !resource.namespaced ? [] : ['namespaces', namespace];
  return `/${root}/${resource.apiVersion}/${[...scope, ...parts].map(encodeURIComponent).join('/')}`;
}
