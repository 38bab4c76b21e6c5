import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { seeded } from '../../bench/harness/statistics.ts';
import { waitFor } from '../../local/lib/wait.ts';
import { Publishing } from '../../local/peers/publishing.ts';
import { type CanalServer, startCanal } from '../../local/servers/canal.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Registry } from '../../src/model/registry.ts';
import { MysqlRegistryReader } from '../../src/mysql/mysql-registry-reader.ts';
import type { FeedName } from '../../src/registry/change-feed.ts';
import { binlogFeed } from '../support/binlog-feed.ts';
import { root, targetOf } from '../support/open-registry.ts';
import { freshAddress, needs, testbed } from '../support/testbed/index.ts';
import { ToldByFeed } from '../support/told-by-feed.ts';
import { withTriggers } from '../support/trigger-feed.ts';
import { EventLog } from './support/event-log.ts';
import type { OperatorProcess } from './support/operator.ts';
import { Oracle } from './support/oracle.ts';
import { RandomWriter } from './support/random-writer.ts';
import { type Registration, RegistryTable } from './support/registry-table.ts';
import { type TestRegistry, World } from './support/world.ts';
import { SPEC, SYSTEM } from './support/wrong-input.ts';
import { versions } from './support/written.ts';

const SEED = Number(process.env.ROLLCALL_CHAOS_SEED ?? Math.floor(Math.random() * 1_000_000));
const IDENTITY = 'one';
const ROWS = { fewest: 15, most: 30 };

/** Nothing but the feed itself can tell of a change in time: what stands behind it looks once in a minute or less often. */
const ALONE = { poll: { interval: '1m', auditInterval: '1h' } };

/** A table whose writer publishes, as the feed Redis asks of it. */
class PublishedTable extends RegistryTable {
  readonly #publishing: Publishing;

  constructor(registry: TestRegistry, publishing: Publishing) {
    super(registry.database);
    this.#publishing = publishing;
  }

  override async register(...rows: readonly Registration[]): Promise<void> {
    await super.register(...rows);
    for (const service of new Set(rows.map((row) => row.service))) await this.#publishing.committed(service);
  }

  override async setStatus(
    service: string,
    instanceId: string,
    status: 'UP' | 'DRAINING' | 'DOWN',
  ): Promise<void> {
    await super.setStatus(service, instanceId, status);
    await this.#publishing.committed(service);
  }
}

describe(`the feed of a live Registry while its rows change all the time (ROLLCALL_CHAOS_SEED=${SEED})`, function () {
  this.timeout(60_000);
  let world: World;
  let registry: TestRegistry;
  let namespace: string;
  let operator: OperatorProcess;
  let publishing: Publishing;
  let canal: CanalServer | undefined;
  let oracle: Oracle;
  let writer: RandomWriter;
  let writing: Promise<void> = Promise.resolve();
  let registries: EventLog;
  let still: Readonly<Record<string, string>>;
  const stop = new AbortController();

  /** The whole of spec.feed, as a merge patch: settings of another type have to go. */
  const feedOf = async (type: FeedName): Promise<unknown> => {
    const { address, port } = await testbed.redis();
    const redis = { addresses: [`${address}:${port}`], pollInterval: '10m' };
    return {
      ...{ type, trigger: null, redis: null, binlog: null, canal: null },
      ...(type === 'Poll' ? SPEC.feed : ALONE),
      ...(type === 'Redis' ? { redis } : {}),
      ...(type === 'Canal' ? { canal: { host: canal?.address, destination: 'registry' } } : {}),
    };
  };

  before(async () => {
    world = await World.create();
    const redis = await testbed.redis();
    publishing = await Publishing.start(redis.url);
    registry = await world.registry({ ...SPEC, resyncInterval: '24h' });
    const { server, name } = registry.database;
    await server.query(`GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO '${registry.user}'@'%'`);
    await withTriggers(targetOf(server, name));
    namespace = await world.namespace();
    operator = await world.operator(registry, { flags: ['--identity', IDENTITY] });
    const table = new PublishedTable(registry, publishing);
    oracle = await Oracle.start(world, namespace, 'orders');
    writer = new RandomWriter({
      ...{ table, oracle, service: 'orders', random: seeded(SEED), rows: ROWS, paceMs: 100 },
    });
    await writer.fill();
    await table.register({ service: 'still', instanceId: 'only', address: '10.77.49.1' });
    await world.applyGrpcService(namespace, 'orders');
    await world.applyGrpcService(namespace, 'still');
    await world.untilReady(namespace, 'still', ['10.77.49.1']);
    await oracle.settled();
    still = versions(await world.slices(namespace, 'still'));
    registries = await EventLog.start(world, `/apis/rollcall.dev/v1alpha1/namespaces/${SYSTEM}/registries`);
    writing = writer.run(stop.signal);
  });

  after(async () => {
    stop.abort();
    await writing;
    for (const watch of [oracle, registries] as const) await watch.stop().catch(() => undefined);
    publishing.stop();
    await world.dispose();
    await canal?.dispose();
  });

  const hints = (feed: FeedName): Promise<number> =>
    operator.metric('rollcall_feed_hints_total', { registry: `${SYSTEM}/${registry.name}`, feed });

  /** Waits until this feed serves the present generation of the Registry, and is well. */
  const follows = async (type: FeedName): Promise<void> => {
    let seen: Registry | undefined;
    const isWell = async (): Promise<boolean> => {
      seen = await world.get<Registry>('registries', SYSTEM, registry.name);
      const { observedGeneration, feed, conditions = [] } = seen?.status ?? {};
      return (
        observedGeneration === seen?.metadata.generation &&
        feed?.active === type &&
        ['FeedHealthy True Following', 'Ready True Synced'].every((wanted) =>
          conditions.some(({ type: its, status, reason }) => `${its} ${status} ${reason}` === wanted),
        )
      );
    };
    await waitFor(`${type} to follow`, isWell, { timeoutMs: 20_000 }).catch((cause: unknown) => {
      throw new Error(`${type} does not follow: ${JSON.stringify(seen?.status)}`, { cause });
    });
  };

  const settles = async (): Promise<void> => {
    await writer.pause();
    await oracle.settled();
    writer.resume();
  };

  const connections = async (): Promise<readonly number[]> => {
    const rows = await registry.database.server.query<{ id: number }>(
      'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = ?',
      [registry.user],
    );
    return rows.map(({ id }) => id);
  };

  const turn = async (type: FeedName): Promise<void> => {
    const feed = (await world.get<Registry>('registries', SYSTEM, registry.name))?.status?.feed?.active;
    const earlier = new Set(feed === type ? [] : await connections());
    await world.mergePatch('registries', SYSTEM, registry.name, { spec: { feed: await feedOf(type) } });
    await follows(type);
    await waitFor('the connections of the feed before to be closed', async () =>
      (await connections()).every((id) => !earlier.has(id)),
    );
    const [before, polled] = [await hints(type), await hints('Poll')];
    await waitFor(`changes to come through ${type}`, async () => (await hints(type)) >= before + 30, {
      timeoutMs: 20_000,
    });
    await settles();
    if (type !== 'Poll') assert.equal(await hints('Poll'), polled, 'hints of Poll meanwhile');
    assert.deepEqual(oracle.violations, []);
  };

  it('is Poll at first', () => turn('Poll'));
  it('becomes Trigger', () => turn('Trigger'));
  it('becomes Redis', () => turn('Redis'));
  it('becomes Binlog', () => turn('Binlog'));
  it('goes on when another reader of the log comes with the same server id', async () => {
    const target = targetOf(registry.database.server, registry.database.name);
    const reader = new MysqlRegistryReader({
      ...{ target, access: () => Promise.resolve(root), custom: null, maxReplicaLagMs: 10_000 },
      ...{ clock: systemClock, random: Math.random },
    });
    const told = new ToldByFeed();
    const ending = new AbortController();
    const other = binlogFeed(target, {
      source: reader.source,
      reader: `${IDENTITY}/${SYSTEM}/${registry.name}`,
    }).run(told, ending.signal);
    try {
      await waitFor('the other to be told', () => told.hints.includes('orders'));
      const met = () => readFileSync(operator.logFile, 'utf8').includes('came with the same server id');
      await waitFor('the operator to be thrown out', met);
      await turn('Binlog');
      assert.ok(told.isHealthy, 'the other follows, too');
    } finally {
      ending.abort();
      await other;
      reader.close();
    }
  });
  it('becomes Canal', async function () {
    needs(this, 'canal');
    canal = await startCanal({ address: freshAddress(), database: registry.database.server });
    await turn('Canal');
  });
  it('becomes Poll again', () => turn('Poll'));

  it('has left no subscription behind', async () => {
    const redis = await testbed.redis();
    const subscribers = (): Promise<string> => redis.command('CLIENT', 'LIST', 'TYPE', 'pubsub');
    await waitFor('the subscription to end', async () => (await subscribers()) === '');
  });

  it('has changed no endpoint by any of that, and the Registry was ready all the while', async () => {
    await settles();
    assert.deepEqual(versions(await world.slices(namespace, 'still')), still);
    assert.ok(oracle.judged > 50, `${oracle.judged} events were judged`);
    const told = registries.events
      .filter(({ object }) => object.metadata.name === registry.name)
      .flatMap(({ object }) => (object as unknown as Registry).status?.conditions ?? [])
      .filter(({ type, status }) => (type === 'Ready' || type === 'FeedHealthy') && status === 'False')
      // Another reader came with its id, see above: for a moment, until it has another.
      .filter(({ type, reason }) => type === 'Ready' || reason !== 'ServerIdTaken')
      .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
    assert.deepEqual(told, []);
    await oracle.stop();
  });
});
