import { type BootstrapInput, hostAndPort, type TlsFiles } from './client.ts';

/** The file that GRPC_XDS_BOOTSTRAP names (gRFC A27; credentials: A65; certificate providers: A29). */
export interface GrpcBootstrap {
  readonly xds_servers: readonly {
    readonly server_uri: string;
    readonly channel_creds: readonly { readonly type: string; readonly config?: CertificateFiles }[];
    readonly server_features: readonly string[];
  }[];
  readonly node: {
    readonly id: string;
    readonly cluster: string;
    readonly locality: { readonly region?: string; readonly zone?: string };
  };
  readonly certificate_providers?: Readonly<
    Record<string, { readonly plugin_name: 'file_watcher'; readonly config: CertificateFiles }>
  >;
}

interface CertificateFiles {
  readonly ca_certificate_file?: string;
  readonly certificate_file?: string;
  readonly private_key_file?: string;
  readonly refresh_interval?: string;
}

/** The name of the certificate provider, as in most bootstraps that there are. */
const PROVIDER = 'default';

/**
 * What the server speaks, and what clients should do: keep the resources of a GrpcService that was deleted until they have no use for them
 * (gRFC A53), so that a mistake with kubectl does not end calls.
 */
const SERVER_FEATURES = ['xds_v3', 'ignore_resource_deletion'];

/** How often clients look whether a certificate was renewed; a kubelet takes about a minute to write a Secret anew. */
const REFRESH_INTERVAL = '60s';

/** The bootstrap of a gRPC client. The locality is always there, an empty one where nothing is known: Node's client refuses a node without it. */
export function grpcBootstrap(input: BootstrapInput): GrpcBootstrap {
  const { servers, creds, tls, nodeId, nodeCluster, region, zone } = input;
  const files = tls === null ? null : certificateFiles(tls);
  return {
    xds_servers: servers.map((server) => ({
      server_uri: `dns:///${hostAndPort(server)}`,
      channel_creds: [{ type: creds, ...(creds === 'tls' && files !== null ? { config: files } : {}) }],
      server_features: SERVER_FEATURES,
    })),
    node: {
      id: nodeId,
      cluster: nodeCluster,
      locality: { ...(region === '' ? {} : { region }), ...(zone === '' ? {} : { zone }) },
    },
    ...(files === null
      ? {}
      : { certificate_providers: { [PROVIDER]: { plugin_name: 'file_watcher', config: files } } }),
  };
}

function certificateFiles({ ca, cert, key }: TlsFiles): CertificateFiles {
  return {
    ...(ca === null ? {} : { ca_certificate_file: ca }),
    ...(cert === null || key === null ? {} : { certificate_file: cert, private_key_file: key }),
    refresh_interval: REFRESH_INTERVAL,
  };
}
