import type { DatabaseServer } from '../../../local/servers/database.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { MysqlTarget } from '../../../src/mysql/access.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import { changeFeedContract } from '../../contract/change-feed.ts';
import { feedConverges } from '../../contract/feed-convergence.ts';
import { binlogFeed } from '../../support/binlog-feed.ts';
import { migrated, onEachDatabase, root, targetOf } from '../../support/open-registry.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { testbed } from '../../support/testbed/index.ts';

const common = { clock: systemClock, random: Math.random };

function readerOf(target: MysqlTarget): MysqlRegistryReader {
  const access = () => Promise.resolve(root);
  return new MysqlRegistryReader({ ...common, target, access, custom: null, maxReplicaLagMs: 10_000 });
}

/** Ends the connections that the account has open. */
async function endReaders(server: DatabaseServer, user: string): Promise<void> {
  const open = await server.query<{ ID: number }>(
    'SELECT ID FROM information_schema.PROCESSLIST WHERE USER = ?',
    [user],
  );
  for (const { ID } of open) await server.query(`KILL ${ID}`).catch(() => undefined);
}

onEachDatabase('the contract of change feeds', (flavor) => {
  changeFeedContract('Binlog', async () => {
    const database = await testbed.database('binlog', flavor);
    const target = targetOf(database.server, database.name);
    await migrated(target);
    const proxy = await TcpProxy.start(target);
    const reader = readerOf(target);
    const followed = readerOf({ ...target, ...proxy.address });
    return {
      open: () => binlogFeed({ ...target, ...proxy.address }, { source: followed.source }),
      reader,
      query: database.query,
      slowTransaction: async (sql, release) => {
        const connection = await database.server.connect(database.name);
        try {
          await connection.query('START TRANSACTION');
          await connection.query(sql);
          await release;
          await connection.query('COMMIT');
        } finally {
          await connection.end();
        }
      },
      cut: () => proxy.cut(),
      mend: () => proxy.mend(),
      close: async () => {
        followed.close();
        reader.close();
        await proxy.close();
        await database.drop();
      },
    };
  });

  feedConverges(flavor, {
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
      const monitor = flavor === 'mariadb' ? 'BINLOG MONITOR' : 'REPLICATION CLIENT';
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
          await server.query('FLUSH BINARY LOGS');
          const logs = await server.query<{ Log_name: string }>('SHOW BINARY LOGS');
          await server.query(`PURGE BINARY LOGS TO '${logs.at(-1)?.Log_name ?? ''}'`);
        },
        restart: () => Promise.resolve(),
        close: () => Promise.resolve(),
      };
    },
  });
});
