import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import type { CustomSchemaSpec } from '../../../src/model/registry.ts';
import { OpenedRegistry, type OpenOptions, onEachDatabase, targetOf } from '../../support/open-registry.ts';
import { testbed, type TestDatabase } from '../../support/testbed/index.ts';

/** A table as an old in-house registry has it: 0/1 for the status, seconds since 1970, the beat in the row itself. */
const LEGACY = `CREATE TABLE legacy_node (
  app VARCHAR(64) NOT NULL, node INT NOT NULL, ip CHAR(15) NOT NULL, svc_port SMALLINT UNSIGNED NOT NULL,
  enabled TINYINT NOT NULL DEFAULT 1, last_beat INT UNSIGNED NULL, room VARCHAR(20), deleted TINYINT NOT NULL DEFAULT 0,
  modified TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  PRIMARY KEY (app, node), KEY (last_beat), KEY (modified)) DEFAULT CHARSET latin1`;

const SPEC: CustomSchemaSpec = {
  table: 'legacy_node',
  columns: {
    service: 'app',
    instanceId: 'node',
    address: 'ip',
    port: 'svc_port',
    zone: 'room',
    status: 'enabled',
    lastHeartbeat: 'last_beat',
    updatedAt: 'modified',
  },
  statusValues: { up: ['1'], down: ['0'], draining: ['2'] },
  ttl: '3s',
  timeUnit: 'Seconds',
  where: 'deleted = 0 -- ours',
};

onEachDatabase('a table of the user’s own', (flavor) => {
  let database: TestDatabase;
  const opened: OpenedRegistry[] = [];

  const start = (custom: CustomSchemaSpec, options: Partial<OpenOptions> = {}): OpenedRegistry => {
    const target = targetOf(database.server, database.name);
    const registry = new OpenedRegistry({ target, custom, ...options });
    opened.push(registry);
    return registry;
  };
  const open = (custom: CustomSchemaSpec, options: Partial<OpenOptions> = {}) =>
    start(custom, options).whenAvailable();
  const node = (number: number, beat: string, fields: Readonly<Record<string, unknown>> = {}) =>
    database.query(`INSERT INTO legacy_node SET ?, last_beat = ${beat}`, [
      { app: 'pay', node: number, ip: `10.4.0.${number}`, svc_port: 9000, ...fields },
    ]);

  beforeEach(async () => {
    database = await testbed.database('custom', flavor);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((registry) => registry.close()));
    await database.drop();
  });

  it('with 0/1 as status and beats in seconds in the same row is followed like ours', async () => {
    await database.query(LEGACY);
    await node(1, 'UNIX_TIMESTAMP() + 3600', { room: 'r1' });
    await node(2, 'UNIX_TIMESTAMP() - 60');
    await node(3, 'NULL', { enabled: 2 });
    await node(4, 'UNIX_TIMESTAMP()', { deleted: 1 });
    await node(5, 'UNIX_TIMESTAMP()', { enabled: 7 });
    const registry = await open(SPEC);
    assert.deepEqual(registry.states('pay'), { 1: 'UP', 2: 'expired', 3: 'DRAINING' });
    const snapshot = registry.session.snapshot('pay');
    assert.deepEqual(snapshot?.rejected, [
      {
        instanceId: '5',
        reason: 'InvalidStatus',
        message: 'status "unmapped value 7" is none of UP, DRAINING, DOWN',
      },
    ]);
    const [first] = snapshot.instances;
    assert.deepEqual([first?.ttlMs, first?.zone, first?.port, first?.id], [3000, 'r1', 9000, null]);

    await database.query('UPDATE legacy_node SET last_beat = UNIX_TIMESTAMP() WHERE node = 2');
    await registry.whenStates('pay', { 1: 'UP', 2: 'UP', 3: 'DRAINING' }, 1500);
    await registry.whenStates('pay', { 1: 'UP', 2: 'expired', 3: 'DRAINING' }, 5000);
    await database.query('UPDATE legacy_node SET enabled = 0 WHERE node = 1');
    await registry.whenStates('pay', { 1: 'DOWN', 2: 'expired', 3: 'DRAINING' });
  });

  it('is not read again because of beats that change its updated_at', async () => {
    await database.query(LEGACY);
    await node(1, 'UNIX_TIMESTAMP() + 3600');
    const registry = await open(SPEC, { pollIntervalMs: 50 });
    const serviceReads = () => registry.observer.reads.filter(({ kind }) => kind === 'service').length;
    // The feed is open before the first read, and may have hinted at rows that this was about to bring.
    const opened = registry.observer.goodReads;
    await waitFor('two polls', () => registry.observer.goodReads > opened + 4);
    const before = serviceReads();
    for (let round = 0; round < 5; round += 1) {
      const polled = registry.observer.goodReads;
      await database.query('UPDATE legacy_node SET last_beat = last_beat + 1');
      await waitFor('a poll', () => registry.observer.goodReads > polled + 2);
    }
    assert.equal(serviceReads(), before);
  });

  it('may be a view that joins tables, in another collation and with twin rows', async () => {
    await database.query(
      `CREATE TABLE hosts (id INT PRIMARY KEY, ip VARCHAR(40)) COLLATE utf8mb4_general_ci`,
    );
    await database.query(
      `CREATE TABLE running (host INT, app VARCHAR(40), slot VARCHAR(10), port INT, tags TEXT, seen DATETIME(3)) COLLATE utf8mb4_general_ci`,
    );
    await database.query(
      `CREATE VIEW registry AS SELECT CONCAT(r.app, '') app, r.slot, h.ip, r.port, r.tags, r.seen FROM running r JOIN hosts h ON h.id = r.host`,
    );
    await database.query(`INSERT INTO hosts VALUES (1, '10.4.1.1'), (2, '10.4.1.2')`);
    await database.query(
      `INSERT INTO running VALUES (1, 'Web', 'x', 80, '{"a": "b"}', '2099-01-01'), (2, 'web', 'x', 80, NULL, NULL), (2, 'web', 'y', 81, NULL, NULL), (1, 'web', 'y', 81, NULL, NULL)`,
    );
    const registry = await open(
      {
        table: `${database.name}.registry`,
        columns: {
          service: 'app',
          instanceId: 'slot',
          address: 'ip',
          port: 'port',
          metadata: 'tags',
          lastHeartbeat: 'seen',
        },
        ttl: '5s',
      },
      { auditIntervalMs: 200 },
    );
    assert.deepEqual(registry.states('Web'), { x: 'UP' });
    assert.deepEqual(registry.session.snapshot('Web')?.instances[0]?.metadata, { a: 'b' });
    const addresses = () =>
      registry.session
        .snapshot('web')
        ?.instances.map(({ address, instanceId }) => `${instanceId} ${address}`);
    assert.deepEqual(addresses()?.sort(), ['x 10.4.1.2', 'y 10.4.1.1', 'y 10.4.1.2']);
    await database.query(`DELETE FROM running WHERE slot = 'y' AND host = 1`);
    await waitFor('the change', () => addresses()?.length === 2);
    await waitFor('rounds of the audit', () => registry.observer.auditedServices > 20);
    assert.deepEqual(registry.observer.findings, []);
  });

  it('without a column for the time of change is followed by its checksums', async () => {
    await database.query(`CREATE TABLE plain (app VARCHAR(20), id INT, ip VARCHAR(20), port INT)`);
    await database.query(`INSERT INTO plain VALUES ('a', 1, '10.4.2.1', 1), ('b', 1, '10.4.2.2', 1)`);
    const registry = await open({
      table: 'plain',
      columns: { service: 'app', instanceId: 'id', address: 'ip', port: 'port' },
    });
    await database.query(`INSERT INTO plain VALUES ('a', 2, '10.4.2.3', 1)`);
    await registry.whenStates('a', { 1: 'UP', 2: 'UP' });
    await database.query(`DELETE FROM plain WHERE app = 'a' AND id = 2`);
    await registry.whenStates('a', { 1: 'UP' });
    await database.query(`DELETE FROM plain WHERE app = 'b'`);
    await registry.whenStates('b', {});
    assert.equal(registry.observer.reads.filter(({ kind }) => kind === 'service').length >= 3, true);
  });

  for (const unit of ['Milliseconds', 'Microseconds'] as const) {
    it(`may have deadlines in ${unit.toLowerCase()}, without a TTL`, async () => {
      const factor = unit === 'Milliseconds' ? 1000 : 1_000_000;
      await database.query(
        `CREATE TABLE t (app VARCHAR(20), id VARCHAR(20) PRIMARY KEY, ip VARCHAR(20), port INT, until BIGINT)`,
      );
      await database.query(
        `INSERT INTO t VALUES ('a', '1', '10.4.2.1', 1, (UNIX_TIMESTAMP(NOW(6)) + 1) * ${factor}), ('a', '2', '10.4.2.2', 1, NULL)`,
      );
      const registry = await open({
        table: 't',
        columns: { service: 'app', instanceId: 'id', address: 'ip', port: 'port', expiresAt: 'until' },
        timeUnit: unit,
      });
      assert.deepEqual(registry.states('a'), { 1: 'UP', 2: 'UP' });
      await registry.whenStates('a', { 1: 'expired', 2: 'UP' }, 2000);
      const snapshot = registry.session.snapshot('a');
      const late = ((snapshot?.asOfUs ?? 0) - (snapshot?.instances[0]?.expiredAtUs ?? 0)) / 1000;
      assert.ok(late >= 0 && late < 500, `${late} ms`);
    });
  }

  it('may have DATETIME columns in a time zone of its own', async () => {
    await database.query(
      `CREATE TABLE t (app VARCHAR(20), id VARCHAR(20) PRIMARY KEY, ip VARCHAR(20), port INT, until DATETIME(3), changed DATETIME(6))`,
    );
    const local = `CONVERT_TZ(UTC_TIMESTAMP(6), '+00:00', '+05:30')`;
    await database.query(
      `INSERT INTO t VALUES ('a', '1', '10.4.2.1', 1, ${local} + INTERVAL 1 SECOND, ${local}), ('a', '2', '10.4.2.2', 1, '2001-01-01', ${local})`,
    );
    const registry = await open({
      table: 't',
      columns: {
        service: 'app',
        instanceId: 'id',
        address: 'ip',
        port: 'port',
        expiresAt: 'until',
        updatedAt: 'changed',
      },
      timeZone: '+05:30',
    });
    assert.deepEqual(registry.states('a'), { 1: 'UP', 2: 'expired' });
    await registry.whenStates('a', { 1: 'expired', 2: 'expired' }, 2000);
    await database.query(
      `UPDATE t SET port = 2, changed = ${local}, until = ${local} + INTERVAL 1 HOUR WHERE id = '1'`,
    );
    await registry.whenStates('a', { 1: 'UP', 2: 'expired' }, 2000);
  });

  it('may say "never" by a time that no calendar reaches, and a time that is none costs one row only', async () => {
    await database.query(
      `CREATE TABLE t (app VARCHAR(20), id VARCHAR(20) PRIMARY KEY, ip VARCHAR(20), port INT, until DATETIME, count BIGINT UNSIGNED)`,
    );
    await database.query(`SET sql_mode = ''`);
    await database.query(
      `INSERT INTO t VALUES ('a', '1', '10.4.2.1', 1, '9999-12-31 23:59:59', 18446744073709551615), ('a', '2', '10.4.2.2', 1, '0000-00-00', 0)`,
    );
    const columns = { service: 'app', instanceId: 'id', address: 'ip', port: 'port' };
    const byDate = await open({ table: 't', columns: { ...columns, expiresAt: 'until' } });
    assert.deepEqual(byDate.states('a'), { 1: 'UP' });
    assert.deepEqual(
      byDate.session.snapshot('a')?.rejected.map(({ reason }) => reason),
      ['InvalidTime'],
    );
    const byCount = await open({ table: 't', columns: { ...columns, expiresAt: 'count' } });
    assert.deepEqual(byCount.states('a'), { 1: 'UP', 2: 'expired' });
  });

  const broken: readonly {
    readonly name: string;
    readonly spec: Partial<CustomSchemaSpec>;
    readonly reason: string;
    readonly says: RegExp;
  }[] = [
    {
      name: 'a missing table',
      spec: { table: 'nowhere' },
      reason: 'TableNotFound',
      says: /nowhere.*spec\.schema\.custom\.table/,
    },
    {
      name: 'missing columns',
      spec: { columns: { ...SPEC.columns, weight: 'wheight', region: 'regio' } },
      reason: 'ColumnNotFound',
      says: /legacy_node has no column "wheight" \(spec\.schema\.custom\.columns\.weight\), "regio" .*it has app, node, ip/,
    },
    {
      name: 'a where that is no SQL',
      spec: { where: 'deleted = ' },
      reason: 'InvalidWhere',
      says: /spec\.schema\.custom\.where \(deleted = \)/,
    },
    {
      name: 'a where with an unknown column',
      spec: { where: 'gone = 0' },
      reason: 'InvalidWhere',
      says: /gone/,
    },
    {
      name: 'a time column that is text',
      spec: { columns: { ...SPEC.columns, lastHeartbeat: 'room' } },
      reason: 'InvalidColumnType',
      says: /"room".*varchar/,
    },
    {
      name: 'a beat without a TTL',
      spec: { ttl: '0s' },
      reason: 'InvalidTtl',
      says: /spec\.schema\.custom\.ttl/,
    },
  ];
  for (const { name, spec, reason, says } of broken) {
    it(`with ${name} says ${reason} and what to mend`, async () => {
      await database.query(LEGACY);
      const registry = start({ ...SPEC, ...spec });
      await waitFor('the fault', () => registry.session.health.reason !== 'NeverRead');
      assert.equal(registry.session.health.reason, reason);
      assert.match(registry.session.health.message, says);
      assert.equal(registry.session.health.needsHelp, true);
      assert.equal(registry.session.snapshot('pay'), undefined, 'could not read is not empty');
    });
  }

  it('with a time zone that the server does not know says so, and recovers when it is mended', async () => {
    await database.query(
      `CREATE TABLE t (app VARCHAR(20), id VARCHAR(20) PRIMARY KEY, ip VARCHAR(20), port INT)`,
    );
    const columns = { service: 'app', instanceId: 'id', address: 'ip', port: 'port', expiresAt: 'until' };
    const registry = start({ table: 't', columns, timeZone: 'Mars/Olympus' });
    await waitFor('the fault', () => registry.session.health.reason === 'ColumnNotFound');
    await database.query('ALTER TABLE t ADD COLUMN until DATETIME');
    await waitFor('the next fault', () => registry.session.health.reason === 'TimeZoneUnknown');
    assert.match(registry.session.health.message, /Mars\/Olympus.*mysql_tzinfo_to_sql/);
    await database.query('ALTER TABLE t MODIFY COLUMN until TIMESTAMP NULL');
    await registry.whenAvailable();
  });

  it('that loses a column while it is followed keeps what it has, and says which', async () => {
    await database.query(LEGACY);
    await node(1, 'UNIX_TIMESTAMP() + 3600', { room: 'r1' });
    const registry = await open(SPEC);
    await database.query('ALTER TABLE legacy_node DROP COLUMN room');
    await database.query('UPDATE legacy_node SET svc_port = 7');
    await waitFor('the fault', () => registry.session.health.reason === 'ColumnNotFound');
    assert.match(registry.session.health.message, /"room" \(spec\.schema\.custom\.columns\.zone\)/);
    assert.deepEqual(registry.states('pay'), { 1: 'UP' });
    await database.query('ALTER TABLE legacy_node ADD COLUMN room VARCHAR(20)');
    await registry.whenAvailable();
    assert.equal(registry.session.snapshot('pay')?.instances[0]?.port, 7);
  });
});
