/** Whom we log in as, and the certificates that TLS needs. From Secrets, which may change at any time. */
export interface MysqlAccess {
  readonly username: string;
  readonly password: string;
  /** PEM; the system's own CAs when absent. */
  readonly ca?: string;
  /** PEM of a client certificate and its key, for servers that ask for one (REQUIRE X509). */
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Where access comes from; asked each time a connection is opened. `refresh`: what was given last was refused, so look at the source
 * itself rather than at a cache. May reject with a TerminalError that says what is wrong with the Secret.
 */
export type AccessSource = (options: { readonly refresh: boolean }) => Promise<MysqlAccess>;

/** As MySQL's own --ssl-mode. VerifyCA checks the chain, VerifyIdentity the name (or address) as well. */
export type TlsMode = 'Disabled' | 'Required' | 'VerifyCA' | 'VerifyIdentity';

/** Where the database is; a change of it needs another pool. */
export interface MysqlTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly tls: TlsMode;
}
