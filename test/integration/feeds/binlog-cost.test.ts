import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import { startMariadb, startMysql, type DatabaseServer } from '../../../local/servers/database.ts';
import { systemClock } from '../../../src/lib/clock.ts';
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
    const running = binlogFeed(target, { source: reader.source, heartbeatMs: 1000 }).run(
      told,
      stopping.signal,
    );
    const connection = await server.connect('registry');
    try {
      await waitFor('the feed to be open', () => told.isHealthy);
      const idle = await usedMs(2000);
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
        `      idle ${idle.toFixed(1)} ms of processor in 2 s; ${written} rows in ${seconds} s, the hint ${Math.round(performance.now() - atMs)} ms after, ${Math.round(grownMb)} MB more`,
      );
      assert.ok(idle < 100, `idle: ${idle} ms`);
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

/** Processor time that this thread uses in this time, in ms. */
async function usedMs(ms: number): Promise<number> {
  const before = process.threadCpuUsage();
  const endMs = performance.now() + ms;
  await waitFor('the time to pass', () => performance.now() > endMs, { intervalMs: 500 });
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
