import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import type { SecureClientSessionOptions } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { waitFor } from '../../../local/lib/wait.ts';
import {
  createCertificateAuthority,
  type CertificateAuthority,
  type CertificateFiles,
} from '../../../local/servers/certificates.ts';
import { newWorkDir } from '../../../local/servers/work-dir.ts';
import { tlsFiles } from '../../../src/xds/server/tls.ts';
import { connectRaw, rawCall } from '../../support/rpc-client.ts';
import { startRpcServer, type ServerBench } from '../../support/rpc-server.ts';

describe('TLS of the RPC server', () => {
  let authority: CertificateAuthority;
  let ca: Buffer;
  let server: ServerBench;
  /** The files that the server follows. */
  let files: { certFile: string; keyFile: string; caFile: string };

  before(async () => {
    authority = await createCertificateAuthority();
    ca = await readFile(authority.caFile);
  });

  afterEach(() => server.stop());

  const put = async ({ certFile, keyFile }: CertificateFiles): Promise<void> => {
    await writeFile(files.keyFile, await readFile(keyFile));
    await writeFile(files.certFile, await readFile(certFile));
  };

  const start = async (mutual: boolean): Promise<void> => {
    const folder = newWorkDir('rpc-tls');
    files = {
      certFile: join(folder, 'tls.crt'),
      keyFile: join(folder, 'tls.key'),
      caFile: join(folder, 'ca.crt'),
    };
    await writeFile(files.caFile, ca);
    await put(await authority.issue(['first.test', '127.0.0.1']));
    server = await startRpcServer({ tls: tlsFiles({ ...files, caFile: mutual ? files.caFile : null }, 20) });
  };

  const url = () => `https://127.0.0.1:${server.port}`;

  /** Makes one call; answers what its server's certificate is named, or throws. */
  const callOnce = async (options: SecureClientSessionOptions = {}): Promise<string> => {
    const session = await connectRaw(url(), { ca, ...options });
    try {
      const one = rawCall(session, '/a.B/C');
      one.send('x');
      await Promise.race([
        waitFor('the echo', () => one.messages.length === 1, { timeoutMs: 5000 }),
        one.closed,
      ]);
      assert.equal(one.messages.length, 1, 'the call was cut off');
      const { socket } = session;
      return socket instanceof TLSSocket ? String(socket.getPeerCertificate().subject.CN) : '';
    } finally {
      session.destroy();
    }
  };

  const shown = async ({ certFile, keyFile }: CertificateFiles) => ({
    cert: await readFile(certFile),
    key: await readFile(keyFile),
  });

  it('takes new files while it runs, and no handshake fails meanwhile', async () => {
    await start(false);
    assert.equal(await callOnce(), 'first.test');
    const failures: unknown[] = [];
    await put(await authority.issue(['second.test', '127.0.0.1']));
    await waitFor('the new certificate', async () => {
      const name = await callOnce().catch((error: unknown) => failures.push(error));
      return name === 'second.test';
    });
    assert.deepEqual(failures, []);
    await waitFor('the log', () =>
      server.logger.messages('info').includes('a new TLS certificate is in use'),
    );
  });

  it('keeps the old certificate while the new one cannot be used, and says so', async () => {
    await start(false);
    await writeFile(files.certFile, '-----BEGIN CERTIFICATE-----\nhalf');
    await waitFor('the warning', () => server.logger.messages('warn').length > 0);
    assert.equal(await callOnce(), 'first.test');
    const other = await authority.issue(['other.test', '127.0.0.1']);
    await writeFile(files.certFile, await readFile(other.certFile));
    const before = server.logger.messages('warn').length;
    await waitFor('a warning of the wrong key', () => server.logger.messages('warn').length > before + 1);
    assert.equal(await callOnce(), 'first.test');
    await writeFile(files.keyFile, await readFile(other.keyFile));
    await waitFor('the new certificate', async () => (await callOnce()) === 'other.test');
  });

  it('leaves calls that are under way alone when certificates change', async () => {
    await start(false);
    const session = await connectRaw(url(), { ca });
    const one = rawCall(session, '/a.B/C');
    await put(await authority.issue(['second.test', '127.0.0.1']));
    await waitFor('the new certificate', async () => (await callOnce()) === 'second.test');
    one.send('x');
    await waitFor('the echo', () => one.messages.length === 1);
    session.destroy();
  });

  it('takes nobody without a certificate of its authority, and names who it takes', async () => {
    await start(true);
    await assert.rejects(callOnce());
    const stranger = await createCertificateAuthority('a stranger');
    await assert.rejects(callOnce(await shown(await stranger.issue(['evil.test']))));
    assert.equal(server.handlers.length, 0);
    const names = ['orders.shop', 'spiffe://cluster.local/ns/shop/sa/orders'];
    await callOnce(await shown(await authority.issue(names)));
    assert.deepEqual(server.handlers[0]?.stream.peerNames, names);
  });

  it('takes clients of a new authority, and no more of the old one', async () => {
    await start(true);
    const old = await shown(await authority.issue(['old.test']));
    await callOnce(old);
    const next = await createCertificateAuthority('the next authority');
    const fresh = await shown(await next.issue(['new.test']));
    await writeFile(files.caFile, await readFile(next.caFile));
    await waitFor('the new authority', () => callOnce(fresh).then(() => true));
    await assert.rejects(callOnce(old));
  });

  it('speaks h2 over TLS 1.2 or later, and nothing else', async () => {
    await start(false);
    await assert.rejects(callOnce({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }));
    assert.equal(await callOnce({ maxVersion: 'TLSv1.2' }), 'first.test');
    for (const protocols of [['http/1.1'], []]) {
      const socket = connectTls({ port: server.port, host: '127.0.0.1', ca, ALPNProtocols: protocols });
      socket.on('error', () => undefined);
      socket.resume();
      await waitFor('the server to hang up', () => socket.closed);
    }
    assert.equal(server.handlers.length, 1);
  });

  it('stops while a handshake is under way, and leaves nothing of it', async () => {
    await start(false);
    const socket = connectTcp(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    await server.stop();
    const late = connectTls({ socket, ca, ALPNProtocols: ['h2'], servername: 'first.test' });
    late.on('error', () => undefined);
    late.resume();
    await waitFor('the server to hang up', () => socket.closed);
    assert.equal(server.observer.connections, 0);
  });

  it('does not start with a certificate that cannot be used', async () => {
    await start(false);
    const folder = newWorkDir('rpc-tls');
    const certFile = join(folder, 'none.crt');
    await writeFile(certFile, 'nothing');
    const tls = tlsFiles({ certFile, keyFile: certFile, caFile: null });
    await assert.rejects(startRpcServer({ tls }), /the TLS certificate cannot be used/);
  });
});
