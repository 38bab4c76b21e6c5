import assert from 'node:assert/strict';
import type { Connection } from 'mysql2/promise';
import { waitFor } from '../../../local/lib/wait.ts';
import type { DatabaseServer } from '../../../local/servers/database.ts';
import {
  migrated,
  OpenedRegistry,
  type OpenOptions,
  onEachDatabase,
  targetOf,
} from '../../support/open-registry.ts';
import { testbed, type TestDatabase } from '../../support/testbed/index.ts';

onEachDatabase('a registry that is followed', (flavor) => {
  let database: TestDatabase;
  const opened: OpenedRegistry[] = [];

  const open = async (options: Partial<OpenOptions> = {}): Promise<OpenedRegistry> => {
    const registry = new OpenedRegistry({ target: targetOf(database.server, database.name), ...options });
    opened.push(registry);
    return await registry.whenAvailable();
  };

  beforeEach(async () => {
    database = await testbed.database('reading', flavor);
    await migrated(targetOf(database.server, database.name));
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((registry) => registry.close()));
    await database.drop();
  });

  const insert = (service: string, instanceId: string, fields: Readonly<Record<string, unknown>> = {}) =>
    database.query('INSERT INTO instances SET ?', [
      { service, instance_id: instanceId, address: '10.1.0.1', port: 50051, ...fields },
    ]);

  it('shows what was there before, and every change after', async () => {
    await insert('a', '1', { zone: 'z1', region: 'r1', weight: 7, metadata: '{"version": "2"}' });
    const registry = await open();
    const [instance] = registry.session.snapshot('a')?.instances ?? [];
    assert.ok(instance);
    const { zone, region, weight, metadata, id, ttlMs } = instance;
    assert.deepEqual(
      { zone, region, weight, metadata, id, ttlMs },
      { zone: 'z1', region: 'r1', weight: 7, metadata: { version: '2' }, id: 1, ttlMs: null },
    );
    await insert('a', '2', { address: '10.1.0.2' });
    await registry.whenStates('a', { 1: 'UP', 2: 'UP' });
    await database.query(`UPDATE instances SET status = 'DRAINING' WHERE instance_id = '1'`);
    await registry.whenStates('a', { 1: 'DRAINING', 2: 'UP' });
    await database.query(`UPDATE instances SET status = 'DOWN' WHERE instance_id = '1'`);
    await registry.whenStates('a', { 1: 'DOWN', 2: 'UP' });
    await insert('b', '1');
    await registry.whenStates('b', { 1: 'UP' });
    assert.deepEqual(registry.session.snapshot('nobody')?.instances, []);
    assert.deepEqual(registry.observer.couldNotReads, []);
  });

  it('names every invalid row, which costs its neighbours nothing', async () => {
    const bad = {
      host: { address: 'orders.example.com' },
      loop: { address: '127.0.0.1' },
      link: { address: 'fe80::1' },
      zero: { address: '0.0.0.0' },
      cast: { address: '224.0.0.9' },
      port0: { port: 0 },
      port9: { port: 70_000 },
      list: { metadata: '[1, 2]' },
      ttl0: { ttl_ms: 0 },
      'new\nline': {},
    };
    await insert('a', 'good');
    for (const [instanceId, fields] of Object.entries(bad)) await insert('a', instanceId, fields);
    const registry = await open();
    const { instances = [], rejected = [] } = registry.session.snapshot('a') ?? {};
    assert.deepEqual(
      instances.map(({ instanceId }) => instanceId),
      ['good'],
    );
    assert.deepEqual(Object.fromEntries(rejected.map(({ instanceId, reason }) => [instanceId, reason])), {
      host: 'InvalidAddress',
      loop: 'SpecialAddress',
      link: 'SpecialAddress',
      zero: 'SpecialAddress',
      cast: 'SpecialAddress',
      port0: 'InvalidPort',
      port9: 'InvalidPort',
      list: 'InvalidMetadata',
      ttl0: 'InvalidTtl',
      'new\nline': 'InvalidInstanceId',
    });
    await database.query(`UPDATE instances SET address = '10.1.0.9' WHERE instance_id = 'host'`);
    await registry.whenStates('a', { good: 'UP', host: 'UP' });
  });

  it('tells names apart to the letter, by case and by trailing spaces', async () => {
    for (const service of ['orders', 'Orders', 'orders '])
      await insert(service, 'i', { address: '10.2.0.1' });
    await insert('orders', 'I');
    const registry = await open({ auditIntervalMs: 200 });
    assert.deepEqual(registry.states('orders'), { I: 'UP', i: 'UP' });
    await database.query(`UPDATE instances SET weight = 3 WHERE service = 'orders '`);
    await waitFor('the change', () => registry.session.snapshot('orders ')?.instances[0]?.weight === 3);
    assert.deepEqual(registry.session.snapshot('Orders')?.instances[0]?.weight, 100);
    await waitFor('rounds of the audit', () => registry.observer.auditedServices > 30);
    assert.deepEqual(registry.observer.findings, []);
  });

  it('means the same instant whatever time zone a writer has', async () => {
    const registry = await open();
    for (const zone of ['-11:00', '+00:00', '+13:00']) {
      const connection = await database.server.connect(database.name);
      try {
        await connection.query(`SET time_zone = '${zone}'`);
        await connection.query(
          `INSERT INTO instances (service, instance_id, address, port, ttl_ms) VALUES ('a', ?, '10.1.0.1', 1, 60000)`,
          [zone],
        );
        await connection.query(
          `INSERT INTO heartbeats SELECT id, NOW(6) + INTERVAL 60 SECOND FROM instances WHERE instance_id = ?`,
          [zone],
        );
      } finally {
        await connection.end();
      }
    }
    await registry.whenStates('a', { '+00:00': 'UP', '+13:00': 'UP', '-11:00': 'UP' });
    const times = registry.session.snapshot('a')?.instances.map(({ updatedAtUs }) => updatedAtUs) ?? [];
    assert.ok(Math.max(...times) - Math.min(...times) < 5_000_000, String(times));
    await database.query(`UPDATE heartbeats SET expires_at = NOW(6) - INTERVAL 1 SECOND`);
    await registry.whenStates('a', { '+00:00': 'expired', '+13:00': 'expired', '-11:00': 'expired' });
  });

  it('misses nothing of eight concurrent writers with slow transactions and rollbacks', async () => {
    const registry = await open({ pollIntervalMs: 50, auditIntervalMs: 600_000 });
    const services = ['s0', 's1', 's2', 's3'];
    const writers = Array.from({ length: 8 }, (_, number) => write(database, number, services, 25));
    await Promise.all(writers);
    await waitFor(
      'the store to equal the table',
      async () => await equalsTable(registry, database, services),
    );
    assert.deepEqual(registry.observer.findings, []);
    assert.deepEqual(registry.observer.resyncs, ['Started']);
  });

  it('finds a row of a transaction that took longer than the overlap by the audit', async () => {
    await insert('a', '1');
    const registry = await open({ auditIntervalMs: 300 });
    const connection = await late(database.server, database.name);
    try {
      await connection.query(
        `INSERT INTO instances (service, instance_id, address, port, updated_at) VALUES ('a', '2', '10.1.0.2', 1, NOW(6) - INTERVAL 1 MINUTE)`,
      );
      await connection.query('COMMIT');
    } finally {
      await connection.end();
    }
    await registry.whenStates('a', { 1: 'UP', 2: 'UP' });
    assert.deepEqual(registry.observer.findings, [{ kind: 'added', rows: 1 }]);
    assert.deepEqual(registry.observer.resyncs, ['Started']);
  });

  it('finds a row of a transaction within the overlap by polling, although others committed before', async () => {
    const registry = await open();
    const connection = await late(database.server, database.name);
    try {
      await connection.query(
        `INSERT INTO instances (service, instance_id, address, port) VALUES ('a', 'late', '10.1.0.2', 1)`,
      );
      await insert('a', 'early');
      await registry.whenStates('a', { early: 'UP' });
      // Long enough for the short look back of every poll to have passed the row by.
      await waitFor(
        'two seconds',
        () => registry.session.nowUs() > (registry.session.snapshot('a')?.revision ?? 0) + 2_000_000,
      );
      await connection.query('COMMIT');
    } finally {
      await connection.end();
    }
    await registry.whenStates('a', { early: 'UP', late: 'UP' });
    assert.deepEqual(registry.observer.findings, []);
  });

  it('notices another content of any column by its hash, even under the same updated_at', async () => {
    await insert('a', '1');
    const registry = await open();
    const values = {
      address: '10.1.0.2',
      port: 50052,
      weight: 7,
      region: 'r1',
      zone: 'z1',
      status: 'DRAINING',
      metadata: '{"version":"2"}',
      ttl_ms: 60_000,
    };
    for (const [column, value] of Object.entries(values)) {
      const before = registry.session.snapshot('a')?.instances[0];
      await database.query(`UPDATE instances SET ?? = ?, updated_at = updated_at`, [column, value]);
      await waitFor(
        `${column} to be noticed`,
        () => registry.session.snapshot('a')?.instances[0] !== before,
        {
          timeoutMs: 4000,
        },
      );
    }
    const [{ address, port, weight, region, zone, status, metadata, ttlMs } = assert.fail()] =
      registry.session.snapshot('a')?.instances ?? [];
    assert.deepEqual(
      { address, port, weight, region, zone, status, metadata: JSON.stringify(metadata), ttl_ms: ttlMs },
      values,
    );
    assert.deepEqual(registry.observer.findings, []);
  });

  it('finds a deleted row by the audit, one of many at once and all of them confirmed', async () => {
    for (const number of [1, 2, 3, 4, 5]) await insert('a', String(number), { address: `10.1.0.${number}` });
    const registry = await open({ auditIntervalMs: 300 });
    await database.query(`DELETE FROM instances WHERE instance_id = '5'`);
    await registry.whenStates('a', { 1: 'UP', 2: 'UP', 3: 'UP', 4: 'UP' });
    assert.deepEqual(registry.observer.confirmations, []);
    await database.query('DELETE FROM instances');
    await registry.whenStates('a', {});
    assert.deepEqual(registry.observer.confirmations, ['confirmed']);
    assert.deepEqual(registry.observer.findings, [
      { kind: 'removed', rows: 1 },
      { kind: 'removed', rows: 4 },
    ]);
  });

  it('keeps a service that seems to lose all its rows until a second read on another connection shows the same', async () => {
    await insert('a', '1');
    await insert('a', '2', { address: '10.1.0.2' });
    const registry = await open();
    const startMs = performance.now();
    await database.query(`UPDATE instances SET status = 'DOWN'`);
    await registry.whenStates('a', { 1: 'DOWN', 2: 'DOWN' });
    assert.ok(performance.now() - startMs >= 1000, 'a second must lie between the two reads');
    assert.deepEqual(registry.observer.confirmations, ['confirmed']);
    assert.deepEqual(registry.observer.reads.filter(({ kind }) => kind === 'confirm').length, 1);
  });

  it('withdraws what the second read does not show', async () => {
    await insert('a', '1');
    await insert('a', '2', { address: '10.1.0.2' });
    const registry = await open();
    const seen: string[] = [];
    registry.session.subscribe(() => seen.push(JSON.stringify(registry.states('a'))));
    await database.query(`UPDATE instances SET status = 'DOWN'`);
    await waitFor('the first read', () => registry.observer.reads.some(({ kind }) => kind === 'service'));
    await database.query(`UPDATE instances SET status = 'UP'`);
    await waitFor('the second read', () => registry.observer.confirmations.length > 0);
    assert.deepEqual(registry.observer.confirmations, ['withdrawn']);
    assert.deepEqual(registry.states('a'), { 1: 'UP', 2: 'UP' });
    assert.ok(!seen.some((states) => states.includes('DOWN')), seen.join());
  });

  it('confirms the first read of this process when asked to', async () => {
    await insert('a', '1');
    const registry = await open();
    assert.equal(registry.session.snapshot('a')?.confirmed, false);
    registry.session.confirm('a');
    registry.session.confirm('nobody');
    await waitFor('the confirmation', () => registry.session.snapshot('a')?.confirmed);
    await waitFor('the confirmation', () => registry.session.snapshot('nobody')?.confirmed);
    assert.deepEqual(registry.states('a'), { 1: 'UP' });
    assert.ok(registry.changes.includes('a') && registry.changes.includes('nobody'));
  });

  it('tells nothing after a restart or a resync in which nothing changed', async () => {
    for (const number of [1, 2, 3]) await insert('a', String(number), { address: `10.1.0.${number}` });
    const first = await open();
    const second = await open({ resyncIntervalMs: 100 });
    const before = second.changes.length;
    await waitFor('resyncs', () => second.observer.resyncs.length > 3);
    assert.equal(second.changes.length, before);
    assert.equal(second.session.snapshot('a')?.revision, first.session.snapshot('a')?.revision);
  });

  it('does not read again and again because of a row whose service is empty', async () => {
    await insert('a', '1');
    await insert('', '1');
    const registry = await open({ auditIntervalMs: 100 });
    await insert('', '2');
    await waitFor('rounds of the audit', () => registry.observer.auditedServices > 20);
    assert.deepEqual(
      registry.observer.reads.filter(({ kind }) => kind === 'service'),
      [],
    );
    assert.equal(registry.session.facts().services, 1);
  });

  it('takes the time of a read of everything before the snapshot that it reads', async () => {
    const { reader } = await open();
    await database.query(`SET GLOBAL log_output = 'TABLE', GLOBAL general_log = ON`);
    try {
      await reader.readAll(() => Promise.resolve(), AbortSignal.timeout(10_000));
    } finally {
      await database.query('SET GLOBAL general_log = OFF');
    }
    const log = await database.query<{ thread_id: number; text: string }>(
      'SELECT thread_id, CONVERT(argument USING utf8mb4) text FROM mysql.general_log',
    );
    await database.query(`TRUNCATE mysql.general_log`);
    await database.query(`SET GLOBAL log_output = 'FILE'`);
    const thread = log.find(({ text }) => text.startsWith('START TRANSACTION'))?.thread_id;
    const texts = log.filter(({ thread_id }) => thread_id === thread).map(({ text }) => text);
    const snapshot = texts.findIndex((text) => text.startsWith('START TRANSACTION'));
    assert.match(texts[snapshot - 1] ?? '', /NOW\(6\)/);
    assert.match(texts[snapshot + 1] ?? '', /FROM `instances` i LEFT JOIN/);
  });

  it('deletes what was DOWN or expired for longer than the retention, and nothing else', async function () {
    this.timeout(90_000);
    await insert('a', 'up');
    await insert('a', 'down', { status: 'DOWN', address: '10.1.0.2' });
    await insert('a', 'just-down', { status: 'DOWN', address: '10.1.0.3' });
    await insert('a', 'dead', { ttl_ms: 1000, address: '10.1.0.4' });
    await insert('a', 'never-beat', { ttl_ms: 1000, address: '10.1.0.5', created_at: '2020-01-01' });
    await insert('a', 'static-with-beat', { address: '10.1.0.6' });
    await database.query(
      `UPDATE instances SET updated_at = NOW() - INTERVAL 2 DAY WHERE instance_id = 'down'`,
    );
    await database.query(
      `INSERT INTO heartbeats SELECT id, NOW() - INTERVAL 2 DAY FROM instances WHERE instance_id IN ('dead', 'static-with-beat')`,
    );
    await database.query(
      `INSERT INTO heartbeats VALUES (4711, NOW() - INTERVAL 2 DAY), (4712, NOW() + INTERVAL 1 DAY)`,
    );
    const { reader } = await open();
    const keys = await database.query<{ id: number; instance_id: string }>(
      'SELECT id, instance_id FROM instances',
    );
    const all = keys.map(({ id, instance_id }) => ({ service: 'a', instanceId: instance_id, id }));
    assert.equal(await reader.deleteRetired(all, 86_400_000, AbortSignal.timeout(10_000)), 3);
    const left = await database.query<{ instance_id: string }>(
      'SELECT instance_id FROM instances ORDER BY 1',
    );
    assert.deepEqual(
      left.map(({ instance_id }) => instance_id),
      ['just-down', 'static-with-beat', 'up'],
    );
    const beats = await database.query<{ instance: number }>(
      'SELECT instance FROM heartbeats WHERE instance > 4000',
    );
    assert.deepEqual(
      beats.map(({ instance }) => instance),
      [4712],
    );
  });
});

/** A connection with an open transaction. */
async function late(server: DatabaseServer, database: string): Promise<Connection> {
  const connection = await server.connect(database);
  await connection.query('START TRANSACTION');
  return connection;
}

async function write(
  database: TestDatabase,
  number: number,
  services: readonly string[],
  rounds: number,
): Promise<void> {
  const connection = await database.server.connect(database.name);
  let seed = number + 1;
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  try {
    for (let round = 0; round < rounds; round += 1) {
      const service = services[random(services.length)];
      await connection.query('START TRANSACTION');
      await connection.query(
        `INSERT INTO instances (service, instance_id, address, port) VALUES (?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE port = VALUES(port), status = ELT(1 + ?, 'UP', 'DRAINING', 'DOWN')`,
        [
          service,
          `${number}-${random(6)}`,
          `10.3.${number}.${random(200) + 1}`,
          1 + random(60_000),
          random(3),
        ],
      );
      await connection.query('SELECT SLEEP(?)', [random(13) / 1000]);
      await connection.query(random(10) === 0 ? 'ROLLBACK' : 'COMMIT');
    }
  } finally {
    await connection.end();
  }
}

async function equalsTable(
  registry: OpenedRegistry,
  database: TestDatabase,
  services: readonly string[],
): Promise<boolean> {
  const table = await database.query(
    'SELECT service, instance_id, address, port, status FROM instances ORDER BY service, instance_id',
  );
  const held = services.flatMap((service) =>
    (registry.session.snapshot(service)?.instances ?? []).map(({ instanceId, address, port, status }) => ({
      ...{ service, instance_id: instanceId, address, port, status },
    })),
  );
  return JSON.stringify(held) === JSON.stringify(table);
}
