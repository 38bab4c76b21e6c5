import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import {
  migrated,
  OpenedRegistry,
  type OpenOptions,
  onEachDatabase,
  targetOf,
} from '../../support/open-registry.ts';
import { testbed, type TestDatabase } from '../../support/testbed/index.ts';

onEachDatabase('leases of a registry', (flavor) => {
  let database: TestDatabase;
  const opened: OpenedRegistry[] = [];

  const open = async (options: Partial<OpenOptions> = {}): Promise<OpenedRegistry> => {
    const registry = new OpenedRegistry({ target: targetOf(database.server, database.name), ...options });
    opened.push(registry);
    return await registry.whenAvailable();
  };
  const insert = (instanceId: string, ttlMs: number, number = 1) =>
    database.query('INSERT INTO instances SET ?', [
      { service: 'a', instance_id: instanceId, address: `10.1.0.${number}`, port: 1, ttl_ms: ttlMs },
    ]);
  const beat = (instanceId: string, seconds: number) =>
    database.query(
      `INSERT INTO heartbeats SELECT id, NOW(6) + INTERVAL ? SECOND FROM instances WHERE instance_id = ?
       ON DUPLICATE KEY UPDATE expires_at = VALUES(expires_at)`,
      [seconds, instanceId],
    );
  /** By how much the operator noticed a deadline too late, in ms; both by the same clock. */
  const lateness = (registry: OpenedRegistry): number => {
    const snapshot = registry.session.snapshot('a');
    return ((snapshot?.asOfUs ?? 0) - (snapshot?.instances[0]?.expiredAtUs ?? 0)) / 1000;
  };

  beforeEach(async () => {
    database = await testbed.database('expiry', flavor);
    await migrated(targetOf(database.server, database.name));
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((registry) => registry.close()));
    await database.drop();
  });

  it('run out within 500 ms of their deadline, and never before it', async () => {
    await insert('1', 1000);
    await beat('1', 1);
    const registry = await open({ pollIntervalMs: 60_000 });
    assert.deepEqual(registry.states('a'), { 1: 'UP' });
    for (let round = 0; round < 3; round += 1) {
      await registry.whenStates('a', { 1: 'expired' });
      const late = lateness(registry);
      assert.ok(late >= 0 && late <= 500, `${late} ms`);
      await beat('1', 0.7 + round / 10);
      const returned = await registry.whenStates('a', { 1: 'UP' });
      assert.ok(returned <= 1000, `back after ${returned} ms`);
    }
    await registry.whenStates('a', { 1: 'expired' });
    assert.equal(registry.observer.expired, 4);
    assert.equal(registry.observer.returned, 3);
  });

  it('without a beat run out one TTL after the row was made', async () => {
    const registry = await open();
    await insert('1', 900);
    await registry.whenStates('a', { 1: 'UP' });
    await registry.whenStates('a', { 1: 'expired' });
    assert.ok(lateness(registry) >= 0 && lateness(registry) <= 500, `${lateness(registry)} ms`);
    await beat('1', 60);
    await registry.whenStates('a', { 1: 'UP' });
  });

  it('without a beat live on when their TTL is made longer, or taken away, or a beat comes', async () => {
    for (const [index, id] of ['longer', 'static', 'beats', 'control'].entries())
      await insert(id, 1200, index + 1);
    const registry = await open({ pollIntervalMs: 60_000 });
    await database.query(`UPDATE instances SET ttl_ms = 60000 WHERE instance_id = 'longer'`);
    await database.query(`UPDATE instances SET ttl_ms = NULL WHERE instance_id = 'static'`);
    await beat('beats', 60);
    await registry.whenStates('a', { beats: 'UP', control: 'expired', longer: 'UP', static: 'UP' });
  });

  it('never run out while they are renewed', async () => {
    await insert('1', 600);
    await beat('1', 0.6);
    const registry = await open();
    const seen: string[] = [];
    registry.session.subscribe(() => seen.push(JSON.stringify(registry.states('a'))));
    for (const until = performance.now() + 2500; performance.now() < until;) {
      await beat('1', 0.6);
      await waitFor('the next beat', () => registry.session.nowUs() % 200_000 < 100_000, { intervalMs: 20 });
    }
    assert.deepEqual(seen, []);
  });

  it('that are shortened by a writer run out then', async () => {
    await insert('1', 60_000);
    await beat('1', 60);
    const registry = await open({ pollIntervalMs: 60_000 });
    await beat('1', 0);
    assert.ok((await registry.whenStates('a', { 1: 'expired' })) <= 600);
  });

  it('that ran out in a transaction which committed late are noticed all the same', async () => {
    await insert('1', 60_000);
    await beat('1', 60);
    const registry = await open({ pollIntervalMs: 60_000 });
    const connection = await database.server.connect(database.name);
    try {
      await connection.query('START TRANSACTION');
      await connection.query('UPDATE heartbeats SET expires_at = NOW(6)');
      const startUs = registry.session.nowUs();
      await waitFor('three seconds', () => registry.session.nowUs() > startUs + 3_000_000);
      await connection.query('COMMIT');
    } finally {
      await connection.end();
    }
    await registry.whenStates('a', { 1: 'expired' }, 4000);
  });

  it('of a row that was replaced are those of the new row', async () => {
    await insert('1', 60_000);
    await beat('1', 60);
    const registry = await open();
    await database.query(
      `REPLACE INTO instances (service, instance_id, address, port, ttl_ms) VALUES ('a', '1', '10.1.0.1', 1, 700)`,
    );
    await registry.whenStates('a', { 1: 'expired' }, 3000);
    await beat('1', 60);
    await registry.whenStates('a', { 1: 'UP' }, 3000);
    await database.query('DELETE FROM heartbeats WHERE instance = 1');
    assert.deepEqual(registry.states('a'), { 1: 'UP' });
  });

  it('expire nothing after a restart of the operator alone, and show what has expired at once', async () => {
    await insert('dead', 1000, 1);
    await insert('live', 60_000, 2);
    await beat('dead', -5);
    await beat('live', 60);
    const registry = await open();
    assert.deepEqual(registry.states('a'), { dead: 'expired', live: 'UP' });
  });

  it('that run out a thousand at a time are all noticed, and all come back', async () => {
    const rows = Array.from({ length: 3000 }, (_, index) => [
      `s${index % 30}`,
      `i${index}`,
      `10.5.${index % 200}.${1 + (index % 250)}`,
      1,
      60_000,
    ]);
    await database.query('INSERT INTO instances (service, instance_id, address, port, ttl_ms) VALUES ?', [
      rows,
    ]);
    await database.query('INSERT INTO heartbeats SELECT id, NOW(6) + INTERVAL 1 HOUR FROM instances');
    const registry = await open({ pollIntervalMs: 60_000 });
    await database.query('UPDATE heartbeats SET expires_at = NOW(6)');
    await waitFor('all to expire', () => registry.session.store.expiredKeys().length === 3000, {
      timeoutMs: 2000,
    });
    await database.query('UPDATE heartbeats SET expires_at = NOW(6) + INTERVAL 1 HOUR');
    const startMs = performance.now();
    await waitFor('all to come back', () => registry.session.store.expiredKeys().length === 0);
    assert.ok(performance.now() - startMs < 1500, `${performance.now() - startMs} ms`);
  });
});
