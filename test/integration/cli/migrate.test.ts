import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TestDatabase, testbed } from '../../support/testbed/index.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function migrate(url: string, ...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, 'migrate', ...args], { env: { ROLLCALL_URL: url } });
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

describe('rollcall migrate on a real database', function () {
  this.timeout(60_000);
  let database: TestDatabase;

  beforeEach(async () => {
    database = await testbed.database('cli');
  });
  afterEach(() => database.drop());

  it('creates the tables, says so line by line, and finds nothing to do the second time', async () => {
    const first = await migrate(database.url);
    assert.equal(first.code, 0, first.err);
    assert.equal(first.err, '');
    const { address, port } = database.server;
    const where = `${address}:${port}/${database.name}`;
    for (const line of first.out.trim().split('\n')) assert.ok(line.startsWith(`${where}: `), line);
    assert.match(first.out, /connected to MariaDB .*\n[^]*schema version is \d+ now\n$/);
    await database.query(
      "INSERT INTO instances (service, instance_id, address, port) VALUES ('a', 'i', '10.0.0.1', 1)",
    );
    const second = await migrate(database.url);
    assert.equal(second.code, 0, second.err);
    assert.match(second.out, /nothing to do, schema version is \d+\n$/);
    assert.equal((await database.query('SELECT * FROM instances')).length, 1);
  });

  it('may run several times at once', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => migrate(database.url)));
    assert.deepEqual(
      runs.map(({ code, err }) => ({ code, err })),
      runs.map(() => ({ code: 0, err: '' })),
    );
    assert.equal(
      runs.filter(({ out }) => /schema version is \d+ now/.test(out)).length,
      1,
      'one of them did it',
    );
  });

  it('exits 1 and says what to mend when the password is wrong, without showing it', async () => {
    await database.server.createUser({ user: 'clerk', password: 'right' });
    const url = database.server.url(database.name, { user: 'clerk', password: 'hunter2' });
    const { code, out, err } = await migrate(url);
    assert.equal(code, 1);
    assert.equal(out, '');
    assert.match(err, /^rollcall migrate: .*clerk.*\n$/);
    assert.equal(err.match(/Access denied/g)?.length, 1, err);
    assert.doesNotMatch(err, /hunter2/);
  });

  it('exits 1 when the server has no TLS and TLS is asked for', async () => {
    const { code, err } = await migrate(database.url, '--tls-mode', 'Required');
    assert.equal(code, 1);
    assert.match(err, /^rollcall migrate: .*(TLS|SSL|secure)/i);
  });

  it('makes and removes what the feed Trigger needs, and prints for a dry run what the mysql client takes', async () => {
    const made = await migrate(database.url, '--feed', 'trigger');
    assert.deepEqual([made.code, made.err], [0, '']);
    assert.match(made.out, /CREATE TRIGGER .*\n[^]*change_log is written by triggers now\n$/);
    const again = await migrate(database.url, '--feed', 'trigger');
    assert.match(again.out, /nothing to do, the triggers are there\n$/);
    const removed = await migrate(database.url, '--feed', 'trigger', '--remove');
    assert.deepEqual([removed.code, removed.err], [0, '']);
    assert.deepEqual(await database.query('SHOW TRIGGERS'), []);
    const dry = await migrate(database.url, '--feed', 'trigger', '--dry-run');
    assert.equal(dry.code, 0, dry.err);
    assert.deepEqual(await database.query('SHOW TRIGGERS'), []);
    const [first, ...statements] = dry.out.split('$$\n');
    assert.equal(first, 'DELIMITER ');
    assert.equal(statements.pop(), 'DELIMITER ;\n');
    for (const statement of statements) await database.query(statement);
    assert.equal((await database.query('SHOW TRIGGERS')).length, 3);
  });

  it('logs a table of the user that the manifest of a Registry names, and refuses a manifest without one', async () => {
    await database.query(
      'CREATE TABLE hosts (id INT PRIMARY KEY, svc VARCHAR(50), addr VARCHAR(50), port INT)',
    );
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-manifest-'));
    const file = join(folder, 'registry.yaml');
    const columns = '{service: svc, instanceId: id, address: addr, port: port}';
    await writeFile(
      file,
      `kind: Secret\n---\nkind: Registry\nspec: {schema: {type: Custom, custom: {table: hosts, columns: ${columns}}}}\n`,
    );
    const made = await migrate(database.url, '--feed', 'trigger', '--registry', file);
    assert.deepEqual([made.code, made.err], [0, '']);
    await database.query(`INSERT INTO hosts VALUES (1, 'orders', '10.0.0.1', 1)`);
    const [entry] = await database.query<{ service: string; instance_id: string }>(
      'SELECT * FROM change_log',
    );
    assert.deepEqual([entry?.service, entry?.instance_id], ['orders', '1']);
    await writeFile(
      file,
      'kind: Registry\nspec: {schema: {type: Custom, custom: {table: hosts, columns: {service: 5}}}}\n',
    );
    const wrong = await migrate(database.url, '--feed', 'trigger', '--registry', file);
    assert.equal(wrong.code, 2);
    assert.match(
      wrong.err,
      /--registry .*columns\.service, spec\.schema\.custom\.columns\.instanceId must be a text/,
    );
    await rm(folder, { recursive: true });
  });

  it('says what lets a user make triggers while the server writes a binary log', async () => {
    await database.server.createUser({
      ...{ user: 'maker', password: 'pw', on: database.name },
      grants: 'SELECT, INSERT, UPDATE, CREATE, ALTER, INDEX, DROP, TRIGGER',
    });
    try {
      const url = database.server.url(database.name, { user: 'maker', password: 'pw' });
      const { code, err } = await migrate(url, '--feed', 'trigger');
      assert.equal(code, 1);
      assert.match(err, /SET GLOBAL log_bin_trust_function_creators = 1;/);
    } finally {
      await database.query(`DROP USER 'maker'@'%'`);
    }
  });
});
