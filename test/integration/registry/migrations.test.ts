import assert from 'node:assert/strict';
import { systemClock } from '../../../src/lib/clock.ts';
import { TerminalError } from '../../../src/lib/errors.ts';
import { migrate } from '../../../src/mysql/migrations/migrate.ts';
import { MIGRATIONS } from '../../../src/mysql/migrations/index.ts';
import type { Migration } from '../../../src/mysql/migrations/migration.ts';
import { OpenedRegistry, onEachDatabase, root, targetOf } from '../../support/open-registry.ts';
import { testbed, type TestDatabase } from '../../support/testbed/index.ts';

onEachDatabase('rollcall migrate', (flavor) => {
  let database: TestDatabase;
  // Mocha's own timeout ends what hangs; a time limit that starts as the file is loaded would run out before its turn comes.
  const { signal } = new AbortController();

  beforeEach(async () => {
    database = await testbed.database('migrate', flavor);
  });
  afterEach(() => database.drop());

  const run = (lines: string[] = [], migrations: readonly Migration[] = MIGRATIONS, access = root) =>
    migrate(
      {
        target: targetOf(database.server, database.name),
        access,
        clock: systemClock,
        lockTimeoutMs: 20_000,
        migrations,
      },
      (line) => lines.push(line),
      signal,
    );

  const schemaOf = async () => {
    const tables = ['instances', 'heartbeats', 'registry_meta'];
    const rows = await Promise.all(tables.map((table) => database.query(`SHOW CREATE TABLE \`${table}\``)));
    return JSON.stringify(rows).replaceAll(/AUTO_INCREMENT=\d+ /g, '');
  };

  it('makes the tables, and finds nothing to do the second time', async () => {
    const first = await run();
    const schema = await schemaOf();
    const lines: string[] = [];
    const second = await run(lines);
    assert.deepEqual([first.from, first.to, first.applied.length], [0, MIGRATIONS.length, MIGRATIONS.length]);
    assert.deepEqual(second, { from: first.to, to: first.to, applied: [], epoch: first.epoch });
    assert.equal(await schemaOf(), schema);
    assert.ok(lines.at(-1)?.startsWith('nothing to do'), lines.join('; '));
  });

  it('does the work once when four run at once', async () => {
    const results = await Promise.all([run(), run(), run(), run()]);
    assert.equal(results.filter(({ applied }) => applied.length > 0).length, 1);
    assert.equal(new Set(results.map(({ epoch }) => epoch)).size, 1);
  });

  it('starts over where it was cut off', async () => {
    const broken: Migration = {
      version: 1,
      title: 'cut off',
      statements: (c) => [...(MIGRATIONS[0]?.statements(c).slice(0, 1) ?? []), 'SELECT nothing_of_it'],
    };
    await assert.rejects(run([], [broken]));
    const result = await run();
    assert.equal(result.from, 0);
    assert.equal(result.to, MIGRATIONS.length);
  });

  it('upgrades a registry in use, which both versions of the operator read', async () => {
    await run();
    await database.query(
      `INSERT INTO instances (service, instance_id, address, port) VALUES ('a', '1', '10.0.0.1', 1)`,
    );
    const registry = await new OpenedRegistry({
      target: targetOf(database.server, database.name),
    }).whenAvailable();
    try {
      const next: Migration = {
        version: MIGRATIONS.length + 1,
        title: 'one column more',
        statements: () => ['ALTER TABLE `instances` ADD COLUMN `note` VARCHAR(10) NULL'],
      };
      assert.deepEqual((await run([], [...MIGRATIONS, next])).applied, ['one column more']);
      await database.query(
        `INSERT INTO instances (service, instance_id, address, port) VALUES ('a', '2', '10.0.0.2', 1)`,
      );
      await registry.whenStates('a', { 1: 'UP', 2: 'UP' });
      assert.deepEqual(registry.observer.couldNotReads, []);
    } finally {
      await registry.close();
    }
    assert.equal(
      (await run()).to,
      MIGRATIONS.length + 1,
      'an older rollcall migrate leaves a newer schema alone',
    );
  });

  it('refuses a database with a table of the same name that is not ours', async () => {
    await database.query('CREATE TABLE instances (id INT PRIMARY KEY)');
    await assert.rejects(run(), (error) => error instanceof TerminalError && error.reason === 'ForeignTable');
  });

  it('says what to grant to a user who may not make tables', async () => {
    await database.server.createUser({ user: 'weak', password: 'pw', grants: 'SELECT', on: database.name });
    try {
      await assert.rejects(run([], MIGRATIONS, { username: 'weak', password: 'pw' }), (error) => {
        assert.ok(error instanceof TerminalError && error.reason === 'GrantMissing', String(error));
        assert.match(
          error.message,
          /GRANT SELECT, INSERT, UPDATE, CREATE, ALTER, INDEX ON `migrate_\d+`\.\* TO 'weak'@'%';/,
        );
        return true;
      });
    } finally {
      await database.query(`DROP USER 'weak'@'%'`);
    }
  });

  it('gives rows their times by themselves, and changes updated_at only when something changed', async () => {
    await run();
    const times = async () =>
      (await database.query<{ c: string; u: string }>('SELECT created_at c, updated_at u FROM instances'))[0];
    await database.query(
      `INSERT INTO instances (service, instance_id, address, port) VALUES ('a', '1', '10.0.0.1', 1)`,
    );
    const first = await times();
    await database.query(`UPDATE instances SET weight = 100`);
    assert.deepEqual(await times(), first);
    await database.query(`UPDATE instances SET weight = 5`);
    const second = await times();
    assert.equal(second?.c, first?.c);
    assert.ok((second?.u ?? '') > (first?.u ?? ''));
    await database.query(`INSERT INTO heartbeats VALUES (1, '2030-01-01 00:00:00.123456')`);
    await database.query(`UPDATE heartbeats SET instance = 2`);
    const [beat] = await database.query<{ e: string }>('SELECT expires_at e FROM heartbeats');
    assert.equal(beat?.e, '2030-01-01 00:00:00.123456', 'a beat has no ON UPDATE');
  });
});
