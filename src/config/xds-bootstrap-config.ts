import type { HostPort } from './values.ts';

/** What `rollcall xds-bootstrap` runs with. */
export interface XdsBootstrapConfig {
  /** Never empty. */
  readonly servers: readonly HostPort[];
  readonly creds: 'insecure' | 'tls';
  /** PEM files where the client finds them; null: none is given. */
  readonly tls: {
    readonly ca: string | null;
    readonly cert: string | null;
    readonly key: string | null;
  } | null;
  readonly nodeId: string;
  readonly nodeCluster: string;
  /** '' where it is not known. */
  readonly region: string;
  readonly zone: string;
  /** Where Envoy's admin interface is to listen; null: the bootstrap is for a gRPC client. */
  readonly envoyAdmin: HostPort | null;
  /** The file to write; null: standard output. */
  readonly outputFile: string | null;
}
