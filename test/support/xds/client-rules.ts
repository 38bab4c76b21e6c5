import { isIP } from 'node:net';
import type {
  Any,
  Cluster,
  ClusterLoadAssignment,
  Duration,
  Listener,
  RouteAction,
  RouteConfiguration,
  RouteRetryPolicy,
} from '../../../src/xds/codec/generated/messages.ts';
import { TYPE } from '../../../src/xds/resource.ts';
import type { ResourceDraft } from '../../../src/xds/resources/proto.ts';

/**
 * Why some gRPC client, or Envoy, would refuse a resource or silently do without a part of it. Written from the gRFCs (A27, A28, A31, A32, A37, A42, A44, A50) and
 * from what the clients' parsers check: grpc-go unmarshal_{lds,rds,cds,eds}.go, grpc-java Xds*Resource.java, gRPC core xds_*_parser.cc. Empty: all take it.
 */
export function refusals(draft: ResourceDraft): readonly string[] {
  const why: string[] = [];
  const refuse: Refuse = (isWrong, reason) => {
    if (isWrong) why.push(`${draft.name}: ${reason}`);
  };
  switch (draft.typeUrl) {
    case TYPE.listener:
      listenerRules(draft.message as Listener, refuse);
      break;
    case TYPE.route:
      routeRules(draft.message as RouteConfiguration, refuse);
      break;
    case TYPE.cluster:
      clusterRules(draft.message as Cluster, refuse);
      break;
    case TYPE.endpoints:
      assignmentRules(draft.message as ClusterLoadAssignment, refuse);
      break;
  }
  return why;
}

type Refuse = (isWrong: boolean, reason: string) => void;

const MAX_UINT32 = 2 ** 32 - 1;
/** What grpc-java reads as negative. */
const MAX_INT32 = 2 ** 31 - 1;

const msOf = ({ seconds = 0, nanos = 0 }: Duration = {}): number => Number(seconds) * 1000 + nanos / 1e6;
const isDuration = (given: Duration | undefined): boolean =>
  given === undefined ||
  (Number.isInteger(given.seconds) &&
    Number.isInteger(given.nanos) &&
    msOf(given) >= 0 &&
    (given.nanos ?? 0) < 1e9);

function listenerRules({ apiListener, address, filterChains }: Listener, refuse: Refuse): void {
  const hcms: readonly (Any | undefined)[] =
    apiListener === undefined
      ? (filterChains ?? []).flatMap(({ filters = [] }) => filters.map(({ typedConfig }) => typedConfig))
      : [apiListener.apiListener];
  refuse(apiListener === undefined && address === undefined, 'Envoy needs an address');
  refuse(apiListener !== undefined && address !== undefined, 'an api_listener has no address');
  refuse(hcms.length === 0, 'no connection manager');
  for (const hcm of hcms) {
    if (
      hcm?.['@type'] !==
      'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
    ) {
      refuse(true, 'not a connection manager');
      continue;
    }
    const { httpFilters = [], rds } = hcm;
    const names = httpFilters.map(({ name = '' }) => name);
    refuse(httpFilters.length === 0, 'http filters list is empty');
    refuse(names.includes('') || new Set(names).size < names.length, 'a filter without a name of its own');
    httpFilters.forEach(({ typedConfig }, i) => {
      const isRouter =
        typedConfig?.['@type'] === 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';
      refuse(isRouter !== (i === httpFilters.length - 1), 'the router is the last filter, and no other');
    });
    refuse(rds?.configSource?.ads === undefined, 'RDS not over ADS');
    refuse((rds?.routeConfigName ?? '') === '', 'RDS without a name');
    refuse((hcm.xffNumTrustedHops ?? 0) !== 0, 'xff_num_trusted_hops');
    refuse((hcm.originalIpDetectionExtensions ?? []).length > 0, 'original_ip_detection_extensions');
    refuse(apiListener === undefined && (hcm.statPrefix ?? '') === '', 'Envoy needs a stat_prefix');
  }
}

function routeRules({ virtualHosts = [] }: RouteConfiguration, refuse: Refuse): void {
  const domains = virtualHosts.flatMap((host) => host.domains ?? []);
  refuse(new Set(domains).size < domains.length, 'a domain twice (Envoy)');
  const names = virtualHosts.map(({ name = '' }) => name);
  refuse(
    names.includes('') || new Set(names).size < names.length,
    'a virtual host without a name of its own (Envoy)',
  );
  for (const { domains: own = [], routes = [] } of virtualHosts) {
    refuse(own.length === 0, 'a virtual host without domains');
    for (const domain of own) {
      const at = domain.indexOf('*');
      refuse(at !== domain.lastIndexOf('*'), `domain ${domain}: two wildcards`);
      refuse(at > 0 && at < domain.length - 1, `domain ${domain}: wildcard in the middle`);
    }
    for (const { match, route, directResponse } of routes) {
      const specifiers = [match?.prefix, match?.path, match?.safeRegex].filter(
        (given) => given !== undefined,
      );
      refuse(specifiers.length !== 1, 'a route needs one path specifier');
      refuse((route === undefined) === (directResponse === undefined), 'a route needs one action');
      if (route !== undefined) actionRules(route, refuse);
    }
  }
}

function actionRules(action: RouteAction, refuse: Refuse): void {
  refuse((action.cluster ?? '') === '', 'a route without a cluster');
  const { maxStreamDuration, grpcTimeoutHeaderMax } = action.maxStreamDuration ?? {};
  refuse(!isDuration(maxStreamDuration) || !isDuration(grpcTimeoutHeaderMax), 'timeout out of range');
  refuse(action.timeout === undefined || msOf(action.timeout) !== 0, 'Envoy ends streams after 15 s');
  for (const { header, filterState } of action.hashPolicy ?? []) {
    refuse((header === undefined) === (filterState === undefined), 'a hash policy needs one source');
    refuse(
      header?.headerName === '' || header?.headerName?.endsWith('-bin') === true,
      'header is not hashed',
    );
    refuse(
      filterState !== undefined && filterState.key !== 'io.grpc.channel_id',
      'filter state is not hashed',
    );
  }
  if (action.retryPolicy !== undefined) retryRules(action.retryPolicy, refuse);
}

function retryRules({ numRetries, retryBackOff, retryOn = '' }: RouteRetryPolicy, refuse: Refuse): void {
  const retries = numRetries?.value ?? 1;
  refuse(retries < 1 || retries > 4, `num_retries ${retries}`);
  const known =
    'cancelled,deadline-exceeded,internal,resource-exhausted,unavailable,connect-failure,refused-stream';
  for (const code of retryOn.split(',')) refuse(!known.split(',').includes(code), `retry on "${code}"`);
  if (retryBackOff === undefined) return;
  const { baseInterval, maxInterval } = retryBackOff;
  refuse(!isDuration(baseInterval) || !isDuration(maxInterval), 'back-off out of range');
  refuse(msOf(baseInterval) <= 0, 'base_interval must be above 0');
  refuse(
    maxInterval !== undefined && msOf(maxInterval) < msOf(baseInterval),
    'max_interval below base_interval',
  );
}

function clusterRules(cluster: Cluster, refuse: Refuse): void {
  refuse(cluster.type !== 'EDS', 'not EDS');
  refuse(cluster.edsClusterConfig?.edsConfig?.ads === undefined, 'EDS not over ADS');
  refuse((cluster.transportSocketMatches ?? []).length > 0, 'transport_socket_matches');
  refuse(cluster.lrsServer !== undefined, 'lrs_server');
  const listed = cluster.loadBalancingPolicy?.policies ?? [];
  refuse(
    cluster.lbPolicy === 'LEAST_REQUEST' && cluster.leastRequestLbConfig === undefined,
    'least_request without its settings',
  );
  refuse(cluster.loadBalancingPolicy !== undefined && listed.length === 0, 'an empty list of policies');
  refuse((cluster.leastRequestLbConfig?.choiceCount?.value ?? 2) < 2, 'choice_count below 2');
  const { minimumRingSize, maximumRingSize, hashFunction = 'XX_HASH' } = cluster.ringHashLbConfig ?? {};
  const [least, most] = [minimumRingSize?.value ?? 1024, maximumRingSize?.value ?? 8_388_608].map(Number);
  refuse(
    least === undefined || most === undefined || least < 1 || least > most || most > 8_388_608,
    'ring size',
  );
  refuse(hashFunction !== 'XX_HASH', 'hash function');
  const [threshold] = cluster.circuitBreakers?.thresholds ?? [];
  const bound = threshold?.maxRequests?.value;
  refuse(bound === undefined, 'without max_requests, 1024 calls are the bound');
  refuse(bound !== undefined && (bound < 1 || bound > MAX_INT32), 'max_requests is negative for grpc-java');
  outlierRules(cluster, refuse);
}

function outlierRules({ outlierDetection }: Cluster, refuse: Refuse): void {
  if (outlierDetection === undefined) return;
  const { interval, baseEjectionTime, maxEjectionTime, maxEjectionPercent } = outlierDetection;
  for (const given of [interval, baseEjectionTime, maxEjectionTime]) {
    refuse(given === undefined || !isDuration(given) || msOf(given) <= 0, 'an outlier duration');
  }
  refuse(
    msOf(maxEjectionTime) < msOf(baseEjectionTime),
    'max_ejection_time below base_ejection_time (Envoy)',
  );
  const { enforcingSuccessRate, enforcingFailurePercentage, failurePercentageThreshold } = outlierDetection;
  for (const percent of [
    maxEjectionPercent,
    enforcingSuccessRate,
    enforcingFailurePercentage,
    failurePercentageThreshold,
  ]) {
    refuse((percent?.value ?? 0) > 100 || (percent?.value ?? 0) < 0, 'a percentage above 100');
  }
}

function assignmentRules({ endpoints = [] }: ClusterLoadAssignment, refuse: Refuse): void {
  const weights = new Map<number, number>();
  const localities = new Set<string>();
  const addresses = new Set<string>();
  for (const { locality, loadBalancingWeight, priority = 0, lbEndpoints = [] } of endpoints) {
    const { region = '', zone = '', subZone = '' } = locality ?? {};
    const name = JSON.stringify([region, zone, subZone]);
    const weight = loadBalancingWeight?.value ?? 0;
    refuse(locality === undefined, 'a locality without a name');
    refuse(localities.has(name), `locality ${name} twice: grpc-java forgets one, even in two priorities`);
    refuse(weight < 1 || weight > MAX_INT32, `locality ${name} of weight ${weight} is left out`);
    localities.add(name);
    weights.set(priority, (weights.get(priority) ?? 0) + weight);
    let sum = 0;
    for (const { endpoint, loadBalancingWeight: own } of lbEndpoints) {
      const { address = '', portValue = 0 } = endpoint?.address?.socketAddress ?? {};
      const itsWeight = own?.value ?? 1;
      refuse(isIP(address) === 0, `address ${address}`);
      refuse(portValue < 1 || portValue > 65_535, `port ${portValue}`);
      refuse(addresses.has(`${address} ${portValue}`), `${address}:${portValue} twice`);
      refuse(itsWeight < 1 || itsWeight > MAX_INT32, `${address} of weight ${itsWeight}`);
      addresses.add(`${address} ${portValue}`);
      sum += itsWeight;
    }
    refuse(sum > MAX_UINT32, `endpoint weights of ${name}`);
    // grpc-go multiplies the two in 32 bits, where endpoints are weighted.
    refuse(weight > 1 && subZone.startsWith('priority-'), 'a ring multiplies weights');
  }
  for (const [priority, sum] of weights) {
    refuse(sum > MAX_UINT32, `weights of priority ${priority}`);
    refuse(priority > 0 && !weights.has(priority - 1), `a gap before priority ${priority}`);
  }
}
