import type { Listener, Route, VirtualHost } from '../codec/generated/messages.ts';
import { type ResourceKey, TYPE } from '../resource.ts';
import { ROUTER } from './listener.ts';
import { duration, OVER_ADS, type ResourceDraft } from './proto.ts';
import {
  ANY_HOST,
  type ProxyClaimant,
  proxyClaims,
  type ProxyConflict,
  type ProxyHost,
} from './proxy-claims.ts';
import { routeAction } from './route.ts';
import { resourceName } from './service-resources.ts';
import type { XdsSpec } from './xds-spec.ts';

/** Name of the listener and of the routes of the front proxy. No GrpcService has it: theirs have a dot. */
export const PROXY_NAME = 'proxy';

/** Answered by the proxy itself with 200, under any host that no GrpcService claims: for load balancers that ask over HTTP. */
export const PROXY_HEALTH_PATH = '/healthz';

/** After so long a client is told to connect anew, so that new replicas of the proxy get their share; its calls end as they would. */
const MAX_CONNECTION_MS = 30 * 60_000;

export interface ProxyService extends ProxyClaimant {
  readonly xds: XdsSpec;
}

/**
 * Listener and routes of the Envoy front proxy, over all GrpcServices that have spec.proxy. Calls that nobody claims are answered UNIMPLEMENTED by
 * Envoy (404).
 */
export function proxyResources(
  services: readonly ProxyService[],
  at: { readonly address: string; readonly port: number },
): {
  readonly resources: readonly ResourceDraft[];
  readonly conflicts: readonly ProxyConflict[];
} {
  const { hosts, conflicts } = proxyClaims(services);
  const route = { typeUrl: TYPE.route, name: PROXY_NAME };
  return {
    resources: [
      { typeUrl: TYPE.listener, name: PROXY_NAME, message: proxyListener(at), needs: [route] },
      {
        ...route,
        message: { name: PROXY_NAME, virtualHosts: virtualHosts(hosts), ignorePortInHostMatching: true },
        needs: targets(hosts),
      },
    ],
    conflicts,
  };
}

function targets(hosts: readonly ProxyHost<ProxyService>[]): readonly ResourceKey[] {
  const routes = hosts.flatMap((host) => host.routes);
  const names = [...new Set(routes.map(({ claimant }) => resourceName(claimant)))].sort();
  return names.flatMap((name) => [
    { typeUrl: TYPE.cluster, name },
    { typeUrl: TYPE.endpoints, name },
  ]);
}

function virtualHosts(hosts: readonly ProxyHost<ProxyService>[]): readonly VirtualHost[] {
  const health: Route = { match: { path: PROXY_HEALTH_PATH }, directResponse: { status: 200 } };
  const named = hosts.filter(({ host }) => host !== ANY_HOST);
  const any = hosts.find(({ host }) => host === ANY_HOST);
  return [
    ...named.map(({ host, routes }) => ({ name: host, domains: [host], routes: routes.map(callRoute) })),
    { name: 'any', domains: [ANY_HOST], routes: [health, ...(any?.routes ?? []).map(callRoute)] },
  ];
}

function callRoute({ rpcService, claimant }: ProxyHost<ProxyService>['routes'][number]): Route {
  return {
    match: { prefix: rpcService === null ? '/' : `/${rpcService}/` },
    route: routeAction(resourceName(claimant), claimant.xds, { kind: 'proxy' }),
  };
}

function proxyListener({ address, port }: { readonly address: string; readonly port: number }): Listener {
  return {
    name: PROXY_NAME,
    address: { socketAddress: { address, portValue: port, ipv4Compat: address === '::' } },
    trafficDirection: 'INBOUND',
    filterChains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typedConfig: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              statPrefix: PROXY_NAME,
              // HTTP/2 with prior knowledge or by ALPN; HTTP/1 for health checks.
              codecType: 'AUTO',
              rds: { configSource: OVER_ADS, routeConfigName: PROXY_NAME },
              httpFilters: [ROUTER],
              useRemoteAddress: { value: true },
              // Streams may be silent for as long as they like: Envoy would end them after five minutes.
              streamIdleTimeout: duration(0),
              commonHttpProtocolOptions: { maxConnectionDuration: duration(MAX_CONNECTION_MS) },
              accessLog: [
                {
                  name: 'envoy.access_loggers.stdout',
                  typedConfig: {
                    '@type': 'type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog',
                    logFormat: { jsonFormat: ACCESS_LOG, omitEmptyValues: true },
                  },
                },
              ],
            },
          },
        ],
      },
    ],
  };
}

/** One line of JSON for each call, under these names (https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage). */
const ACCESS_LOG: Readonly<Record<string, string>> = {
  time: '%START_TIME%',
  authority: '%REQ(:AUTHORITY)%',
  path: '%REQ(:PATH)%',
  grpcStatus: '%GRPC_STATUS(SNAKE_STRING)%',
  httpStatus: '%RESPONSE_CODE%',
  flags: '%RESPONSE_FLAGS%',
  details: '%RESPONSE_CODE_DETAILS%',
  durationMs: '%DURATION%',
  attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
  cluster: '%UPSTREAM_CLUSTER%',
  endpoint: '%UPSTREAM_HOST%',
  client: '%DOWNSTREAM_REMOTE_ADDRESS%',
  userAgent: '%REQ(USER-AGENT)%',
  requestId: '%REQ(X-REQUEST-ID)%',
  bytesReceived: '%BYTES_RECEIVED%',
  bytesSent: '%BYTES_SENT%',
};
