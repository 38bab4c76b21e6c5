import type { Observation } from '../../src/controller/publish-decision.ts';
import { publishSpec } from '../../src/desired/publish-spec.ts';
import type { GrpcService } from '../../src/model/grpcservice.ts';
import type { Registry } from '../../src/model/registry.ts';
import { aGrpcService } from './grpc-services.ts';
import { anInstance, aSnapshot } from './instances.ts';

/** Registry ops/main, which every namespace may use. */
export function aRegistry(spec: Partial<Registry['spec']> = {}): Registry {
  return {
    apiVersion: 'rollcall.dev/v1alpha1',
    kind: 'Registry',
    metadata: { name: 'main', namespace: 'ops', uid: 'registry-uid', resourceVersion: '1', generation: 1 },
    spec: {
      mysql: { host: 'db', database: 'registry', credentialsSecretRef: { name: 'db' } },
      allowedNamespaces: { from: 'All' },
      ...spec,
    },
  };
}

/** GrpcService shop/orders seen with a healthy registry that has one instance, and nothing published yet. */
export function anObservation(
  fields: Partial<Observation> = {},
  grpcService: GrpcService = aGrpcService(),
): Observation {
  return {
    grpcService,
    publish: publishSpec(grpcService),
    lookup: { ok: true, key: 'ops/main', registry: aRegistry() },
    allowedCIDRs: [],
    health: { available: true, reason: 'Connected', message: '', needsHelp: false },
    snapshot: aSnapshot([anInstance()]),
    current: true,
    nowUs: 1_000_000_000,
    slices: [],
    takenSliceNames: [],
    deletedSlices: [],
    kubeService: undefined,
    otherServices: [],
    foreignSlices: [],
    nameHolder: grpcService,
    maxEndpointsPerSlice: 100,
    ...fields,
  };
}
