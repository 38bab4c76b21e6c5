import type { KubeService, KubeServiceSpec, ObjectMeta } from '../../src/model/kube-objects.ts';
import { newService, type ServiceTarget } from '../../src/slices/service-shape.ts';
import { aTarget, UID } from './slices.ts';

/** The Service of GrpcService shop/orders. */
export function aServiceTarget(fields: Partial<ServiceTarget> = {}): ServiceTarget {
  return {
    namespace: 'shop',
    name: 'orders',
    owner: aTarget().owner,
    uid: UID,
    port: 50051,
    appProtocol: 'grpc',
    labels: {},
    annotations: {},
    ...fields,
  };
}

/** What the API server fills in on a headless Service without selector, on a single-stack IPv4 cluster. */
const FILLED_IN: Partial<KubeServiceSpec> = {
  clusterIPs: ['None'],
  internalTrafficPolicy: 'Cluster',
  ipFamilies: ['IPv4', 'IPv6'],
  ipFamilyPolicy: 'RequireDualStack',
  sessionAffinity: 'None',
};

/** Our Service as the API server hands it out. */
export function aStoredService(
  target: ServiceTarget = aServiceTarget(),
  spec: Partial<KubeServiceSpec> = {},
  metadata: Partial<ObjectMeta> = {},
): KubeService {
  const created = newService(target);
  return {
    ...created,
    metadata: { ...created.metadata, uid: 'uid-of-service', resourceVersion: '7', ...metadata },
    spec: { ...created.spec, ...FILLED_IN, ...spec },
  };
}

/** A headless Service without selector that somebody made by hand. */
export function aForeignService(
  spec: Partial<KubeServiceSpec> = {},
  metadata: Partial<ObjectMeta> = {},
): KubeService {
  return {
    metadata: {
      name: 'orders',
      namespace: 'shop',
      uid: 'uid-of-theirs',
      resourceVersion: '3',
      labels: { app: 'orders' },
      annotations: { note: 'ours' },
      ...metadata,
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      ...FILLED_IN,
      ports: [{ name: 'rpc', port: 50051 }],
      ...spec,
    },
  };
}
