import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import { Publishing } from '../../../local/peers/publishing.ts';
import { startRedis, type RedisServer } from '../../../local/servers/redis.ts';
import { fastClock } from '../../support/fast-clock.ts';
import { migrated, OpenedRegistry, type OpenOptions, targetOf } from '../../support/open-registry.ts';
import {
  CHANNEL,
  NEVER_MS,
  publish,
  redisAt,
  redisFeed,
  type RedisFeedSettings,
} from '../../support/redis-feeds.ts';
import { freshAddress, testbed, type TestDatabase } from '../../support/testbed/index.ts';

describe('a registry that is followed by the Redis feed', function () {
  this.timeout(60_000);
  let redis: RedisServer;
  let database: TestDatabase;
  let opened: OpenedRegistry[] = [];

  before(async () => {
    redis = await startRedis({ address: freshAddress(), extraArgs: ['--save', ''] });
  });
  after(() => redis.dispose());
  beforeEach(async () => {
    database = await testbed.database('redis');
    await migrated(targetOf(database.server, database.name));
  });
  afterEach(async () => {
    for (const each of opened) await each.close();
    opened = [];
    await database.drop();
  });

  const make = (
    options: Partial<OpenOptions> = {},
    settings: Partial<RedisFeedSettings> = {},
  ): OpenedRegistry => {
    const target = redisAt({ host: redis.address, port: redis.port });
    const made = new OpenedRegistry({
      target: targetOf(database.server, database.name),
      auditIntervalMs: NEVER_MS,
      resyncIntervalMs: NEVER_MS,
      feed: (known, reader, logger) => redisFeed({ target, ...settings }, { known, reader, logger }),
      ...options,
    });
    opened.push(made);
    return made;
  };
  /** One that is read and followed. */
  const open = async (...of: Parameters<typeof make>): Promise<OpenedRegistry> => {
    const made = await make(...of).whenAvailable();
    await waitFor('the feed to follow', () => made.session.facts().feed?.healthy);
    return made;
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
    const followed = await open({}, { pollIntervalMs: 1000 });
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

  it('reads a service that 5,000 messages a second name, and that does not change, once a second, and others as ever', async () => {
    const followed = await open();
    await insert('quiet');
    await publish(redis, 'quiet');
    await followed.whenStates('quiet', { 1: 'UP' });
    const statements = async (): Promise<number> => {
      const [row] = await database.query<{ Value: string }>(`SHOW GLOBAL STATUS LIKE 'Com_select'`);
      return Number(row?.Value);
    };
    const hints = (): number => followed.observer.hints.get('Redis') ?? 0;
    const flood = await Publishing.start(redis.url);
    const idleMs = performance.now();
    const idle = await statements();
    await waitFor('the time to pass', () => performance.now() - idleMs > 1000);
    const idlePerMs = ((await statements()) - idle) / (performance.now() - idleMs);
    let published = 0;
    const before = { hints: hints(), statements: await statements(), ms: performance.now() };
    const flooding = setInterval(() => {
      // As many as were due by now: timers are late on a busy machine.
      for (const due = 5 * (performance.now() - before.ms); published < due; published += 1)
        void flood.committed('quiet');
    }, 5);
    const delays: number[] = [];
    try {
      for (let id = 1; id <= 20; id += 1) {
        await insert('orders', `${id}`);
        const startMs = performance.now();
        await publish(redis, 'orders');
        await waitFor('it', () => Object.keys(followed.states('orders')).length === id, { intervalMs: 1 });
        delays.push(performance.now() - startMs);
        await waitFor('the next one', () => performance.now() - before.ms > id * 150);
      }
    } finally {
      clearInterval(flooding);
    }
    const elapsedMs = performance.now() - before.ms;
    const asked = (await statements()) - before.statements - idlePerMs * elapsedMs;
    const median = delays.sort((a, b) => a - b)[10] ?? NaN;
    console.log(
      `      ${published} messages, ${hints() - before.hints} hints, ${Math.round(asked)} statements more, median ${Math.round(median)} ms`,
    );
    assert.ok(published > 10_000, `${published} messages`);
    assert.ok(hints() - before.hints <= 20 + 10 + elapsedMs / 1000, `${hints() - before.hints} hints`);
    // Each hint costs a look at the server and a read.
    assert.ok(asked < 200, `${asked} statements`);
    assert.ok(median < 250, `${median} ms`);
    // A change of the service itself is told within a second, though nobody could tell its message from the others.
    await database.query(`UPDATE instances SET status = 'DRAINING' WHERE service = 'quiet'`);
    await publish(redis, 'quiet');
    assert.ok((await followed.whenStates('quiet', { 1: 'DRAINING' })) < 5000);
    flood.stop();
  });

  it('leaves no connection behind when it is closed', async () => {
    const followed = await open();
    await followed.close();
    opened = [];
    await waitFor(
      'no subscriber',
      async () => (await redis.command('CLIENT', 'LIST', 'TYPE', 'pubsub')) === '',
    );
  });

  it("tells the other replicas what the leader's retention deletes", async () => {
    await insert('orders', 'live');
    await insert('orders', 'gone');
    await database.query(
      `UPDATE instances SET status = 'DOWN', updated_at = NOW(6) - INTERVAL 1 HOUR WHERE instance_id = 'gone'`,
    );
    const other = await open({ isLeader: false });
    await other.whenStates('orders', { gone: 'DOWN', live: 'UP' });
    // It looks once a minute.
    const leader = await open({ clock: fastClock(30), retentionMs: 60_000 });
    await other.whenStates('orders', { live: 'UP' });
    assert.equal(leader.observer.retiredRows, 1);
    assert.deepEqual([other.observer.hints.get('Redis'), other.observer.resyncs], [1, ['Started']]);
  });
});
