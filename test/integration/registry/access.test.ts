import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { waitFor } from '../../../local/lib/wait.ts';
import {
  createCertificateAuthority,
  type CertificateAuthority,
} from '../../../local/servers/certificates.ts';
import { startMariadb, startMysql, type DatabaseServer } from '../../../local/servers/database.ts';
import type { MysqlAccess, MysqlTarget, TlsMode } from '../../../src/mysql/access.ts';
import {
  killConnections,
  migrated,
  OpenedRegistry,
  type OpenOptions,
  onEachDatabase,
  targetOf,
} from '../../support/open-registry.ts';
import { freshAddress, testbed, type TestDatabase } from '../../support/testbed/index.ts';

const opened: OpenedRegistry[] = [];
const open = (options: OpenOptions): OpenedRegistry => {
  const registry = new OpenedRegistry(options);
  opened.push(registry);
  return registry;
};
const closeAll = () => Promise.all(opened.splice(0).map((registry) => registry.close()));
/** The reason and message of a registry that cannot be read. */
const faultOf = async (registry: OpenedRegistry): Promise<string> => {
  await waitFor('the fault', () => registry.session.health.reason !== 'NeverRead');
  return `${registry.session.health.reason}: ${registry.session.health.message}`;
};

onEachDatabase('access to a registry', (flavor) => {
  let database: TestDatabase;
  let target: MysqlTarget;

  beforeEach(async () => {
    database = await testbed.database('access', flavor);
    target = targetOf(database.server, database.name);
    await migrated(target);
    await database.query(
      `INSERT INTO instances (service, instance_id, address, port) VALUES ('a', '1', '10.1.0.1', 1)`,
    );
    await database.server.createUser({
      user: 'rollcall',
      password: 'first',
      grants: 'SELECT',
      on: database.name,
    });
  });
  afterEach(async () => {
    await closeAll();
    await database.query(`DROP USER 'rollcall'@'%'`);
    await database.drop();
  });

  it('needs no more than SELECT, and DELETE for the retention', async () => {
    const registry = open({
      target,
      access: () => Promise.resolve({ username: 'rollcall', password: 'first' }),
    });
    await registry.whenAvailable();
    const key = { service: 'a', instanceId: '1', id: 1 };
    await assert.rejects(
      registry.reader.deleteRetired([key], 0, AbortSignal.timeout(5000)),
      (error: Error) => {
        assert.match(error.message, /GRANT SELECT, DELETE ON `access_\d+`\.\* TO 'rollcall'@'%';/);
        return true;
      },
    );
    await database.query(`GRANT DELETE ON ${database.name}.* TO 'rollcall'@'%'`);
    assert.equal(await registry.reader.deleteRetired([key], 0, AbortSignal.timeout(5000)), 0);
    assert.equal(registry.session.health.available, true);
  });

  it('names the account that the server took it for in the grant that is missing', async () => {
    const name = `'near'@'${database.server.address.split('.', 2).join('.')}.%'`;
    await database.query(`CREATE USER ${name} IDENTIFIED BY 'x'`);
    try {
      await database.query(`GRANT SELECT ON ${database.name}.registry_meta TO ${name}`);
      const registry = open({ target, access: () => Promise.resolve({ username: 'near', password: 'x' }) });
      const grant = /GRANT SELECT [^;]+;/.exec(await faultOf(registry))?.[0] ?? '';
      assert.ok(grant.includes(name), grant);
      await database.query(grant);
      await registry.whenAvailable();
    } finally {
      await closeAll();
      await database.query(`DROP USER ${name}`);
    }
  });

  const faults: readonly {
    readonly name: string;
    readonly access?: MysqlAccess;
    readonly database?: string;
    readonly says: RegExp;
  }[] = [
    {
      name: 'a wrong password',
      access: { username: 'rollcall', password: 'wrong' },
      says: /^AccessDenied: .* refuses the user rollcall .*Secret that spec\.mysql\.credentialsSecretRef/,
    },
    { name: 'an unknown user', access: { username: 'nobody', password: '' }, says: /^AccessDenied: / },
    {
      name: 'a missing database',
      database: 'nowhere',
      says: /^DatabaseNotFound: .* nowhere: create it, or correct spec\.mysql\.database/,
    },
    {
      name: 'tables that were never made',
      database: 'mysql',
      says: /^TableNotFound: .*run, as a user .*: rollcall migrate --url mysql:\/\/USER:PASSWORD@[\d.:]+\/mysql$/m,
    },
    {
      name: 'no grant on the database',
      access: { username: 'rollcall', password: 'first' },
      database: 'mysql',
      says: /^(GrantMissing|AccessDenied|DatabaseNotFound): .*GRANT SELECT ON `mysql`\.\* TO 'rollcall'@'%';/,
    },
  ];
  for (const fault of faults) {
    it(`with ${fault.name} says what to do, and publishes nothing`, async () => {
      const { access } = fault;
      const registry = open({
        target: { ...target, database: fault.database ?? database.name },
        ...(access === undefined ? {} : { access: () => Promise.resolve(access) }),
      });
      assert.match(await faultOf(registry), fault.says);
      assert.equal(registry.session.snapshot('a'), undefined);
      assert.equal(registry.session.health.needsHelp, true);
    });
  }

  it('recovers by itself when the tables are made, and says when they are too old', async () => {
    await database.query('DROP TABLE registry_meta');
    const registry = open({ target });
    assert.match(await faultOf(registry), /^TableNotFound: /);
    await migrated(target);
    await registry.whenAvailable();
    await database.query(`UPDATE registry_meta SET value = '0' WHERE name = 'schema_version'`);
    await killConnections(database);
    await registry.whenUnavailable();
    assert.match(await faultOf(registry), /^SchemaTooOld: .*version 0.*rollcall migrate --url/);
    await database.query(`UPDATE registry_meta SET value = '1' WHERE name = 'schema_version'`);
    await registry.whenAvailable();
  });

  it('takes up a rotated password without a restart, when its connections are renewed', async () => {
    let secret = { username: 'rollcall', password: 'first' };
    let cached = secret;
    const registry = open({
      target,
      access: ({ refresh }) => {
        if (refresh) cached = secret;
        return Promise.resolve(cached);
      },
    });
    await registry.whenAvailable();
    await database.query(`ALTER USER 'rollcall'@'%' IDENTIFIED BY 'second'`);
    secret = { username: 'rollcall', password: 'second' };
    // Connections are opened anew, which the server refuses with the old password: then the Secret itself is asked.
    await killConnections(database);
    await database.query(`UPDATE instances SET status = 'DRAINING'`);
    await registry.whenStates('a', { 1: 'DRAINING' });
    assert.equal(cached.password, 'second');
    assert.deepEqual(registry.observer.couldNotReads, []);
  });

  it('survives an administrator who kills its connections', async () => {
    const registry = open({
      target,
      access: () => Promise.resolve({ username: 'rollcall', password: 'first' }),
    });
    await registry.whenAvailable();
    for (let round = 0; round < 5; round += 1) {
      const ids = await database.query<{ id: number }>(
        `SELECT id FROM information_schema.PROCESSLIST WHERE user = 'rollcall'`,
      );
      for (const { id } of ids) await database.query(`KILL ${id}`).catch(() => undefined);
      await database.query('UPDATE instances SET weight = ?', [round]);
      await waitFor('the change', () => registry.session.snapshot('a')?.instances[0]?.weight === round);
    }
  });
});

onEachDatabase('TLS to a registry', function (flavor) {
  let server: DatabaseServer;
  let authority: CertificateAuthority;
  let ca: string;
  let other: string;

  before(async function () {
    this.timeout(60_000);
    authority = await createCertificateAuthority();
    other = readFileSync((await createCertificateAuthority('another authority')).caFile, 'utf8');
    ca = readFileSync(authority.caFile, 'utf8');
    const address = freshAddress();
    const files = await authority.issue(['db.example', address]);
    const start = flavor === 'mariadb' ? startMariadb : startMysql;
    server = await start({ address, tls: { ...files, caFile: authority.caFile } });
    await server.createDatabase('registry');
    await migrated(targetOf(server, 'registry'));
    await server.createUser({ user: 'secure', password: 'pw', require: 'SSL' });
    await server.createUser({ user: 'known', password: 'pw', require: 'X509' });
  });
  after(() => server.dispose());
  afterEach(closeAll);

  const tls = (mode: TlsMode, access: Partial<MysqlAccess>, host = server.address): OpenedRegistry =>
    open({
      target: { ...targetOf(server, 'registry'), host, tls: mode },
      access: () => Promise.resolve({ username: 'secure', password: 'pw', ...access }),
    });

  it('is refused without TLS where the server demands it', async () => {
    assert.match(await faultOf(tls('Disabled', {})), /^AccessDenied: /);
  });

  it('of mode Required takes any certificate', async () => {
    await tls('Required', {}).whenAvailable();
    await tls('Required', { ca: other }).whenAvailable();
  });

  it('of mode VerifyCA checks who issued the certificate, and not the name in it', async () => {
    await tls('VerifyCA', { ca }).whenAvailable();
    assert.match(await faultOf(tls('VerifyCA', { ca: other })), /^TlsFailed: .*mode VerifyCA/);
    assert.match(await faultOf(tls('VerifyCA', {})), /^TlsFailed: .*self-signed|^TlsFailed: .*unable to/);
  });

  it('of mode VerifyIdentity checks the address in it as well', async () => {
    await tls('VerifyIdentity', { ca }).whenAvailable();
    assert.match(await faultOf(tls('VerifyIdentity', { ca: other })), /^TlsFailed: /);
  });

  it('shows a client certificate where the server asks for one', async () => {
    const files = await authority.issue(['rollcall']);
    const pair = { cert: readFileSync(files.certFile, 'utf8'), key: readFileSync(files.keyFile, 'utf8') };
    assert.match(await faultOf(tls('VerifyCA', { ca, username: 'known' })), /^AccessDenied: /);
    await tls('VerifyCA', { ca, username: 'known', ...pair }).whenAvailable();
  });

  it('fails with words about it where the server has none, or another name', async () => {
    const start = flavor === 'mariadb' ? startMariadb : startMysql;
    const address = freshAddress();
    const plain = await start({
      address,
      tls: { ...(await authority.issue(['elsewhere.example'])), caFile: authority.caFile },
    });
    try {
      await plain.createDatabase('registry');
      await migrated(targetOf(plain, 'registry'));
      await plain.createUser({ user: 'secure', password: 'pw', require: 'SSL' });
      await tls('VerifyCA', { ca }, address).whenAvailable();
      assert.match(
        await faultOf(tls('VerifyIdentity', { ca }, address)),
        /^TlsFailed: .*altnames|^TlsFailed: .*does not match/i,
      );
    } finally {
      await closeAll();
      await plain.dispose();
    }
  });
});
