import { startCanal, type CanalServer } from '../../../local/servers/canal.ts';
import type { FeedKind } from '../../contract/feed-place.ts';
import { canalAt, canalFeed, canalLogin } from '../canal-feeds.ts';
import { TcpProxy } from '../tcp-proxy.ts';
import { freshAddress } from '../testbed/index.ts';

/** Canal, for the suites that every feed goes through: with a canal-server of its own, where one can be had. */
export const canal: FeedKind = {
  name: 'Canal',
  needs: 'canal',
  leavesToAudit: [],
  hasLog: false,
  hasServer: true,
  prepare: async ({ server }) => {
    const address = freshAddress();
    let started: CanalServer | null = null;
    const link = await TcpProxy.start({ host: address, port: 11111 });
    // Stands for canal.instance.master.address, which can be changed before the canal-server is started again.
    const master = await TcpProxy.start({ host: server.address, port: server.port });
    const database = { address: master.address.host, port: master.address.port };
    return {
      open: ({ reader, clock, random, logger }) => {
        const feed = canalFeed(canalAt(link.address), reader, { clock, random, logger });
        return {
          name: feed.name,
          active: feed.active,
          // It begins at the present with the feed, so that nothing from before is told in between.
          run: async (sink, signal) => {
            started ??= await startCanal({ database, login: canalLogin, address, retryMs: 500 });
            await feed.run(sink, signal);
          },
        };
      },
      links: [link],
      committed: () => Promise.resolve(),
      disable: async () => started?.kill(),
      enable: async () => started?.start(),
      purge: () => Promise.resolve(),
      restart: async () => {
        await started?.kill();
        await started?.start();
      },
      // Its own change to canal.instance.standby.address cannot be relied on: docs/feeds/canal.md, Limits.
      failOver: async ({ address: host, port }) => {
        await started?.kill();
        master.retarget({ host, port });
        await started?.start();
      },
      close: async () => {
        await link.close();
        await started?.dispose();
        await master.close();
      },
    };
  },
};
