import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMariadb } from '../../../local/servers/database.ts';
import { startRedis } from '../../../local/servers/redis.ts';
import type { DoctorReport } from '../../../src/cli/doctor/report.ts';
import type { RegistrySpec } from '../../../src/model/registry.ts';
import {
  DoctorBench,
  feedOf,
  NAMESPACE,
  problemsOf,
  reasonsOf,
  rollcall,
} from '../../support/doctor-bench.ts';
import { migrated, onEachDatabase, targetOf } from '../../support/open-registry.ts';
import { freshAddress, type TestDatabase, testbed } from '../../support/testbed/index.ts';

const FEEDS = ['Poll', 'Trigger', 'Binlog'];
let users = 0;

/** Types what the report says, as an administrator would, until there is nothing left to type; answers how often it had to look. */
async function mendAll(
  bench: DoctorBench,
  name: string,
  { server, name: database, query }: TestDatabase,
): Promise<{ readonly rounds: number; readonly report: DoctorReport; readonly typed: readonly string[] }> {
  const typed: string[] = [];
  for (let rounds = 1; ; rounds += 1) {
    const report = await bench.examine(name);
    const mends = new Set(
      problemsOf(report, ...FEEDS)
        .map(({ mend }) => mend)
        .filter((mend) => mend !== undefined),
    );
    if (mends.size === 0 || rounds > 6) return { rounds, report, typed };
    for (const mend of mends) {
      typed.push(mend);
      if (!mend.startsWith('rollcall ')) await query(mend);
      else {
        const [, ...args] = mend.split(' ').map((word) => word.replace('USER:PASSWORD@', 'root@'));
        const { code, err } = await rollcall(...(await withManifest(bench, name, args)));
        assert.equal(code, 0, `${mend} on ${server.address}/${database}: ${err}`);
      }
    }
  }
}

/** registry.yaml, as `kubectl get registry -o yaml` writes it. */
async function withManifest(bench: DoctorBench, name: string, args: readonly string[]): Promise<string[]> {
  if (!args.includes('registry.yaml')) return [...args];
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-doctor-'));
  folders.push(folder);
  const file = join(folder, 'registry.yaml');
  await writeFile(
    file,
    await bench.cluster.kubectl(['get', 'registry', name, '-n', NAMESPACE, '-o', 'yaml']),
  );
  return args.map((arg) => (arg === 'registry.yaml' ? file : arg));
}
const folders: string[] = [];

const CUSTOM: RegistrySpec['schema'] = {
  type: 'Custom',
  custom: {
    table: 'servers',
    columns: {
      service: 'svc',
      instanceId: 'host',
      address: 'ip',
      port: 'port',
      lastHeartbeat: 'beat',
      updatedAt: 'changed',
    },
    ttl: '30s',
  },
};

onEachDatabase('rollcall doctor', (flavor) => {
  let bench: DoctorBench;
  let database: TestDatabase;
  before(async function () {
    this.timeout(60_000);
    bench = await DoctorBench.start();
  });
  beforeEach(async () => {
    database = await testbed.database('doctor', flavor);
  });
  afterEach(async () => {
    await database.drop();
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  /** A user with these privileges on the database of the test, and a Registry that logs in as it. */
  async function registryOf(grants: string, spec: Partial<RegistrySpec> = {}): Promise<string> {
    const login = { user: `doctor_${(users += 1)}`, password: 'right' };
    await database.server.createUser({ ...login, grants, on: database.name });
    return await bench.registry(database.server, database.name, login, spec);
  }

  it('finds all well with a registry as docs/sql.md has it, and tells what the other feeds would need', async () => {
    await migrated(targetOf(database.server, database.name));
    const name = await registryOf('SELECT, DELETE');
    const { code, out, err } = await rollcall(
      ...['doctor', `${NAMESPACE}/${name}`, '--kubeconfig', bench.cluster.kubeconfigFile],
    );
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^ {2}ok +Connection +doctor_\d+@% is let into database/m);
    assert.match(out, new RegExp(`^ {2}ok +Server +${flavor === 'mysql' ? 'MySQL' : 'MariaDB'} \\d`, 'm'));
    for (const about of ['TLS', 'Replica', 'Grants', 'Schema', 'Indexes', 'Clock'])
      assert.match(out, new RegExp(`^ {2}ok +${about} +\\w`, 'm'));
    assert.match(out, /^ {2}ok +Poll \* +works$/m);
    assert.match(out, /^ {2}problem +Trigger +\(.*\n +(GRANT|rollcall migrate --feed trigger) /m);
    assert.match(
      out,
      /^ {2}problem +Binlog +\(GrantMissing\).*\n +GRANT REPLICATION SLAVE, .* ON \*\.\* TO 'doctor_\d+'@'%';$/m,
    );
    assert.match(out, /^ {2}- +Redis +can only be looked at .*spec\.feed\.redis/m);
    assert.match(out, /^ {2}- +Canal +can only be looked at .*spec\.feed\.canal/m);
    assert.match(out, /\nAll is well with the database and Poll, the feed in use \(\*\)\.\n$/);
  });

  it('is content when all was typed that it says, from a user who may do nothing and without triggers on', async () => {
    await migrated(targetOf(database.server, database.name));
    const name = await registryOf('EXECUTE');
    const first = await bench.examine(name);
    assert.equal(first.fine, false);
    const { rounds, report, typed } = await mendAll(bench, name, database);
    assert.deepEqual(problemsOf(report, ...FEEDS), [], typed.join('\n'));
    assert.equal(report.fine, true);
    for (const feed of FEEDS) assert.equal(feedOf(report, feed).state, 'Works');
    // A grant lets it see what is missing next.
    assert.ok(rounds <= 5, typed.join('\n'));
    assert.ok(typed.some((text) => text.startsWith('rollcall migrate --feed trigger ')));
  });

  it('makes tables that are missing, and indexes that were dropped', async () => {
    const name = await registryOf('SELECT, DELETE');
    const bare = await bench.examine(name);
    assert.deepEqual(reasonsOf(problemsOf(bare)), ['TableNotFound']);
    const { mend = '' } = problemsOf(bare)[0] ?? {};
    const [, ...args] = mend.split(' ').map((word) => word.replace('USER:PASSWORD@', 'root@'));
    assert.equal((await rollcall(...args)).code, 0);
    await database.query('DROP INDEX updated_at ON instances');
    await database.query('ALTER TABLE heartbeats DROP INDEX expires_at');
    const dropped = await bench.examine(name);
    assert.deepEqual(reasonsOf(problemsOf(dropped)), ['IndexNotFound']);
    assert.equal(dropped.fine, false);
    for (const problem of problemsOf(dropped)) await database.query(problem.mend ?? '');
    const mended = await bench.examine(name);
    assert.deepEqual([problemsOf(mended), mended.fine], [[], true]);
  });

  it('looks at a table of the user: its grants, its indexes, its triggers; nothing of it keeps Poll from working', async () => {
    await database.query(
      'CREATE TABLE servers (svc TEXT NOT NULL, host VARCHAR(64) NOT NULL, ip VARCHAR(45), port INT, ' +
        'beat INT UNSIGNED, changed INT UNSIGNED, n INT PRIMARY KEY)',
    );
    const name = await registryOf('SELECT', { schema: CUSTOM });
    const report = await bench.examine(name);
    assert.deepEqual(reasonsOf(problemsOf(report)), ['IndexMissing']);
    assert.equal(problemsOf(report).length, 3);
    assert.equal(report.fine, true);
    const { report: mended, typed } = await mendAll(bench, name, database);
    assert.deepEqual(problemsOf(mended, ...FEEDS), [], typed.join('\n'));
    const indexes = await database.query<{ Column_name: string; Seq_in_index: number }>(
      'SHOW INDEX FROM servers',
    );
    const first = indexes.filter(({ Seq_in_index: at }) => at === 1).map(({ Column_name: column }) => column);
    assert.deepEqual(first.sort(), ['beat', 'changed', 'n', 'svc']);
  });

  it('says of a view that no feed can follow its rows, and that Poll works', async () => {
    await database.query(
      'CREATE TABLE t (svc VARCHAR(50), host VARCHAR(64), ip VARCHAR(45), port INT, PRIMARY KEY (svc, host))',
    );
    await database.query('CREATE VIEW servers AS SELECT * FROM t');
    const columns = { service: 'svc', instanceId: 'host', address: 'ip', port: 'port' };
    const name = await registryOf('SELECT', {
      schema: { type: 'Custom', custom: { table: 'servers', columns } },
    });
    const report = await bench.examine(name);
    assert.deepEqual(problemsOf(report), []);
    assert.equal(feedOf(report, 'Poll').state, 'Limited');
    assert.deepEqual(reasonsOf(feedOf(report, 'Poll').problems), ['NoUpdatedAt']);
    for (const feed of ['Trigger', 'Binlog'])
      assert.ok(reasonsOf(feedOf(report, feed).problems).includes('FeedNeedsTable'), feed);
  });

  it('sees that the account of the binary log may not read all of the table, as the feed does', async () => {
    await migrated(targetOf(database.server, database.name));
    const blind = { user: `blind-${(users += 1)}`, password: 'right' };
    const monitor = flavor === 'mysql' ? 'REPLICATION CLIENT' : 'BINLOG MONITOR';
    await database.query(`CREATE USER '${blind.user}'@'%' IDENTIFIED BY '${blind.password}'`);
    await database.query(`GRANT REPLICATION SLAVE, ${monitor} ON *.* TO '${blind.user}'@'%'`);
    await database.query(`GRANT SELECT (service) ON instances TO '${blind.user}'@'%'`);
    await bench.secret(blind.user, { username: blind.user, password: blind.password });
    const binlog = { credentialsSecretRef: { name: blind.user } };
    const name = await registryOf('SELECT, DELETE', { feed: { type: 'Binlog', binlog } });
    const report = await bench.examine(name);
    const [problem, ...others] = feedOf(report, 'Binlog').problems;
    assert.deepEqual([report.fine, problem?.reason, others], [false, 'GrantMissing', []]);
    await database.query(problem?.mend ?? assert.fail(problem?.message));
    const mended = await bench.examine(name);
    assert.deepEqual([feedOf(mended, 'Binlog').state, mended.fine], ['Works', true]);
  });

  it('tells a primary key that may not be read from one that is not there', async () => {
    await database.query(
      'CREATE TABLE servers (n INT PRIMARY KEY, svc VARCHAR(50), host VARCHAR(64), ip VARCHAR(45), port INT, ' +
        'changed TIMESTAMP(6) NULL, KEY (svc), KEY (changed))',
    );
    const columns = { service: 'svc', instanceId: 'host', address: 'ip', port: 'port', updatedAt: 'changed' };
    const name = await registryOf('EXECUTE', {
      schema: { type: 'Custom', custom: { table: 'servers', columns } },
    });
    const seen = 'SELECT (svc, host, ip, port, changed)';
    await database.query(`GRANT ${seen} ON servers TO 'doctor_${users}'@'%'`);
    const report = await bench.examine(name);
    assert.deepEqual([problemsOf(report), feedOf(report, 'Poll').state], [[], 'Works']);
    const { problems } = feedOf(report, 'Binlog');
    assert.deepEqual(reasonsOf(problems), ['GrantMissing']);
    assert.ok(problems.some(({ mend }) => mend?.startsWith(`GRANT SELECT ON`)));
    const { report: mended, typed } = await mendAll(bench, name, database);
    assert.deepEqual(problemsOf(mended, ...FEEDS), [], typed.join('\n'));
  });

  it('has the server write whole rows into its binary log again', async () => {
    await migrated(targetOf(database.server, database.name));
    const name = await registryOf('SELECT, DELETE', { feed: { type: 'Binlog' } });
    await database.query("SET GLOBAL binlog_row_image = 'MINIMAL'");
    try {
      const report = await bench.examine(name);
      assert.equal(report.fine, false, 'the feed in use counts');
      assert.deepEqual(reasonsOf(feedOf(report, 'Binlog').problems), ['BinlogRowImage', 'GrantMissing']);
      for (const { mend = '' } of feedOf(report, 'Binlog').problems) await database.query(mend);
      const mended = await bench.examine(name);
      assert.deepEqual([feedOf(mended, 'Binlog').state, mended.fine], ['Works', true]);
    } finally {
      await database.query("SET GLOBAL binlog_row_image = 'FULL'");
    }
  });
});

describe('rollcall doctor, of a table whose rows have columns in the log that nobody is told of', function () {
  this.timeout(60_000);

  for (const [title, addition, suffix] of [
    ['of a table with system versioning', '', ' WITH SYSTEM VERSIONING'],
    ['of a table with a unique index over a long text', ', note TEXT, UNIQUE (note)', ''],
  ] as const) {
    it(`says ${title} that Binlog follows it less well, and Trigger well`, async () => {
      const bench = await DoctorBench.start();
      const database = await testbed.database('doctor', 'mariadb');
      try {
        await database.query(
          `CREATE TABLE servers (n INT PRIMARY KEY, svc VARCHAR(50), host VARCHAR(64), ip VARCHAR(45), port INT${addition})${suffix}`,
        );
        const columns = { service: 'svc', instanceId: 'host', address: 'ip', port: 'port' };
        const root = { user: 'root', password: '' };
        const name = await bench.registry(database.server, database.name, root, {
          schema: { type: 'Custom', custom: { table: 'servers', columns } },
        });
        const report = await bench.examine(name);
        assert.deepEqual(
          feedOf(report, 'Binlog').problems.map(({ reason, stops }) => [reason, stops]),
          [['UnreadableChange', false]],
        );
        assert.equal(feedOf(report, 'Binlog').state, 'Limited');
        assert.ok(!reasonsOf(feedOf(report, 'Trigger').problems).includes('UnreadableChange'));
      } finally {
        await database.drop();
      }
    });
  }
});

describe('rollcall doctor, whatever the database', function () {
  this.timeout(60_000);
  let bench: DoctorBench;
  const login = { user: 'nobody', password: 'x' };
  before(async () => {
    bench = await DoctorBench.start();
  });
  const cli = (...args: readonly string[]) =>
    rollcall('doctor', ...args, '--kubeconfig', bench.cluster.kubeconfigFile);

  it('says that it cannot be reached, goes on with what needs no database, and exits 1', async () => {
    const [host, nowhere] = [freshAddress(), freshAddress()];
    const name = await bench.registry({ address: host, port: 3306 }, 'registry', login, {
      feed: { type: 'Canal', canal: { host: nowhere, destination: 'registry' } },
    });
    const { code, out, err } = await cli(name, '--namespace', NAMESPACE, '-o', 'json', '--timeout', '3s');
    assert.deepEqual([code, err], [1, '']);
    const report = JSON.parse(out) as DoctorReport;
    assert.deepEqual(
      report.database.map(({ about, problem }) => [about, problem?.reason]),
      [['Connection', 'HostUnreachable']],
    );
    assert.deepEqual(
      report.feeds.map(({ feed, state }) => `${feed}: ${state}`),
      ['Poll: Unknown', 'Trigger: Unknown', 'Redis: NotConfigured', 'Binlog: Unknown', 'Canal: Broken'],
    );
    assert.ok(reasonsOf(feedOf(report, 'Canal').problems).includes('CanalUnreachable'));
  });

  it('gives up a server that takes the connection and says nothing', async () => {
    const { createServer } = await import('node:net');
    const silent = createServer().listen(0, freshAddress());
    await new Promise((resolve) => silent.once('listening', resolve));
    const { address, port } = silent.address() as { address: string; port: number };
    try {
      const report = await bench.examine(await bench.registry({ address, port }, 'registry', login), 500);
      assert.equal(report.fine, false);
      assert.match(report.database[0]?.problem?.reason ?? '', /^(TookTooLong|HostUnreachable|QueryTimeout)$/);
    } finally {
      silent.close();
    }
  });

  it('lets the user of Redis follow the channel by the line that it prints', async () => {
    const redis = await startRedis({ address: freshAddress(), extraArgs: ['--save', ''] });
    const database = await testbed.database('doctor');
    try {
      await migrated(targetOf(database.server, database.name));
      await redis.command('ACL', 'SETUSER', 'follower', 'on', '>right', '+ping');
      await bench.secret('redis-login', { username: 'follower', password: 'right' });
      const root = { user: 'root', password: '' };
      const name = await bench.registry(database.server, database.name, root, {
        feed: {
          type: 'Redis',
          redis: {
            addresses: [`${redis.address}:${redis.port}`],
            credentialsSecretRef: { name: 'redis-login' },
          },
        },
      });
      const refused = await bench.examine(name);
      assert.deepEqual(reasonsOf(feedOf(refused, 'Redis').problems), ['RedisAccessDenied']);
      assert.equal(refused.fine, false);
      const [{ mend = '' } = {}] = feedOf(refused, 'Redis').problems;
      await redis.command(...mend.split(' '));
      const mended = await bench.examine(name);
      assert.deepEqual([feedOf(mended, 'Redis').state, mended.fine], ['Works', true]);
    } finally {
      await database.drop();
      await redis.dispose();
    }
  });

  it('names the option for a binary log that is off, which no statement mends', async () => {
    const server = await startMariadb({ address: freshAddress(), extraArgs: ['--skip-log-bin'] });
    try {
      await server.createDatabase('registry');
      await migrated(targetOf(server, 'registry'));
      const name = await bench.registry(server, 'registry', { user: 'root', password: '' });
      const report = await bench.examine(name);
      assert.equal(report.fine, true);
      const [problem] = feedOf(report, 'Binlog').problems;
      assert.deepEqual([problem?.reason, problem?.mend], ['BinlogOff', undefined]);
      assert.match(
        problem?.message ?? '',
        /Put "log_bin" under \[mysqld\] in my\.cnf, and start the server again/,
      );
    } finally {
      await server.dispose();
    }
  });

  it('says how somebody is allowed to ask, exits 1 where there is no such Registry, and 2 for wrong use', async () => {
    const name = await bench.registry({ address: freshAddress(), port: 3306 }, 'registry', login);
    await bench.cluster.kubectl(['create', 'serviceaccount', 'guest', '-n', NAMESPACE]);
    const guest = await bench.cluster.serviceAccountKubeconfig({ namespace: NAMESPACE, name: 'guest' });
    const asGuest = () =>
      rollcall('doctor', `${NAMESPACE}/${name}`, '--kubeconfig', guest, '--timeout', '2s');
    const { code, err } = await asGuest();
    assert.equal(code, 1);
    const commands = /Grant it: (.*)\n$/.exec(err)?.[1]?.split(' && ') ?? [];
    assert.equal(commands.length, 2, err);
    for (const command of commands) {
      const user = `system:serviceaccount:${NAMESPACE}:guest`;
      await bench.cluster.kubectl(command.replace('USER', user).split(' ').slice(1));
    }
    assert.match((await asGuest()).out, /HostUnreachable/);
    const missing = await cli(`${NAMESPACE}/none`);
    assert.deepEqual([missing.code, missing.out], [1, '']);
    assert.match(missing.err, /^rollcall doctor: there is no Registry none in namespace doctor; kubectl get/);
    const wrong = await cli('a/b/c', '--feed', 'Telegraph');
    assert.equal(wrong.code, 2);
    assert.match(
      wrong.err,
      /REGISTRY: "a\/b\/c" is neither[^]*--feed \(ROLLCALL_FEED\): "Telegraph" is none of Poll,/,
    );
  });
});
