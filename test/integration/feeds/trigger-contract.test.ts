import { systemClock } from '../../../src/lib/clock.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import { changeFeedContract } from '../../contract/change-feed.ts';
import { migrated, onEachDatabase, root, targetOf } from '../../support/open-registry.ts';
import { slowTransaction } from '../../support/slow-transaction.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { testbed } from '../../support/testbed/index.ts';
import { changeLogAt, triggerFeed, withTriggers } from '../../support/trigger-feed.ts';

onEachDatabase('the contract of change feeds', (flavor) => {
  changeFeedContract('Trigger', async () => {
    const database = await testbed.database('trigger', flavor);
    const target = targetOf(database.server, database.name);
    await migrated(target);
    await withTriggers(target);
    const proxy = await TcpProxy.start(target);
    const reader = new MysqlRegistryReader({
      ...{ target, custom: null, maxReplicaLagMs: 10_000, clock: systemClock, random: Math.random },
      access: () => Promise.resolve(root),
    });
    const log = changeLogAt({ ...target, ...proxy.address });
    return {
      open: () => triggerFeed(log),
      reader,
      query: database.query,
      slowTransaction: (sql, release) => slowTransaction(database, sql, release),
      cut: () => proxy.cut(),
      mend: () => proxy.mend(),
      close: async () => {
        log.close();
        reader.close();
        await proxy.close();
        await database.drop();
      },
    };
  });
});
