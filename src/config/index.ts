/** Flags and environment, read once into one frozen configuration per command. */
export { type CommandDescription, commands, flagDocs } from './commands.ts';
export { type DoctorConfig, FEED_NAMES, type FeedName } from './doctor-config.ts';
export { effectiveConfig } from './effective-config.ts';
export { flagLabel, flagName, variableName } from './flag.ts';
export type { MigrateConfig } from './migrate-config.ts';
export type { OperatorConfig } from './operator-config.ts';
export { POD_NAMESPACE_FILE } from './operator-flags.ts';
export type { Environment, RawFlags } from './read-flags.ts';
export { readDoctorConfig } from './read-doctor-config.ts';
export { readMigrateConfig } from './read-migrate-config.ts';
export { readOperatorConfig } from './read-operator-config.ts';
export type { HostPort } from './values.ts';
export { readXdsConfig } from './read-xds-config.ts';
export type { XdsConfig } from './xds-config.ts';
export { readXdsBootstrapConfig } from './read-xds-bootstrap-config.ts';
export type { XdsBootstrapConfig } from './xds-bootstrap-config.ts';
