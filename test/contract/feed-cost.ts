import assert from 'node:assert/strict';
import { waitFor } from '../../local/lib/wait.ts';
import type { DatabaseFlavor } from '../../local/servers/database.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { migrated, OpenedRegistry, targetOf } from '../support/open-registry.ts';
import { needs, testbed, type TestDatabase } from '../support/testbed/index.ts';
import { type FeedKind, type FeedPlace, follows } from './feed-place.ts';

const SERVICES = 1000;
const PER_SERVICE = 100;
/** Time in which nothing changes, to know what is not the change's. */
const IDLE_S = 2;
const NEVER_MS = 3_600_000;
const common = { clock: systemClock, random: Math.random };

/** A feed, and how long a changed row may be looked at again, in s. */
export interface FeedCost {
  readonly kind: FeedKind;
  readonly seconds: number;
}

/** What following 100,000 rows costs the database, by its own counters: a feed tells of one change without a look at other services. */
export function feedCosts(flavor: DatabaseFlavor, feeds: readonly FeedCost[]): void {
  let database: TestDatabase;
  let place: FeedPlace;

  before(async function () {
    this.timeout(120_000);
    database = await testbed.database('cost', flavor);
    const { server, name } = database;
    place = { server, database: name, target: targetOf(server, name) };
    await migrated(place.target);
    await database.query(
      `SET SESSION ${flavor === 'mysql' ? 'cte_max_recursion_depth' : 'max_recursive_iterations'} = 200000`,
    );
    await database.query(
      `INSERT INTO instances (service, instance_id, address, port)
       WITH RECURSIVE n AS (SELECT 0 i UNION ALL SELECT i + 1 FROM n WHERE i < ${SERVICES * PER_SERVICE - 1})
       SELECT CONCAT('service-', i DIV ${PER_SERVICE}), CONCAT('instance-', i),
              CONCAT('10.', 64 + i DIV 65025, '.', i DIV 255 MOD 255, '.', 1 + i MOD 254), 50051 FROM n`,
    );
    await database.query('UPDATE instances SET updated_at = NOW(6) - INTERVAL 1 HOUR');
    await database.query('ANALYZE TABLE instances');
    if (flavor === 'mariadb') await database.query('SET GLOBAL userstat = ON');
  });
  after(() => database.drop());

  feeds.forEach(({ kind, seconds }, index) => {
    it(`${kind.name} examines of 100,000 rows at most those of the service that changed, and 20 more`, async function () {
      if (kind.needs !== undefined) needs(this, kind.needs);
      this.timeout(60_000);
      const feed = await kind.prepare(place);
      const registry = new OpenedRegistry({
        target: place.target,
        auditIntervalMs: NEVER_MS,
        resyncIntervalMs: NEVER_MS,
        feed: (known, reader, logger) => feed.open({ ...common, known, reader, logger }),
      });
      try {
        await registry.whenAvailable();
        await follows(registry, kind.name);
        assert.equal(registry.session.facts().instances, SERVICES * PER_SERVICE);
        const service = `service-${index}`;
        const [first] = await database.query<{ id: number }>(
          'SELECT MIN(id) id FROM instances WHERE service = ?',
          [service],
        );
        const during = async (time: number, work: () => Promise<unknown>): Promise<number> => {
          const before = await examined(database);
          const untilUs = registry.session.nowUs() + time * 1_000_000;
          await work();
          await waitFor('the time to pass', () => registry.session.nowUs() > untilUs, { intervalMs: 50 });
          return (await examined(database)) - before;
        };
        const idle = await during(IDLE_S, () => Promise.resolve());
        const changed = await during(seconds, async () => {
          await database.query('UPDATE instances SET weight = 7 WHERE id = ?', [first?.id]);
          await feed.committed([service]);
          await waitFor('the change', () =>
            registry.session.snapshot(service)?.instances.some(({ weight }) => weight === 7),
          );
        });
        const change = changed - (idle * seconds) / IDLE_S;
        console.log(`      idle ${idle} rows in ${IDLE_S} s, and ${change} for one change`);
        // Whether something happens or not; what else time costs is in test/integration/registry/cost.test.ts.
        assert.ok(idle <= 25 * IDLE_S, `idle: ${idle} rows in ${IDLE_S} s`);
        // One row more is the UPDATE's own.
        assert.ok(change <= PER_SERVICE + 20 + 1, `${change} rows`);
      } finally {
        await registry.close();
        await feed.close();
      }
    });
  });
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
