import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { errorMessage } from '../../../src/lib/errors.ts';
import { MysqlBinlogServer } from '../../../src/mysql/mysql-binlog-server.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import type { BinlogServer } from '../../../src/registry/binlog-server.ts';
import type { SourceDatabase } from '../../../src/registry/source-table.ts';
import { binlogFeed } from '../../support/binlog-feed.ts';
import { migrated, onEachDatabase, root, targetOf } from '../../support/open-registry.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { ToldByFeed } from '../../support/told-by-feed.ts';
import { testbed, type TestDatabase } from '../../support/testbed/index.ts';

onEachDatabase('what is rare in the binary log that the feed Binlog follows', (flavor) => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let reader: MysqlRegistryReader;
  let logger: RecordingLogger;
  let told: ToldByFeed;
  let stop: () => Promise<void>;

  beforeEach(async () => {
    database = await testbed.database('edges', flavor);
    const target = targetOf(database.server, database.name);
    await migrated(target);
    proxy = await TcpProxy.start(target);
    reader = new MysqlRegistryReader({
      ...{ target, custom: null, maxReplicaLagMs: 10_000, clock: systemClock, random: Math.random },
      access: () => Promise.resolve(root),
    });
    logger = new RecordingLogger();
    stop = () => Promise.resolve();
  });
  afterEach(async () => {
    await stop();
    reader.close();
    await proxy.close();
    await database.drop();
  });

  async function follow(source: SourceDatabase = reader.source, server?: BinlogServer): Promise<void> {
    told = new ToldByFeed();
    const stopping = new AbortController();
    const target = { ...targetOf(database.server, database.name), ...proxy.address };
    const options = { source, logger, ...(server === undefined ? {} : { server }) };
    const running = binlogFeed(target, options).run(told, stopping.signal);
    stop = async () => {
      stopping.abort(new Error('the test is over'));
      await running;
    };
    await waitFor('the feed to be open', () => told.isHealthy);
  }
  const insert = (service: string) =>
    database.query(
      `INSERT INTO instances (service, instance_id, address, port) VALUES (?, '1', '10.0.0.1', 1)`,
      [service],
    );
  const session = async (...statements: readonly string[]): Promise<void> => {
    const connection = await database.server.connect(database.name);
    try {
      for (const statement of statements) await connection.query(statement);
    } finally {
      await connection.end();
    }
  };
  const prepared = (xid: string, service: string): Promise<void> =>
    session(
      `XA START '${xid}'`,
      `INSERT INTO instances (service, instance_id, address, port) VALUES ('${service}', '1', '10.0.0.1', 1)`,
      `XA END '${xid}'`,
      `XA PREPARE '${xid}'`,
    );
  /** The session that prepared it may not be gone yet. */
  const committed = (xid: string): Promise<unknown> =>
    waitFor('the transaction to be free', async () => {
      await database.query(`XA COMMIT '${xid}'`);
      return true;
    });
  const marked = async (name: string): Promise<void> => {
    await insert(name);
    await waitFor('the mark to be told', () => told.hints.includes(name));
  };

  it('asks for a resync when an XA transaction is committed whose rows came before it followed', async () => {
    await prepared(`before-${database.name}`, 'early');
    try {
      await follow();
      await marked('mark');
    } finally {
      await committed(`before-${database.name}`);
    }
    await waitFor('the resync', () => told.resyncs.length > 0);
  });

  it('tells of an XA transaction again when it is committed, over a lost connection, without a resync', async () => {
    await follow();
    await prepared(`across-${database.name}`, 'late');
    try {
      await waitFor('the early hint', () => told.hints.includes('late'));
      proxy.cut();
      await waitFor('the feed to say so', () => !told.isHealthy);
      proxy.mend();
      await marked('mark');
      told.hints.splice(0);
    } finally {
      await committed(`across-${database.name}`);
    }
    await waitFor('the hint', () => told.hints.includes('late'), { timeoutMs: 5000 });
    assert.deepEqual(told.resyncs, []);
  });

  if (flavor === 'mariadb')
    it('asks for a resync when a statement with settings of its own empties the table', async () => {
      await insert('orders');
      await follow();
      await session('SET STATEMENT max_statement_time = 10 FOR TRUNCATE TABLE instances');
      await waitFor('the resync', () => told.resyncs.includes('TableChanged'));
    });
  else
    it('goes on with GTIDs that have tags', async () => {
      await follow();
      await session(
        `SET SESSION gtid_next = 'AUTOMATIC:rollcall'`,
        `INSERT INTO instances (service, instance_id, address, port) VALUES ('tagged', '1', '10.0.0.1', 1)`,
      );
      await waitFor('the hint', () => told.hints.includes('tagged'));
      proxy.cut();
      await waitFor('the feed to say so', () => !told.isHealthy);
      await insert('meanwhile');
      proxy.mend();
      await waitFor('the hint', () => told.hints.includes('meanwhile'));
      assert.deepEqual(told.resyncs, []);
    });

  it('follows the server that the registry is read from, when old connections to another still stand', async () => {
    let serverId = 'first';
    const { source } = reader;
    await follow({
      table: (signal) => source.table(signal),
      awaitVisible: (...asked) => source.awaitVisible(...asked),
      written: async (signal) => ({ ...(await source.written(signal)), serverId }),
    });
    await marked('mark');
    serverId = 'second';
    const times = (): number => logger.lines.filter(({ message }) => message === 'binlog is followed').length;
    await waitFor('another stream', () => times() === 2);
    await marked('after');
    assert.deepEqual(told.resyncs, []);
  });

  it('has everything read again, and goes on, where the log holds what cannot be read', async () => {
    const target = { ...targetOf(database.server, database.name), ...proxy.address };
    const server = new MysqlBinlogServer({ target, access: () => Promise.resolve(root), clock: systemClock });
    let looks = 0;
    // The column of the service as no decoder knows it, for as long as the same place of the log is looked at.
    const broken: BinlogServer = {
      translate: (error) => server.translate(error),
      look: async (table, after, signal) => {
        const look = await server.look(table, after, signal);
        looks += after === null ? 1 : 0;
        const columns = look.columns.map((each) => ({
          ...each,
          COLUMN_TYPE: undefined as unknown as string,
        }));
        return looks > 1 ? look : { ...look, columns };
      },
    };
    await follow(reader.source, broken);
    await insert('unreadable');
    await waitFor('the resync', () => told.resyncs.includes('UnreadableChange'));
    assert.ok(told.faults.some((each) => errorMessage(each).includes('cannot be read')));
    await marked('later');
  });

  if (flavor === 'mariadb')
    it('does not read everything all the time for a table whose hidden columns are in the log', async () => {
      await database.query('ALTER TABLE instances ADD SYSTEM VERSIONING');
      await follow();
      const beganMs = performance.now();
      await waitFor('some time to pass', async () => {
        await insert(`service-${performance.now()}`);
        return performance.now() - beganMs > 3000;
      });
      assert.ok(told.resyncs.length < 10, told.resyncs.join());
    });
});
