/** What a client of the xDS server has to be told before it can ask: where the server is, and what the client says of itself. */
export interface BootstrapInput {
  /** The first that answers is asked (gRFC A71; older clients take the first alone). Never empty. */
  readonly servers: readonly XdsServerAddress[];
  /** How client and xDS server know each other. */
  readonly creds: 'insecure' | 'tls';
  /** Files as the client finds them; null: none. */
  readonly tls: TlsFiles | null;
  /** node.id: `POD.NAMESPACE` lets the server find out where the pod runs. */
  readonly nodeId: string;
  /** node.cluster. */
  readonly nodeCluster: string;
  /** Where the client runs; '' for what is not known. */
  readonly region: string;
  readonly zone: string;
}

export interface XdsServerAddress {
  /** A name or an IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** PEM files. One of `ca` and `cert` at least; `cert` and `key` come together. */
export interface TlsFiles {
  /** Authorities that the other side's certificate must come from; null: those of the system. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** `host:port`, IPv6 in brackets. */
export function hostAndPort({ host, port }: XdsServerAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
