import { pack, type Any } from './messages.ts';

/** A resource of a conformance suite: what it is, and what a client must have before it. */
export interface TestResource extends Any {
  readonly name: string;
  readonly needs: readonly { readonly typeUrl: string; readonly name: string }[];
}

const listenerType = 'envoy.config.listener.v3.Listener';
const routeType = 'envoy.config.route.v3.RouteConfiguration';
const clusterType = 'envoy.config.cluster.v3.Cluster';
const routerType = 'envoy.extensions.filters.http.router.v3.Router';
const assignmentType = 'envoy.config.endpoint.v3.ClusterLoadAssignment';

/** The URLs of the types. */
export const typeUrls = {
  listener: `type.googleapis.com/${listenerType}`,
  route: `type.googleapis.com/${routeType}`,
  cluster: `type.googleapis.com/${clusterType}`,
  endpoints: `type.googleapis.com/${assignmentType}`,
} as const;

/** An Any within a message: protobufjs has its own, whose fields are not in camel case. */
const inside = ({ typeUrl, value }: Any) => ({ type_url: typeUrl, value });

const ads = { ads: {}, resourceApiVersion: 'V3' };

/** A listener of a gRPC client, with its route by RDS. */
export function listener(name: string, route: string, statPrefix = 'grpc'): TestResource {
  const manager = pack('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
    statPrefix,
    rds: { routeConfigName: route, configSource: ads },
    httpFilters: [{ name: 'router', typedConfig: inside(pack(routerType, {})) }],
  });
  const needs = [{ typeUrl: typeUrls.route, name: route }];
  return { ...pack(listenerType, { name, apiListener: { apiListener: inside(manager) } }), name, needs };
}

/** A listener of a proxy, with its route by RDS and a line of JSON on its standard output for each call. */
export function proxyListener(name: string, address: string, port: number, route: string): TestResource {
  const log = pack('envoy.extensions.access_loggers.stream.v3.StdoutAccessLog', {
    logFormat: {
      jsonFormat: {
        fields: { path: { stringValue: '%REQ(:PATH)%' }, upstream: { stringValue: '%UPSTREAM_HOST%' } },
      },
    },
  });
  const manager = pack('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
    ...{ statPrefix: 'proxy', codecType: 'AUTO', rds: { routeConfigName: route, configSource: ads } },
    accessLog: [{ name: 'stdout', typedConfig: inside(log) }],
    httpFilters: [{ name: 'router', typedConfig: inside(pack(routerType, {})) }],
  });
  const fields = {
    name,
    address: { socketAddress: { address, portValue: port } },
    filterChains: [{ filters: [{ name: 'http', typedConfig: inside(manager) }] }],
  };
  return { ...pack(listenerType, fields), name, needs: [{ typeUrl: typeUrls.route, name: route }] };
}

/** A route of everything to one cluster. */
export function route(name: string, cluster: string): TestResource {
  const virtualHosts = [{ name, domains: ['*'], routes: [{ match: { prefix: '' }, route: { cluster } }] }];
  return {
    ...pack(routeType, { name, virtualHosts }),
    name,
    needs: [{ typeUrl: typeUrls.cluster, name: cluster }],
  };
}

/** A cluster with its endpoints by EDS. */
export function cluster(name: string, connectSeconds = 5): TestResource {
  const fields = {
    ...{ name, type: 'EDS', lbPolicy: 'ROUND_ROBIN', connectTimeout: { seconds: connectSeconds } },
    edsClusterConfig: { edsConfig: ads },
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': inside(
        pack('envoy.extensions.upstreams.http.v3.HttpProtocolOptions', {
          explicitHttpConfig: { http2ProtocolOptions: {} },
        }),
      ),
    },
  };
  return { ...pack(clusterType, fields), name, needs: [{ typeUrl: typeUrls.endpoints, name }] };
}

/** Endpoints by `address:port`, in one locality. */
export function assignment(name: string, ...targets: readonly string[]): TestResource {
  const lbEndpoints = targets.map((target) => {
    const [address, port] = target.split(':');
    return {
      endpoint: { address: { socketAddress: { address, portValue: Number(port) } } },
      healthStatus: 'HEALTHY',
    };
  });
  const endpoints =
    lbEndpoints.length === 0
      ? []
      : [
          {
            locality: { region: 'r', zone: 'a' },
            loadBalancingWeight: { value: lbEndpoints.length },
            lbEndpoints,
          },
        ];
  return { ...pack(assignmentType, { clusterName: name, endpoints }), name, needs: [] };
}

/** All that a client of `xds:///name` asks for. */
export function service(name: string, ...targets: readonly string[]): readonly TestResource[] {
  return [listener(name, name), route(name, name), cluster(name), assignment(name, ...targets)];
}
