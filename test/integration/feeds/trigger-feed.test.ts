import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import type { CustomSchemaSpec } from '../../../src/model/registry.ts';
import type { MysqlTarget } from '../../../src/mysql/access.ts';
import type { MysqlChangeLog } from '../../../src/mysql/change-log/mysql-change-log.ts';
import type { ChangeLogState } from '../../../src/registry/change-log.ts';
import { migrated, OpenedRegistry, onEachDatabase, targetOf } from '../../support/open-registry.ts';
import { testbed, type TestDatabase } from '../../support/testbed/index.ts';
import { changeLogAt, triggerFeed, withTriggers } from '../../support/trigger-feed.ts';

const NEVER_MS = 3_600_000;

onEachDatabase('the Trigger feed', (flavor) => {
  let database: TestDatabase;
  let target: MysqlTarget;
  let log: MysqlChangeLog;

  beforeEach(async () => {
    database = await testbed.database('trigger', flavor);
    target = targetOf(database.server, database.name);
    await migrated(target);
    log = changeLogAt(target);
  });
  afterEach(async () => {
    log.close();
    await database.drop();
  });

  const { signal } = new AbortController();
  const check = (): Promise<ChangeLogState> => log.check(signal);
  const reasons = async (): Promise<string[]> => (await check()).problems.map(({ reason }) => reason);
  const insert = (service: string, id = '1') =>
    database.query(
      `INSERT INTO instances (service, instance_id, address, port) VALUES ('${service}', '${id}', '10.0.0.1', 1)`,
    );
  const entries = async (): Promise<string[]> => {
    const rows = await database.query<{ service: string; instance_id: string; op: string }>(
      'SELECT service, instance_id, op FROM change_log ORDER BY id',
    );
    return rows.map(({ service, instance_id: id, op }) => `${op} ${service}/${id}`);
  };
  const opened = (options: Parameters<typeof triggerFeed>[1] = {}, openedLog = log) =>
    new OpenedRegistry({
      target,
      auditIntervalMs: NEVER_MS,
      feed: (_known, _reader, logger) => triggerFeed(openedLog, { logger, ...options }),
    });

  describe('and its triggers', () => {
    it('are made once, taken away once, and no statement is left to do the second time', async () => {
      const made = await withTriggers(target);
      assert.deepEqual([made.length > 0, await withTriggers(target)], [true, []]);
      assert.deepEqual(await reasons(), []);
      await withTriggers(target, { action: 'remove' });
      assert.deepEqual(await withTriggers(target, { action: 'remove' }), []);
      assert.deepEqual(await database.query('SHOW TRIGGERS'), []);
      await insert('orders');
    });

    it('are made once by four who try at once', async () => {
      const runs = await Promise.all([1, 2, 3, 4].map(() => withTriggers(target)));
      assert.equal(runs.filter((statements) => statements.length > 0).length, 1);
      assert.equal((await database.query('SHOW TRIGGERS')).length, 3);
    });

    it('take the place of those of another version, and change nothing in a dry run', async () => {
      await withTriggers(target);
      const [trigger] = await database.query<{ Trigger: string }>(`SHOW TRIGGERS WHERE Event = 'DELETE'`);
      await database.query(`DROP TRIGGER \`${trigger?.Trigger ?? ''}\``);
      await database.query(
        'CREATE TRIGGER rollcall_delete_0123456789_instances AFTER DELETE ON instances FOR EACH ROW SET @x = 1',
      );
      assert.deepEqual(await reasons(), ['TriggerMissing']);
      const printed = await withTriggers(target, { dryRun: true });
      assert.deepEqual(await reasons(), ['TriggerMissing']);
      assert.deepEqual(await withTriggers(target), printed);
      assert.deepEqual(await reasons(), []);
      assert.equal((await database.query('SHOW TRIGGERS')).length, 3);
    });

    it('log what changes how an instance is published, and neither owner nor updated_at', async () => {
      await withTriggers(target);
      await insert('orders');
      await database.query('UPDATE instances SET weight = 7');
      await database.query(`UPDATE instances SET owner = 'me', updated_at = NOW(6) + INTERVAL 1 DAY`);
      await database.query(`UPDATE instances SET service = 'Orders'`);
      await database.query('INSERT INTO heartbeats VALUES (1, NOW(6))');
      await database.query('DELETE FROM instances');
      assert.deepEqual(await entries(), [
        'insert orders/1',
        'update orders/1',
        'update Orders/1',
        'update orders/1',
        'delete Orders/1',
      ]);
    });

    it('fail no writer whose log is gone', async () => {
      await withTriggers(target);
      await database.query('DROP TABLE change_log');
      await insert('orders');
      assert.deepEqual(await reasons(), ['ChangeLogMissing']);
    });

    it('are missed where another table took the place of the old one, and put right by the next run', async () => {
      await withTriggers(target);
      await database.query('CREATE TABLE other LIKE instances');
      await database.query('RENAME TABLE instances TO old, other TO instances');
      assert.deepEqual(await reasons(), ['TriggerMissing']);
      await withTriggers(target);
      assert.deepEqual(await reasons(), []);
      await insert('orders');
      assert.equal((await entries()).at(-1), 'insert orders/1');
    });

    it('log a table of the user without its beats, what `where` mentions, and a service that is renamed', async () => {
      await database.query(
        `CREATE TABLE hosts (pk INT PRIMARY KEY AUTO_INCREMENT, svc VARCHAR(600) NULL, name INT, addr TEXT, prt INT, seen INT, gone INT, note INT)
         DEFAULT CHARACTER SET latin1`,
      );
      const custom: CustomSchemaSpec = {
        table: 'hosts',
        columns: { service: 'svc', instanceId: 'NAME', address: 'addr', port: 'prt', lastHeartbeat: 'seen' },
        ttl: '30s',
        where: '`gone` = 0 AND seen > 0',
      };
      await withTriggers(target, { custom });
      await database.query(
        `INSERT INTO hosts (svc, name, addr, prt, seen, gone) VALUES ('a', 7, 'x', 1, 1, 0), (NULL, 8, 'x', 1, 1, 0), (REPEAT('s', 500), 9, 'y', 1, 1, 0)`,
      );
      await database.query('UPDATE hosts SET seen = seen + 1, note = 5');
      await database.query('UPDATE hosts SET gone = 1 WHERE name = 7');
      await database.query(`UPDATE hosts SET svc = 'A' WHERE name = 7`);
      assert.deepEqual(await entries(), [
        'insert a/7',
        'insert /8',
        `insert ${'s'.repeat(253)}/9`,
        'update a/7',
        'update A/7',
        'update a/7',
      ]);
      await database.query('CREATE VIEW seen_hosts AS SELECT * FROM hosts');
      await assert.rejects(withTriggers(target, { custom: { ...custom, table: 'seen_hosts' } }), {
        reason: 'FeedNeedsTable',
      });
    });
  });

  it('names each missing grant with the statement that gives it, and follows where only writing is refused', async () => {
    await withTriggers(target);
    const { server, name } = database;
    const user = `weak_${name}`.slice(0, 30);
    await server.query(`CREATE USER '${user}'@'%' IDENTIFIED BY 'pw'`);
    const weak = changeLogAt(target, { username: user, password: 'pw' });
    try {
      await server.query(`GRANT SELECT ON ${name}.instances TO '${user}'@'%'`);
      await server.query(`GRANT SELECT ON ${name}.registry_meta TO '${user}'@'%'`);
      const asked: string[] = [];
      for (let turn = 0; turn < 6; turn += 1) {
        const { problems } = await weak.check(signal);
        const [problem] = problems;
        if (problem === undefined) break;
        const grant = /GRANT .*;$/.exec(problem.message)?.[0] ?? '';
        asked.push(
          `${problem.stops ? 'stops' : 'goes on'}: ${/GRANT (\w+)/.exec(grant)?.[1] ?? problem.message}`,
        );
        await server.query(grant);
      }
      assert.deepEqual(
        [...asked].sort(),
        ['goes on: DELETE', 'goes on: INSERT', 'stops: SELECT', 'stops: TRIGGER'].sort(),
      );
    } finally {
      weak.close();
      await server.query(`DROP USER '${user}'@'%'`);
    }
  });

  it('uses up the ids of what was rolled back, so that the log has no holes', async () => {
    await withTriggers(target);
    const registry = await opened().whenAvailable();
    const writer = await database.server.connect(database.name);
    try {
      for (let number = 0; number < 20; number += 1) {
        await writer.query('START TRANSACTION');
        await writer.query(
          `INSERT INTO instances (service, instance_id, address, port) VALUES ('s${number}', '1', '10.0.0.1', 1)`,
        );
        await writer.query(number % 3 === 0 ? 'COMMIT' : 'ROLLBACK');
      }
      await waitFor('all commits', () => registry.session.facts().instances === 7);
      await waitFor('the gaps to be filled', async () => {
        const [row] = await database.query<{ holes: number }>(
          'SELECT MAX(id) - MIN(id) + 1 - COUNT(*) holes FROM change_log',
        );
        return Number(row?.holes) === 0;
      });
      assert.deepEqual(registry.observer.resyncs, ['Started']);
    } finally {
      await writer.end();
      await registry.close();
    }
  });

  it('takes the next id where a reader used one up', async () => {
    await withTriggers(target);
    await insert('orders');
    const { place } = await log.start(await check(), signal);
    const used = place.id + 1;
    assert.equal(await log.fill({ from: used, to: used, step: 1 }, signal), true);
    const writer = await database.server.connect(database.name);
    try {
      // The server gives the writer this id, as to one that was given it before the fill.
      await writer.query(`SET insert_id = ${used}`);
      await writer.query('UPDATE instances SET weight = 7');
      await writer.query(`SET insert_id = ${used}`);
      await writer.query('UPDATE IGNORE instances SET weight = 8');
    } finally {
      await writer.end();
    }
    assert.deepEqual((await entries()).slice(-3), ['fill /', 'update orders/1', 'update orders/1']);
  });

  it('reads what a transaction that was open at the start commits late', async () => {
    await withTriggers(target);
    await insert('first');
    const writer = await database.server.connect(database.name);
    try {
      await writer.query('START TRANSACTION');
      await writer.query(
        `INSERT INTO instances (service, instance_id, address, port) VALUES ('late', '1', '10.0.0.1', 1)`,
      );
      await insert('early');
      const registry = await opened().whenAvailable();
      try {
        await writer.query('COMMIT');
        await registry.whenStates('late', { 1: 'UP' });
        assert.deepEqual(registry.observer.resyncs, ['Started']);
      } finally {
        await registry.close();
      }
    } finally {
      await writer.end();
    }
  });

  it('reads what another of several servers commits late, though nothing after it is seen', async () => {
    await withTriggers(target);
    await database.server.query('SET GLOBAL auto_increment_increment = 2');
    const [one, other] = [
      await database.server.connect(database.name),
      await database.server.connect(database.name),
    ];
    const add = (service: string): string =>
      `INSERT INTO instances (service, instance_id, address, port) VALUES ('${service}', '1', '10.0.0.1', 1)`;
    try {
      await one.query('SET auto_increment_offset = 1');
      await other.query('SET auto_increment_offset = 2');
      await one.query(add('first'));
      const registry = await opened().whenAvailable();
      try {
        await other.query('START TRANSACTION');
        await other.query(add('late'));
        await one.query(add('early'));
        await registry.whenStates('early', { 1: 'UP' });
        await other.query('COMMIT');
        await registry.whenStates('late', { 1: 'UP' });
        assert.deepEqual(registry.observer.resyncs, ['Started']);
      } finally {
        await registry.close();
      }
    } finally {
      await database.server.query('SET GLOBAL auto_increment_increment = 1');
      await one.end();
      await other.end();
    }
  });

  it('tells an open transaction from one that was rolled back, and uses up the ids of the latter', async () => {
    await withTriggers(target);
    await insert('orders');
    const state = { ...(await check()), canFill: false };
    const { place, gaps } = await log.start(state, signal);
    assert.deepEqual(gaps, []);
    const writer = await database.server.connect(database.name);
    try {
      await writer.query('START TRANSACTION');
      await writer.query(
        `INSERT INTO instances (service, instance_id, address, port) VALUES ('held', '1', '10.0.0.1', 1)`,
      );
      await insert('orders', '2');
      const gap = { from: place.id + 1, to: place.id + 1, step: 1 };
      assert.equal(await log.isHeld(gap, signal), true);
      assert.deepEqual((await log.start(state, signal)).gaps, [gap]);
      await writer.query('ROLLBACK');
      assert.equal(await log.isHeld(gap, signal), false);
      assert.equal(await log.fill(gap, signal), true);
      const read = await log.read(place, [], 10, signal);
      assert.deepEqual(
        read?.entries.map(({ service }) => service),
        [null, 'orders'],
      );
    } finally {
      await writer.end();
    }
  });

  it('trims what is old and keeps the newest entry, and notices that its place was trimmed', async () => {
    await withTriggers(target);
    for (const id of ['1', '2', '3']) await insert('orders', id);
    const { place } = await log.start(await check(), signal);
    await database.query('UPDATE change_log SET at = at - INTERVAL 1 DAY WHERE id <= 2');
    assert.equal(await log.trim(place.id, 3_600_000, 100, signal), 2);
    assert.equal(await log.trim(place.id, 0, 100, signal), 0);
    assert.notEqual(await log.read(place, [], 10, signal), null);
    assert.equal(await log.read({ ...place, atUs: 1 }, [], 10, signal), null);
    await database.query('TRUNCATE change_log');
    assert.equal(await log.read(place, [], 10, signal), null);
  });

  it('has the server parse what it looks with once, and looks all the same where nothing may be prepared', async () => {
    await withTriggers(target);
    await insert('orders');
    const { place } = await log.start(await check(), signal);
    const counted = async (what: string): Promise<number> => {
      const [row] = await database.query<{ Value: string }>(`SHOW GLOBAL STATUS LIKE 'Com_stmt_${what}'`);
      return Number(row?.Value);
    };
    const [prepared, executed] = [await counted('prepare'), await counted('execute')];
    for (let look = 0; look < 50; look += 1) await log.read(place, [], 10, signal);
    // Feeds of other tests are on the same server.
    assert.ok((await counted('execute')) - executed >= 50);
    assert.ok((await counted('prepare')) - prepared < 25);
    await database.server.query('SET GLOBAL max_prepared_stmt_count = 0');
    try {
      await insert('orders', '2');
      // A connection that has not prepared it yet.
      const other = changeLogAt(target);
      const read = await other.read(place, [], 10, signal).finally(() => other.close());
      assert.deepEqual(
        read?.entries.map(({ id }) => id),
        [place.id + 1],
      );
    } finally {
      await database.server.query('SET GLOBAL max_prepared_stmt_count = 16382');
    }
  });

  it('finds a table that was truncated, though no trigger tells', async () => {
    await withTriggers(target);
    await insert('orders');
    await insert('other');
    const registry = await opened().whenAvailable();
    try {
      await registry.whenStates('orders', { 1: 'UP' });
      await database.query('TRUNCATE instances');
      await waitFor('the resync', () => registry.observer.resyncs.includes('TableChanged'));
      await registry.whenStates('orders', {});
    } finally {
      await registry.close();
    }
  });

  it('takes about a hundredth of a processor at most while nothing happens', async () => {
    await withTriggers(target);
    await insert('orders');
    const stopping = new AbortController();
    let pulses = 0;
    const nothing = (): undefined => undefined;
    const sink = { hint: nothing, resync: nothing, unhealthy: nothing, healthy: () => void (pulses += 1) };
    const running = triggerFeed(log).run(sink, stopping.signal);
    await waitFor('the feed to be idle', () => pulses > 5);
    const [before, startMs, first] = [process.cpuUsage(), performance.now(), pulses];
    await waitFor('some looks', () => pulses >= first + 15, { intervalMs: 500 });
    const { user, system } = process.cpuUsage(before);
    const share = (user + system) / 1000 / (performance.now() - startMs);
    console.log(`      ${(100 * share).toFixed(2)} % of a processor`);
    assert.ok(share < 0.05, `${share}`);
    stopping.abort(new Error('the test is over'));
    await running;
  });
});
