import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import { startCanal, type CanalServer } from '../../../local/servers/canal.ts';
import type { DatabaseServer } from '../../../local/servers/database.ts';
import { checkCanal } from '../../../src/feeds/canal/check.ts';
import type { CanalFeedOptions } from '../../../src/feeds/canal/canal-feed.ts';
import { CanalConnection, type CanalTarget } from '../../../src/feeds/canal/connection.ts';
import { LeaderOnlyFeed } from '../../../src/feeds/leader-only.ts';
import { PollFeed } from '../../../src/feeds/poll.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { MysqlRegistryReader } from '../../../src/mysql/mysql-registry-reader.ts';
import type { FeedSink } from '../../../src/registry/change-feed.ts';
import { canalAt, canalFeed, canalLogin } from '../../support/canal-feeds.ts';
import { fastClock } from '../../support/fast-clock.ts';
import { migrated, OpenedRegistry, root, targetOf } from '../../support/open-registry.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { freshAddress, needs, testbed, type TestDatabase } from '../../support/testbed/index.ts';

const NEVER_MS = 3_600_000;
const common = { clock: systemClock, random: Math.random };

describe('the Canal feed', function () {
  this.timeout(60_000);
  let server: DatabaseServer;
  let canal: CanalServer;
  let database: TestDatabase;
  let registry: OpenedRegistry | null;

  before(async function () {
    needs(this, 'canal');
    server = await testbed.mariadb();
    canal = await startCanal({ database: server, login: canalLogin, address: freshAddress(), retryMs: 500 });
  });
  after(() => canal.dispose());
  beforeEach(async () => {
    registry = null;
    database = await testbed.database('canal', 'mariadb');
    await migrated(targetOf(server, database.name));
  });
  afterEach(async () => {
    await registry?.close();
    await database.drop();
  });

  const open = async (
    options: Partial<CanalFeedOptions> & { readonly target?: CanalTarget } = {},
  ): Promise<OpenedRegistry> => {
    registry = new OpenedRegistry({
      target: targetOf(server, database.name),
      auditIntervalMs: NEVER_MS,
      resyncIntervalMs: NEVER_MS,
      feed: (_known, reader) => canalFeed(options.target ?? canalAt(canal), reader, options),
    });
    return await registry.whenAvailable();
  };
  const insert = (service: string, id = '1') =>
    database.query(
      `INSERT INTO instances (service, instance_id, address, port) VALUES (?, ?, '10.1.0.1', 1)`,
      [service, id],
    );
  const whenFaulty = async (reason: string): Promise<string> => {
    const found = await waitFor(`the reason ${reason}`, () => {
      const feed = registry?.session.facts().feed;
      return feed?.healthy === false && feed.reason === reason && feed;
    }).catch((cause: unknown) => {
      throw new Error(JSON.stringify(registry?.session.facts().feed), { cause });
    });
    return found.message;
  };
  const whenFollowing = () => waitFor('the feed to follow', () => registry?.session.facts().feed?.healthy);

  it('names a wrong password and the Secret to correct, and follows when it was corrected', async () => {
    let password = 'wrong';
    const refreshed: boolean[] = [];
    const opened = await open({
      access: ({ refresh }) => {
        refreshed.push(refresh);
        return Promise.resolve({ username: canalLogin.user, password });
      },
    });
    assert.match(
      await whenFaulty('CanalAccessDenied'),
      /"canal".*kubectl create secret generic canal -n rollcall-system/,
    );
    password = canalLogin.password;
    await whenFollowing();
    assert.equal(refreshed.at(-1), true);
    await insert('orders');
    await opened.whenStates('orders', { 1: 'UP' });
  });

  it('asks for a login where there is none', async () => {
    await open({ access: () => Promise.resolve({ username: '', password: '' }), secret: null });
    assert.match(await whenFaulty('CanalAccessDenied'), /spec\.feed\.canal\.credentialsSecretRef/);
  });

  it('names a destination that the server does not have', async () => {
    await open({ target: canalAt(canal, 'nowhere') });
    assert.match(await whenFaulty('CanalDestinationUnknown'), /destination nowhere .*canal\.destinations/);
  });

  it('names a port at which something else answers, and one at which nothing does', async () => {
    await open({ target: canalAt({ host: server.address, port: server.port }) });
    assert.match(await whenFaulty('CanalNotSpoken'), /canal\.port of conf\/canal\.properties/);
    await registry?.close();
    await open({ target: canalAt({ host: server.address, port: 9 }) });
    assert.match(await whenFaulty('CanalUnreachable'), /nc -vz/);
  });

  it('has everything read again when another client takes its changes, and names that client when it stays', async () => {
    const opened = await open();
    const enter = async (): Promise<CanalConnection> => {
      const connection = await CanalConnection.open(
        {
          target: canalAt(canal),
          login: { username: canalLogin.user, password: canalLogin.password },
          ...{ filter: `${database.name}\\.instances`, clock: systemClock },
        },
        AbortSignal.timeout(30_000),
      );
      await connection.subscribe();
      return connection;
    };
    let thief = await enter();
    try {
      let count = 0;
      const stealing = waitFor('the thief to be noticed twice', async () => {
        await insert('orders', `${(count += 1)}`);
        try {
          const batch = await thief.get(1);
          if (batch !== null) thief.ack(batch.id);
        } catch {
          // What it took was given to the feed again meanwhile, and its acknowledgement was refused.
          thief = await enter();
        }
        return registry?.session.facts().feed?.reason === 'CanalClientTaken';
      });
      assert.match(await whenFaulty('CanalClientTaken'), /a destination of its own/);
      await stealing;
    } finally {
      thief.close();
    }
    await whenFollowing();
    await insert('after');
    await opened.whenStates('after', { 1: 'UP' });
    const rows = await database.query(`SELECT instance_id FROM instances WHERE service = 'orders'`);
    await waitFor('nothing to be missed', () => Object.keys(opened.states('orders')).length === rows.length);
  });

  it('misses nothing that was written while the canal-server was dead', async () => {
    const opened = await open();
    await canal.kill();
    await insert('lost');
    await canal.start();
    await opened.whenStates('lost', { 1: 'UP' });
    await waitFor('the resync', () => opened.observer.resyncs.includes('FeedResumed'));
    await insert('later');
    await opened.whenStates('later', { 1: 'UP' });
  });

  it('has no news of beats and of updated_at, and some of a TRUNCATE', async () => {
    const opened = await open();
    const hints = (): number => opened.observer.hints.get('Canal') ?? 0;
    // As soon as they are told, what made the table is behind as well, which would bring a resync in place of a hint.
    for (let index = 0; index < 10; index += 1) await insert(`service-${index}`);
    await waitFor('the hints', () => hints() >= 10);
    const before = hints();
    await database.query('UPDATE instances SET updated_at = NOW(6) + INTERVAL 1 SECOND');
    await insert('mark');
    await opened.whenStates('mark', { 1: 'UP' });
    await waitFor('the hint at the mark', () => hints() > before);
    // What somebody holds is told twice: on a busy machine there may be two, but not ten.
    assert.ok(hints() - before < 10, String(hints() - before));
    await database.query('TRUNCATE instances');
    await waitFor('the resync', () => opened.observer.resyncs.includes('TableChanged'));
    await opened.whenStates('service-0', {});
  });

  it('knows of a TRUNCATE that Canal cannot read', async () => {
    const opened = await open();
    await insert('orders');
    await opened.whenStates('orders', { 1: 'UP' });
    const writer = await server.connect(database.name);
    try {
      await writer.query('SET STATEMENT max_statement_time = 10 FOR TRUNCATE TABLE instances');
    } finally {
      writer.destroy();
    }
    await opened.whenStates('orders', {});
  });

  it('names rows that come without their service, and follows when they are whole', async () => {
    const opened = await open();
    await insert('orders');
    const writer = await server.connect(database.name);
    try {
      await writer.query('SET SESSION binlog_row_image = MINIMAL');
      await writer.query('UPDATE instances SET weight = 7');
      assert.match(await whenFaulty('CanalRowsIncomplete'), /SET GLOBAL binlog_row_image = 'FULL'/);
    } finally {
      writer.destroy();
    }
    await whenFollowing();
    await waitFor('the change', () => opened.session.snapshot('orders')?.instances[0]?.weight === 7);
  });

  it('notices that the canal-server follows the database no more, and believes it when it speaks again', async () => {
    const link = await TcpProxy.start({ host: server.address, port: server.port });
    const deaf = await startCanal({
      database: { address: link.address.host, port: link.address.port },
      ...{ login: canalLogin, address: freshAddress(), retryMs: 500 },
    });
    try {
      const opened = await open({ target: canalAt(deaf), clock: fastClock(10) });
      link.cut();
      await insert('unheard');
      let count = 0;
      await waitFor(
        'the feed to say so',
        async () => {
          await insert('unheard', `${(count += 1) + 1}`);
          return opened.session.facts().feed?.reason === 'CanalStalled';
        },
        { intervalMs: 200 },
      );
      assert.match(await whenFaulty('CanalStalled'), /logs\/registry\/registry\.log/);
      link.mend();
      await waitFor(
        'the feed to follow again',
        async () => {
          await insert('unheard', `${(count += 1) + 1}`);
          return opened.session.facts().feed?.healthy;
        },
        { intervalMs: 200 },
      );
      await waitFor('the resync', () => opened.observer.resyncs.includes('FeedResumed'));
      await waitFor('nothing to be missed', () => Object.keys(opened.states('unheard')).length === count + 1);
    } finally {
      await registry?.close();
      await deaf.dispose();
      await link.close();
    }
  });

  it('is followed by the leader alone, and by the next one within a moment, with nothing missed', async () => {
    const leads = [true, false];
    const members = [0, 1].map(
      (index) =>
        new OpenedRegistry({
          target: targetOf(server, database.name),
          ...{ auditIntervalMs: NEVER_MS, resyncIntervalMs: NEVER_MS },
          feed: (known, reader, logger) =>
            new LeaderOnlyFeed({
              name: 'Canal',
              leader: () => canalFeed(canalAt(canal), reader, { logger }),
              other: () => new PollFeed({ ...common, reader, known, intervalMs: 200, logger }),
              isLeader: () => leads[index] === true,
              ...{ clock: systemClock, logger },
            }),
        }),
    );
    const active = () => members.map(({ session }) => session.facts().feed?.active);
    try {
      for (const member of members) await member.whenAvailable();
      await waitFor('both to follow', () => active().join() === 'Canal,Poll');
      let count = 0;
      const write = async () => insert('orders', `${(count += 1)}`);
      await write();
      leads.reverse();
      await write();
      await waitFor('the other one to lead', async () => {
        await write();
        return active().join() === 'Poll,Canal';
      });
      await write();
      for (const member of members)
        await waitFor('nothing to be missed', () => Object.keys(member.states('orders')).length === count);
      assert.ok(members.every(({ session }) => session.facts().feed?.healthy));
    } finally {
      for (const member of members) await member.close();
    }
  });

  it('finds all that is wrong before it is asked for, without taking a change from the leader', async () => {
    const opened = await open();
    const login = { username: canalLogin.user, password: canalLogin.password };
    const { source } = opened.reader;
    const options = { target: canalAt(canal), login, secret: null, source, clock: systemClock };
    const signal = AbortSignal.timeout(20_000);
    assert.deepEqual(await checkCanal(options, signal), []);
    await insert('orders');
    await opened.whenStates('orders', { 1: 'UP' });
    assert.equal(opened.session.facts().feed?.healthy, true);
    const wrong = await checkCanal({ ...options, login: { ...login, password: 'wrong' } }, signal);
    assert.deepEqual(
      wrong.map(({ reason }) => reason),
      ['CanalAccessDenied'],
    );
    await database.query('DROP TABLE instances');
    const gone = await checkCanal({ ...options, target: canalAt(canal, 'nowhere') }, signal);
    assert.deepEqual(
      gone.map(({ reason }) => reason),
      ['FeedNeedsTable', 'CanalDestinationUnknown'],
    );
  });

  it('reads what an XA transaction changed that was prepared before it followed, when that is committed', async () => {
    const writer = await server.connect(database.name);
    try {
      await writer.query("XA START 'early'");
      await writer.query(
        `INSERT INTO instances (service, instance_id, address, port) VALUES ('early', '1', '10.1.0.1', 1)`,
      );
      await writer.query("XA END 'early'");
      await writer.query("XA PREPARE 'early'");
      // Canal gave its rows to a client before the one that is to follow.
      await (await open()).close();
      const opened = await open();
      const before = opened.observer.resyncs.length;
      await writer.query("XA COMMIT 'early'");
      await opened.whenStates('early', { 1: 'UP' });
      assert.deepEqual(opened.observer.resyncs.slice(before), ['UnreadableChange']);
    } finally {
      writer.destroy();
    }
  });

  it('tells of a change again when it can be seen, where it came long before that (safety rule 4)', async () => {
    const hinted: string[] = [];
    const errors: unknown[] = [];
    let isOpen = false;
    const sink: FeedSink = {
      hint: (services) => hinted.push(...services.map(({ service }) => service)),
      resync: () => undefined,
      healthy: () => (isOpen = true),
      unhealthy: (error) => errors.push(error),
    };
    const reader = new MysqlRegistryReader({
      ...{ ...common, target: targetOf(server, database.name), custom: null, maxReplicaLagMs: 10_000 },
      access: () => Promise.resolve(root),
    });
    const stopping = new AbortController();
    const running = canalFeed(canalAt(canal), reader).run(sink, stopping.signal);
    const writer = await server.connect(database.name);
    try {
      await waitFor('the feed to be open', () => isOpen);
      // XA PREPARE writes the rows to the binlog, and they are not visible before XA COMMIT: the race, for as long as one likes.
      await writer.query("XA START 'race'");
      await writer.query(
        `INSERT INTO instances (service, instance_id, address, port) VALUES ('race', '1', '10.1.0.1', 1)`,
      );
      await writer.query("XA END 'race'");
      await writer.query("XA PREPARE 'race'");
      await waitFor('Canal to tell of it', () => hinted.length > 0);
      assert.deepEqual(hinted, ['race']);
      await writer.query("XA COMMIT 'race'");
      await waitFor('the second hint', () => hinted.length === 2);
      assert.deepEqual([hinted, errors], [['race', 'race'], []]);
    } finally {
      writer.destroy();
      stopping.abort(new Error('the test is over'));
      await running;
      reader.close();
    }
  });
});
