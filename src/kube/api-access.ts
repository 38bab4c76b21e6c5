import type { ConnectionOptions } from 'node:tls';

/** What a connection to the API server is made with. When it changes, new connections are made. */
export type TlsMaterial = Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'
>;

/** What one request shows. */
export interface Credentials {
  /** Authorization, Impersonate-*; a header with several values is sent once for each. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly tls: TlsMaterial;
}

/** Where the API server is and how to show who we are. */
export interface ApiAccess {
  /** Base address, such as https://10.96.0.1:443; paths are put after it. */
  readonly server: URL;
  /** HTTP proxy to reach it through. */
  readonly proxyUrl: string | undefined;
  /** The namespace of the ServiceAccount or of the kubeconfig's context, if it names one. */
  readonly namespace: string | undefined;
  /** What the next request shows; files that rotate are read again. Rejects with RetryableError or TerminalError when it cannot be had. */
  credentials(): Promise<Credentials>;
  /** The API server answered 401: what is kept must not be used again. */
  rejected(): void;
}
