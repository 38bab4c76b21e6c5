import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '../../local/lib/run.ts';
import { runClient } from '../../local/peers/clients.ts';
import { addressRange } from '../../local/peers/greeter.ts';
import {
  createCertificateAuthority,
  type CertificateAuthority,
  type CertificateFiles,
} from '../../local/servers/certificates.ts';
import { checkout } from '../support/manifests.ts';
import { freshAddress } from '../support/testbed/index.ts';
import { presentKinds } from './support/callers.ts';
import { GreeterService, type Home } from './support/greeter-service.ts';
import { World } from './support/world.ts';

/** The client for Node.js has no TLS to an xDS server. */
const kinds = presentKinds.filter((kind) => kind !== 'node');

describe('clients of an xDS server with mutual TLS', function () {
  this.timeout(120_000);
  const address = freshAddress();
  let home: Home;
  let authority: CertificateAuthority;
  let folder: string;
  let service: GreeterService;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-mtls-'));
    authority = await createCertificateAuthority();
    const { certFile, keyFile } = await authority.issue([address]);
    const world = await World.create();
    const registry = await world.registry({ feed: { type: 'Poll', poll: { interval: '200ms' } } });
    home = { world, registry, namespace: await world.namespace('mtls') };
    await world.operator(registry, {
      flags: [
        ...['--xds-address', `${address}:18000`, '--xds-tls-client-ca-file', authority.caFile],
        ...['--xds-tls-cert-file', certFile, '--xds-tls-key-file', keyFile],
      ],
    });
    service = await GreeterService.start(home, 'secret', addressRange('10.77.178.1', 1));
  });
  after(async () => {
    service.close();
    await home.world.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  /** What `rollcall xds-bootstrap --creds tls` writes for a client with these files. */
  const bootstrap = async (name: string, files: CertificateFiles | null): Promise<string> => {
    const file = join(folder, `${name}.json`);
    const own = files === null ? [] : ['--tls-cert', files.certFile, '--tls-key', files.keyFile];
    const args = ['--server', `${address}:18000`, '--creds', 'tls', '--tls-ca', authority.caFile, ...own];
    const command = [join(checkout, 'src/main.ts'), 'xds-bootstrap', '--output', file, ...args];
    await mustRun(process.execPath, command);
    return file;
  };
  const callsOf = async (xdsBootstrap: string, waitForReady: boolean) => {
    const target = `xds:///secret.${home.namespace}`;
    return await Promise.all(
      kinds.map(async (kind) => {
        const options = { target, calls: 3, timeoutSeconds: waitForReady ? 30 : 3, waitForReady };
        return { kind, ...(await runClient(kind, { ...options, xdsBootstrap })) };
      }),
    );
  };

  it('call with a certificate of the configured authority, by the bootstrap that the command writes', async () => {
    const file = await bootstrap('own', await authority.issue(['client.test']));
    for (const { kind, ok, failed } of await callsOf(file, true))
      assert.deepEqual([ok, failed], [3, 0], kind);
  });

  it('are told nothing without a certificate, or with one of another authority', async () => {
    const stranger = await (await createCertificateAuthority('another')).issue(['client.test']);
    for (const [name, files] of [
      ['none', null],
      ['strange', stranger],
    ] as const) {
      for (const { kind, ok } of await callsOf(await bootstrap(name, files), false)) {
        assert.equal(ok, 0, `${kind}, ${name}`);
      }
    }
  });
});
