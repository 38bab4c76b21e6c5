/** Flags and environment, read once into one frozen configuration per command. */
export { type CommandDescription, commands, type FlagDoc, flagDocs } from './commands.ts';
export { effectiveConfig } from './effective-config.ts';
export { flagLabel, flagName, type FlagTable, variableName } from './flag.ts';
export type { DatabaseConfig, DatabaseTlsConfig, DatabaseTlsMode, MigrateConfig } from './migrate-config.ts';
export type { KubeApiConfig, LeaderElectionConfig, OperatorConfig } from './operator-config.ts';
export { POD_NAMESPACE_FILE } from './operator-flags.ts';
export type { Environment, RawFlags } from './read-flags.ts';
export { readMigrateConfig } from './read-migrate-config.ts';
export { type OperatorSurroundings, readOperatorConfig } from './read-operator-config.ts';
export type { HostPort, LogConfig, LogFormat, LogLevel } from './values.ts';
