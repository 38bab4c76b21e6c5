import type { DesiredEndpoints } from '../../desired/desired-endpoints.ts';
import { TYPE } from '../resource.ts';
import { cluster } from './cluster.ts';
import { apiListener } from './listener.ts';
import { loadAssignment } from './load-assignment.ts';
import type { ResourceDraft } from './proto.ts';
import { routeConfiguration } from './route.ts';
import type { XdsView } from './view.ts';
import type { XdsSpec } from './xds-spec.ts';

/** A GrpcService as its resources need it. */
export interface XdsServiceInput {
  readonly namespace: string;
  readonly name: string;
  /** `cluster.local` */
  readonly clusterDomain: string;
  /** spec.port */
  readonly port: number;
  readonly xds: XdsSpec;
}

/** Everything that a view is shown of one GrpcService. */
export function xdsResources(
  service: XdsServiceInput,
  desired: Pick<DesiredEndpoints, 'endpoints'>,
  view: XdsView,
): readonly ResourceDraft[] {
  return [...configResources(service, view), endpointsResource(service, desired, view)];
}

/** What changes with the GrpcService only: listeners, route and cluster. */
export function configResources(service: XdsServiceInput, view: XdsView): readonly ResourceDraft[] {
  const name = resourceName(service);
  const route = { typeUrl: TYPE.route, name };
  const ofCluster = { typeUrl: TYPE.cluster, name };
  const endpoints = { typeUrl: TYPE.endpoints, name };
  return [
    ...listenerNames(service).map((listener) => ({
      typeUrl: TYPE.listener,
      name: listener,
      message: apiListener(listener, name),
      needs: [route],
    })),
    {
      ...route,
      message: routeConfiguration(name, service.xds, view),
      // Not only the cluster: Envoy takes calls for a cluster before it knows its endpoints.
      needs: [ofCluster, endpoints],
    },
    { ...ofCluster, message: cluster(name, service.xds, view), needs: [] },
  ];
}

/** What changes with every endpoint. There is one while there is a GrpcService, with or without endpoints. */
export function endpointsResource(
  service: Pick<XdsServiceInput, 'namespace' | 'name' | 'xds'>,
  desired: Pick<DesiredEndpoints, 'endpoints'>,
  view: XdsView,
): ResourceDraft<'envoy.config.endpoint.v3.ClusterLoadAssignment'> {
  const name = resourceName(service);
  return {
    typeUrl: TYPE.endpoints,
    name,
    message: loadAssignment(name, desired.endpoints, service.xds, view),
    needs: [],
  };
}

/** Name of route, cluster and endpoints: `orders.shop`. */
export function resourceName({ namespace, name }: Pick<XdsServiceInput, 'namespace' | 'name'>): string {
  return `${name}.${namespace}`;
}

/** What may stand behind xds:/// for a GrpcService: gRPC asks for exactly that text. */
export function listenerNames({ namespace, name, clusterDomain, port }: XdsServiceInput): readonly string[] {
  const short = `${name}.${namespace}`;
  const long = `${short}.svc.${clusterDomain}`;
  return [short, `${short}:${port}`, long, `${long}:${port}`];
}
