import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import { startMariadb, startMysql, type DatabaseServer } from '../../../local/servers/database.ts';
import { expiredAt } from '../../../src/registry/liveness.ts';
import {
  migrated,
  OpenedRegistry,
  type OpenOptions,
  onEachDatabase,
  targetOf,
} from '../../support/open-registry.ts';
import { replicate } from '../../support/replicate.ts';
import { freshAddress } from '../../support/testbed/index.ts';

const NAME = 'registry';

onEachDatabase('a database that fails', function (flavor) {
  let server: DatabaseServer;
  const opened: OpenedRegistry[] = [];

  before(async function () {
    this.timeout(60_000);
    server = await (flavor === 'mariadb' ? startMariadb : startMysql)({ address: freshAddress() });
  });
  after(() => server.dispose());

  beforeEach(async () => {
    await server.query(`DROP DATABASE IF EXISTS ${NAME}`);
    await server.createDatabase(NAME);
    await migrated(targetOf(server, NAME));
    await server.query(
      `INSERT INTO ${NAME}.instances (service, instance_id, address, port, ttl_ms) VALUES
       ('a', '1', '10.1.0.1', 1, 2000), ('a', '2', '10.1.0.2', 1, 2000), ('a', 'dead', '10.1.0.3', 1, 2000), ('a', 'static', '10.1.0.4', 1, NULL)`,
    );
    await beat('3600', `instance_id IN ('1', '2')`);
    await beat('-60', `instance_id = 'dead'`);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((registry) => registry.close()));
  });

  const beat = (seconds: string, which = 'ttl_ms IS NOT NULL') =>
    server.query(
      `INSERT INTO ${NAME}.heartbeats SELECT id, NOW(6) + INTERVAL ${seconds} SECOND FROM ${NAME}.instances WHERE ${which}
       ON DUPLICATE KEY UPDATE expires_at = VALUES(expires_at)`,
    );
  /**
   * A grace lasts one TTL of each lease. One whose beat has to land within it gets a long one, so that a slow machine is in time; only the
   * end of a short one is waited for.
   */
  const lengthen = (which: string) =>
    server.query(`UPDATE ${NAME}.instances SET ttl_ms = 60000 WHERE instance_id IN (${which})`);
  const open = async (options: Partial<OpenOptions> = {}): Promise<OpenedRegistry> => {
    const registry = new OpenedRegistry({ target: targetOf(server, NAME), ...options });
    opened.push(registry);
    return await registry.whenAvailable();
  };
  /** Opened, and past the grace that the server's own start gives. */
  const openSettled = async (options: Partial<OpenOptions> = {}): Promise<OpenedRegistry> => {
    const registry = await open(options);
    await waitFor('the dead to be dead', () => alive(registry) === '1,2,static');
    return registry;
  };
  /** What would be published: ids of instances that count as alive now. */
  const alive = (registry: OpenedRegistry): string => {
    const snapshot = registry.session.snapshot('a');
    const nowUs = registry.session.nowUs();
    return (snapshot?.instances ?? [])
      .filter((instance) => expiredAt(instance, snapshot?.grace ?? null, nowUs) === null)
      .map(({ instanceId }) => instanceId)
      .join();
  };
  /** Everything that was ever published while `work` ran. */
  const published = async (registry: OpenedRegistry, work: () => Promise<void>): Promise<Set<string>> => {
    const seen = new Set([alive(registry)]);
    const timer = setInterval(() => seen.add(alive(registry)), 5);
    await work().finally(() => clearInterval(timer));
    return seen.add(alive(registry));
  };

  it('by a clean stop, and by kill -9, changes nothing; its return is noticed', async () => {
    const registry = await openSettled();
    const seen = await published(registry, async () => {
      for (const end of ['stop', 'kill'] as const) {
        const resyncs = registry.observer.resyncs.length;
        await server[end]();
        const reason = await registry.whenUnavailable();
        assert.ok(['HostUnreachable', 'QueryTimeout'].includes(reason), reason);
        assert.match(registry.session.health.message, /cannot be reached|was lost|did not answer/);
        await server.start();
        const startMs = performance.now();
        await registry.whenAvailable();
        const tookMs = performance.now() - startMs;
        assert.ok(tookMs < 5 * 2000, `${tookMs} ms`);
        assert.notEqual(registry.observer.resyncs.length, resyncs);
      }
    });
    assert.deepEqual([...seen], ['1,2,static']);
  });

  it('lets expiry wait one TTL after it is back, but brings nothing back that was dead before', async () => {
    await lengthen(`'1'`);
    const registry = await openSettled();
    await beat('1.5', `instance_id IN ('1', '2')`);
    const seen = await published(registry, async () => {
      await server.kill();
      await registry.whenUnavailable();
      // Long enough for both leases to run out while nobody could beat.
      await waitFor('the leases to run out', () => Date.now() * 1000 > registry.session.nowUs() + 2_500_000);
      const startUs = Date.now() * 1000;
      await server.start();
      await registry.whenAvailable();
      await beat('3600', `instance_id = '1'`);
      await waitFor('the TTL to pass', () => alive(registry) === '1,static');
      const fromUs = registry.session.snapshot('a')?.grace?.fromUs ?? 0;
      const graceUs = registry.session.nowUs() - fromUs;
      assert.ok(fromUs > startUs, registry.observer.resyncs.join());
      assert.ok(graceUs >= 2_000_000 && graceUs < 10_000_000, `${graceUs} µs`);
    });
    assert.deepEqual([...seen], ['1,2,static', '1,static']);
    await registry.whenStates('a', { 1: 'UP', 2: 'expired', dead: 'expired', static: 'UP' });
  });

  it('together with the operator lets expiry wait one TTL as well', async () => {
    await lengthen(`'1', 'dead'`);
    await beat('0.2', `instance_id IN ('1', '2')`);
    await server.kill();
    await server.start();
    const registry = await open();
    // Nobody knows since when beats were lost. On a slow machine the short lease of 2 may be over when the first read is done.
    assert.match(alive(registry), /^1,(2,)?dead,static$/);
    await waitFor('the short TTL to pass', () => alive(registry) === '1,dead,static');
  });

  it('by hanging (SIGSTOP) changes nothing, and is noticed', async () => {
    const registry = await openSettled({ queryTimeoutMs: 700 });
    const seen = await published(registry, async () => {
      server.signal('SIGSTOP');
      try {
        const reason = await registry.whenUnavailable();
        assert.ok(['QueryTimeout', 'HostUnreachable'].includes(reason), reason);
      } finally {
        server.signal('SIGCONT');
      }
      await registry.whenAvailable();
    });
    assert.deepEqual([...seen], ['1,2,static']);
  });

  it('as another server with other data at its address is read anew, confirmed, and expires nothing for one TTL', async () => {
    const registry = await openSettled();
    const seen = await published(registry, async () => {
      await server.replaceData('empty');
      // Made beside, and put in place at once: half of it would be read as what is there.
      await server.createDatabase('beside');
      await migrated(targetOf(server, 'beside'));
      await server.query(
        `INSERT INTO beside.instances (service, instance_id, address, port, ttl_ms) VALUES
         ('a', '1', '10.1.0.1', 1, 60000), ('a', '2', '10.1.0.2', 1, 2000), ('a', '3', '10.1.0.7', 1, NULL)`,
      );
      await server.query(
        'INSERT INTO beside.heartbeats SELECT id, NOW(6) - INTERVAL 1 SECOND FROM beside.instances',
      );
      await server.createDatabase(NAME);
      const tables = ['instances', 'heartbeats', 'registry_meta'];
      await server.query(`RENAME TABLE ${tables.map((name) => `beside.${name} TO ${NAME}.${name}`).join()}`);
      await waitFor(
        'the other server to be read',
        () => registry.session.snapshot('a')?.instances.some(({ instanceId }) => instanceId === '3') === true,
      );
    });
    assert.ok(
      [...seen].every((ids) => ids.includes('1')),
      [...seen].join(' '),
    );
    assert.ok(registry.observer.resyncs.includes('ServerChanged'), registry.observer.resyncs.join());
    await waitFor('the short TTL to pass', () => alive(registry) === '1,3');
  });

  it('restored from a backup with old beats expires nobody for one TTL', async () => {
    await lengthen(`'2'`);
    await beat('1', `instance_id IN ('1', '2')`);
    const backup = await server.copyData();
    await beat('3600', `instance_id IN ('1', '2')`);
    await server.query(
      `INSERT INTO ${NAME}.instances (service, instance_id, address, port) VALUES ('b', '1', '10.1.0.9', 1)`,
    );
    const registry = await openSettled();
    const seen = await published(registry, async () => {
      await server.replaceData(backup);
      await beat('3600', `instance_id = '2'`);
      await waitFor('the short TTL to pass', () => alive(registry) === '2,static');
      await waitFor('the backup to be read', () => registry.session.snapshot('b')?.instances.length === 0);
    });
    assert.deepEqual([...seen], ['1,2,static', '2,static']);
    await registry.whenStates('a', { 1: 'expired', 2: 'UP', dead: 'expired', static: 'UP' });
    assert.ok(
      registry.observer.resyncs.some(
        (reason) => reason === 'TransactionsWentBack' || reason === 'ServerRestarted',
      ),
    );
  });

  it('as a replica that lags too far counts as not read', async () => {
    const replica = await (flavor === 'mariadb' ? startMariadb : startMysql)({
      address: freshAddress(),
      extraArgs: ['--read-only=ON'],
    });
    try {
      const alone = new OpenedRegistry({ target: targetOf(replica, NAME), maxReplicaLagMs: 1000 });
      opened.push(alone);
      await waitFor('the fault', () => alone.session.health.reason !== 'NeverRead');
      assert.equal(
        alone.session.health.reason,
        'DatabaseNotFound',
        'a read-only server that is no replica may be read',
      );
      await replicate(replica, server);
      await waitFor(
        'the replica to follow',
        async () => (await replica.query(`SHOW DATABASES LIKE '${NAME}'`)).length > 0,
      );
      await alone.whenAvailable();
      assert.deepEqual(alone.states('a'), { 1: 'UP', 2: 'UP', dead: 'expired', static: 'UP' });

      await replica.query(flavor === 'mariadb' ? 'STOP SLAVE SQL_THREAD' : 'STOP REPLICA SQL_THREAD');
      assert.equal(await alone.whenUnavailable(), 'ReplicaTooFarBehind');
      assert.match(alone.session.health.message, /replication stands still.*START REPLICA/s);
      assert.deepEqual(alone.states('a'), { 1: 'UP', 2: 'UP', dead: 'expired', static: 'UP' });
      await replica.query(flavor === 'mariadb' ? 'START SLAVE SQL_THREAD' : 'START REPLICA SQL_THREAD');
      await alone.whenAvailable();

      await replica.createUser({ user: 'blind', password: 'pw', grants: 'SELECT', on: NAME });
      const blind = new OpenedRegistry({
        target: targetOf(replica, NAME),
        access: () => Promise.resolve({ username: 'blind', password: 'pw' }),
      });
      opened.push(blind);
      await waitFor('the fault', () => blind.session.health.reason === 'GrantMissing');
      // MariaDB shows how far a replica is to who has SLAVE MONITOR, since 10.5.
      const privilege = flavor === 'mariadb' ? 'SLAVE MONITOR' : 'REPLICATION CLIENT';
      assert.ok(
        blind.session.health.message.includes(`GRANT ${privilege} ON *.* TO 'blind'@'%'`),
        blind.session.health.message,
      );
    } finally {
      await Promise.all(opened.splice(0).map((registry) => registry.close()));
      await replica.dispose();
    }
  });
});
