import type { DatabaseServer } from '../../local/servers/database.ts';

/** Has `replica` follow `source` from the first event of its log on. */
export async function replicate(replica: DatabaseServer, source: DatabaseServer): Promise<void> {
  if (replica.flavor === 'mariadb') {
    await replica.query(
      `CHANGE MASTER TO MASTER_HOST = '${source.address}', MASTER_PORT = ${source.port}, MASTER_USER = 'root', MASTER_USE_GTID = no`,
    );
    const [log] = await source.query<{ Log_name: string }>('SHOW BINARY LOGS');
    await replica.query(`CHANGE MASTER TO MASTER_LOG_FILE = '${log?.Log_name ?? ''}', MASTER_LOG_POS = 4`);
    await replica.query('START SLAVE');
    return;
  }
  await replica.query(
    `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '${source.address}', SOURCE_PORT = ${source.port}, SOURCE_USER = 'root', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1`,
  );
  await replica.query('START REPLICA');
}
