import { createClient } from 'redis';
import { startRedis, type RedisServer } from '../../../local/servers/redis.ts';
import type { FeedKind } from '../../contract/feed-place.ts';
import { CHANNEL, NEVER_MS, noLogin, redisAt, redisFeed } from '../redis-feeds.ts';
import { TcpProxy } from '../tcp-proxy.ts';
import { freshAddress } from '../testbed/index.ts';

const follower = { ...noLogin, login: { username: 'follower', password: 'secret' } };
const followerAcl = ['--user', 'follower', 'on', '>secret', `&${CHANNEL}`, '+subscribe', '+ping'];

/** Redis, for the suites that every feed goes through: with a server of its own, and, but where it is asked for, no poll that could tell anything. */
export function redisKind(pollIntervalMs = NEVER_MS): FeedKind {
  return {
    name: 'Redis',
    // Who truncates a table publishes nothing.
    leavesToAudit: ['truncate'],
    hasLog: false,
    hasServer: true,
    prepare: async () => {
      const server = await startRedis({
        address: freshAddress(),
        extraArgs: ['--save', '', ...followerAcl],
      });
      const link = await TcpProxy.start({ host: server.address, port: server.port });
      const publisher = new Publisher(server);
      return {
        links: [link],
        open: (material) => {
          const target = redisAt(link.address);
          return redisFeed({ target, access: () => Promise.resolve(follower), pollIntervalMs }, material);
        },
        committed: (services) => publisher.publish(services),
        disable: async () => {
          await server.command('ACL', 'SETUSER', 'follower', 'resetchannels');
        },
        enable: async () => {
          await server.command('ACL', 'SETUSER', 'follower', `&${CHANNEL}`);
        },
        purge: () => Promise.reject(new Error('pub/sub keeps nothing')),
        restart: async () => {
          await server.kill();
          await server.start();
        },
        close: async () => {
          await link.close();
          await publisher.close();
          await server.dispose();
        },
      };
    },
  };
}

/** What a writer does after its COMMIT; it connects anew where its connection was lost. */
class Publisher {
  readonly #server: RedisServer;
  #client: ReturnType<Publisher['connect']> | null = null;

  constructor(server: RedisServer) {
    this.#server = server;
  }

  async publish(services: readonly string[]): Promise<void> {
    if ((await this.#client)?.isReady !== true) this.#client = this.connect();
    const client = await this.#client;
    for (const service of services) await client?.publish(CHANNEL, JSON.stringify({ service }));
  }

  async close(): Promise<void> {
    (await this.#client)?.destroy();
  }

  async connect() {
    const client = createClient({ url: this.#server.url, socket: { reconnectStrategy: false } });
    // What goes wrong is what the next command says.
    client.on('error', () => undefined);
    return await client.connect();
  }
}
