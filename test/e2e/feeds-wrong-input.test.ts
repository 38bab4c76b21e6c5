import assert from 'node:assert/strict';
import { waitFor } from '../../local/lib/wait.ts';
import { type CanalServer, startCanal } from '../../local/servers/canal.ts';
import { type DatabaseServer, startMariadb } from '../../local/servers/database.ts';
import { CanalConnection } from '../../src/feeds/canal/connection.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { CanalFeedSpec, FeedSpec, Registry, RegistrySpec } from '../../src/model/registry.ts';
import { canalAt, canalLogin } from '../support/canal-feeds.ts';
import { targetOf } from '../support/open-registry.ts';
import { freshAddress, needs, testbed } from '../support/testbed/index.ts';
import { withTriggers } from '../support/trigger-feed.ts';
import { ownDatabase } from './support/own-database.ts';
import type { TestRegistry, World } from './support/world.ts';
import { describeWrongInput, MENDED_MS, SPEC, SYSTEM, type WrongInput } from './support/wrong-input.ts';

let bench: WrongInput;
let world: World;

const take = (started: WrongInput): void => {
  bench = started;
  ({ world } = started);
};

/** Poll as the fallback is quick; what it cannot see is left to the audit. */
const feed = (spec: FeedSpec): FeedSpec => ({ ...SPEC.feed, fallbackAfter: '1s', ...spec });

/** What somebody did wrong, and how they mend it. */
interface Fault {
  readonly title: string;
  readonly type: NonNullable<FeedSpec['type']>;
  readonly reason: string;
  /** What the message must say. */
  readonly says: RegExp;
  /** Makes the Registry and the fault; answers what mends it, given the message. */
  readonly make: () => Promise<Made>;
}

interface Made {
  readonly registry: TestRegistry;
  readonly mend: (message: string) => Promise<unknown>;
}

const servers: { dispose(): Promise<void> }[] = [];

/** A Registry with one instance, and the GrpcService of its name. */
async function registryWith(spec: Partial<RegistrySpec>, server?: DatabaseServer): Promise<TestRegistry> {
  const registry =
    server === undefined
      ? await world.registry(spec)
      : await world.registryOn(await ownDatabase(server, 'registry'), spec);
  await registry.table.register({ service: 'orders', instanceId: 'a', address: '10.77.70.1' });
  await bench.apply(registry.name, registry.name);
  return registry;
}

async function ownServer(...extraArgs: readonly string[]): Promise<DatabaseServer> {
  const server = await startMariadb({ address: freshAddress(), extraArgs });
  servers.push(server);
  return server;
}

const mayReplicate = (registry: TestRegistry): Promise<unknown> =>
  registry.database.query(`GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO '${registry.user}'@'%'`);

/** Runs the statement that a message tells the reader to type. */
async function typed({ database }: TestRegistry, message: string, statement: RegExp): Promise<void> {
  const [advised] =
    statement.exec(message) ?? assert.fail(`the message has no ${statement.source}: ${message}`);
  await database.query(advised);
}

/** Sessions keep the settings that they began with: whoever writes has to connect anew. */
async function connectAnew({ database }: TestRegistry): Promise<void> {
  const { server, name } = database;
  const sessions = await server.query<{ id: number }>(
    `SELECT id FROM information_schema.PROCESSLIST WHERE user = 'root' AND db = ?`,
    [name],
  );
  for (const { id } of sessions) await server.query(`KILL ${id}`);
  await waitFor('a new session', async () => (await database.query('SELECT 1')).length === 1);
}

/** A server whose log lacks what is read, as its administrator set it up. */
const setting =
  (name: string, wrong: string, right: string): Fault['make'] =>
  async () => {
    const variable = name.replaceAll('-', '_');
    const registry = await registryWith(
      { feed: feed({ type: 'Binlog' }) },
      await ownServer(`--${name}=${wrong}`),
    );
    await mayReplicate(registry);
    return {
      registry,
      mend: async (message) => {
        assert.match(message, /Sessions that are open keep the old value/);
        await typed(registry, message, new RegExp(`SET GLOBAL ${variable} = '${right}';`));
        await connectAnew(registry);
      },
    };
  };

const FAULTS: readonly Fault[] = [
  {
    title: 'an account without REPLICATION SLAVE',
    type: 'Binlog',
    reason: 'GrantMissing',
    says: /may not read the binary log/,
    make: async () => {
      const registry = await registryWith({ feed: feed({ type: 'Binlog' }) });
      return { registry, mend: (message) => typed(registry, message, /GRANT REPLICATION SLAVE.*?;/) };
    },
  },
  {
    title: 'a server without a binary log',
    type: 'Binlog',
    reason: 'BinlogOff',
    says: /log_bin is OFF.*start the server again/,
    make: async () => {
      const server = await ownServer('--skip-log-bin');
      const registry = await registryWith({ feed: feed({ type: 'Binlog' }) }, server);
      await mayReplicate(registry);
      return { registry, mend: () => server.restartWith([]) };
    },
  },
  {
    title: 'binlog_row_image MINIMAL',
    type: 'Binlog',
    reason: 'BinlogRowImage',
    says: /binlog_row_image is MINIMAL/,
    make: setting('binlog-row-image', 'MINIMAL', 'FULL'),
  },
  {
    title: 'binlog_format STATEMENT',
    type: 'Binlog',
    reason: 'BinlogFormat',
    says: /binlog_format is STATEMENT/,
    make: setting('binlog-format', 'STATEMENT', 'ROW'),
  },
  {
    title: 'a view, which no log names',
    type: 'Binlog',
    reason: 'FeedNeedsTable',
    says: /view.*spec\.feed\.type.*spec\.schema\.custom\.table/,
    make: async () => {
      const columns = {
        ...{ service: 'service', instanceId: 'instance_id', address: 'address', port: 'port' },
        ...{ status: 'status', updatedAt: 'updated_at' },
      };
      const database = await testbed.database('registry');
      await world.migrate(database);
      await database.query('CREATE VIEW servers AS SELECT * FROM instances');
      const registry = await world.registryOn(
        database,
        { feed: feed({ type: 'Binlog' }), schema: { type: 'Custom', custom: { table: 'servers', columns } } },
        { migrated: false },
      );
      await mayReplicate(registry);
      await registry.table.register({ service: 'orders', instanceId: 'a', address: '10.77.70.1' });
      await bench.apply(registry.name, registry.name);
      const schema = { custom: { table: 'instances' } };
      return {
        registry,
        mend: () => world.mergePatch('registries', SYSTEM, registry.name, { spec: { schema } }),
      };
    },
  },
  {
    title: 'a trigger that somebody dropped',
    type: 'Trigger',
    reason: 'TriggerMissing',
    says: /rollcall migrate --feed trigger/,
    make: async () => {
      const registry = await registryWith({ feed: feed({ type: 'Trigger' }) });
      const { server, name, query } = registry.database;
      await withTriggers(targetOf(server, name));
      const [trigger] = await query<{ Trigger: string }>('SHOW TRIGGERS');
      await query(`DROP TRIGGER ${trigger?.Trigger ?? 'of which there is none'}`);
      return { registry, mend: () => withTriggers(targetOf(server, name)) };
    },
  },
  {
    title: 'a wrong password of Redis',
    type: 'Redis',
    reason: 'RedisAccessDenied',
    says: /Secret that spec\.feed\.redis\.credentialsSecretRef names/,
    make: async () => {
      const redisServer = await testbed.redis();
      const { address, port } = redisServer;
      const name = world.name('redis');
      await redisServer.command('ACL', 'SETUSER', name, 'on', '>right', '&rollcall', '+subscribe', '+ping');
      await world.secret(name, { username: name, password: 'wrong' });
      const redis = { addresses: [`${address}:${port}`], credentialsSecretRef: { name } };
      const registry = await registryWith({ feed: feed({ type: 'Redis', redis }) });
      const stringData = { password: 'right' };
      return { registry, mend: () => world.mergePatch('secrets', SYSTEM, name, { stringData }) };
    },
  },
];

/** Those that need a canal-server. */
const CANAL_FAULTS: readonly Fault[] = [
  {
    title: 'a destination that the canal-server does not have',
    type: 'Canal',
    reason: 'CanalDestinationUnknown',
    says: /does not serve destination registy.*canal\.destinations/,
    make: async () => {
      const registry = await registryWith({ feed: feed({ type: 'Canal', canal: canalOf('registy') }) });
      const spec = { feed: { canal: { destination: 'registry' } } };
      return { registry, mend: () => world.mergePatch('registries', SYSTEM, registry.name, { spec }) };
    },
  },
  {
    title: 'another client that takes from the same destination',
    type: 'Canal',
    reason: 'CanalClientTaken',
    says: /a destination of its own/,
    make: async () => {
      const registry = await registryWith({ feed: feed({ type: 'Canal', canal: canalOf('shared') }) });
      const stop = new AbortController();
      const stealing = steal(registry, stop.signal);
      return {
        registry,
        mend: async () => {
          stop.abort();
          await stealing;
        },
      };
    },
  },
];

let canal: CanalServer;
const canalOf = (destination: string): CanalFeedSpec => ({
  ...{ host: canal.address, port: canal.port, destination },
  credentialsSecretRef: { name: 'canal-login' },
});

/** Takes batches from the operator's destination as the client that it is, while rows change. */
async function steal({ table, database }: TestRegistry, signal: AbortSignal): Promise<void> {
  const login = { username: canalLogin.user, password: canalLogin.password };
  const enter = async (): Promise<CanalConnection> => {
    const connection = await CanalConnection.open(
      { target: canalAt(canal, 'shared'), login, filter: `${database.name}\\.instances`, clock: systemClock },
      AbortSignal.timeout(30_000),
    );
    await connection.subscribe();
    return connection;
  };
  let thief = await enter();
  try {
    let count = 0;
    const stolen = async (): Promise<boolean> => {
      count += 1;
      await table.register({ service: 'noise', instanceId: 'only', address: '10.77.72.1', weight: count });
      try {
        const batch = await thief.get(1);
        if (batch !== null) thief.ack(batch.id);
      } catch {
        // What it took was given to the feed again meanwhile: its acknowledgement was refused, which ends a connection.
        thief = await enter();
      }
      return signal.aborted;
    };
    await waitFor('the end of it', stolen, { timeoutMs: 120_000 });
  } finally {
    thief.close();
  }
}

describeWrongInput('what is wrong with a feed', take, () => {
  after('the servers end', () => Promise.all(servers.map((server) => server.dispose())));

  describe('with a database or Redis:', () => faults(FAULTS));

  describe('with a canal-server:', () => {
    before(async function () {
      needs(this, 'canal');
      canal = await startCanal({
        ...{ address: freshAddress(), database: await testbed.mariadb(), login: canalLogin },
        destinations: ['registry', 'shared'],
      });
      servers.push(canal);
      await world.secret('canal-login', { username: canalLogin.user, password: canalLogin.password });
    });
    after(() => world.delete('secrets', SYSTEM, 'canal-login'));
    faults(CANAL_FAULTS);
  });
});

/** All are made at first and mended together, so that their waits are one. */
function faults(all: readonly Fault[]): void {
  const made = new Map<Fault, Made & { readonly message: string }>();

  const of = (fault: Fault): Made & { readonly message: string } => {
    const found = made.get(fault);
    if (found === undefined) throw new Error('it was not told before');
    return found;
  };
  const statusOf = async ({ name }: TestRegistry): Promise<NonNullable<Registry['status']>> =>
    (await world.get<Registry>('registries', SYSTEM, name))?.status ?? {};
  const until = (registry: TestRegistry, type: string, wanted: string) =>
    world.untilCondition(SYSTEM, registry.name, type, wanted, {
      plural: 'registries',
      timeoutMs: MENDED_MS,
    });
  const move = async ({ table, name }: TestRegistry, address: string): Promise<void> => {
    await table.register({ service: 'orders', instanceId: 'a', address });
    await world.untilReady(bench.namespace, name, [address]);
  };

  const hints = ({ name }: TestRegistry, type: string): Promise<number> =>
    bench.operator.metric('rollcall_feed_hints_total', { registry: `${SYSTEM}/${name}`, feed: type });

  const making = new Map<Fault, Promise<Made>>();
  before('all of them are done', async () => {
    for (const fault of all) making.set(fault, fault.make());
    await Promise.all(making.values());
  });

  for (const fault of all) {
    const { title, reason, says } = fault;
    it(`${title}: FeedHealthy says ${reason} and what to type, and Poll serves`, async () => {
      const { registry, mend } = (await making.get(fault)) ?? { registry: undefined };
      assert.ok(registry && mend);
      const { message } = await until(registry, 'FeedHealthy', `False ${reason}`);
      made.set(fault, { registry, mend, message });
      assert.match(message, says);
      const ready = await until(registry, 'Ready', 'True FeedUnhealthy');
      assert.ok(ready.message.includes(`(${reason})`), ready.message);
      await waitFor('Poll to serve', async () => (await statusOf(registry)).feed?.active === 'Poll');
      // More than once: the first may be in what is read when Poll begins to serve.
      const addresses = ['10.77.70.2', '10.77.70.4'];
      for (let moves = 0; moves === 0 || (await hints(registry, 'Poll')) === 0; moves += 1) {
        assert.ok(moves < 10, 'Poll tells of no change');
        await move(registry, addresses[moves % 2] ?? '');
      }
    });
  }

  it('are mended by what the messages say, all at once', async () => {
    await Promise.all(all.map((fault) => of(fault).mend(of(fault).message)));
  });

  for (const fault of all) {
    it(`${fault.title}, mended: ${fault.type} is taken back, and tells of changes`, async () => {
      const { registry } = of(fault);
      await until(registry, 'FeedHealthy', 'True Following');
      await until(registry, 'Ready', 'True Synced');
      assert.equal((await statusOf(registry)).feed?.active, fault.type);
      // By its poll underneath Redis would hear of it after 10 s.
      if (fault.type === 'Redis') {
        await registry.table.register({ service: 'orders', instanceId: 'a', address: '10.77.70.3' });
        await (await testbed.redis()).command('PUBLISH', 'rollcall', '{"service": "orders"}');
      }
      await move(registry, '10.77.70.3');
      await waitFor('its hint', async () => (await hints(registry, fault.type)) > 0);
    });
  }
}
