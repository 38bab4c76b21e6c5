import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { CustomSchemaSpec } from '../../../src/model/registry.ts';
import type { MysqlAccess } from '../../../src/mysql/access.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import { migrated, onEachDatabase, root, targetOf } from '../../support/open-registry.ts';
import { testbed, type TestDatabase } from '../../support/testbed/index.ts';

const signal = new AbortController().signal;
const PATIENCE_MS = 100;

onEachDatabase('the table behind a registry', (flavor) => {
  let database: TestDatabase;
  const readers: MysqlRegistryReader[] = [];

  beforeEach(async () => {
    database = await testbed.database('source', flavor);
    await migrated(targetOf(database.server, database.name));
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) reader.close();
    await database.drop();
  });

  function sourceOf(custom: CustomSchemaSpec | null = null, access: MysqlAccess = root) {
    const reader = new MysqlRegistryReader({
      target: targetOf(database.server, database.name),
      access: () => Promise.resolve(access),
      custom,
      maxReplicaLagMs: 10_000,
      clock: systemClock,
      random: Math.random,
    });
    readers.push(reader);
    return reader.source;
  }
  const insert = (service: string, count: number) =>
    database.query(
      `INSERT INTO instances (service, instance_id, address, port) VALUES ${Array.from({ length: count }, (_, index) => `('${service}', '${index}', '10.0.0.1', 1)`).join()}`,
    );
  const ids = async (): Promise<number[][]> =>
    (await database.query<{ id: number }>('SELECT id FROM instances ORDER BY id')).map(({ id }) => [id]);
  /** Runs `work` while these statements are in a transaction that is still open. */
  async function inTransaction(
    statements: readonly string[],
    work: (commit: () => Promise<void>) => Promise<void>,
  ) {
    const connection = await database.server.connect(database.name);
    try {
      await connection.query('START TRANSACTION');
      for (const statement of statements) await connection.query(statement);
      await work(async () => {
        await connection.query('COMMIT');
      });
    } finally {
      connection.destroy();
    }
  }

  it('tells what the server has written by a text that changes with each transaction, whatever the table', async () => {
    const source = sourceOf();
    const before = await source.written(signal);
    await database.query('CREATE TABLE elsewhere (id INT PRIMARY KEY)');
    await database.query('INSERT INTO elsewhere VALUES (1)');
    const after = await source.written(signal);
    assert.notEqual(after.gtids, before.gtids);
    assert.deepEqual([after.serverId, after.wentBack], [before.serverId, false]);
  });

  it('is told with its key, its service and the columns whose change is no news', async () => {
    assert.deepEqual(await sourceOf().table(signal), {
      database: database.name,
      table: 'instances',
      primaryKey: ['id'],
      serviceColumn: 'service',
      quietColumns: ['updated_at'],
    });
  });

  it('is told of a Custom schema, with the names as the table spells them and the key in its order', async () => {
    await database.query(
      'CREATE TABLE Servers (Host VARCHAR(64), Beat INT, App VARCHAR(64), Id VARCHAR(64), Changed TIMESTAMP(6), PRIMARY KEY (Id, App))',
    );
    const columns = {
      service: 'app',
      instanceId: 'id',
      address: 'host',
      port: 'beat',
      lastHeartbeat: 'beat',
      updatedAt: 'CHANGED',
    };
    const table = `${database.name}.Servers`;
    assert.deepEqual(await sourceOf({ table, columns, ttl: '30s' }).table(signal), {
      database: database.name,
      table: 'Servers',
      primaryKey: ['Id', 'App'],
      serviceColumn: 'App',
      quietColumns: ['Beat', 'Changed'],
    });
  });

  for (const [what, statement] of Object.entries({
    'is a view': 'CREATE VIEW servers AS SELECT service, instance_id, address, port FROM instances',
    'has no primary key': 'CREATE TABLE servers AS SELECT service, instance_id, address, port FROM instances',
  })) {
    it(`is refused with the mend when it ${what}`, async () => {
      await database.query(statement);
      const columns = { service: 'service', instanceId: 'instance_id', address: 'address', port: 'port' };
      await assert.rejects(sourceOf({ table: 'servers', columns }).table(signal), {
        name: 'TerminalError',
        reason: 'FeedNeedsTable',
        message: `servers ${what}, and its rows cannot be followed: set spec.feed.type to Poll or Redis, or spec.schema.custom.table to a table that has a primary key`,
      });
    });
  }

  it('is refused with the GRANT when its primary key may not be read', async () => {
    await database.query('CREATE TABLE servers (n INT PRIMARY KEY, svc VARCHAR(50), ip VARCHAR(45))');
    const [user, password] = ['keyless', 'secret'];
    await database.query(`CREATE USER '${user}'@'%' IDENTIFIED BY '${password}'`);
    try {
      await database.query(`GRANT SELECT (svc, ip) ON servers TO '${user}'@'%'`);
      const columns = { service: 'svc', instanceId: 'ip', address: 'ip', port: 'ip' };
      const source = sourceOf({ table: 'servers', columns }, { username: user, password });
      await assert.rejects(source.table(signal), { name: 'TerminalError', reason: 'GrantMissing' });
    } finally {
      await database.query(`DROP USER '${user}'@'%'`);
    }
  });

  it('names the rows that somebody holds, whatever was done to them, and no others', async () => {
    await insert('orders', 1500);
    const keys = await ids();
    const held = [0, 999, 1000, 1499].map((index) => keys[index]?.[0] ?? 0);
    const source = sourceOf();
    const table = await source.table(signal);
    assert.deepEqual(await source.awaitVisible(table, keys, PATIENCE_MS, signal), []);
    const statements = [
      `UPDATE instances SET weight = 5 WHERE id = ${held[0]}`,
      `DELETE FROM instances WHERE id IN (${held[1]}, ${held[2]})`,
      `UPDATE instances SET service = 'other' WHERE id = ${held[3]}`,
      `INSERT INTO instances (id, service, instance_id, address, port) VALUES (9999999, 'new', '1', '10.0.0.1', 1)`,
    ];
    await inTransaction(statements, async (commit) => {
      const all = [...keys, [9999999]];
      const told = await source.awaitVisible(table, all, PATIENCE_MS, signal);
      assert.deepEqual(
        told,
        [...held, 9999999].map((id) => [id]),
      );
      await commit();
      assert.deepEqual(await source.awaitVisible(table, all, PATIENCE_MS, signal), []);
    });
  });

  it('waits for a commit that is under way, and sees the row then', async () => {
    await insert('orders', 1);
    const [key = []] = await ids();
    const source = sourceOf();
    const table = await source.table(signal);
    await inTransaction(['DELETE FROM instances'], async (commit) => {
      let isOver = false;
      const waiting = source.awaitVisible(table, [key], 20_000, signal).finally(() => (isOver = true));
      await source.awaitVisible(table, [key], PATIENCE_MS, signal);
      assert.equal(isOver, false);
      await commit();
      assert.deepEqual(await waiting, []);
    });
  });

  it('never makes a writer wait for a row while it waits for another itself', async () => {
    await insert('orders', 2);
    const [first = [], second = []] = await ids();
    const source = sourceOf();
    const table = await source.table(signal);
    await inTransaction(
      [`UPDATE instances SET weight = 5 WHERE id = ${String(second[0])}`],
      async (commit) => {
        const waiting = source.awaitVisible(table, [first, second], 20_000, signal);
        await database.query('SET SESSION innodb_lock_wait_timeout = 1');
        for (let weight = 1; weight <= 20; weight += 1)
          await database.query('UPDATE instances SET weight = ? WHERE id = ?', [weight, first[0]]);
        await commit();
        assert.deepEqual(await waiting, []);
      },
    );
  });

  it('is asked by keys of several columns, texts and bytes', async () => {
    await database.query(
      'CREATE TABLE servers (app VARCHAR(64) COLLATE utf8mb4_bin, id VARBINARY(16), host TEXT, port INT, PRIMARY KEY (app, id))',
    );
    await database.query(
      `INSERT INTO servers VALUES ('a''b', X'00ff27', '10.0.0.1', 1), ('é', X'01', '10.0.0.1', 1)`,
    );
    const columns = { service: 'app', instanceId: 'id', address: 'host', port: 'port' };
    const source = sourceOf({ table: 'servers', columns });
    const table = await source.table(signal);
    const keys = [
      [`a'b`, Buffer.from('00ff27', 'hex')],
      ['é', Buffer.from('01', 'hex')],
    ];
    await inTransaction([`UPDATE servers SET port = 2 WHERE app = 'é'`], async (commit) => {
      assert.deepEqual(await source.awaitVisible(table, keys, PATIENCE_MS, signal), [keys[1]]);
      await commit();
      assert.deepEqual(await source.awaitVisible(table, keys, PATIENCE_MS, signal), []);
    });
  });

  it('asks for no more than the right to read', async () => {
    const access = { username: `reader_${database.name}`, password: 'secret' };
    await database.server.createUser({
      user: access.username,
      password: access.password,
      grants: 'SELECT',
      on: database.name,
    });
    await insert('orders', 1);
    const source = sourceOf(null, access);
    const table = await source.table(signal);
    assert.deepEqual(await source.awaitVisible(table, await ids(), PATIENCE_MS, signal), []);
  });

  it('ends the wait when it is told to', async () => {
    await insert('orders', 1);
    const [key = []] = await ids();
    const source = sourceOf();
    const table = await source.table(signal);
    const stopping = new AbortController();
    await inTransaction(['UPDATE instances SET weight = 5'], async () => {
      const waiting = source.awaitVisible(table, [key], 20_000, stopping.signal);
      const reason = new Error('the test is over');
      stopping.abort(reason);
      await assert.rejects(waiting, reason);
      await waitFor('the reader to be free', async () => (await source.table(signal)).table === 'instances');
    });
  });
});
