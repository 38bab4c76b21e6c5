import { createPool } from 'mysql2/promise';
import type { DatabaseServer } from '../../../local/servers/database.ts';
import type { TestDatabase } from '../../support/testbed/index.ts';

/**
 * A database on a server that a test stops, freezes or replaces: its statements go over a pool, which connects anew when the server
 * is back.
 */
export async function ownDatabase(server: DatabaseServer, name: string): Promise<TestDatabase> {
  await server.createDatabase(name);
  const pool = createPool({
    host: server.address,
    port: server.port,
    user: 'root',
    database: name,
    connectionLimit: 2,
    timezone: 'Z',
    dateStrings: true,
  });
  return {
    server,
    name,
    url: server.url(name),
    query: async <T>(sql: string, values?: readonly unknown[]) => {
      const [rows] = await pool.query(sql, values as unknown[] | undefined);
      return (Array.isArray(rows) ? rows : [rows]) as T[];
    },
    drop: () => pool.end(),
  };
}
