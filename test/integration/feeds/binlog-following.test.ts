import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { errorMessage } from '../../../src/lib/errors.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import type { SourceDatabase } from '../../../src/registry/source-table.ts';
import { binlogFeed } from '../../support/binlog-feed.ts';
import { migrated, onEachDatabase, root, targetOf } from '../../support/open-registry.ts';
import { ToldByFeed } from '../../support/told-by-feed.ts';
import { testbed, type TestDatabase } from '../../support/testbed/index.ts';

onEachDatabase('the binary log that the feed Binlog follows', (flavor) => {
  let database: TestDatabase;
  let reader: MysqlRegistryReader;
  let told: ToldByFeed;
  let stop: () => Promise<void>;

  beforeEach(async () => {
    database = await testbed.database('log', flavor);
    await migrated(targetOf(database.server, database.name));
    reader = new MysqlRegistryReader({
      target: targetOf(database.server, database.name),
      access: () => Promise.resolve(root),
      custom: null,
      maxReplicaLagMs: 10_000,
      clock: systemClock,
      random: Math.random,
    });
    stop = () => Promise.resolve();
  });
  afterEach(async () => {
    await stop();
    reader.close();
    await database.drop();
  });

  async function follow(source: SourceDatabase = reader.source): Promise<void> {
    told = new ToldByFeed();
    const stopping = new AbortController();
    const feed = binlogFeed(targetOf(database.server, database.name), { source });
    const running = feed.run(told, stopping.signal);
    stop = async () => {
      stopping.abort(new Error('the test is over'));
      await running;
    };
    await waitFor('the feed to be open', () => told.isHealthy);
  }
  const insert = (service: string, instanceId = '1') =>
    database.query(
      `INSERT INTO instances (service, instance_id, address, port) VALUES (?, ?, '10.0.0.1', 1)`,
      [service, instanceId],
    );
  /** Everything before has been told when this has. */
  const marked = async (name: string): Promise<void> => {
    await insert(name);
    await waitFor('the mark to be told', () => told.hints.includes(name));
  };
  async function session(settings: string, ...statements: readonly string[]): Promise<void> {
    const connection = await database.server.connect(database.name);
    try {
      await connection.query(settings);
      for (const statement of statements) await connection.query(statement);
    } finally {
      connection.destroy();
    }
  }

  it('tells of the services of both images, and of nothing that is no news', async () => {
    await insert('orders');
    await follow();
    await database.query(`UPDATE instances SET updated_at = NOW(6) + INTERVAL 1 SECOND`);
    await database.query('INSERT INTO heartbeats SELECT id, NOW(6) + INTERVAL 1 HOUR FROM instances');
    await database.query('CREATE TABLE other (id INT PRIMARY KEY, service VARCHAR(20))');
    await database.query(`INSERT INTO other VALUES (1, 'other')`);
    await session(
      'START TRANSACTION',
      `INSERT INTO instances (service, instance_id, address, port) VALUES ('undone', '1', '10.0.0.1', 1)`,
      'ROLLBACK',
    );
    await marked('mark-1');
    assert.deepEqual(told.hints, ['mark-1']);
    await database.query(`UPDATE instances SET service = 'moved' WHERE service = 'orders'`);
    await database.query(`DELETE FROM instances WHERE service = 'moved'`);
    await marked('mark-2');
    assert.deepEqual([...new Set(told.hints)].sort(), ['mark-1', 'mark-2', 'moved', 'orders']);
    assert.deepEqual(told.resyncs, []);
  });

  it('tells of a change when it can be read, and never before (safety rule 4)', async function () {
    this.timeout(120_000);
    const services = Array.from({ length: 8 }, (_, index) => `s${index}`);
    for (const service of services) await insert(service);
    await follow();
    const stale: string[] = [];
    let reads = 0;
    const hinted = new Map<string, () => void>();
    told.onHint = (service) => hinted.get(service)?.();
    // Many at once commit in groups, the last of which can be seen a while after its event.
    const write = async (service: string): Promise<void> => {
      const writer = await database.server.connect(database.name);
      const watcher = await database.server.connect(database.name);
      for (let weight = 1; weight <= 100; weight += 1) {
        // This read is the one that a registry does on a hint.
        const read = new Promise<unknown>((resolve, reject) => {
          hinted.set(service, () => {
            hinted.delete(service);
            watcher.query('SELECT weight FROM instances WHERE service = ?', [service]).then(resolve, reject);
          });
        });
        await writer.query('UPDATE instances SET weight = ? WHERE service = ?', [weight, service]);
        const [[row]] = (await read) as [{ weight: number }[]];
        reads += 1;
        if (row?.weight !== weight) stale.push(`${service}: ${row?.weight}, not ${weight}`);
      }
      writer.destroy();
      watcher.destroy();
    };
    await Promise.all(services.map(write));
    assert.deepEqual({ stale, reads }, { stale: [], reads: 800 });
  });

  it('holds a hint back while the rows of the transaction are held, and lets others through', async () => {
    const { source } = reader;
    let isHeld = true;
    // The moment between event and commit, made as long as is needed.
    const slow: SourceDatabase = {
      table: (signal) => source.table(signal),
      written: (signal) => source.written(signal),
      awaitVisible: (table, keys, patienceMs, signal) =>
        isHeld
          ? Promise.resolve(keys.filter(([id]) => id === 1))
          : source.awaitVisible(table, keys, patienceMs, signal),
    };
    await follow(slow);
    await insert('orders');
    await insert('quick');
    await waitFor('the other', () => told.hints.includes('quick'));
    assert.equal(told.hints[0], 'quick');
    await waitFor('the early hint', () => told.hints.includes('orders'));
    isHeld = false;
    await waitFor('the hint', () => told.hints.filter((service) => service === 'orders').length === 2);
  });

  it('reads compressed transactions, small and large', async () => {
    const isMysql = flavor === 'mysql';
    if (!isMysql)
      await database.server.query('SET GLOBAL log_bin_compress = ON, log_bin_compress_min_len = 10');
    try {
      await follow();
      const values = Array.from(
        { length: 5000 },
        (_, index) => `('large-${index % 50}', '${index}', '10.0.0.1', 1)`,
      );
      await session(
        isMysql ? 'SET SESSION binlog_transaction_compression = ON' : 'DO 0',
        `INSERT INTO instances (service, instance_id, address, port) VALUES ('small', '1', '10.0.0.1', 1)`,
        `INSERT INTO instances (service, instance_id, address, port) VALUES ${values.join()}`,
        `UPDATE instances SET service = 'renamed' WHERE service = 'small'`,
        'DELETE FROM instances WHERE instance_id = 7',
      );
      await marked('mark');
      const wanted = [
        'mark',
        'renamed',
        'small',
        ...Array.from({ length: 50 }, (_, index) => `large-${index}`),
      ];
      assert.deepEqual([...new Set(told.hints)].sort(), wanted.sort());
      assert.deepEqual([told.resyncs, told.faults], [[], []]);
    } finally {
      if (!isMysql) await database.server.query('SET GLOBAL log_bin_compress = OFF');
    }
  });

  for (const [what, settings] of [
    ['rows without all columns', `SET SESSION binlog_row_image = 'MINIMAL'`],
    ['statements instead of rows', `SET SESSION binlog_format = 'STATEMENT'`],
    ...(flavor === 'mysql'
      ? [['parts of values', `SET SESSION binlog_row_value_options = 'PARTIAL_JSON'`]]
      : []),
  ] as [string, string][]) {
    it(`asks for a resync when a session writes ${what}, and says so`, async () => {
      await insert('orders');
      await database.query(`UPDATE instances SET metadata = '{"a": "${'x'.repeat(200)}", "b": 1}'`);
      await follow();
      await session(
        settings,
        `UPDATE instances SET metadata = JSON_SET(metadata, '$.b', 2) WHERE service = 'orders'`,
      );
      await waitFor('the resync', () => told.resyncs.includes('UnreadableChange'));
      await waitFor('the fault', () => told.faults.length > 0);
      assert.match(errorMessage(told.faults[0]), /^the binary log holds /);
      await marked('mark');
    });
  }

  for (const statement of [
    'TRUNCATE instances',
    'ALTER TABLE `instances` ADD COLUMN extra INT NULL FIRST',
    'CREATE INDEX more ON instances (weight)',
    '/* by hand */ ALTER TABLE /* x */ DATABASE.instances COMMENT = "x"',
    'RENAME TABLE instances TO gone, gone TO instances',
  ]) {
    it(`asks for a resync after ${statement}, and follows the table as it is then`, async () => {
      await insert('orders');
      await follow();
      await database.query(statement.replace('DATABASE', database.name));
      await waitFor('the resync', () => told.resyncs.includes('TableChanged'));
      await marked('mark');
      await database.query(`UPDATE instances SET service = 'moved' WHERE service = 'mark'`);
      await waitFor('the hint', () => told.hints.includes('moved'));
    });
  }

  it('tells of the rows of an XA transaction when it is committed', async () => {
    await follow();
    const statement = `INSERT INTO instances (service, instance_id, address, port) VALUES ('xa', '1', '10.0.0.1', 1)`;
    await session(
      `XA START 'a${database.name}'`,
      statement,
      `XA END 'a${database.name}'`,
      `XA PREPARE 'a${database.name}'`,
    );
    await marked('mark');
    told.hints.splice(0);
    await waitFor('the transaction to be free', async () => {
      await database.query(`XA COMMIT 'a${database.name}'`);
      return true;
    });
    const [row] = await database.query('SELECT * FROM instances WHERE service = "xa"');
    assert.ok(row);
    await waitFor('the hint', () => told.hints.includes('xa'));
  });
});
