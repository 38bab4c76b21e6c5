import { waitFor } from '../../../local/lib/wait.ts';
import type { DatabaseServer } from '../../../local/servers/database.ts';
import type { FeedKind } from '../../contract/feed-place.ts';
import { binlogFeed } from '../binlog-feed.ts';

/** Ends the connections that the account has open. */
async function endReaders(server: DatabaseServer, user: string): Promise<void> {
  const open = await server.query<{ ID: number }>(
    'SELECT ID FROM information_schema.PROCESSLIST WHERE USER = ?',
    [user],
  );
  for (const { ID } of open) await server.query(`KILL ${ID}`).catch(() => undefined);
}

/** Binlog, for the suites that every feed goes through: with a login of its own. */
export const binlog: FeedKind = {
  name: 'Binlog',
  leavesToAudit: [],
  hasLog: true,
  hasServer: false,
  prepare: async ({ server, database, target }) => {
    const login = { username: `binlog_${database}`, password: 'secret' };
    const account = `'${login.username}'@'%'`;
    await server.createUser({
      user: login.username,
      password: login.password,
      grants: 'SELECT',
      on: database,
    });
    const monitor = server.flavor === 'mariadb' ? 'BINLOG MONITOR' : 'REPLICATION CLIENT';
    const grant = () => server.query(`GRANT REPLICATION SLAVE, ${monitor} ON *.* TO ${account}`);
    await grant();
    return {
      open: ({ reader, logger }) =>
        binlogFeed(target, { source: reader.source, access: () => Promise.resolve(login), logger }),
      links: [],
      committed: () => Promise.resolve(),
      disable: async () => {
        await server.query(`REVOKE REPLICATION SLAVE ON *.* FROM ${account}`);
        await endReaders(server, login.username);
      },
      enable: async () => {
        await grant();
      },
      purge: async () => {
        // MariaDB purges nothing that it believes to be read, by a connection that was cut as well.
        await endReaders(server, login.username);
        await server.query('FLUSH BINARY LOGS');
        await waitFor('the log to be purged', async () => {
          const logs = await server.query<{ Log_name: string }>('SHOW BINARY LOGS');
          if (logs.length === 1) return true;
          await server.query(`PURGE BINARY LOGS TO '${logs.at(-1)?.Log_name ?? ''}'`);
          return false;
        });
      },
      restart: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  },
};
