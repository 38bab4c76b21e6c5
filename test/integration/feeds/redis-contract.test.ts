import { createClient } from 'redis';
import { systemClock } from '../../../src/lib/clock.ts';
import type { MysqlTarget } from '../../../src/mysql/access.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import { changeFeedContract } from '../../contract/change-feed.ts';
import { migrated, root, targetOf } from '../../support/open-registry.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { CHANNEL, redisAt, redisFeed } from '../../support/redis-feeds.ts';
import { slowTransaction } from '../../support/slow-transaction.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { testbed } from '../../support/testbed/index.ts';

function readerOf(target: MysqlTarget): MysqlRegistryReader {
  const access = () => Promise.resolve(root);
  const common = { clock: systemClock, random: Math.random };
  return new MysqlRegistryReader({ ...common, target, access, custom: null, maxReplicaLagMs: 10_000 });
}

/** The services that a statement of the contract suite changes. */
function servicesOf(sql: string, values: readonly unknown[] = []): readonly string[] {
  const named = [...sql.matchAll(/(?:VALUES |, ?|service = )\(?'([\w-]+)'(?=, '|$)/g)].map(
    ([, name = '']) => name,
  );
  const all = values.length > 0 ? [String(values[0])] : named;
  return sql === 'UPDATE instances SET weight = 5' ? ['orders'] : [...new Set(all)];
}

describe('the Redis feed under the contract of change feeds', () => {
  changeFeedContract('Redis', async () => {
    const database = await testbed.database('redis');
    const redis = await testbed.redis();
    const target = targetOf(database.server, database.name);
    await migrated(target);
    const reader = readerOf(target);
    const publisher = createClient({ url: redis.url });
    publisher.on('error', () => undefined);
    await publisher.connect();
    const proxy = await TcpProxy.start({ host: redis.address, port: redis.port });
    const tell = async (sql: string, values?: readonly unknown[]): Promise<void> => {
      for (const service of servicesOf(sql, values))
        await publisher.publish(CHANNEL, JSON.stringify({ service }));
    };
    return {
      open: (known) => {
        const material = { known, reader, logger: new RecordingLogger() };
        return redisFeed({ target: redisAt(proxy.address) }, material);
      },
      reader,
      query: async (sql, values) => {
        const answer = await database.query(sql, values);
        await tell(sql, values);
        return answer;
      },
      slowTransaction: async (sql, release) => {
        await slowTransaction(database, sql, release);
        await tell(sql);
      },
      cut: () => proxy.cut(),
      mend: () => proxy.mend(),
      close: async () => {
        publisher.destroy();
        reader.close();
        await proxy.close();
        await database.drop();
      },
    };
  });
});
