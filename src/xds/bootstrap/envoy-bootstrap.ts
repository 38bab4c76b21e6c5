import { isIP } from 'node:net';
import { PROXY_METADATA } from '../resources/view.ts';
import type { BootstrapInput, TlsFiles, XdsServerAddress } from './client.ts';

/** What Envoy has to be told beside what every client has. */
export interface EnvoyInput extends BootstrapInput {
  /** Where Envoy's admin interface listens. */
  readonly admin: XdsServerAddress;
}

/** The cluster by which Envoy reaches the xDS server: the only one that does not come from it. */
const XDS_CLUSTER = 'rollcall-xds';
const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const TLS_CONTEXT = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';

/**
 * The configuration file of an Envoy that is the front proxy: listeners and clusters come over one incremental stream. As JSON, which Envoy takes as it
 * takes YAML.
 */
export function envoyBootstrap(input: EnvoyInput): Readonly<Record<string, unknown>> {
  const { nodeId, nodeCluster, region, zone, admin } = input;
  const byAds = { ads: {}, resource_api_version: 'V3' };
  return {
    node: {
      id: nodeId,
      cluster: nodeCluster,
      locality: { region, zone },
      metadata: { [PROXY_METADATA.key]: PROXY_METADATA.value },
    },
    admin: { address: socketAddress(admin) },
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: XDS_CLUSTER } }],
      },
      lds_config: byAds,
      cds_config: byAds,
    },
    static_resources: { clusters: [xdsCluster(input)] },
  };
}

function xdsCluster({ servers, creds, tls }: EnvoyInput): Readonly<Record<string, unknown>> {
  return {
    name: XDS_CLUSTER,
    type: 'STRICT_DNS',
    connect_timeout: '2s',
    // Without it Envoy would wait for the address families that a name does not have.
    dns_lookup_family: 'ALL',
    load_assignment: {
      cluster_name: XDS_CLUSTER,
      // One server a priority: the next one is asked when the ones before do not answer.
      endpoints: servers.map((server, priority) => ({
        priority,
        lb_endpoints: [{ endpoint: { address: socketAddress(server) } }],
      })),
    },
    typed_extension_protocol_options: {
      [HTTP_OPTIONS]: {
        '@type': `type.googleapis.com/${HTTP_OPTIONS}`,
        explicit_http_config: {
          // A server that is gone without a word is noticed; otherwise what it said last would hold for ever.
          http2_protocol_options: { connection_keepalive: { interval: '30s', timeout: '10s' } },
        },
      },
    },
    ...(creds === 'tls'
      ? {
          transport_socket: tlsSocket(
            servers.map(({ host }) => host),
            tls,
          ),
        }
      : {}),
  };
}

/** The server proves that it is one of `hosts`: Envoy by itself would accept any certificate of the authority. */
function tlsSocket(hosts: readonly string[], tls: TlsFiles | null): Readonly<Record<string, unknown>> {
  const { ca = null, cert = null, key = null } = tls ?? {};
  const name = hosts.find((host) => isIP(host) === 0);
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': `type.googleapis.com/${TLS_CONTEXT}`,
      ...(name === undefined ? {} : { sni: name }),
      common_tls_context: {
        alpn_protocols: ['h2'],
        ...(cert === null || key === null
          ? {}
          : {
              tls_certificates: [{ certificate_chain: { filename: cert }, private_key: { filename: key } }],
            }),
        validation_context: {
          ...(ca === null ? {} : { trusted_ca: { filename: ca } }),
          match_typed_subject_alt_names: hosts.map((host) => ({
            san_type: isIP(host) === 0 ? 'DNS' : 'IP_ADDRESS',
            matcher: { exact: host },
          })),
        },
      },
    },
  };
}

function socketAddress({ host, port }: XdsServerAddress): Readonly<Record<string, unknown>> {
  return { socket_address: { address: host, port_value: port } };
}
