import { startCanal, type CanalServer } from '../../../local/servers/canal.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { MysqlTarget } from '../../../src/mysql/access.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import { changeFeedContract } from '../../contract/change-feed.ts';
import { canalAt, canalFeed, canalLogin } from '../../support/canal-feeds.ts';
import { migrated, root, targetOf } from '../../support/open-registry.ts';
import { slowTransaction } from '../../support/slow-transaction.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { freshAddress, needs, testbed } from '../../support/testbed/index.ts';

function readerOf(target: MysqlTarget): MysqlRegistryReader {
  const access = () => Promise.resolve(root);
  const common = { clock: systemClock, random: Math.random };
  return new MysqlRegistryReader({ ...common, target, access, custom: null, maxReplicaLagMs: 10_000 });
}

describe('the Canal feed under the contract of change feeds', function () {
  this.timeout(60_000);
  let canal: CanalServer;

  before(async function () {
    needs(this, 'canal');
    canal = await startCanal({
      database: await testbed.mariadb(),
      login: canalLogin,
      address: freshAddress(),
    });
  });
  after(() => canal.dispose());

  changeFeedContract('Canal', async () => {
    const database = await testbed.database('canal', 'mariadb');
    const target = targetOf(database.server, database.name);
    await migrated(target);
    const proxy = await TcpProxy.start({ host: canal.address, port: canal.port });
    const reader = readerOf(target);
    return {
      open: () => canalFeed(canalAt(proxy.address), reader),
      reader,
      query: database.query,
      slowTransaction: (sql, release) => slowTransaction(database, sql, release),
      cut: () => proxy.cut(),
      mend: () => proxy.mend(),
      close: async () => {
        reader.close();
        await proxy.close();
        await database.drop();
      },
    };
  });
});
