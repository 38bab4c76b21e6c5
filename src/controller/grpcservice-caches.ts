import type { GrpcService } from '../model/grpcservice.ts';
import type { EndpointSlice, KubeService, Namespace } from '../model/kube-objects.ts';
import type { Registry } from '../model/registry.ts';
import type { ObjectCache } from './kube-ports.ts';

/** The caches that the GrpcService controller watches; `namespaces` is null where the operator may not read them (namespaced mode). */
export interface GrpcServiceCaches {
  readonly grpcServices: ObjectCache<GrpcService>;
  readonly registries: ObjectCache<Registry>;
  readonly slices: ObjectCache<EndpointSlice>;
  readonly kubeServices: ObjectCache<KubeService>;
  readonly namespaces: ObjectCache<Namespace> | null;
}
