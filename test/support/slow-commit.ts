import type { DatabaseServer } from '../../local/servers/database.ts';

/** What semi-synchronous replication is called by each server. MariaDB has it built in. */
const SETTINGS = {
  mariadb: {
    before: [],
    prefix: 'rpl_semi_sync_master',
    withoutReplica: 'rpl_semi_sync_master_wait_no_slave',
  },
  mysql: {
    before: [`INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'`],
    prefix: 'rpl_semi_sync_source',
    withoutReplica: 'rpl_semi_sync_source_wait_no_replica',
  },
} as const;

/**
 * Lets the next commit be in the binary log, and be sent to who reads that, for so long before the engine commits it: the time in which it is told
 * of and cannot be read, which is a fraction of a millisecond otherwise. The server waits for a replica to answer (wait point AFTER_SYNC), and
 * there is none; after the time it waits for none any more. Answers what puts the server back.
 */
export async function slowNextCommit(server: DatabaseServer, ms: number): Promise<() => Promise<void>> {
  const { before, prefix, withoutReplica } = SETTINGS[server.flavor];
  const restore = async (): Promise<void> => {
    await server.query(`SET GLOBAL ${prefix}_enabled = OFF`);
    if (before.length > 0) await server.query(`UNINSTALL PLUGIN ${prefix}`);
  };
  for (const statement of before) await server.query(statement);
  await server.query(`SET GLOBAL ${prefix}_timeout = ${ms}`);
  await server.query(`SET GLOBAL ${prefix}_wait_point = 'AFTER_SYNC'`);
  await server.query(`SET GLOBAL ${withoutReplica} = ON`);
  await server.query(`SET GLOBAL ${prefix}_enabled = ON`);
  return restore;
}
