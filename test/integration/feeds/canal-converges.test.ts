import { startCanal, type CanalServer } from '../../../local/servers/canal.ts';
import { feedConverges } from '../../contract/feed-convergence.ts';
import { canalAt, canalFeed, canalLogin } from '../../support/canal-feeds.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { freshAddress, needs } from '../../support/testbed/index.ts';

describe('Canal', () => {
  before(function () {
    needs(this, 'canal');
  });

  feedConverges('mariadb', {
    name: 'Canal',
    leavesToAudit: [],
    hasLog: false,
    hasServer: true,
    // Its servers are named in the canal-server's own configuration.
    followsFailover: false,
    prepare: async ({ server }) => {
      const address = freshAddress();
      let canal: CanalServer | null = null;
      const link = await TcpProxy.start({ host: address, port: 11111 });
      return {
        open: ({ reader, clock, random, logger }) => {
          const feed = canalFeed(canalAt(link.address), reader, { clock, random, logger });
          return {
            name: feed.name,
            active: feed.active,
            // It begins at the present with the feed, so that nothing from before is told in between.
            run: async (sink, signal) => {
              canal ??= await startCanal({ database: server, login: canalLogin, address, retryMs: 500 });
              await feed.run(sink, signal);
            },
          };
        },
        links: [link],
        committed: () => Promise.resolve(),
        disable: async () => canal?.kill(),
        enable: async () => canal?.start(),
        purge: () => Promise.resolve(),
        restart: async () => {
          await canal?.kill();
          await canal?.start();
        },
        close: async () => {
          await link.close();
          await canal?.dispose();
        },
      };
    },
  });
});
