import { publishSpec } from '../desired/publish-spec.ts';
import type { GrpcService } from '../model/grpcservice.ts';
import type { EndpointSlice, KubeObject, KubeService } from '../model/kube-objects.ts';
import type { ObjectKey } from '../model/key.ts';
import { ANNOTATION_ADOPTED_BY, LABEL_GRPCSERVICE_UID } from '../model/names.ts';
import { registryKeyOf } from './registry-access.ts';

/** What a cache maps an object to: the values under which `ObjectCache.byIndex` finds it. */
export type Indexes<T extends KubeObject> = Readonly<Record<string, (object: T) => readonly string[]>>;

/** GrpcServices by what makes them look again. */
export function grpcServiceIndexes(defaultRegistry: ObjectKey | null): Indexes<GrpcService> {
  return {
    registry: (grpcService) => listed(registryKeyOf(grpcService, defaultRegistry)),
    registryService: (grpcService) => {
      const registry = registryKeyOf(grpcService, defaultRegistry);
      return listed(
        registry === null ? null : registryServiceIndex(registry, publishSpec(grpcService).service),
      );
    },
    serviceName: (grpcService) => [
      `${grpcService.metadata.namespace ?? ''}/${publishSpec(grpcService).dns.serviceName}`,
    ],
    namespace: (grpcService) => listed(grpcService.metadata.namespace ?? null),
    uid: (grpcService) => listed(grpcService.metadata.uid ?? null),
  };
}

/** Value of the index `registryService`; a `|` occurs in no object key. */
export function registryServiceIndex(registry: ObjectKey, service: string): string {
  return `${registry}|${service}`;
}

/** Slices by the uid of the GrpcService that they were written for. */
export const sliceIndexes: Indexes<EndpointSlice> = {
  grpcServiceUid: (slice) => listed(grpcServiceUidOf(slice)),
};

/**
 * The uid of the GrpcService whose slice this is; null for none. Its owner says so before its label: a label that somebody
 * changed must not make another GrpcService take the slice for its own, and delete it.
 */
export function grpcServiceUidOf({ metadata }: EndpointSlice): string | null {
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'GrpcService');
  return owner?.uid ?? metadata.labels?.[LABEL_GRPCSERVICE_UID] ?? null;
}

/** Services by the uid of the GrpcService that owns or has adopted them. */
export const kubeServiceIndexes: Indexes<KubeService> = {
  grpcServiceUid: (service) => grpcServiceUidsOf(service),
};

/** The uids of the GrpcServices that a Service names as its owner or adopter. */
export function grpcServiceUidsOf(service: KubeService): readonly string[] {
  const owners = service.metadata.ownerReferences ?? [];
  const owned = owners.filter(({ kind }) => kind === 'GrpcService').map(({ uid }) => uid);
  const adopter = service.metadata.annotations?.[ANNOTATION_ADOPTED_BY];
  return adopter === undefined ? owned : [...owned, adopter];
}

function listed(value: string | null): readonly string[] {
  return value === null ? [] : [value];
}
