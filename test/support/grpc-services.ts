import { publishSpec, type Protection, type PublishSpec } from '../../src/desired/publish-spec.ts';
import type { GrpcService, GrpcServiceSpec } from '../../src/model/grpcservice.ts';
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
