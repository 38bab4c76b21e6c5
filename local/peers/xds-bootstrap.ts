import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newWorkDir } from '../servers/work-dir.ts';

/** What a client is to tell the xDS server of itself, and where that is. */
export interface XdsBootstrap {
  /** `host:port` of each server, the first that answers is asked. */
  readonly servers: readonly string[];
  readonly nodeId: string;
  /** Region and zone are empty by default: grpc-js demands a locality. */
  readonly locality?: { readonly region?: string; readonly zone?: string };
  /** Files of a client of mTLS; plain text without them. */
  readonly tls?: { readonly caFile: string; readonly certFile?: string; readonly keyFile?: string };
}

/** Writes a bootstrap file for GRPC_XDS_BOOTSTRAP, as gRFC A27 has it, and gives its path. */
export function writeXdsBootstrap({ servers, nodeId, locality, tls }: XdsBootstrap): string {
  const file = join(newWorkDir('xds-bootstrap'), 'bootstrap.json');
  const credentials =
    tls === undefined
      ? { type: 'insecure' }
      : {
          type: 'tls',
          config: {
            ca_certificate_file: tls.caFile,
            ...(tls.certFile === undefined
              ? {}
              : { certificate_file: tls.certFile, private_key_file: tls.keyFile }),
          },
        };
  const bootstrap = {
    xds_servers: servers.map((server) => ({
      server_uri: server,
      channel_creds: [credentials],
      server_features: ['xds_v3'],
    })),
    node: { id: nodeId, cluster: 'test', locality: { region: '', zone: '', ...locality } },
  };
  writeFileSync(file, JSON.stringify(bootstrap));
  return file;
}
