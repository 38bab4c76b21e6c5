import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts the program itself; `preload` is JavaScript that runs before it. */
function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  preload = '',
): ChildProcess {
  const imports = preload === '' ? [] : ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];
  return spawn(process.execPath, [...imports, MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr?.on('data', (text: Buffer) => (err += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

/** A port that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('rollcall', function () {
  this.timeout(30_000);
  it('shows its help without loading what only a running command needs', async () => {
    const listModules = `
      import { registerHooks } from 'node:module';
      registerHooks({ resolve(specifier, context, next) {
        const resolved = next(specifier, context);
        process.stderr.write(resolved.url + '\\n');
        return resolved;
      } });`;
    const { code, out, err } = await ended(start(['--help'], {}, listModules));
    assert.equal(code, 0);
    assert.match(out, /^Usage: rollcall/);
    assert.match(err, /src\/cli\/command-line\.ts/, 'the modules are listed');
    assert.doesNotMatch(err, /client-node|mysql2|winston|prom-client|undici/);
  });

  it('shows its version', async () => {
    const { code, out } = await ended(start(['--version']));
    assert.equal(code, 0);
    assert.match(out, /^\d+\.\d+\.\d+\n$/);
  });

  it('exits 2 and names every problem when flags or variables are wrong', async () => {
    const env = { ROLLCALL_NAMESPACE: 'ops', ROLLCALL_LOG_LEVEL: 'loud' };
    const { code, out, err } = await ended(start(['operator', '--workers', '0'], env));
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.equal(
      err,
      'rollcall: 2 problems with the configuration:\n' +
        '  --workers (ROLLCALL_WORKERS): "0" is not a whole number from 1 to 256\n' +
        '  --log-level (ROLLCALL_LOG_LEVEL): "loud" is none of debug, info, warn, error\n' +
        'Run "rollcall operator --help" for every flag.\n',
    );
  });

  it('names every certificate file that cannot be read', async () => {
    const url = 'mysql://a:hunter2@127.0.0.1:1/registry';
    const files = ['--tls-mode', 'Required', '--tls-cert', '/nowhere/a', '--tls-key', '/nowhere/b'];
    const { code, err } = await ended(start(['migrate', '--url', url, ...files]));
    assert.equal(code, 2);
    assert.match(err, /--tls-cert \(ROLLCALL_TLS_CERT\): ENOENT.*\n.*--tls-key \(ROLLCALL_TLS_KEY\): ENOENT/);
  });

  it('never repeats a password, not even one at the wrong place', async () => {
    const { code, err } = await ended(start(['migrate', 'mysql://a:hunter2@db/registry']));
    assert.equal(code, 2);
    assert.match(err, /too many arguments.*mysql:\/\/a:\*\*\*@db/);
    assert.doesNotMatch(err, /hunter2/);
  });

  it('exits 1 with one plain sentence when the database cannot be reached', async () => {
    const { code, err } = await ended(
      start(['migrate'], { ROLLCALL_URL: 'mysql://a:hunter2@127.0.0.1:1/registry' }),
    );
    assert.equal(code, 1);
    assert.match(err, /^rollcall migrate: .*127\.0\.0\.1:1.*ECONNREFUSED.*\n$/);
    assert.doesNotMatch(err, /hunter2/);
  });
});

describe('rollcall migrate that waits for a silent server', function () {
  this.timeout(30_000);
  let silent: Server;
  let url = '';

  before(async () => {
    silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    url = `mysql://a:b@127.0.0.1:${(silent.address() as AddressInfo).port}/registry`;
  });
  after(() => silent.close());

  /** Sends the signal as soon as the program has connected. */
  async function signalled(signal: NodeJS.Signals, preload = ''): Promise<Ended> {
    const child = start(['migrate'], { ROLLCALL_URL: url }, preload);
    const end = ended(child);
    await once(silent, 'connection');
    child.kill(signal);
    return end;
  }

  for (const [signal, exitCode] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    it(`is cut short by ${signal} and exits ${exitCode}`, async () => {
      assert.deepEqual(await signalled(signal), { code: exitCode, out: '', err: '' });
    });
  }

  const bugs = [
    { name: 'an exception that nobody caught', statement: `throw new Error('boom')` },
    { name: 'a rejection that nobody handled', statement: `Promise.reject(new Error('boom'))` },
  ];
  for (const { name, statement } of bugs) {
    it(`shows ${name} with its stack and exits 1`, async () => {
      const { code, err } = await signalled('SIGUSR2', `process.on('SIGUSR2', () => { ${statement} });`);
      assert.equal(code, 1);
      assert.match(err, /^rollcall migrate: boom\nError: boom\n {4}at /);
    });
  }
});

describe('rollcall operator that cannot reach the API server', function () {
  this.timeout(30_000);
  let folder = '';
  let flags: readonly string[] = [];
  const anyPort = ['metrics', 'health', 'admin', 'xds'].flatMap((server) => [
    `--${server}-address`,
    '127.0.0.1:0',
  ]);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-main-'));
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
        clusters: [{ name: 'c', cluster: { server: 'http://127.0.0.1:1' } }],
        users: [{ name: 'c', user: { token: 'hunter2' } }],
      }),
    );
    flags = ['--namespace', 'ops', '--kubeconfig', kubeconfig];
  });
  after(() => rm(folder, { recursive: true }));

  /** Resolves when the operator has tried to reach the API server: then everything of it runs. */
  async function running(child: ChildProcess): Promise<void> {
    let log = '';
    await new Promise<void>((resolve) => {
      child.on('exit', () => resolve());
      child.stderr?.on('data', (text: Buffer) => {
        log += text.toString();
        if (log.includes('watch or list failed')) resolve();
      });
    });
  }

  it('keeps trying, and ends cleanly by SIGTERM', async () => {
    const child = start(['operator', ...flags, ...anyPort]);
    const end = ended(child);
    await running(child);
    child.kill('SIGTERM');
    const { code, out, err } = await end;
    assert.equal(code, 0, err);
    assert.equal(out, '');
    const lines = err
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly level: string; readonly message: string });
    assert.equal(lines[0]?.message, 'operator starting');
    assert.equal(lines.at(-1)?.message, 'operator stopped');
    assert.ok(!lines.some(({ level }) => level === 'error'), err);
    assert.doesNotMatch(err, /hunter2/);
  });

  it('ends at once by a second signal, whatever holds the first one up', async () => {
    const port = await freePort();
    const child = start(['operator', ...flags, ...anyPort, '--health-address', `127.0.0.1:${port}`]);
    const end = ended(child);
    await running(child);
    // A request that never ends: the operator waits a second for it.
    const slow = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(slow, 'connect');
    slow.write('GET /healthz HTTP/1.1\r\n');
    // Both are pending when it wakes up, so that it cannot have ended in between. Which one comes first is not for us to say.
    for (const name of ['SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGCONT'] as const) child.kill(name);
    const { code, err } = await end;
    slow.destroy();
    assert.ok(code === 130 || code === 143, `exit code ${code}: ${err}`);
    assert.doesNotMatch(err, /operator stopped/);
  });

  it('exits 2 and names the flag when the address of its metrics is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    const { code, err } = await ended(start(['operator', ...flags, '--metrics-address', address]));
    taken.close();
    assert.equal(code, 2);
    assert.ok(
      err.includes(`--metrics-address (ROLLCALL_METRICS_ADDRESS): ${address} is in use by another program`),
      err,
    );
  });

  it('exits 2 and says what is needed where there is neither a pod nor a kubeconfig', async () => {
    const { code, err } = await ended(start(['operator', '--namespace', 'ops']));
    assert.equal(code, 2);
    assert.match(err, /--kubeconfig \(ROLLCALL_KUBECONFIG\): /);
  });
});
