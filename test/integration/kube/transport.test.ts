import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { ApiServer } from '../../../local/servers/api-server.ts';
import { KubeApiError } from '../../../src/controller/kube-ports.ts';
import { inClusterAccess } from '../../../src/kube/in-cluster-access.ts';
import { kubeconfigAccess } from '../../../src/kube/kubeconfig-access.ts';
import { ApiResourceClient } from '../../../src/kube/resource-client.ts';
import { NAMESPACES, SECRETS } from '../../../src/kube/resources.ts';
import type { WriteGate } from '../../../src/kube/write-gate.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { RetryableError, TerminalError } from '../../../src/lib/errors.ts';
import type { RequestMatch } from '../../support/fault-proxy.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { testbed } from '../../support/testbed/index.ts';
import { Bench, eventually, never, slice, tokenAccess, transport } from './bench.ts';

const isWrite: RequestMatch = ({ method }) => method !== 'GET';
const isRead: RequestMatch = ({ method }) => method === 'GET';
let count = 0;

/** A gate that a test opens and closes. */
class TestGate implements WriteGate {
  open = true;
  readonly aborts = new Set<(reason: Error) => void>();

  remainingMs(): number {
    return this.open ? 8000 : 0;
  }

  enter(abort: (reason: Error) => void): () => void {
    this.aborts.add(abort);
    return () => void this.aborts.delete(abort);
  }

  /** As when the lease is lost: closed, and what is under way aborted. */
  lose(): void {
    this.open = false;
    for (const abort of this.aborts) abort(new RetryableError('the lease is lost'));
  }
}

describe('Transport on a real API server', function () {
  this.timeout(30_000);
  let apiServer: ApiServer;
  let bench: Bench;
  let namespace: string;
  const codes: string[] = [];

  before(async () => {
    apiServer = (await testbed.cluster()).apiServer;
  });
  beforeEach(async () => {
    codes.splice(0);
    bench = await Bench.start(apiServer, {
      observer: { request: (method, resource, code) => codes.push(`${method} ${resource} ${code}`) },
    });
    count += 1;
    namespace = `transport-${count}`;
    await apiServer.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  });
  afterEach(() => bench.dispose());

  it('creates, reads, updates and deletes, each guarded by version', async () => {
    const slices = bench.slices();
    const made = await slices.create(slice(namespace, 'a'), never);
    assert.deepEqual(await slices.get(namespace, 'a', never), made);
    const changed = await slices.update({ ...made, endpoints: [] }, never);
    await assert.rejects(slices.update({ ...made, endpoints: [] }, never), { code: 409, reason: 'Conflict' });
    await assert.rejects(slices.create(slice(namespace, 'a'), never), { code: 409, reason: 'AlreadyExists' });
    const version = {
      namespace,
      name: 'a',
      uid: made.metadata.uid ?? '',
      resourceVersion: made.metadata.resourceVersion ?? '',
    };
    await assert.rejects(slices.delete(version, never), { code: 409 });
    const now = { ...version, resourceVersion: changed.metadata.resourceVersion ?? '' };
    await assert.rejects(slices.delete({ ...now, uid: 'another' }, never), { code: 409 });
    await slices.delete(now, never);
    await slices.delete(now, never);
    assert.equal(await slices.get(namespace, 'a', never), null);
  });

  it('lists everything, page by page', async () => {
    const configMaps = new ApiResourceClient(bench.transport, {
      ...SECRETS,
      plural: 'configmaps',
      kind: 'ConfigMap',
    });
    const numbers = Array.from({ length: 501 }, (_, index) => `c-${index}`);
    await Promise.all(numbers.map((name) => configMaps.create({ metadata: { namespace, name } }, never)));
    const all = await configMaps.list({ namespace }, never);
    const found = new Set(all.map(({ metadata }) => metadata.name));
    assert.ok(numbers.every((name) => found.has(name)));
    assert.ok(all.every(({ kind }) => kind === 'ConfigMap'));
    assert.equal(bench.proxy.count(isRead), 2);
  });

  it('says which request failed, and why', async () => {
    const bad = { ...slice(namespace, 'a'), addressType: 'IPv6' as const };
    const error = await bench
      .slices()
      .create(bad, never)
      .catch((thrown: unknown) => thrown);
    assert.ok(error instanceof KubeApiError);
    assert.equal(error.code, 422);
    assert.equal(error.reason, 'Invalid');
    assert.match(
      error.message,
      new RegExp(`^POST /apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices: .*IPv6`),
    );
  });

  it('reports the causes of a refusal, such as a namespace that is being deleted', async () => {
    await apiServer.request('PUT', `/api/v1/namespaces/${namespace}`, {
      metadata: { name: namespace, finalizers: ['rollcall.dev/test'] },
    });
    await apiServer.request('DELETE', `/api/v1/namespaces/${namespace}`);
    const error = await bench
      .slices()
      .create(slice(namespace, 'a'), never)
      .catch((thrown: unknown) => thrown);
    assert.ok(error instanceof KubeApiError);
    assert.equal(error.code, 403);
    assert.deepEqual(error.causes, ['NamespaceTerminating']);
    await apiServer.request(
      'PATCH',
      `/api/v1/namespaces/${namespace}`,
      { metadata: { finalizers: null } },
      'application/merge-patch+json',
    );
  });

  it('repeats a read that met 500 or no answer at all', async () => {
    bench.proxy.answer(isRead, { status: 500 });
    bench.proxy.swallowAnswer(isRead);
    const found = await new ApiResourceClient(bench.transport, NAMESPACES).list({}, never);
    assert.ok(found.length > 0);
    assert.deepEqual(codes, ['GET namespaces 500', 'GET namespaces <error>', 'GET namespaces 200']);
  });

  it('waits as long as Retry-After says before it repeats a read', async () => {
    bench.proxy.answer(isRead, { status: 429, headers: { 'retry-after': '1' } });
    await new ApiResourceClient(bench.transport, NAMESPACES).list({}, never);
    const [first, second] = bench.proxy.requests;
    assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 990);
  });

  it('does not wait for a server that asks for too much patience, but says how long it asked for', async () => {
    bench.proxy.answer(isRead, { status: 503, headers: { 'retry-after': '60' } });
    await assert.rejects(bench.slices().list({}, never), { code: 503, retryAfterMs: 60_000 });
  });

  for (const status of [429, 500, 503]) {
    it(`never repeats a write that met ${status}: the next reconcile does, after it has looked`, async () => {
      bench.proxy.answer(isWrite, { status, headers: { 'retry-after': '1' } });
      await assert.rejects(bench.slices().create(slice(namespace, 'a'), never), {
        code: status,
        retryAfterMs: 1000,
      });
      assert.equal(bench.proxy.count(isWrite), 1);
    });
  }

  it('turns a lost answer to a write into a RetryableError, and does not repeat it', async () => {
    bench.proxy.swallowAnswer(isWrite);
    await assert.rejects(bench.slices().create(slice(namespace, 'a'), never), RetryableError);
    assert.equal(bench.proxy.count(isWrite), 1);
    assert.ok(await bench.slices().get(namespace, 'a', never), 'it was carried out');
  });

  it('gives up after the timeout when nothing answers, without waiting for the connection', async () => {
    bench.proxy.freeze();
    const startedMs = performance.now();
    await assert.rejects(
      bench.slices({ timeoutMs: 300 }).create(slice(namespace, 'a'), never),
      /no answer in time/,
    );
    assert.ok(performance.now() - startedMs < 2000);
  });

  it('ends with the reason of its signal', async () => {
    bench.proxy.freeze();
    const abort = new AbortController();
    const request = bench.slices().create(slice(namespace, 'a'), abort.signal);
    abort.abort(new Error('shutting down'));
    await assert.rejects(request, /shutting down/);
  });

  it('reports a refused connection as something to try again', async () => {
    bench.proxy.refuse();
    await assert.rejects(bench.slices().create(slice(namespace, 'a'), never), RetryableError);
    assert.deepEqual(codes, ['POST endpointslices <error>']);
  });

  it('keeps writes within its own limit, and reads free of it', async () => {
    const limited = transport({
      access: tokenAccess(bench.proxy.url, apiServer.token),
      writes: { qps: 20, burst: 5 },
    });
    const slices = new ApiResourceClient(limited, bench.slicesResource, { limited: true });
    const startedMs = performance.now();
    await Promise.all(
      Array.from({ length: 15 }, (_, index) => slices.create(slice(namespace, `s-${index}`), never)),
    );
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs >= 490 && tookMs < 3000, `${tookMs} ms`);
    assert.equal((await slices.list({ namespace }, never)).length, 15);
    await limited.close();
  });

  describe('with a write gate', () => {
    it('lets a write through while the gate is open, and tells the server how long it may take', async () => {
      const gate = new TestGate();
      await bench.slices({ gate }).create(slice(namespace, 'a'), never);
      assert.match(bench.proxy.requests[0]?.url ?? '', /timeout=8000ms/);
      assert.equal(gate.aborts.size, 0, 'it has left the gate');
    });

    it('sends nothing through a closed gate', async () => {
      const gate = new TestGate();
      gate.open = false;
      await assert.rejects(
        bench.slices({ gate }).create(slice(namespace, 'a'), never),
        /does not hold the lease/,
      );
      assert.equal(bench.proxy.requests.length, 0);
    });

    it('asks in the moment the bytes would go out, not when the write was asked for', async () => {
      const gate = new TestGate();
      const slow = tokenAccess(bench.proxy.url, apiServer.token);
      const late = transport({
        access: {
          ...slow,
          credentials: async () => {
            gate.open = false;
            return await slow.credentials();
          },
        },
      });
      await assert.rejects(
        new ApiResourceClient(late, bench.slicesResource, { gate }).create(slice(namespace, 'a'), never),
        /does not hold the lease/,
      );
      assert.equal(bench.proxy.requests.length, 0);
      await late.close();
    });

    it('asks again after the wait for a connection', async () => {
      // 64 requests hold all connections; the write waits for one of them, and meanwhile the lease is lost.
      const gate = new TestGate();
      const held = bench.proxy.hold(isRead, 64);
      const reads = Array.from({ length: 64 }, () => bench.slices().get(namespace, 'x', never));
      await eventually(() => assert.equal(held.met, 64));
      const write = assert.rejects(
        bench.slices({ gate }).create(slice(namespace, 'a'), never),
        /does not hold the lease/,
      );
      // It is in undici's queue by now.
      for (let turn = 0; turn < 5; turn += 1) await setImmediate();
      gate.open = false;
      for (let index = 0; index < 64; index += 1) await held.release();
      await Promise.all(reads);
      await write;
      assert.equal(bench.proxy.count(isWrite), 0);
    });

    it('aborts the writes under way when the lease is lost', async () => {
      const gate = new TestGate();
      const held = bench.proxy.hold(isWrite);
      const write = assert.rejects(
        bench.slices({ gate }).create(slice(namespace, 'a'), never),
        /the lease is lost/,
      );
      await held.arrived();
      gate.lose();
      await write;
    });

    it('makes a write that arrives late fail by its version instead of harming (safety rule 6)', async () => {
      const gate = new TestGate();
      const slices = bench.slices({ gate });
      const made = await slices.create(slice(namespace, 'a', '10.77.9.1'), never);
      const held = bench.proxy.hold(isWrite);
      const late = assert.rejects(
        slices.update({ ...slice(namespace, 'a', '10.77.9.66'), metadata: made.metadata }, never),
      );
      await held.arrived();
      gate.lose();
      await late;
      const successor = await Bench.start(apiServer);
      await successor.slices().update({ ...made, endpoints: [{ addresses: ['10.77.9.2'] }] }, never);
      assert.equal(await held.release(), 409);
      const [endpoint] = (await successor.slices().get(namespace, 'a', never))?.endpoints ?? [];
      assert.deepEqual(endpoint?.addresses, ['10.77.9.2']);
      await successor.dispose();
    });

    it('knows of no gate for reads and for the Lease', async () => {
      const gate = new TestGate();
      gate.open = false;
      assert.equal(await bench.slices({ gate }).get(namespace, 'a', never), null);
      await bench.slices().create(slice(namespace, 'a'), never);
    });
  });

  describe('with the ServiceAccount of a pod', () => {
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'service-account-'));
      await writeFile(join(folder, 'ca.crt'), apiServer.ca);
    });
    afterEach(() => rm(folder, { recursive: true }));

    const open = (clock: FakeClock) => {
      const { hostname, port } = new URL(apiServer.url);
      return transport({ access: inClusterAccess({ host: hostname, port, folder, clock }) });
    };

    it('reads the token again as it rotates', async () => {
      const clock = new FakeClock();
      await apiServer.request('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
        metadata: { name: 'rollcall' },
      });
      const account = { namespace, name: 'rollcall' };
      await writeFile(join(folder, 'token'), await apiServer.serviceAccountToken(account));
      const pod = open(clock);
      const who = async (): Promise<string> => {
        const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
        const request = {
          method: 'POST',
          path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
          resource: 'selfsubjectreviews',
          body,
        } as const;
        return (await pod.request<{ status: { userInfo: { username: string } } }>(request, never)).status
          .userInfo.username;
      };
      assert.equal(await who(), `system:serviceaccount:${namespace}:rollcall`);
      await writeFile(join(folder, 'token'), apiServer.token);
      assert.equal(await who(), `system:serviceaccount:${namespace}:rollcall`, 'not read with every request');
      await clock.advance(10_000);
      assert.equal(await who(), 'admin');
      await pod.close();
    });

    it('reads the token again at once when it is refused, and repeats even a write', async () => {
      await writeFile(join(folder, 'token'), 'revoked');
      const pod = open(new FakeClock());
      const slices = new ApiResourceClient(pod, bench.slicesResource);
      await assert.rejects(slices.create(slice(namespace, 'a'), never), { code: 401 });
      await writeFile(join(folder, 'token'), apiServer.token);
      await slices.create(slice(namespace, 'a'), never);
      await pod.close();
    });

    it('makes new connections when the CA changes, and refuses a server that it does not vouch for', async () => {
      const clock = new FakeClock();
      await writeFile(join(folder, 'token'), apiServer.token);
      await writeFile(join(folder, 'ca.crt'), otherCa);
      const pod = open(clock);
      const slices = new ApiResourceClient(pod, bench.slicesResource);
      await assert.rejects(slices.create(slice(namespace, 'a'), never), RetryableError);
      await writeFile(join(folder, 'ca.crt'), apiServer.ca);
      await clock.advance(10_000);
      await slices.create(slice(namespace, 'a'), never);
      await pod.close();
    });
  });

  describe('with a kubeconfig', () => {
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    const write = async (user: object, text?: (config: object) => string): Promise<string> => {
      const cluster = { server: apiServer.url, 'certificate-authority': 'ca.crt' };
      const config = {
        ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'here' },
        contexts: [{ name: 'here', context: { cluster: 'local', user: 'me', namespace: 'shop' } }],
        clusters: [{ name: 'local', cluster }],
        users: [{ name: 'me', user }],
      };
      await writeFile(join(folder, 'ca.crt'), apiServer.ca);
      const file = join(folder, 'config');
      await writeFile(file, text === undefined ? JSON.stringify(config) : text(config));
      return file;
    };

    const works = async (file: string): Promise<void> => {
      const client = transport({ access: await kubeconfigAccess(file, systemClock) });
      assert.ok((await new ApiResourceClient(client, NAMESPACES).list({}, never)).length > 0);
      await client.close();
    };

    it('uses its token, a CA file beside it, and the namespace of its context', async () => {
      const file = await write({ token: apiServer.token });
      await works(file);
      assert.equal((await kubeconfigAccess(file, systemClock)).namespace, 'shop');
    });

    it('reads YAML, and the token from a file', async () => {
      const file = await write({}, () =>
        [
          'apiVersion: v1',
          'kind: Config',
          'current-context: here',
          'contexts: [{name: here, context: {cluster: local, user: me}}]',
          `clusters: [{name: local, cluster: {server: '${apiServer.url}', certificate-authority: ca.crt}}]`,
          'users:',
          '- name: me',
          '  user: {tokenFile: token}',
        ].join('\n'),
      );
      await writeFile(join(folder, 'token'), `${apiServer.token}\n`);
      await works(file);
    });

    it('asks its exec plugin for a token', async () => {
      const script = `const { spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO); if (spec.interactive) process.exit(1);
        console.log(JSON.stringify({ kind: 'ExecCredential', status: { token: process.env.TOKEN } }));`;
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: process.execPath,
        args: ['-e', script],
        env: [{ name: 'TOKEN', value: apiServer.token }],
      };
      await works(await write({ exec }));
    });

    it('acts as whom it names: user, uid, groups and extra fields', async () => {
      const as = { as: 'alice', 'as-uid': '7', 'as-groups': ['shop', 'ops'] };
      const extra = { 'as-user-extra': { 'example.com/scopes': ['read', 'write'] } };
      const file = await write({ token: apiServer.token, ...as, ...extra });
      const client = transport({ access: await kubeconfigAccess(file, systemClock) });
      const whoAmI = await client.request<{ status: { userInfo: object } }>(
        {
          method: 'POST',
          path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
          resource: 'selfsubjectreviews',
          body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        },
        never,
      );
      await client.close();
      assert.deepEqual(whoAmI.status.userInfo, {
        username: 'alice',
        uid: '7',
        groups: ['shop', 'ops', 'system:authenticated'],
        extra: { 'example.com/scopes': ['read', 'write'] },
      });
    });

    it('says what is wrong with an exec plugin that fails', async () => {
      const exec = {
        command: process.execPath,
        args: ['-e', 'console.error("log in first"); process.exit(3)'],
      };
      const access = await kubeconfigAccess(await write({ exec }), systemClock);
      await assert.rejects(access.credentials(), (error: Error) =>
        String(error.cause).includes('log in first'),
      );
    });

    it('says what is wrong with the file itself', async () => {
      await assert.rejects(kubeconfigAccess(join(folder, 'nothing'), systemClock), TerminalError);
    });
  });
});

/** An authority that signed nothing here. */
const otherCa = `-----BEGIN CERTIFICATE-----
MIIBejCCASGgAwIBAgIUEM4Laeoyb58IbbYK98QklwKBY5AwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHYW5vdGhlcjAgFw0yNjExMjQwNjI2MTNaGA8yMTI2MTAzMTA2
MjYxM1owEjEQMA4GA1UEAwwHYW5vdGhlcjBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABNWs1qDAJs4NQEe2Kc7oI2TlwPYX/b6tX5AQZl5/VG41J7dMDr0JYQJnfLCI
mM4AiwPjrlRpzjYj5rrfXoOfuLyjUzBRMB0GA1UdDgQWBBRLDGeG8eYXx0AZDZWl
3u+Nj3XXKDAfBgNVHSMEGDAWgBRLDGeG8eYXx0AZDZWl3u+Nj3XXKDAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIAP3gN97/rh2wih6W1IvhvKFsmR/
PI7CIk2idB6Tk81cAiAcGdLr1ej6jg4WmNUrXpO+eJxiyQi3Y1Gz8zzVVFHvEA==
-----END CERTIFICATE-----
`;
