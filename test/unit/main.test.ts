import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
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

describe('rollcall', () => {
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

describe('rollcall migrate that waits for a silent server', () => {
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
