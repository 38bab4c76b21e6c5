import assert from 'node:assert/strict';
import { createClient } from 'redis';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../../local/lib/wait.ts';
import { startRedis, type RedisServer } from '../../../local/servers/redis.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { converged } from '../../contract/feed-place.ts';
import { migrated, OpenedRegistry, root, targetOf } from '../../support/open-registry.ts';
import {
  CHANNEL,
  NEVER_MS,
  publish,
  redisAt,
  redisFeed,
  type RedisFeedSettings,
} from '../../support/redis-feeds.ts';
import { freshAddress, testbed, type TestDatabase } from '../../support/testbed/index.ts';

/** Commits of the concurrency test; the soak runs 20,000. */
const COMMITS = Number(process.env.ROLLCALL_FEED_COMMITS ?? 2000);
const WRITERS = 8;

describe('a registry that is followed by the Redis feed', function () {
  this.timeout(60_000);
  let redis: RedisServer;
  let database: TestDatabase;
  let registry: OpenedRegistry | undefined;

  before(async () => {
    redis = await startRedis({ address: freshAddress(), extraArgs: ['--save', ''] });
  });
  after(() => redis.dispose());
  beforeEach(async () => {
    database = await testbed.database('redis');
    await migrated(targetOf(database.server, database.name));
  });
  afterEach(async () => {
    await registry?.close();
    registry = undefined;
    await database.drop();
  });

  const open = async (settings: Partial<RedisFeedSettings> = {}): Promise<OpenedRegistry> => {
    registry = new OpenedRegistry({
      target: targetOf(database.server, database.name),
      auditIntervalMs: NEVER_MS,
      resyncIntervalMs: NEVER_MS,
      feed: (known, reader, logger) =>
        redisFeed(
          { target: redisAt({ host: redis.address, port: redis.port }), ...settings },
          { known, reader, logger },
        ),
    });
    await registry.whenAvailable();
    await waitFor('the feed to follow', () => registry?.session.facts().feed?.healthy);
    return registry;
  };
  const insert = (service: string, id = '1') =>
    database.query('INSERT INTO instances (service, instance_id, address, port) VALUES (?, ?, ?, 1)', [
      ...[service, id, '10.1.0.1'],
    ]);

  it('hears of a change by its message alone, and reads it once', async () => {
    const followed = await open();
    await insert('orders');
    assert.equal(await publish(redis, 'orders'), 1);
    await followed.whenStates('orders', { 1: 'UP' });
    assert.deepEqual(followed.observer.resyncs, ['Started']);
    assert.equal(followed.observer.hints.get('Redis'), 1);
  });

  it('finds by the poll underneath what nobody published', async () => {
    const followed = await open({ pollIntervalMs: 1000 });
    await insert('orders');
    assert.ok((await followed.whenStates('orders', { 1: 'UP' })) < 5000);
  });

  it('finds at once what a jump in the numbers tells of, and reads everything when the gap stays', async () => {
    const followed = await open();
    await publish(redis, 'other', { epoch: 'writer', version: 1 });
    await insert('orders');
    await insert('other');
    // Number 2 told of orders, and was lost.
    await publish(redis, 'other', { epoch: 'writer', version: 3 });
    await followed.whenStates('orders', { 1: 'UP' });
    assert.equal(followed.observer.resyncs.includes('FeedResumed'), false);
    await database.query(`DELETE FROM instances WHERE service = 'orders'`);
    await waitFor('the resync', () => followed.observer.resyncs.includes('FeedResumed'));
    await followed.whenStates('orders', {});
  });

  it('passes over what is no message, and says so once a minute', async () => {
    const followed = await open();
    for (const text of ['orders', '[]', '{"service": 7}']) await redis.command('PUBLISH', CHANNEL, text);
    await insert('orders');
    await publish(redis, 'orders');
    await followed.whenStates('orders', { 1: 'UP' });
    const warned = followed.logger.messages('warn');
    assert.deepEqual(warned, ['message on the channel cannot be read']);
  });

  it('subscribes anew and reads everything after CLIENT KILL', async () => {
    const followed = await open();
    await insert('orders');
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await followed.whenStates('orders', { 1: 'UP' });
    assert.deepEqual(followed.observer.resyncs, ['Started', 'FeedResumed']);
  });

  it('notices a server that is frozen, and reads everything when it lives again', async () => {
    const followed = await open();
    redis.signal('SIGSTOP');
    try {
      await waitFor('the watchdog', () => followed.session.facts().feed?.healthy === false);
      assert.equal(followed.session.facts().feed?.reason, 'RedisUnreachable');
      await insert('orders');
    } finally {
      redis.signal('SIGCONT');
    }
    await followed.whenStates('orders', { 1: 'UP' });
  });

  it('leaves no connection behind when it is closed', async () => {
    const followed = await open();
    await followed.close();
    registry = undefined;
    await waitFor(
      'no subscriber',
      async () => (await redis.command('CLIENT', 'LIST', 'TYPE', 'pubsub')) === '',
    );
  });

  it('announces to others what retention deletes, on its own connection', async () => {
    const material = { known: { has: () => false, sums: () => new Map() }, logger: (await open()).logger };
    const { reader } = registry ?? assert.fail();
    const feed = redisFeed(
      { target: redisAt({ host: redis.address, port: redis.port }) },
      { ...material, reader },
    );
    const stopping = new AbortController();
    let isOpen = false;
    const sink = { hint: () => undefined, resync: () => undefined, unhealthy: () => undefined };
    const running = feed.run({ ...sink, healthy: () => (isOpen = true) }, stopping.signal);
    await waitFor('the other feed', () => isOpen);
    await insert('orders');
    feed.announce(['orders']);
    await registry?.whenStates('orders', { 1: 'UP' });
    stopping.abort(new Error('the test is over'));
    await running;
  });

  it(`misses nothing of ${WRITERS} writers that publish after ${COMMITS} commits, with 10 % rollbacks`, async () => {
    const target = targetOf(database.server, database.name);
    const followed = await open();
    const publisher = createClient({ url: redis.url });
    publisher.on('error', () => undefined);
    await publisher.connect();
    const writer = async (number: number): Promise<void> => {
      const connection = await database.server.connect(database.name);
      for (let index = 0; index < COMMITS / WRITERS; index++) {
        const service = `s${(index * 7 + number) % 50}`;
        await connection.query('START TRANSACTION');
        await connection.query(
          `INSERT INTO instances (service, instance_id, address, port) VALUES ('${service}', '${number}-${index}', '10.1.${number}.1', 1)`,
        );
        await sleep(Math.random() * 12);
        if (Math.random() < 0.1) await connection.query('ROLLBACK');
        else {
          await connection.query('COMMIT');
          await publisher.publish(CHANNEL, JSON.stringify({ service }));
        }
      }
      connection.destroy();
    };
    await Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)));
    const direct = new MysqlRegistryReader({
      ...{ clock: systemClock, random: Math.random, target, custom: null, maxReplicaLagMs: 60_000 },
      access: () => Promise.resolve(root),
    });
    await converged(followed, direct, 5000).finally(() => direct.close());
    publisher.destroy();
  });
});
