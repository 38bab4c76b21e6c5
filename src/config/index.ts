export type { KubeApiConfig, LeaderElectionConfig, OperatorConfig } from './operator-config.ts';
export type { DatabaseConfig, DatabaseTlsConfig, DatabaseTlsMode, MigrateConfig } from './migrate-config.ts';
export type { HostPort, LogConfig, LogFormat, LogLevel } from './values.ts';
