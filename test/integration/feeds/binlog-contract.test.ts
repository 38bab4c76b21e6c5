import { systemClock } from '../../../src/lib/clock.ts';
import type { MysqlTarget } from '../../../src/mysql/access.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import { changeFeedContract } from '../../contract/change-feed.ts';
import { binlogFeed } from '../../support/binlog-feed.ts';
import { migrated, onEachDatabase, root, targetOf } from '../../support/open-registry.ts';
import { slowTransaction } from '../../support/slow-transaction.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { testbed } from '../../support/testbed/index.ts';

const common = { clock: systemClock, random: Math.random };

function readerOf(target: MysqlTarget): MysqlRegistryReader {
  const access = () => Promise.resolve(root);
  return new MysqlRegistryReader({ ...common, target, access, custom: null, maxReplicaLagMs: 10_000 });
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
      slowTransaction: (sql, release) => slowTransaction(database, sql, release),
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
});
