import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { program } from '../../../local/components/index.ts';
import { envoyBinary } from '../../../local/components/xds.ts';
import { run } from '../../../local/lib/run.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function bootstrap(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, 'xds-bootstrap', ...args], { env });
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

describe('rollcall xds-bootstrap', function () {
  this.timeout(60_000);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-bootstrap-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('writes the file of an init container for everybody to read, and nothing else', async () => {
    const file = join(folder, 'bootstrap.json');
    const env = {
      ...{ POD_NAME: 'cart-1', POD_NAMESPACE: 'shop', ROLLCALL_REGION: 'eu-1', ROLLCALL_ZONE: 'eu-1a' },
      ROLLCALL_OUTPUT: file,
    };
    await writeFile(file, 'old', { mode: 0o600 });
    assert.deepEqual(await bootstrap([], env), { code: 0, out: '', err: '' });
    const written = JSON.parse(await readFile(file, 'utf8')) as { node: object };
    assert.deepEqual(written.node, {
      ...{ id: 'cart-1.shop', cluster: 'rollcall', locality: { region: 'eu-1', zone: 'eu-1a' } },
    });
    assert.equal((await stat(file)).mode & 0o777, 0o644);
    assert.deepEqual(await readdir(folder), ['bootstrap.json']);
  });

  it('prints it where no file is named', async () => {
    const { code, out, err } = await bootstrap(['--server', 'xds.example.com:18000']);
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /"server_uri": "dns:\/\/\/xds\.example\.com:18000"/);
  });

  it('says what to type when the file cannot be written, and leaves nothing behind', async () => {
    const missing = await bootstrap(['--output', join(folder, 'no', 'b.json')]);
    assert.equal(missing.code, 2);
    assert.match(
      missing.err,
      /--output .*its folder is not there; mount a volume \(emptyDir\) there, or make it/,
    );
    await mkdir(join(folder, 'taken'));
    const taken = await bootstrap(['--output', join(folder, 'taken')]);
    assert.match(taken.err, /it is a folder; name a file in it/);
    assert.deepEqual(await readdir(folder), ['taken']);
    if (process.getuid?.() === 0) return;
    await chmod(folder, 0o555);
    const closed = await bootstrap(['--output', join(folder, 'b.json')]);
    await chmod(folder, 0o755);
    assert.match(closed.err, /may not be written to; .*fsGroup: 65532/);
  });

  it('writes a configuration that Envoy takes, in plain text, with TLS and with mTLS', async () => {
    const [ca, key] = [join(folder, 'ca.pem'), join(folder, 'key.pem')];
    const subject = ['-subj', '/CN=ca', '-days', '1', '-nodes', '-newkey', 'rsa:2048'];
    await run('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', ca]);
    const ways = [
      ['--server', '127.0.0.1:18000,xds.example.com:18000', '--zone', 'eu-1a'],
      ['--creds', 'tls', '--tls-ca', ca],
      ['--creds', 'tls', '--tls-ca', ca, '--tls-cert', ca, '--tls-key', key, '--server', '[::1]:18000'],
    ];
    for (const [index, way] of ways.entries()) {
      const file = join(folder, `envoy-${index}.json`);
      const { code, err } = await bootstrap(['--envoy', '--output', file, ...way]);
      assert.deepEqual([code, err], [0, '']);
      const valid = await run(program('envoy', envoyBinary), ['--mode', 'validate', '-c', file]);
      assert.equal(valid.code, 0, valid.stderr);
    }
  });
});
