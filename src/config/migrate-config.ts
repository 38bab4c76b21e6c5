/** What `rollcall migrate` runs with. */
export interface MigrateConfig {
  readonly database: DatabaseConfig;
  readonly tls: DatabaseTlsConfig;
  /** How long to wait for another migration that runs at the same time, in ms. */
  readonly lockTimeoutMs: number;
  /** The feed whose tables and triggers are meant; null: the tables of the registry itself. */
  readonly feed: 'trigger' | null;
  readonly remove: boolean;
  readonly dryRun: boolean;
  /** Manifest of the Registry whose table is followed; null: the Managed schema. */
  readonly registryFile: string | null;
}

/** The parts of a mysql:// URL, percent-decoded. */
export interface DatabaseConfig {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Never shown or logged. */
  readonly password: string;
}

/** The same modes as spec.mysql.tls of a Registry. */
export type DatabaseTlsMode = 'Disabled' | 'Required' | 'VerifyCA' | 'VerifyIdentity';

/** Files are PEM; null: not given. */
export interface DatabaseTlsConfig {
  readonly mode: DatabaseTlsMode;
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
}
