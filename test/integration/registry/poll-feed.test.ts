import { PollFeed } from '../../../src/feeds/poll.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { MysqlTarget } from '../../../src/mysql/access.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import { changeFeedContract } from '../../contract/change-feed.ts';
import { migrated, onEachDatabase, root, targetOf } from '../../support/open-registry.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { slowTransaction } from '../../support/slow-transaction.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { testbed } from '../../support/testbed/index.ts';

const common = { clock: systemClock, random: Math.random };

function readerOf(target: MysqlTarget): MysqlRegistryReader {
  const access = () => Promise.resolve(root);
  return new MysqlRegistryReader({ ...common, target, access, custom: null, maxReplicaLagMs: 10_000 });
}

onEachDatabase('the contract of change feeds', (flavor) => {
  changeFeedContract('Poll', async () => {
    const database = await testbed.database('feed', flavor);
    const target = targetOf(database.server, database.name);
    await migrated(target);
    const proxy = await TcpProxy.start(target);
    const reader = readerOf(target);
    const polled = readerOf({ ...target, ...proxy.address });
    return {
      open: (known) =>
        new PollFeed({ ...common, reader: polled, known, intervalMs: 100, logger: new RecordingLogger() }),
      reader,
      query: database.query,
      slowTransaction: (sql, release) => slowTransaction(database, sql, release),
      cut: () => proxy.cut(),
      mend: () => proxy.mend(),
      close: async () => {
        polled.close();
        reader.close();
        await proxy.close();
        await database.drop();
      },
    };
  });
});
