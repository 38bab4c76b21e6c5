import { instances } from './0001-instances.ts';
import type { Migration } from './migration.ts';

/** All migrations, in order. */
export const MIGRATIONS: readonly Migration[] = [instances];

/** The schema version that this operator knows; it works with the one before as well. */
export const SCHEMA_VERSION = MIGRATIONS.length;
export const OLDEST_SCHEMA_VERSION = Math.max(1, SCHEMA_VERSION - 1);
