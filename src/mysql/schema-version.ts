import { TerminalError } from '../lib/errors.ts';
import type { Connection } from './connection.ts';
import { migrateCommand, migrateHint } from './mysql-error.ts';
import { OLDEST_SCHEMA_VERSION } from './migrations/index.ts';

/** What registry_meta says. */
export interface RegistryMeta {
  readonly schemaVersion: number;
  /** UUID that names this registry, made when its tables were. */
  readonly epoch: string;
}

/**
 * Reads registry_meta. Throws TerminalError TableNotFound where `rollcall migrate` never ran, SchemaTooOld where it has to run again. A newer
 * schema is fine: migrations only add, so that an operator can be rolled back.
 */
export async function readRegistryMeta(connection: Connection, signal: AbortSignal): Promise<RegistryMeta> {
  const rows = await connection.query(
    { text: 'SELECT `name`, `value` FROM `registry_meta`', values: [] },
    signal,
  );
  const meta = new Map(rows.map(([name, value]): [string, string] => [String(name), String(value)]));
  const schemaVersion = Number(meta.get('schema_version') ?? 0);
  if (schemaVersion < OLDEST_SCHEMA_VERSION) {
    throw new TerminalError(
      'SchemaTooOld',
      `the tables have schema version ${schemaVersion}, this operator needs ${OLDEST_SCHEMA_VERSION} or later: ` +
        migrateHint(connection.context),
      { mend: migrateCommand(connection.context) },
    );
  }
  return { schemaVersion, epoch: meta.get('epoch') ?? '' };
}
