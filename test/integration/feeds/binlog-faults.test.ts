import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { waitFor } from '../../../local/lib/wait.ts';
import { createCertificateAuthority } from '../../../local/servers/certificates.ts';
import { startMariadb, startMysql, type DatabaseServer } from '../../../local/servers/database.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { MysqlAccess } from '../../../src/mysql/access.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import { binlogFeed } from '../../support/binlog-feed.ts';
import { migrated, onEachDatabase, root, targetOf } from '../../support/open-registry.ts';
import { ToldByFeed } from '../../support/told-by-feed.ts';
import { freshAddress } from '../../support/testbed/index.ts';

onEachDatabase('a server that the feed Binlog cannot follow', (flavor) => {
  const start = flavor === 'mariadb' ? startMariadb : startMysql;
  let server: DatabaseServer;
  let reader: MysqlRegistryReader;
  const running: (() => Promise<void>)[] = [];

  before(async () => {
    server = await start({ address: freshAddress() });
    await server.createDatabase('registry');
    await migrated(targetOf(server, 'registry'));
    reader = new MysqlRegistryReader({
      target: targetOf(server, 'registry'),
      access: () => Promise.resolve(root),
      custom: null,
      maxReplicaLagMs: 10_000,
      clock: systemClock,
      random: Math.random,
    });
  });
  afterEach(async () => {
    for (const stop of running.splice(0)) await stop();
  });
  after(async () => {
    reader.close();
    await server.dispose();
  });

  function follow(access: MysqlAccess = root, name?: string): ToldByFeed {
    const told = new ToldByFeed();
    const stopping = new AbortController();
    const feed = binlogFeed(targetOf(server, 'registry'), {
      source: reader.source,
      access: () => Promise.resolve(access),
      ...(name === undefined ? {} : { reader: name }),
    });
    const ended = feed.run(told, stopping.signal);
    running.push(async () => {
      stopping.abort(new Error('the test is over'));
      await ended;
    });
    return told;
  }
  const fault = (told: ToldByFeed) =>
    waitFor('the fault', () => told.faults.at(-1) as { reason?: string; message: string } | undefined);

  it('names all that is missing at once, and follows when it is there', async () => {
    const account = { username: 'reader', password: 'secret' };
    await server.createUser({
      user: account.username,
      password: account.password,
      grants: 'SELECT',
      on: 'registry',
    });
    await server.query(`SET GLOBAL binlog_format = 'STATEMENT'`);
    await server.query(`SET GLOBAL binlog_row_image = 'MINIMAL'`);
    const told = follow(account);
    const { reason, message } = await fault(told);
    const set = flavor === 'mysql' ? 'SET PERSIST' : 'SET GLOBAL';
    const monitor = flavor === 'mysql' ? 'REPLICATION CLIENT' : 'BINLOG MONITOR';
    assert.equal(reason, 'BinlogFormat');
    for (const mend of [
      `${set} binlog_format = 'ROW';`,
      `${set} binlog_row_image = 'FULL';`,
      `GRANT REPLICATION SLAVE, ${monitor} ON *.* TO 'reader'@'%';`,
    ]) {
      assert.ok(message.includes(mend), message);
      await server.query(mend.replace('PERSIST', 'GLOBAL'));
    }
    await waitFor('the feed to be open', () => told.isHealthy);
  });

  it('may not be asked for the columns of the table: the condition has the GRANT, and it follows with that', async () => {
    const account = { username: 'blind', password: 'secret' };
    const monitor = flavor === 'mysql' ? 'REPLICATION CLIENT' : 'BINLOG MONITOR';
    await server.query(`CREATE USER 'blind'@'%' IDENTIFIED BY 'secret'`);
    await server.query(`GRANT REPLICATION SLAVE, ${monitor} ON *.* TO 'blind'@'%'`);
    await server.query(`GRANT SELECT (service) ON registry.instances TO 'blind'@'%'`);
    const told = follow(account);
    const { reason, message } = await fault(told);
    assert.equal(reason, 'GrantMissing');
    const [grant] = /GRANT SELECT[^;]*;/.exec(message) ?? assert.fail(message);
    await server.query(grant);
    await waitFor('the feed to be open', () => told.isHealthy);
  });

  it('is told apart from one that reads under the same name, and both follow in the end', async () => {
    const first = follow(root, 'twin');
    await waitFor('the first to be open', () => first.isHealthy);
    const second = follow(root, 'twin');
    await waitFor('the second to be open', () => second.isHealthy);
    if (flavor === 'mariadb') {
      const taken = await fault(first);
      assert.equal(taken.reason, 'ServerIdTaken');
    }
    await waitFor('the first to be open again', () => first.isHealthy);
    await server.query(
      `INSERT INTO registry.instances (service, instance_id, address, port) VALUES ('twins', '1', '10.0.0.1', 1)`,
    );
    await waitFor('both to be told', () => [first, second].every(({ hints }) => hints.includes('twins')));
    assert.deepEqual([first.resyncs, second.resyncs], [[], []]);
  });

  it('refuses the login: the condition names the Secret to mend', async () => {
    const { reason, message } = await fault(follow({ username: 'nobody', password: 'wrong' }));
    assert.equal(reason, 'AccessDenied');
    assert.match(message, /the Secret that spec\.feed\.binlog\.credentialsSecretRef names/);
  });

  it('closes idle connections: the stream, which is none, goes on', async () => {
    await server.query('SET GLOBAL wait_timeout = 1');
    try {
      const told = follow();
      await waitFor('the feed to be open', () => told.isHealthy);
      const beganMs = performance.now();
      await waitFor('the time to pass', () => performance.now() - beganMs > 3000);
      await server.query(
        `INSERT INTO registry.instances (service, instance_id, address, port) VALUES ('idle', '1', '10.0.0.1', 1)`,
      );
      await waitFor('the hint', () => told.hints.includes('idle'));
      assert.deepEqual([told.faults, told.resyncs], [[], []]);
    } finally {
      await server.query('SET GLOBAL wait_timeout = 28800');
    }
  });

  it('keeps no log: the condition says how to have one', async () => {
    await server.restartWith(
      flavor === 'mysql' ? ['--skip-log-bin'] : ['--skip-log-bin', '--skip-slave-start'],
    );
    const told = follow();
    const { reason, message } = await waitFor(
      'the fault',
      () =>
        told.faults.find((each) => (each as { reason?: string }).reason === 'BinlogOff') as
          { reason: string; message: string } | undefined,
    );
    assert.equal(reason, 'BinlogOff');
    assert.match(message, /my\.cnf, and start the server again/);
  });
});

onEachDatabase('a server that the feed Binlog follows by file and position', (flavor) => {
  const start = flavor === 'mariadb' ? startMariadb : startMysql;
  let server: DatabaseServer;

  before(async () => {
    server = await start({
      address: freshAddress(),
      extraArgs: flavor === 'mysql' ? ['--gtid-mode=OFF', '--enforce-gtid-consistency=OFF'] : [],
    });
    await server.createDatabase('registry');
    await migrated(targetOf(server, 'registry'));
  });
  after(() => server.dispose());

  it('goes on where it was after a lost connection, and through another file of the log', async () => {
    const target = targetOf(server, 'registry');
    const reader = new MysqlRegistryReader({
      ...{ target, custom: null, maxReplicaLagMs: 10_000, clock: systemClock, random: Math.random },
      access: () => Promise.resolve(root),
    });
    const told = new ToldByFeed();
    const stopping = new AbortController();
    const login = { username: 'reader', password: 'secret' };
    await server.createUser({ user: login.username, password: login.password });
    const running = binlogFeed(target, {
      source: reader.source,
      access: () => Promise.resolve(login),
    }).run(told, stopping.signal);
    try {
      await waitFor('the feed to be open', () => told.isHealthy);
      const insert = (service: string) =>
        server.query(
          `INSERT INTO registry.instances (service, instance_id, address, port) VALUES ('${service}', '1', '10.0.0.1', 1)`,
        );
      await insert('before');
      await waitFor('the hint', () => told.hints.includes('before'));
      await server.query(`ALTER USER reader ACCOUNT LOCK`);
      for (const { ID } of await server.query<{ ID: number }>(
        `SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'reader'`,
      ))
        await server.query(`KILL ${ID}`).catch(() => undefined);
      await waitFor('the feed to say so', () => !told.isHealthy);
      await insert('meanwhile');
      await server.query('FLUSH BINARY LOGS');
      await insert('later');
      await server.query(`ALTER USER reader ACCOUNT UNLOCK`);
      await waitFor('the hints', () => told.hints.includes('meanwhile') && told.hints.includes('later'));
      assert.deepEqual(told.resyncs, []);
    } finally {
      stopping.abort(new Error('the test is over'));
      await running;
      reader.close();
    }
  });
});

onEachDatabase('a server that the feed Binlog follows over TLS', (flavor) => {
  const start = flavor === 'mariadb' ? startMariadb : startMysql;

  it('is followed where its certificate is for its address, and refused with the reason where it is not trusted', async () => {
    const authority = await createCertificateAuthority();
    const address = freshAddress();
    const files = await authority.issue([address]);
    const server = await start({ address, tls: { ...files, caFile: authority.caFile } });
    const target = { ...targetOf(server, 'registry'), tls: 'VerifyIdentity' as const };
    const login = { username: 'secure', password: 'secret', ca: readFileSync(authority.caFile, 'utf8') };
    await server.createDatabase('registry');
    await migrated(targetOf(server, 'registry'));
    await server.createUser({ user: login.username, password: login.password, require: 'SSL' });
    const reader = new MysqlRegistryReader({
      ...{ target, custom: null, maxReplicaLagMs: 10_000, clock: systemClock, random: Math.random },
      access: () => Promise.resolve(login),
    });
    const stopping = new AbortController();
    const feed = (ca: string): [ToldByFeed, Promise<void>] => {
      const told = new ToldByFeed();
      const access = () => Promise.resolve({ ...login, ca });
      return [told, binlogFeed(target, { source: reader.source, access }).run(told, stopping.signal)];
    };
    const other = readFileSync((await createCertificateAuthority('another authority')).caFile, 'utf8');
    const [told, running] = feed(login.ca);
    const [refused, trying] = feed(other);
    try {
      await waitFor('the feed to be open', () => told.isHealthy);
      await server.query(
        `INSERT INTO registry.instances (service, instance_id, address, port) VALUES ('secret', '1', '10.0.0.1', 1)`,
      );
      await waitFor('the hint', () => told.hints.includes('secret'));
      const fault = await waitFor('the fault', () => refused.faults.at(-1) as { reason: string } | undefined);
      assert.deepEqual([fault.reason, refused.isHealthy], ['TlsFailed', false]);
    } finally {
      stopping.abort(new Error('the test is over'));
      await Promise.all([running, trying]);
      reader.close();
      await server.dispose();
    }
  });
});
