import assert from 'node:assert/strict';
import { join } from 'node:path';
import { availability } from '../../local/components/index.ts';
import { isWell, type DemoState } from '../../local/demo/state.ts';
import { mustRun, run } from '../../local/lib/run.ts';
import { waitFor } from '../../local/lib/wait.ts';
import { checkout } from '../support/manifests.ts';
import { RunningCommand } from '../support/running-command.ts';

const bootstrap = join(checkout, 'local/bootstrap.mjs');

/** Its processes are gone, and with them its namespaces; and so are its files. */
async function leavesNothing(command: RunningCommand): Promise<void> {
  await waitFor('everything of it to end', () => command.processes().length === 0, { timeoutMs: 5000 });
  assert.deepEqual(command.leftFiles(), []);
}

describe('npm start', function () {
  this.timeout(60_000);
  let start: RunningCommand;

  /** Waits for something that the screen shows. */
  const until = <T>(what: string, look: (state: DemoState) => T | undefined | false, timeoutMs = 20_000) =>
    start.until(
      what,
      () => start.lastLine !== undefined && look(JSON.parse(start.lastLine) as DemoState),
      timeoutMs,
    );

  /** Of the namespace. */
  let pid = 0;

  /** Runs `npm run shell -- ...` without npm. */
  const shell = (...args: readonly string[]) =>
    run(process.execPath, [bootstrap, 'shell', '--of', `${pid}`, ...args]);

  before(() => {
    // Any feed shows what poll does; this one has most beside it: a server, accounts, publishers.
    start = new RunningCommand(['start', '--output', 'json', '--rate', '10', '--feed', 'redis']);
  });

  after(() => start.dispose());

  it('shows three servers that registered by SQL, their endpoints, and calls that each of them answers', async () => {
    const state = await until(
      'calls that three servers answer',
      (seen) => seen.calls.servers.length === 3 && seen,
      45_000,
    );
    assert.deepEqual(
      state.rows.map(({ instanceId, status, published }) => [instanceId, status, published]),
      [1, 2, 3].map((number) => [`greeter-${number}`, 'UP', 'ready']),
    );
    assert.deepEqual(
      state.slices.flatMap(({ endpoints }) => endpoints),
      [1, 2, 3].map((number) => ({ ip: `10.77.1.${number}`, state: 'ready' })),
    );
    assert.equal(state.calls.failed, 0);
    pid = start.namespace() ?? 0;
    const led = await until('the operator to lead', (seen) => seen.operator.leads && seen);
    const [grpcService] = led.grpcServices;
    const conditions = [...(grpcService?.conditions ?? []), ...(led.registry?.conditions ?? [])];
    assert.deepEqual(
      conditions.filter((condition) => !isWell(condition)),
      [],
    );
    assert.deepEqual([led.registry?.feed, led.registry?.active], ['Redis', 'Redis']);
  });

  it('has the same calls by xDS, and through Envoy where it could be had, without a failure', async () => {
    const ways = await until('calls by the other ways', ({ otherWays }) => {
      const answered = otherWays.every(
        ({ missing, calls }) => missing !== undefined || calls.servers.length === 3,
      );
      return answered && otherWays;
    });
    assert.deepEqual(
      ways.map(({ via, target, calls }) => [via, target, calls.failed]),
      [
        ['xDS', 'xds:///greeter.demo', 0],
        ['Envoy', '10.77.0.50:10000', 0],
      ],
    );
    const envoy = availability('envoy');
    assert.equal(ways[1]?.missing, 'unavailable' in envoy ? envoy.unavailable : undefined);
    const called = await shell('-c', 'greeter-client xds:///greeter.demo --calls 30 --rate 30 --summary');
    const { servers } = JSON.parse(called.stdout) as { servers: object };
    assert.deepEqual(Object.keys(servers).sort(), ['greeter-1', 'greeter-2', 'greeter-3']);
  });

  it('has a shell inside, in which kubectl, SQL and a gRPC client just work', async () => {
    const words = ['run', '--silent', 'shell', '--', '--of', `${pid}`, '-c', 'kubectl get gsvc -A'];
    const npm = await mustRun('npm', words, { cwd: checkout });
    assert.match(npm, /^demo +greeter +True /m);
    const counted = await shell('mysql', '--batch', '-e', 'SELECT COUNT(*) AS n FROM instances');
    assert.equal(counted.stdout, 'n\n3\n', counted.stderr);
    const told = await shell('-c', `redis-cli PUBLISH rollcall '{"service": "greeter"}'`);
    assert.equal(told.stdout, '1\n', told.stderr);
    const client =
      'greeter-client dns:///greeter.demo.svc.cluster.local:50051 --calls 30 --rate 30 --summary';
    const called = await shell('-c', client);
    const { servers } = JSON.parse(called.stdout) as { servers: object };
    assert.deepEqual(Object.keys(servers).sort(), ['greeter-1', 'greeter-2', 'greeter-3']);
    const failed = await shell('-c', 'exit 7');
    assert.equal(failed.code, 7);
  });

  it('gives the operator the rights of deploy/base and no more', async () => {
    const may = (...what: string[]) =>
      shell('-c', `kubectl auth can-i ${what.join(' ')} --as system:serviceaccount:rollcall-system:rollcall`);
    assert.equal((await may('update', 'endpointslices', '-n', 'demo')).stdout.trim(), 'yes');
    assert.equal((await may('get', 'secrets', '-n', 'demo')).stdout.trim(), 'no');
    const token = 'sed -n "s/.*\\"token\\": \\"//p" /run/rollcall/operator-*/kubeconfig | cut -d. -f2';
    const { stdout } = await shell('-c', token);
    const claims = JSON.parse(Buffer.from(stdout.trim(), 'base64url').toString()) as { sub: string };
    assert.equal(claims.sub, 'system:serviceaccount:rollcall-system:rollcall');
  });

  it('shows how a server that is killed with -9 leaves, while the others answer', async () => {
    const victim = await until('the process of a server', ({ rows }) =>
      rows.find(({ pid }) => pid !== undefined),
    );
    const killed = await shell('-c', `kill -9 ${victim.pid ?? 0}`);
    assert.equal(killed.code, 0, killed.stderr);
    const state = await until(`${victim.instanceId} to be gone`, (seen) => {
      const row = seen.rows.find(({ instanceId }) => instanceId === victim.instanceId);
      return row?.expired && row.published === 'absent' && row.afterMs !== undefined && { ...seen, row };
    });
    // 500 ms is the promise; a machine busy with other tests may be late.
    assert.ok((state.row.afterMs ?? Infinity) < 2000, `${state.row.afterMs} ms after the end of the lease`);
    assert.equal(state.slices.flatMap(({ endpoints }) => endpoints).length, 2);
    // Its broken connection is dropped at once, long before its row expires: at 10 calls a second, more than 10 would fail.
    assert.ok(state.calls.failed <= 5, `${state.calls.failed} calls failed`);
    const before = state.calls.calls;
    await until('calls that the others answer', ({ calls }) => calls.calls > before + 10);
  });

  it('does as a command what its keys do, and says what to look for', async () => {
    const { stdout } = await shell('demo', 'start-server');
    assert.match(stdout, /^greeter-4 started at 10\.77\.1\.4:50051 \(pid \d+\)/);
    const row = await until('the new endpoint', ({ rows }) =>
      rows.find(
        ({ instanceId, published, afterMs }) =>
          instanceId === 'greeter-4' && published === 'ready' && afterMs !== undefined,
      ),
    );
    // The feed's own poll comes every 10 s: the server has published that it is there.
    assert.ok((row.afterMs ?? Infinity) < 2000, `${row.afterMs} ms after it registered`);
    const impossible = await shell('demo', 'drain-server', 'greeter-9');
    assert.match(impossible.stderr, /No server greeter-9 is running/);
    assert.equal(impossible.code, 1);
    const wrong = await shell('demo', 'wrong');
    assert.match(wrong.stderr, /^There is no wrong\.\nusage: demo COMMAND\n/);
    assert.equal(wrong.code, 2);
  });

  it('goes over to another feed by what the doctor has its administrator type, and no endpoint changes', async () => {
    const registry = 'reg/default -n rollcall-system';
    const before = (await until('the slices', (seen) => seen)).slices;
    const feed = '{"spec":{"feed":{"type":"Binlog","trigger":null,"redis":null,"canal":null}}}';
    const patched = await shell('-c', `kubectl patch ${registry} --type merge -p '${feed}'`);
    assert.equal(patched.code, 0, patched.stderr);
    await until(
      'Poll to serve',
      (seen) => seen.registry?.feed === 'Binlog' && seen.registry.active === 'Poll',
    );
    const doctor = await shell('-c', 'rollcall doctor rollcall-system/default');
    assert.equal(doctor.code, 1, doctor.stderr);
    const grant = /^ +(GRANT REPLICATION SLAVE.*;)$/m.exec(doctor.stdout)?.[1];
    const typed = await shell('mysql-root', '-e', grant ?? assert.fail(doctor.stdout));
    assert.equal(typed.code, 0, typed.stderr);
    const waited = await shell('-c', `kubectl wait --for=condition=FeedHealthy --timeout=30s ${registry}`);
    assert.equal(waited.code, 0, waited.stderr);
    const { slices } = await until('Binlog to follow', (seen) => seen.registry?.active === 'Binlog' && seen);
    assert.deepEqual(slices, before);
    assert.equal((await shell('redis-root', 'PING')).stdout, 'PONG\n');
  });

  it('runs beside another one, which ends by itself when it was asked to and all went well', async () => {
    const other = new RunningCommand(['start', '--servers', '1', '--exit-after-calls', '5']);
    try {
      assert.equal(await other.end(), 0);
      assert.match(other.output, /^\d\d:\d\d:\d\d calls: greeter-1 answers its first$/m);
      assert.match(
        other.output,
        /^Stopped\. 1 rows alive; 1 endpoints ready in 1 slices; \d+ calls .*, 0 failed/m,
      );
      await leavesNothing(other);
    } finally {
      await other.dispose();
    }
    const { calls } = await until('this one', (seen) => seen);
    await until('calls in this one', (seen) => seen.calls.calls > calls.calls);
  });

  it('leaves nothing behind when it is killed with -9', async () => {
    const other = new RunningCommand(['start']);
    try {
      const started = () => other.processes().some((line) => line.includes('greeter-server'));
      await other.until('its servers', started, 30_000);
      await other.end('SIGKILL');
      await leavesNothing(other);
    } finally {
      await other.dispose();
    }
  });

  it('leaves nothing behind when it is asked to end', async () => {
    assert.ok(start.processes().length > 10);
    assert.equal(await start.end('SIGINT'), 0);
    await leavesNothing(start);
    const { code, stderr } = await shell('true');
    assert.equal(code, 1);
    assert.match(stderr, /^No npm start is running from this checkout|is not one of the running npm start/);
  });

  it('says what is wrong with its options', async () => {
    const { code, stderr } = await run(process.execPath, [bootstrap, 'start', '--servers', 'many']);
    assert.equal(code, 2);
    assert.match(stderr, /^--servers takes a whole number from 1 to 50, not "many"\. npm start -- --help/);
  });
});
