/**
 * The messages that the xDS server writes or shows, in proto/vendor. What they refer to comes along. The first ones stand in responses, the others in a
 * google.protobuf.Any of one of them.
 */
export const XDS_ROOTS: readonly (readonly [file: string, message: string])[] = [
  ['envoy/config/listener/v3/listener.proto', 'envoy.config.listener.v3.Listener'],
  ['envoy/config/route/v3/route.proto', 'envoy.config.route.v3.RouteConfiguration'],
  ['envoy/config/cluster/v3/cluster.proto', 'envoy.config.cluster.v3.Cluster'],
  ['envoy/config/endpoint/v3/endpoint.proto', 'envoy.config.endpoint.v3.ClusterLoadAssignment'],
  [
    'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
  ],
  ['envoy/extensions/filters/http/router/v3/router.proto', 'envoy.extensions.filters.http.router.v3.Router'],
  [
    'envoy/extensions/upstreams/http/v3/http_protocol_options.proto',
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
  ],
  [
    'envoy/extensions/transport_sockets/tls/v3/tls.proto',
    'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
  ],
  [
    'envoy/extensions/transport_sockets/tls/v3/tls.proto',
    'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
  ],
  [
    'envoy/extensions/access_loggers/stream/v3/stream.proto',
    'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog',
  ],
  [
    'envoy/extensions/access_loggers/file/v3/file.proto',
    'envoy.extensions.access_loggers.file.v3.FileAccessLog',
  ],
  [
    'envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.proto',
    'envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin',
  ],
  [
    'envoy/extensions/load_balancing_policies/least_request/v3/least_request.proto',
    'envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest',
  ],
  [
    'envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash.proto',
    'envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash',
  ],
  [
    'envoy/extensions/load_balancing_policies/wrr_locality/v3/wrr_locality.proto',
    'envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality',
  ],
  [
    'envoy/extensions/load_balancing_policies/client_side_weighted_round_robin/v3/client_side_weighted_round_robin.proto',
    'envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin',
  ],
  [
    'envoy/extensions/load_balancing_policies/pick_first/v3/pick_first.proto',
    'envoy.extensions.load_balancing_policies.pick_first.v3.PickFirst',
  ],
  ['envoy/service/status/v3/csds.proto', 'envoy.service.status.v3.ClientStatusRequest'],
  ['envoy/service/status/v3/csds.proto', 'envoy.service.status.v3.ClientStatusResponse'],
];
