import assert from 'node:assert/strict';
import { seeded } from '../../bench/harness/statistics.ts';
import type { DatabaseFlavor, DatabaseServer } from '../../local/servers/database.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { MysqlRegistryReader } from '../../src/mysql/mysql-registry-reader.ts';
import { migrated, OpenedRegistry, root, targetOf } from '../support/open-registry.ts';
import { needs, testbed } from '../support/testbed/index.ts';
import { askedResyncs, converged, type FeedKind, type FeedPlace, follows } from './feed-place.ts';

/** Commits of all writers together; the soak has ten times as many. */
const COMMITS = Number(process.env.ROLLCALL_FEED_COMMITS ?? 2000);
const WRITERS = 8;
/** How long a transaction is open after its statement, at most; and how many of them are rolled back. */
const OPEN_MS = 12;
const ROLLED_BACK = 0.1;

const NEVER_MS = 3_600_000;
/** From the last commit until the feed must have told of all: Poll looks far back once in 2.5 s. */
const SETTLED_MS = 10_000;
const common = { clock: systemClock, random: Math.random };

/**
 * A feed misses nothing of what many commit at once, in another order than their statements ran and with holes where they rolled back
 * (safety rules 4 and 5). There is no audit, no resync and no fallback; every commit changes a service of its own, which no later hint
 * can bring up to date: so what is in the table and not in the store was missed, or was read too early.
 */
export function feedMissesNone(flavor: DatabaseFlavor, kind: FeedKind): void {
  it(`${kind.name} misses none of ${COMMITS} commits of ${WRITERS} writers, a tenth of them rolled back`, async function () {
    if (kind.needs !== undefined) needs(this, kind.needs);
    this.timeout(60_000 + COMMITS * 20);
    const database = await testbed.database('writers', flavor);
    const place: FeedPlace = {
      server: database.server,
      database: database.name,
      target: targetOf(database.server, database.name),
    };
    await migrated(place.target);
    await database.query(
      `INSERT INTO instances (service, instance_id, address, port) VALUES ${Array.from({ length: COMMITS / 2 }, (_, index) => `('known-${index}', '1', '10.0.0.1', 1)`).join()}`,
    );
    const feed = await kind.prepare(place);
    const registry = new OpenedRegistry({
      target: place.target,
      auditIntervalMs: NEVER_MS,
      resyncIntervalMs: NEVER_MS,
      feed: (known, reader, logger) => feed.open({ ...common, known, reader, logger }),
    });
    const direct = new MysqlRegistryReader({
      ...{ ...common, target: place.target, custom: null, maxReplicaLagMs: 60_000 },
      access: () => Promise.resolve(root),
    });
    try {
      await registry.whenAvailable();
      await follows(registry, kind.name);
      const before = askedResyncs(registry).length;
      const startMs = performance.now();
      await writeAll(place.server, place.database, (service) => feed.committed([service]));
      const writtenMs = performance.now();
      await converged(registry, direct, SETTLED_MS);
      console.log(
        `      ${COMMITS} commits in ${((writtenMs - startMs) / 1000).toFixed(1)} s, all told of ${Math.round(performance.now() - writtenMs)} ms later`,
      );
      assert.deepEqual(askedResyncs(registry).slice(before), []);
      assert.ok(!registry.observer.resyncs.includes('TooManyChanges'));
      await follows(registry, kind.name);
    } finally {
      await registry.close();
      await feed.close();
      direct.close();
      await database.drop();
    }
  });
}

/** Commits {@link COMMITS} transactions, each of which changes one service that no other one changes: a known one or a new one. */
async function writeAll(
  server: DatabaseServer,
  database: string,
  committed: (service: string) => Promise<void>,
): Promise<void> {
  const random = seeded(COMMITS);
  let begun = 0;
  let left = COMMITS;
  const write = async (): Promise<void> => {
    const connection = await server.connect(database);
    try {
      while (left > 0) {
        const isKept = random() >= ROLLED_BACK;
        if (isKept) left -= 1;
        const number = (begun += 1);
        const isKnown = number % 2 === 0 && number < COMMITS;
        const service = isKnown ? `known-${number / 2}` : `new-${number}`;
        await connection.query('START TRANSACTION');
        await connection.query(
          isKnown
            ? `UPDATE instances SET weight = 7 WHERE service = '${service}'`
            : `INSERT INTO instances (service, instance_id, address, port) VALUES ('${service}', '1', '10.0.0.1', 1)`,
        );
        await connection.query(`DO SLEEP(${((random() * OPEN_MS) / 1000).toFixed(4)})`);
        await connection.query(isKept ? 'COMMIT' : 'ROLLBACK');
        if (isKept) await committed(service);
      }
    } finally {
      connection.destroy();
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
}
