import { publishSpec, type Protection, type PublishSpec } from '../../src/desired/publish-spec.ts';
import type {
  GrpcService,
  GrpcServiceSpec,
  XdsRefusalStatus,
  XdsReplicaStatus,
} from '../../src/model/grpcservice.ts';
import type { ObjectMeta } from '../../src/model/kube-objects.ts';

/** GrpcService shop/orders on port 50051, as the API server would hand it out, with what the test cares about on top. */
export function aGrpcService(
  spec: Partial<GrpcServiceSpec> = {},
  metadata: Partial<ObjectMeta> = {},
): GrpcService {
  return {
    apiVersion: 'rollcall.dev/v1alpha1',
    kind: 'GrpcService',
    metadata: {
      name: 'orders',
      namespace: 'shop',
      uid: '6f1c6c0e-0000-4000-8000-000000000001',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: { port: 50051, ...spec },
  };
}

/** What {@link aGrpcService} asks for. */
export function aPublishSpec(
  spec: Partial<GrpcServiceSpec> = {},
  protection: Partial<Protection> = {},
): PublishSpec {
  const publish = publishSpec(aGrpcService(spec));
  return { ...publish, protection: { ...publish.protection, ...protection } };
}

/** What replica rollcall-1 says in `status.xds`: one client refuses a cluster. */
export function anXdsReplica(change: Partial<XdsReplicaStatus> = {}): XdsReplicaStatus {
  return {
    replica: 'rollcall-1',
    since: '2026-01-01T00:00:00Z',
    observedTime: '2026-01-01T00:00:00Z',
    clients: 1,
    refusals: [anXdsRefusal()],
    ...change,
  };
}

/** One line of {@link anXdsReplica}. */
export function anXdsRefusal(change: Partial<XdsRefusalStatus> = {}): XdsRefusalStatus {
  return {
    type: 'Cluster',
    resource: 'orders.shop',
    version: '0123456789abcdef',
    reason: 'lb_policy is not supported',
    clients: 1,
    node: 'web-1.shop',
    ...change,
  };
}
