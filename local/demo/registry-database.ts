import { startMariadb, startMysql, type DatabaseServer, type DatabaseUser } from '../servers/database.ts';
import { mustRun } from '../lib/run.ts';
import { database as databaseName, password } from './names.ts';
import type { DatabaseFlavor } from '../servers/database.ts';
import { mainFile } from './operator.ts';

/** Who uses the registry's database. */
export interface RegistryUsers {
  /** Runs `rollcall migrate`, and is the person's in `npm run shell`. */
  readonly person: DatabaseUser;
  readonly operator: DatabaseUser;
  readonly server: DatabaseUser;
}

const users: RegistryUsers = {
  person: { user: 'you', password, on: databaseName },
  operator: { user: 'rollcall', password, on: databaseName, grants: 'SELECT, DELETE' },
  server: { user: 'greeter', password, on: databaseName, grants: 'SELECT, INSERT, UPDATE' },
};

/** Starts the database and makes the registry's tables with `rollcall migrate`. */
export async function startRegistryDatabase(
  flavor: DatabaseFlavor,
): Promise<{ readonly database: DatabaseServer; readonly users: RegistryUsers }> {
  const database = await (flavor === 'mysql' ? startMysql() : startMariadb());
  await database.createDatabase(databaseName);
  for (const user of Object.values(users) as DatabaseUser[]) await database.createUser(user);
  await mustRun(process.execPath, [mainFile, 'migrate'], {
    env: { ROLLCALL_URL: database.url(databaseName, users.person) },
  });
  return { database, users };
}
