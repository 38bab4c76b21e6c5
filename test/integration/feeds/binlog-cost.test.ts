import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import { startMariadb, startMysql, type DatabaseServer } from '../../../local/servers/database.ts';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import { binlogFeed } from '../../support/binlog-feed.ts';
import { migrated, onEachDatabase, root, targetOf } from '../../support/open-registry.ts';
import { ToldByFeed } from '../../support/told-by-feed.ts';
import { freshAddress } from '../../support/testbed/index.ts';

onEachDatabase('what the feed Binlog costs', (flavor) => {
  const start = flavor === 'mariadb' ? startMariadb : startMysql;
  let server: DatabaseServer;

  before(async () => {
    server = await start({ address: freshAddress() });
    await server.createDatabase('registry');
    await migrated(targetOf(server, 'registry'));
  });
  after(() => server.dispose());

  it('is followed through a flood of other rows, in bounded memory, and costs next to nothing without', async function () {
    this.timeout(120_000);
    const seconds = Number(process.env.ROLLCALL_FEED_FLOOD_S ?? 5);
    const target = targetOf(server, 'registry');
    const reader = new MysqlRegistryReader({
      ...{ target, custom: null, maxReplicaLagMs: 10_000, clock: systemClock, random: Math.random },
      access: () => Promise.resolve(root),
    });
    const told = new ToldByFeed();
    const stopping = new AbortController();
    const timers = countingClock();
    const running = binlogFeed(target, {
      ...{ source: reader.source, heartbeatMs: 1000, clock: timers.clock },
    }).run(told, stopping.signal);
    const connection = await server.connect('registry');
    try {
      await waitFor('the feed to be open', () => told.isHealthy);
      const began = { ...(await workOf(connection)), timers: timers.count() };
      const idleMs = performance.now();
      await waitFor('the time to pass', () => performance.now() - idleMs > 3000, { intervalMs: 500 });
      const ended = { ...(await workOf(connection)), timers: timers.count() };
      const periods = (performance.now() - idleMs) / 1000;
      const idle = {
        statements: ended.statements - began.statements,
        bytes: ended.bytes - began.bytes,
        timers: ended.timers - began.timers,
      };
      await connection.query('CREATE TABLE flood (id BIGINT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(200))');
      const rows = Array.from({ length: 2500 }, () => `('${'x'.repeat(100)}')`).join();
      for (let round = 0; round < 20; round += 1)
        await connection.query(`INSERT INTO flood (text) VALUES ${rows}`);
      const before = process.memoryUsage().rss;
      const untilMs = performance.now() + seconds * 1000;
      let written = 0;
      const beginMs = performance.now();
      while (performance.now() < untilMs) {
        await connection.query(`INSERT INTO flood (text) VALUES ${rows}`);
        written += 2500;
        const waitMs = beginMs + written / 50 - performance.now();
        if (waitMs > 0) await systemClock.sleep(waitMs, stopping.signal);
      }
      await connection.query(
        `INSERT INTO instances (service, instance_id, address, port) VALUES ('after', '1', '10.0.0.1', 1)`,
      );
      const atMs = performance.now();
      await waitFor('the hint', () => told.hints.includes('after'), { intervalMs: 1 });
      const grownMb = (process.memoryUsage().rss - before) / 1e6;
      console.log(
        `      idle ${idle.statements} statements, ${idle.bytes} bytes, ${idle.timers} timers in ${periods.toFixed(1)} s; ${written} rows in ${seconds} s, the hint ${Math.round(performance.now() - atMs)} ms after, ${Math.round(grownMb)} MB more`,
      );
      // One look at the server in five heartbeats, and the statement that counts.
      assert.ok(idle.statements <= 1 + 3 * Math.ceil(periods / 5), `idle: ${idle.statements} statements`);
      // A heartbeat has less than 100 bytes, and so has each answer.
      assert.ok(idle.bytes <= 500 * (1 + periods), `idle: ${idle.bytes} bytes`);
      assert.ok(idle.timers <= 5 * (1 + periods), `idle: ${idle.timers} timers`);
      assert.ok(grownMb < 100, `${grownMb} MB`);
      assert.deepEqual([told.hints, told.resyncs, told.faults], [['after'], [], []]);
    } finally {
      connection.destroy();
      stopping.abort(new Error('the test is over'));
      await running;
      reader.close();
    }
  });
});

/** Statements that the server was asked, and bytes that it sent, by whomever; asking is one statement. */
async function workOf(
  connection: Awaited<ReturnType<DatabaseServer['connect']>>,
): Promise<{ readonly statements: number; readonly bytes: number }> {
  const [rows] = await connection.query(
    `SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', 'Bytes_sent')`,
  );
  const found = rows as unknown as readonly { readonly Variable_name: string; readonly Value: string }[];
  const value = (name: string): number =>
    Number(found.find(({ Variable_name: each }) => each === name)?.Value);
  return { statements: value('Questions'), bytes: value('Bytes_sent') };
}

/** The real clock, and how many timers were asked of it: each wakes the process once. */
function countingClock(): { readonly clock: Clock; readonly count: () => number } {
  let count = 0;
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, signal) => {
      count += 1;
      return systemClock.sleep(ms, signal);
    },
    after: (ms, callback) => {
      count += 1;
      return systemClock.after(ms, callback);
    },
  };
  return { clock, count: () => count };
}
