import type { XdsNode } from '../discovery.ts';
import { TYPE, type ResourceKey, type XdsResource } from '../resource.ts';

/** State of the world, or incremental. */
export type Kind = 'sotw' | 'delta';

/** What one method speaks. */
export interface Method {
  readonly kind: Kind;
  /** The one type of a per-type service; null for ADS, where each request names its own. */
  readonly typeUrl: string | null;
}

/** Means every resource, among the names of a subscription. */
export const WILDCARD = '*';

const PACKAGE = '/envoy.service';

/** The ten methods of xDS that are served: ADS, and one service a type, each in both kinds. */
export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    `${PACKAGE}.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources`,
    { kind: 'sotw', typeUrl: null },
  ],
  [
    `${PACKAGE}.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources`,
    { kind: 'delta', typeUrl: null },
  ],
  ...perType('listener.v3.ListenerDiscoveryService', 'Listeners', TYPE.listener),
  ...perType('route.v3.RouteDiscoveryService', 'Routes', TYPE.route),
  ...perType('cluster.v3.ClusterDiscoveryService', 'Clusters', TYPE.cluster),
  ...perType('endpoint.v3.EndpointDiscoveryService', 'Endpoints', TYPE.endpoints),
]);

function perType(service: string, noun: string, typeUrl: string): [string, Method][] {
  return [
    [`${PACKAGE}.${service}/Stream${noun}`, { kind: 'sotw', typeUrl }],
    [`${PACKAGE}.${service}/Delta${noun}`, { kind: 'delta', typeUrl }],
  ];
}

/**
 * Types whose state-of-the-world responses hold everything that is subscribed, so that absence is deletion; they alone have the legacy wildcard, too
 * (xDS transport protocol, "Grouping resources into responses" and "How the client specifies what resources to return").
 */
export function isFullState(typeUrl: string): boolean {
  return typeUrl === TYPE.listener || typeUrl === TYPE.cluster;
}

/** gRPC clients never mean a wildcard: a list without names says that they want nothing (any longer). */
export function isGrpc(node: XdsNode): boolean {
  return node.userAgentName.startsWith('gRPC');
}

/** Responses that are due together leave in this order; other types follow (xDS transport protocol, "Eventual consistency considerations"). */
const ORDER: readonly string[] = [TYPE.cluster, TYPE.endpoints, TYPE.listener, TYPE.route];

/** Where a type stands in the order of sending; unknown types come last. */
export function rank(typeUrl: string): number {
  const index = ORDER.indexOf(typeUrl);
  return index === -1 ? ORDER.length : index;
}

/**
 * True where the client itself waits for the child after it was given the parent ("warming"): there the parent goes first. Elsewhere what is needed
 * goes first.
 */
export function warms(parentTypeUrl: string, childTypeUrl: string): boolean {
  return WARMED_BY.get(childTypeUrl) === parentTypeUrl;
}

const WARMED_BY: ReadonlyMap<string, string> = new Map([
  [TYPE.endpoints, TYPE.cluster],
  [TYPE.route, TYPE.listener],
]);

/** The type that warms by this one, if any. */
export function warmedBy(childTypeUrl: string): string | undefined {
  return WARMED_BY.get(childTypeUrl);
}

/**
 * The endpoints that a cluster warms by: those that it says it needs, or else those of its own name, which is what `eds_cluster_config` means without a
 * service name. Nothing for other types.
 */
export function endpointsOf({ typeUrl, name, needs }: XdsResource): readonly ResourceKey[] {
  if (typeUrl !== TYPE.cluster) return [];
  const own = needs.filter((need) => need.typeUrl === TYPE.endpoints);
  return own.length > 0 ? own : [{ typeUrl: TYPE.endpoints, name }];
}

/** Types of which a resource may refer to one of this type. */
export function parentTypes(typeUrl: string): readonly string[] {
  return PARENTS.get(typeUrl) ?? [];
}

const PARENTS: ReadonlyMap<string, readonly string[]> = new Map([
  [TYPE.endpoints, [TYPE.cluster]],
  [TYPE.cluster, [TYPE.route, TYPE.listener]],
  [TYPE.route, [TYPE.listener]],
]);
