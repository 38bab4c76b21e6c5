import type { RetryCode } from '../../model/grpcservice.ts';
import type {
  RouteAction,
  RouteActionHashPolicy,
  RouteConfiguration,
  RouteRetryPolicy,
} from '../codec/generated/messages.ts';
import { duration, uint32 } from './proto.ts';
import type { XdsView } from './view.ts';
import type { LoadBalancing, Retry, XdsSpec } from './xds-spec.ts';

/** All calls of a channel to its one cluster: domains and prefix match whatever name the channel was opened with. */
export function routeConfiguration(
  name: string,
  spec: XdsSpec,
  view: Pick<XdsView, 'kind'>,
): RouteConfiguration {
  return {
    name,
    virtualHosts: [
      { name, domains: ['*'], routes: [{ match: { prefix: '' }, route: routeAction(name, spec, view) }] },
    ],
  };
}

/** Where a call goes, how long it may take, and when it is repeated. */
export function routeAction(cluster: string, spec: XdsSpec, { kind }: Pick<XdsView, 'kind'>): RouteAction {
  const retryPolicy = spec.retry === null ? undefined : retryPolicyOf(spec.retry);
  return {
    cluster,
    ...timeoutFields(spec.timeoutMs, kind === 'grpc'),
    hashPolicy: hashPolicyOf(spec.loadBalancing),
    retryPolicy: kind === 'proxy' ? unsentToo(retryPolicy) : retryPolicy,
  };
}

/**
 * gRPC reads max_stream_duration (gRFC A31). Envoy would end every call after 15 s unless `timeout` is 0, and takes no notice of the caller's deadline
 * without grpc_timeout_header_max; 0 means there "as long as the caller says".
 */
function timeoutFields(
  timeoutMs: number | null,
  isGrpc: boolean,
): Pick<RouteAction, 'timeout' | 'maxStreamDuration'> {
  if (timeoutMs !== null) {
    const limit = duration(timeoutMs);
    return {
      timeout: duration(0),
      maxStreamDuration: { maxStreamDuration: limit, grpcTimeoutHeaderMax: limit },
    };
  }
  return {
    timeout: duration(0),
    maxStreamDuration: isGrpc ? undefined : { grpcTimeoutHeaderMax: duration(0) },
  };
}

/** gRFC A42. */
function hashPolicyOf(loadBalancing: LoadBalancing): readonly RouteActionHashPolicy[] | undefined {
  if (loadBalancing.policy !== 'RingHash') return undefined;
  const { header } = loadBalancing;
  return [
    header === null ? { filterState: { key: 'io.grpc.channel_id' } } : { header: { headerName: header } },
  ];
}

/** The names of the codes in retry_on, of gRPC and Envoy alike (gRFC A44). */
const RETRY_ON: Readonly<Record<RetryCode, string>> = {
  Cancelled: 'cancelled',
  DeadlineExceeded: 'deadline-exceeded',
  Internal: 'internal',
  ResourceExhausted: 'resource-exhausted',
  Unavailable: 'unavailable',
};

function retryPolicyOf({ attempts, codes, baseMs, maxMs }: Retry): RouteRetryPolicy {
  return {
    retryOn: codes.map((code) => RETRY_ON[code]).join(','),
    numRetries: uint32(attempts),
    retryBackOff: { baseInterval: duration(baseMs), maxInterval: duration(maxMs) },
  };
}

/** Repetitions at the proxy of calls that no server has seen. gRPC clients make these by themselves. */
const UNSENT = 'connect-failure,refused-stream';
const UNSENT_ATTEMPTS = 2;

/** A call that no server has seen is always repeated, on another endpoint where there is one. */
function unsentToo(policy: RouteRetryPolicy | undefined): RouteRetryPolicy {
  return {
    ...policy,
    retryOn: policy?.retryOn === undefined ? UNSENT : `${policy.retryOn},${UNSENT}`,
    numRetries: policy?.numRetries ?? uint32(UNSENT_ATTEMPTS),
    retryHostPredicate: [
      {
        name: 'envoy.retry_host_predicates.previous_hosts',
        typedConfig: {
          typeUrl: 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
          value: new Uint8Array(),
        },
      },
    ],
    hostSelectionRetryMaxAttempts: 5,
  };
}
