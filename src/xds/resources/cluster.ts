import type {
  Cluster,
  LoadBalancingPolicy,
  OutlierDetection as OutlierDetectionMessage,
} from '../codec/generated/messages.ts';
import { duration, OVER_ADS, uint32 } from './proto.ts';
import type { XdsView } from './view.ts';
import type { LoadBalancing, OutlierDetection, XdsSpec } from './xds-spec.ts';

/** "No bound". Not 2^32-1: grpc-java reads it as -1 and lets no call through. */
const UNBOUNDED = 2 ** 31 - 1;

/** An address that does not answer is given up after this long (Envoy; gRPC has a limit of its own). */
const CONNECT_TIMEOUT_MS = 5000;

/** How a client calls the endpoints of a service. gRPC skips the fields that are Envoy's alone, so one message serves both but for least_request. */
export function cluster(name: string, spec: XdsSpec, view: Pick<XdsView, 'kind'>): Cluster {
  return {
    name,
    altStatName: statName(name),
    type: 'EDS',
    edsClusterConfig: { edsConfig: OVER_ADS },
    ...loadBalancingFields(spec.loadBalancing, view),
    circuitBreakers: { thresholds: [thresholds(spec.maxRequests)] },
    outlierDetection: spec.outlierDetection === null ? undefined : outlierDetection(spec.outlierDetection),
    connectTimeout: duration(CONNECT_TIMEOUT_MS),
    commonLbConfig: {
      // Localities by weight, as in gRPC.
      localityWeightedLbConfig: {},
      // Otherwise Envoy calls draining endpoints, too, as soon as more than half are draining.
      healthyPanicThreshold: { value: 0 },
    },
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicitHttpConfig: { http2ProtocolOptions: {} },
      },
    },
    // Not HTTP/2 pings: gRPC servers close connections that ping oftener than every five minutes.
    upstreamConnectionOptions: {
      tcpKeepalive: { keepaliveProbes: uint32(3), keepaliveTime: uint32(30), keepaliveInterval: uint32(5) },
    },
  };
}

/**
 * `shop/orders` of `orders.shop`: what Envoy calls the cluster in metrics and access logs. It ends the name of a cluster at its first dot there, and would
 * make a metric of its own of each namespace.
 */
function statName(name: string): string {
  return name.split('.').reverse().join('/');
}

function loadBalancingFields(
  loadBalancing: LoadBalancing,
  { kind }: Pick<XdsView, 'kind'>,
): Pick<Cluster, 'lbPolicy' | 'loadBalancingPolicy' | 'ringHashLbConfig' | 'leastRequestLbConfig'> {
  switch (loadBalancing.policy) {
    case 'RoundRobin':
      return { lbPolicy: 'ROUND_ROBIN' };
    case 'RingHash':
      return {
        lbPolicy: 'RING_HASH',
        ringHashLbConfig: {
          hashFunction: 'XX_HASH',
          minimumRingSize: { value: loadBalancing.minimumRingSize },
          maximumRingSize: { value: loadBalancing.maximumRingSize },
        },
      };
    case 'LeastRequest': {
      const choiceCount = uint32(loadBalancing.choiceCount);
      return kind === 'grpc'
        ? { lbPolicy: 'ROUND_ROBIN', loadBalancingPolicy: leastRequestOrNext(choiceCount.value ?? 2) }
        : { lbPolicy: 'LEAST_REQUEST', leastRequestLbConfig: { choiceCount } };
    }
  }
}

/**
 * gRPC takes the first policy of a list that it has (gRFC A52): grpc-go and grpc-java have least_request, the others go on to round_robin. With lb_policy
 * LEAST_REQUEST, C++, Node.js and, by default, Java would refuse the cluster, and Go would forget the weights of localities. Versions older than the list
 * read lb_policy.
 */
function leastRequestOrNext(choiceCount: number): LoadBalancingPolicy {
  return {
    policies: [
      {
        typedExtensionConfig: {
          name: 'envoy.load_balancing_policies.wrr_locality',
          typedConfig: {
            '@type':
              'type.googleapis.com/envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality',
            endpointPickingPolicy: {
              policies: [
                {
                  typedExtensionConfig: {
                    name: 'envoy.load_balancing_policies.least_request',
                    typedConfig: {
                      '@type':
                        'type.googleapis.com/envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest',
                      choiceCount: uint32(choiceCount),
                    },
                  },
                },
                {
                  typedExtensionConfig: {
                    name: 'envoy.load_balancing_policies.round_robin',
                    typedConfig: {
                      '@type':
                        'type.googleapis.com/envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin',
                    },
                  },
                },
              ],
            },
          },
        },
      },
    ],
  };
}

/** Explicit, for the default of gRPC and Envoy alike is 1024 calls. */
function thresholds(maxRequests: number | null) {
  return {
    priority: 'DEFAULT',
    maxConnections: uint32(UNBOUNDED),
    maxPendingRequests: uint32(UNBOUNDED),
    maxRequests: uint32(maxRequests ?? UNBOUNDED),
    maxRetries: uint32(UNBOUNDED),
  } as const;
}

/** gRFC A50. What is Envoy's alone is switched off, so that it ejects as gRPC does. */
function outlierDetection(detection: OutlierDetection): OutlierDetectionMessage {
  const { successRate, failurePercentage } = detection;
  return {
    interval: duration(detection.intervalMs),
    baseEjectionTime: duration(detection.baseEjectionTimeMs),
    maxEjectionTime: duration(detection.maxEjectionTimeMs),
    maxEjectionPercent: uint32(detection.maxEjectionPercent),
    enforcingConsecutive_5xx: uint32(0),
    enforcingConsecutiveGatewayFailure: uint32(0),
    // On by default, once there is an outlier detection.
    enforcingSuccessRate: uint32(successRate?.enforcementPercent ?? 0),
    ...(successRate && {
      successRateStdevFactor: uint32(successRate.factor),
      successRateMinimumHosts: uint32(successRate.minimumHosts),
      successRateRequestVolume: uint32(successRate.requestVolume),
    }),
    enforcingFailurePercentage: uint32(failurePercentage?.enforcementPercent ?? 0),
    ...(failurePercentage && {
      failurePercentageThreshold: uint32(failurePercentage.factor),
      failurePercentageMinimumHosts: uint32(failurePercentage.minimumHosts),
      failurePercentageRequestVolume: uint32(failurePercentage.requestVolume),
    }),
  };
}
