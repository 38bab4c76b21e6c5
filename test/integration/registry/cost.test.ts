import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { waitFor } from '../../../local/lib/wait.ts';
import { migrated, OpenedRegistry, onEachDatabase, targetOf } from '../../support/open-registry.ts';
import { testbed, type TestDatabase } from '../../support/testbed/index.ts';

const SERVICES = 1000;
const PER_SERVICE = 100;

onEachDatabase('a registry of 100,000 leased instances of 1,000 services', function (flavor) {
  let database: TestDatabase;
  let registry: OpenedRegistry;

  before(async function () {
    this.timeout(120_000);
    database = await testbed.database('cost', flavor);
    await migrated(targetOf(database.server, database.name));
    await database.query('SET SESSION cte_max_recursion_depth = 200000').catch(() => undefined);
    await database.query('SET SESSION max_recursive_iterations = 200000').catch(() => undefined);
    await database.query(
      `INSERT INTO instances (service, instance_id, address, port, ttl_ms, zone, metadata)
       WITH RECURSIVE n AS (SELECT 0 i UNION ALL SELECT i + 1 FROM n WHERE i < ${SERVICES * PER_SERVICE - 1})
       SELECT CONCAT('service-', i DIV ${PER_SERVICE}), CONCAT('instance-', i), CONCAT('10.', 64 + i DIV 65025, '.', i DIV 255 MOD 255, '.', 1 + i MOD 254),
              50051, 3600000, ELT(1 + i MOD 3, 'a', 'b', 'c'), '{"version": "1"}' FROM n`,
    );
    await database.query('INSERT INTO heartbeats SELECT id, NOW(6) + INTERVAL 1 HOUR FROM instances');
    await database.query('UPDATE instances SET updated_at = NOW(6) - INTERVAL 1 HOUR');
    await database.query('ANALYZE TABLE instances, heartbeats');
    if (flavor === 'mariadb') await database.query('SET GLOBAL userstat = ON');
  });
  after(async () => {
    await registry.close();
    await database.drop();
  });

  it('is read at once, without blocking the event loop for 100 ms or taking 150 MB', async () => {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const longest = longestStretch();
    registry = new OpenedRegistry({
      target: targetOf(database.server, database.name),
      pollIntervalMs: 1000,
      auditIntervalMs: 10_000_000,
    });
    await registry.whenAvailable();
    const blockedMs = longest();
    collectGarbage();
    const { services, instances } = registry.session.facts();
    assert.deepEqual({ services, instances }, { services: SERVICES, instances: SERVICES * PER_SERVICE });
    assert.equal(new Set(registry.changes).size, SERVICES);
    const takenMb = (process.memoryUsage().heapUsed - before) / 1e6;
    console.log(
      `      ${Math.round(takenMb)} MB, event loop blocked for at most ${Math.round(blockedMs)} ms`,
    );
    assert.ok(blockedMs < 100, `${blockedMs} ms`);
    assert.ok(takenMb < 150, `${takenMb} MB`);
  });

  it('costs at most the rows of its service and 20 more when one row changes', async () => {
    const rows = async (): Promise<number> => await examined(database);
    /** All rows that anybody examined in this time. */
    const during = async (seconds: number, work: () => Promise<unknown>): Promise<number> => {
      const before = await rows();
      const untilUs = registry.session.nowUs() + seconds * 1_000_000;
      await work();
      await waitFor('the time to pass', () => registry.session.nowUs() > untilUs, { intervalMs: 500 });
      return (await rows()) - before;
    };
    const idle = 3 * (await during(5, () => Promise.resolve()));
    // Longer than a changed row lies within the overlap of any poll.
    const change = await during(15, async () => {
      await database.query(`UPDATE instances SET weight = 7 WHERE id = 4711`);
      await waitFor('the change', () =>
        registry.session.snapshot('service-47')?.instances.some(({ weight }) => weight === 7),
      );
    });
    console.log(`      idle ${idle} rows in 15 s, with one change ${change}`);
    assert.ok(idle <= 400, `idle: ${idle} rows in 15 s`);
    // One row more is the UPDATE's own.
    assert.ok(change - idle <= PER_SERVICE + 20 + 1, `${change - idle} rows`);
  });

  it('is asked six questions a second while nothing changes: poll, look at the server, four looks at leases', async () => {
    const asked = async (): Promise<number> => {
      const [row] = await database.query<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Com_select'");
      return Number(row?.Value);
    };
    const before = await asked();
    const fromUs = registry.session.nowUs();
    await waitFor('5 s to pass', () => registry.session.nowUs() > fromUs + 5_000_000, { intervalMs: 500 });
    const perSecond = ((await asked()) - before) / ((registry.session.nowUs() - fromUs) / 1_000_000);
    console.log(`      ${perSecond.toFixed(1)} questions a second`);
    // A connection that is replaced in this time asks some of its own.
    assert.ok(perSecond <= 8, `${perSecond} a second`);
  });

  it('is checked by the audit in steps that together look at every row once', async () => {
    const audited = new OpenedRegistry({
      target: targetOf(database.server, database.name),
      auditIntervalMs: 3000,
    });
    try {
      await audited.whenAvailable();
      await waitFor('a round', () => audited.observer.auditedServices >= SERVICES);
      const steps = audited.observer.reads.filter(({ kind }) => kind === 'audit');
      const most = Math.max(...steps.map(({ rows }) => rows));
      assert.ok(steps.length >= 29 && most <= 4000, `${steps.length} steps, at most ${most} rows`);
      assert.deepEqual(audited.observer.findings, []);
    } finally {
      await audited.close();
    }
  });
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * Measures the longest time for which this thread worked without letting a timer run, in ms of its own processor time: what other
 * processes of a busy machine take away is not ours.
 */
function longestStretch(): () => number {
  const usedMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let last = usedMs();
  let longest = 0;
  const timer = setInterval(() => {
    const now = usedMs();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  return () => {
    clearInterval(timer);
    return longest;
  };
}

/** Rows of our tables that were fetched, by the server's own counters. */
async function examined(database: TestDatabase): Promise<number> {
  const [row] = await database.query<{ n: number | string }>(
    database.server.flavor === 'mysql'
      ? 'SELECT SUM(COUNT_FETCH) n FROM performance_schema.table_io_waits_summary_by_table WHERE OBJECT_SCHEMA = DATABASE()'
      : 'SELECT SUM(ROWS_READ) n FROM information_schema.TABLE_STATISTICS WHERE TABLE_SCHEMA = DATABASE()',
  );
  return Number(row?.n);
}
