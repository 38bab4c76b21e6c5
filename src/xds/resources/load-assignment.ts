import type { Endpoint } from '../../desired/endpoint.ts';
import type {
  ClusterLoadAssignment,
  LbEndpoint,
  Locality,
  LocalityLbEndpoints,
} from '../codec/generated/messages.ts';
import { prioritized } from './localities.ts';
import { uint32 } from './proto.ts';
import type { XdsView } from './view.ts';
import type { XdsSpec } from './xds-spec.ts';

/** The weight that a registry row has unless it says otherwise. Endpoints of this weight stand in the plain locality of their zone. */
const COMMON_WEIGHT = 100;

/** More different weights than these in one zone are put together by powers of two. */
const MAX_WEIGHT_CLASSES = 10;

/**
 * The bound of all weights of one priority. The protocol's is 2^32-1, but grpc-java reads weights as signed: it would leave out a locality above 2^31-1
 * without a word.
 */
const MAX_TOTAL_WEIGHT = 2 ** 30;

/**
 * The endpoints of a cluster, on every port, as a client is to call them. Without endpoints it is an empty assignment: a missing one would make clients wait.
 *
 * gRPC clients that take turns know the weights of localities only (https://github.com/grpc/grpc/issues/32004), so the endpoints of a zone are divided by
 * weight into localities of their own (sub_zone `weight-50`), each with the sum of its weights: every endpoint gets its exact share. What
 * locality an endpoint is in depends on no other endpoint, so a change of one weight makes clients connect anew to that endpoint only. Above
 * {@link MAX_WEIGHT_CLASSES} weights in a zone, weights from one power of two to the next share a locality: its share is exact, and is divided evenly.
 *
 * A ring has one locality for each priority, since gRPC multiplies the weights of locality and endpoint there (gRFC A42), newer versions after
 * dividing each by its sum (gRFC A113): only one locality of weight 1 makes both the endpoint's own weight.
 */
export function loadAssignment(
  clusterName: string,
  endpoints: readonly Endpoint[],
  { loadBalancing, locality }: Pick<XdsSpec, 'loadBalancing' | 'locality'>,
  view: Pick<XdsView, 'region' | 'zone'>,
): ClusterLoadAssignment {
  const onRing = loadBalancing.policy === 'RingHash';
  return {
    clusterName,
    endpoints: prioritized(endpoints, locality, view).flatMap((group, priority) =>
      onRing ? [ringOf(group, priority)] : localitiesOf(group, priority),
    ),
  };
}

/** Scales weights down where their sum would be too much: by a power of two, so that it seldom changes. */
type Scale = (weight: number) => number;

function scaleOf(endpoints: readonly Endpoint[]): Scale {
  const total = endpoints.reduce((sum, { weight }) => sum + weight, 0);
  if (total <= MAX_TOTAL_WEIGHT) return (weight) => weight;
  const divisor = 2 ** Math.ceil(Math.log2(total / MAX_TOTAL_WEIGHT));
  return (weight) => Math.max(1, Math.floor(weight / divisor));
}

function ringOf(endpoints: readonly Endpoint[], priority: number): LocalityLbEndpoints {
  const scale = scaleOf(endpoints);
  return {
    locality: priority === 0 ? {} : { subZone: `priority-${priority}` },
    lbEndpoints: endpoints.map((endpoint) => lbEndpoint(endpoint, scale)),
    loadBalancingWeight: uint32(1),
    priority,
  };
}

function localitiesOf(endpoints: readonly Endpoint[], priority: number): readonly LocalityLbEndpoints[] {
  const scale = scaleOf(endpoints);
  // Names have no control characters (registry rows).
  const zones = groupBy(endpoints, ({ region, zone }) => `${region ?? ''}\n${zone ?? ''}`);
  return zones.flatMap((members) => {
    const classOf = weightClasses(members);
    return groupBy(members, ({ weight }) => classOf(weight)).map((alike) => ({
      locality: localityOf(alike, classOf),
      lbEndpoints: alike.map((endpoint) => lbEndpoint(endpoint, scale)),
      loadBalancingWeight: uint32(readyWeight(alike, scale)),
      priority,
    }));
  });
}

/** The groups in the order of their keys, so that equal content is equal text. */
function groupBy(
  endpoints: readonly Endpoint[],
  keyOf: (endpoint: Endpoint) => string,
): readonly (readonly Endpoint[])[] {
  const groups = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) {
    const key = keyOf(endpoint);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [endpoint]);
    else group.push(endpoint);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

/** Names the class of a weight, '' for the common one. */
function weightClasses(endpoints: readonly Endpoint[]): (weight: number) => string {
  const weights = new Set(endpoints.map(({ weight }) => weight));
  if (weights.size <= MAX_WEIGHT_CLASSES) {
    return (weight) => (weight === COMMON_WEIGHT ? '' : `weight-${weight}`);
  }
  return (weight) => {
    const from = 2 ** Math.floor(Math.log2(weight));
    return `weight-${from}-${2 * from - 1}`;
  };
}

function localityOf([first]: readonly Endpoint[], classOf: (weight: number) => string): Locality {
  return {
    region: first?.region ?? '',
    zone: first?.zone ?? '',
    subZone: classOf(first?.weight ?? COMMON_WEIGHT),
  };
}

/**
 * Draining endpoints take no calls, so they count for nothing; but never 0, which would make clients forget the locality, and Envoy the calls that still
 * run there.
 */
function readyWeight(endpoints: readonly Endpoint[], scale: Scale): number {
  const ready = endpoints.filter(({ state }) => state === 'Ready');
  return ready.reduce((sum, { weight }) => sum + scale(weight), 0) || 1;
}

function lbEndpoint({ address, port, weight, state }: Endpoint, scale: Scale): LbEndpoint {
  return {
    endpoint: { address: { socketAddress: { address, portValue: port } } },
    healthStatus: state === 'Ready' ? 'HEALTHY' : 'DRAINING',
    loadBalancingWeight: uint32(scale(weight)),
  };
}
