import assert from 'node:assert/strict';
import { startMariadb, startMysql, type DatabaseServer } from '../../../local/servers/database.ts';
import { waitFor } from '../../../local/lib/wait.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { RetryableError } from '../../../src/lib/errors.ts';
import type { CustomSchemaSpec } from '../../../src/model/registry.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import { killConnections, migrated, onEachDatabase, root, targetOf } from '../../support/open-registry.ts';
import { freshAddress, testbed, type TestDatabase } from '../../support/testbed/index.ts';

const { signal } = new AbortController();

/** A view whose only row tells on which connection it was read. */
const CONNECTIONS: CustomSchemaSpec = {
  table: 'who',
  columns: { service: 'service', instanceId: 'instance_id', address: 'address', port: 'port' },
};

onEachDatabase('who answers', (flavor) => {
  const readers: MysqlRegistryReader[] = [];
  let database: TestDatabase;

  const readerOf = (
    target: ReturnType<typeof targetOf>,
    {
      custom = null,
      maxReplicaLagMs = 1000,
    }: { custom?: CustomSchemaSpec | null; maxReplicaLagMs?: number } = {},
  ): MysqlRegistryReader => {
    const common = { clock: systemClock, random: Math.random, access: () => Promise.resolve(root) };
    const reader = new MysqlRegistryReader({ ...common, target, custom, maxReplicaLagMs });
    readers.push(reader);
    return reader;
  };
  const isServerChanged = (error: unknown): boolean =>
    error instanceof RetryableError && error.reason === 'ServerChanged';
  /** As a restored backup has it: the same server, another registry in it. */
  const replaceRegistry = () =>
    database.query(`UPDATE registry_meta SET value = UUID() WHERE name = 'epoch'`);
  const connections = async (): Promise<number> =>
    (
      await database.query(
        `SELECT 1 FROM information_schema.processlist WHERE db = '${database.name}' AND id <> CONNECTION_ID()`,
      )
    ).length;

  beforeEach(async () => {
    database = await testbed.database('identity', flavor);
    await migrated(targetOf(database.server, database.name));
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) reader.close();
    await database.drop();
  });

  it('is asked for a second read on another connection than the first', async () => {
    await database.query(`CREATE TABLE named AS SELECT service, instance_id, address FROM instances`);
    await database.query(`INSERT INTO named VALUES ('a', 'i', '10.1.0.1'), ('b', 'i', '10.1.0.2')`);
    await database.query(`CREATE VIEW who AS SELECT named.*, CONNECTION_ID() % 60000 + 1 AS port FROM named`);
    const reader = readerOf(targetOf(database.server, database.name), { custom: CONNECTIONS });
    const read = async (connection: 'any' | 'other', service = 'a'): Promise<unknown> =>
      (await reader.readServices([service], { connection }, signal)).rows[0]?.port;
    const first = await read('any');
    assert.equal(await read('any'), first, 'one after the other take the same');
    assert.notEqual(await read('other'), first);
    // What was read of others in between changes nothing.
    const [ofA, ofB] = await Promise.all([read('any'), read('any', 'b')]);
    assert.notEqual(ofA, ofB);
    await read('any', 'b');
    assert.notEqual(await read('other'), ofA);
  });

  it('is another registry when the tables were replaced, and is not believed before somebody has looked', async () => {
    const reader = readerOf(targetOf(database.server, database.name));
    const before = await reader.serverState(signal);
    await replaceRegistry();
    await killConnections(database);
    await assert.rejects(reader.readServices(['a'], { connection: 'any' }, signal), isServerChanged);
    await assert.rejects(reader.checksums(null, null, signal), isServerChanged);
    const after = await reader.serverState(signal);
    assert.notEqual(after.serverId, before.serverId);
    assert.equal(after.startedAtUs - before.startedAtUs <= 1_000_000, true);
    await reader.readServices(['a'], { connection: 'any' }, signal);
  });

  it('is the same on all connections: when one leads to another registry, the others are given up', async () => {
    const reader = readerOf(targetOf(database.server, database.name));
    await reader.serverState(signal);
    await reader.readServices(['a'], { connection: 'any' }, signal);
    assert.equal(await connections(), 1);
    await replaceRegistry();
    await assert.rejects(reader.readServices(['a'], { connection: 'other' }, signal), isServerChanged);
    await reader.serverState(signal);
    await waitFor('the old connection to be closed', async () => (await connections()) === 1, {
      timeoutMs: 3000,
    });
  });

  describe('with servers of its own', function () {
    this.timeout(60_000);
    let server: DatabaseServer;
    const start = flavor === 'mariadb' ? startMariadb : startMysql;
    before(async () => {
      server = await start({ address: freshAddress() });
      await server.createDatabase('registry');
      await migrated(targetOf(server, 'registry'));
    });
    after(() => server.dispose());

    it('is not believed, not even for a second read, while it is a read-only replica too far behind', async () => {
      const replica = await start({ address: freshAddress(), extraArgs: ['--read-only=ON'] });
      try {
        await follow(replica, server);
        await waitFor(
          'the replica to follow',
          async () =>
            (await replica.query(`SHOW TABLES IN registry LIKE 'registry_meta'`).catch(() => [])).length > 0,
        );
        const target = targetOf(replica, 'registry');
        const reader = readerOf(target);
        const patient = readerOf(target, { maxReplicaLagMs: 3_600_000 });
        await waitFor(
          'the reader to read',
          async () => (await reader.serverState(signal)).replicaLagMs === 0,
        );
        await patient.serverState(signal);
        await delay(replica);
        await server.query(
          `INSERT INTO registry.instances (service, instance_id, address, port) VALUES ('a', 'late', '10.1.0.1', 1)`,
        );
        const tooFar = { reason: 'ReplicaTooFarBehind' };
        await waitFor(
          'it to fall behind',
          async () => Number((await patient.serverState(signal)).replicaLagMs) >= 2000,
          { timeoutMs: 15_000, intervalMs: 200 },
        );
        await assert.rejects(reader.serverState(signal), tooFar);
        await assert.rejects(reader.readServices(['a'], { connection: 'other' }, signal), tooFar);
      } finally {
        await replica.dispose();
      }
    });

    it('lacks transactions that it had when its history was set back', async () => {
      const reader = readerOf(targetOf(server, 'registry'));
      for (let look = 0; look < 2; look += 1) {
        await server.query(
          `INSERT INTO registry.instances (service, instance_id, address, port) VALUES ('a', UUID(), '10.1.0.1', 1)`,
        );
        assert.equal((await reader.serverState(signal)).gtidsWentBack, false);
      }
      await server.query(flavor === 'mariadb' ? 'RESET MASTER' : 'RESET BINARY LOGS AND GTIDS');
      assert.equal((await reader.serverState(signal)).gtidsWentBack, true);
      assert.equal((await reader.serverState(signal)).gtidsWentBack, false, 'it is told once');
    });
  });
});

/** Makes a replica that follows its source from its first transaction on. */
async function follow(replica: DatabaseServer, { address, port, flavor }: DatabaseServer): Promise<void> {
  if (flavor === 'mariadb') {
    await replica.query(
      `CHANGE MASTER TO MASTER_HOST = '${address}', MASTER_PORT = ${port}, MASTER_USER = 'root', MASTER_USE_GTID = slave_pos`,
    );
    await replica.query('START SLAVE');
    return;
  }
  await replica.query(
    `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '${address}', SOURCE_PORT = ${port}, SOURCE_USER = 'root', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1`,
  );
  await replica.query('START REPLICA');
}

/** From now on it applies everything an hour late. */
async function delay(replica: DatabaseServer): Promise<void> {
  const statements =
    replica.flavor === 'mariadb'
      ? ['STOP SLAVE', 'CHANGE MASTER TO MASTER_DELAY = 3600', 'START SLAVE']
      : ['STOP REPLICA', 'CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 3600', 'START REPLICA'];
  for (const statement of statements) await replica.query(statement);
}
