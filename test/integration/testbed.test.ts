import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { program } from '../../local/components/index.ts';
import { run } from '../../local/lib/run.ts';
import { waitFor } from '../../local/lib/wait.ts';
import { startCanal } from '../../local/servers/canal.ts';
import { freshAddress, needs, testbed } from '../support/testbed/index.ts';

describe('the local cluster', function () {
  this.timeout(60_000);

  it('has nothing but a loopback device, and every address of 10.77.0.0/16 on it', async () => {
    assert.deepEqual(Object.keys(networkInterfaces()), ['lo']);
    const { server } = await testbed.database();
    assert.equal(server.address, '10.77.0.20');
  });

  it('has no process from outside', async () => {
    const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const { stdout } = await run('cat', ['/proc/1/cmdline']);
    assert.match(stdout, /namespace-init/);
    assert.ok(numbers.length < 40, `${numbers.length} processes`);
  });

  it('answers kubectl as the admin', async () => {
    const { kubectl } = await testbed.cluster();
    assert.match(await kubectl(['get', 'namespaces', '--output', 'name']), /namespace\/kube-system/);
    assert.equal((await kubectl(['get', '--raw', '/readyz'])).trim(), 'ok');
  });

  it('gives a ServiceAccount the rights that RBAC gives it, and no others', async () => {
    const { kubectl, createNamespace, serviceAccountKubeconfig } = await testbed.cluster();
    await createNamespace('rights');
    const file = await serviceAccountKubeconfig({ namespace: 'rights', name: 'default' });
    const can = (...what: string[]) =>
      run(program('kubernetes', 'kubectl'), ['--kubeconfig', file, 'auth', 'can-i', ...what]);
    assert.equal((await can('list', 'endpointslices.discovery.k8s.io')).stdout.trim(), 'no');
    const resource = '--resource=endpointslices.discovery.k8s.io';
    await kubectl(['create', 'role', 'reader', '-n', 'rights', '--verb=list', resource]);
    await kubectl([
      'create',
      'rolebinding',
      'r',
      '-n',
      'rights',
      '--role=reader',
      '--serviceaccount=rights:default',
    ]);
    const yes = () =>
      can('list', 'endpointslices.discovery.k8s.io').then(({ stdout }) => stdout.trim() === 'yes');
    await waitFor('the new right', yes);
  });

  it('resolves a headless Service of two hand-made slices to all 200 addresses', async () => {
    const { kubectl, createNamespace } = await testbed.cluster();
    await createNamespace('names');
    await kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: ordersObjects() }),
    );
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    const answer = await waitFor('200 addresses', async () => {
      const found = await resolver.resolve4('orders.names.svc.cluster.local');
      return found.length === 200 && found;
    });
    assert.equal(new Set(answer).size, 200);
    const { stdout } = await run('getent', ['ahostsv4', 'orders.names.svc.cluster.local']);
    assert.equal(new Set(stdout.match(/10\.77\.\d+\.\d+/g)).size, 200);
  });

  it('collects what its owner leaves behind', async () => {
    const { kubectl, createNamespace } = await testbed.cluster();
    await createNamespace('garbage');
    await kubectl(['create', 'configmap', 'owner', '-n', 'garbage']);
    const uid = await kubectl([
      'get',
      'configmap',
      'owner',
      '-n',
      'garbage',
      '-o',
      'jsonpath={.metadata.uid}',
    ]);
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }];
    const owned = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'owned', namespace: 'garbage', ownerReferences },
    };
    await kubectl(['create', '-f', '-'], JSON.stringify(owned));
    await kubectl(['delete', 'configmap', 'owner', '-n', 'garbage']);
    const list = () => kubectl(['get', 'configmap', '-n', 'garbage', '-o', 'name']);
    await waitFor('the owned object to go', async () => !(await list()).includes('owned'));
  });
});

describe('the databases of the local cluster', function () {
  this.timeout(60_000);

  for (const flavor of ['mariadb', 'mysql'] as const) {
    it(`${flavor} answers, writes a row-based binlog and is another server than the other`, async function () {
      needs(this, flavor);
      const { server, query, drop } = await testbed.database('answers', flavor);
      await query('CREATE TABLE t (i INT PRIMARY KEY)');
      await query('INSERT INTO t VALUES (?), (?)', [1, 2]);
      assert.deepEqual(await query('SELECT i FROM t ORDER BY i'), [{ i: 1 }, { i: 2 }]);
      const [settings] = await query<{ bin: number; format: string }>(
        'SELECT @@log_bin bin, @@binlog_format format',
      );
      assert.deepEqual({ ...settings }, { bin: 1, format: 'ROW' });
      assert.equal(server.version.includes('MariaDB'), flavor === 'mariadb');
      await drop();
    });
  }
});

describe('the canal-server of the local cluster', function () {
  this.timeout(60_000);

  it('follows MariaDB as a replica does, and is back in a moment when it was killed', async function () {
    needs(this, 'canal');
    const database = await testbed.mariadb();
    const canal = await startCanal({ database, address: freshAddress() });
    const followers = () =>
      database.query("SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND = 'Binlog Dump'");
    try {
      const [first] = await waitFor(
        'canal to follow',
        async () => (await followers()).length > 0 && followers(),
      );
      await canal.kill();
      await canal.start();
      const others = async () => (await followers()).filter(({ ID }) => ID !== first?.ID);
      assert.ok(await waitFor('canal to follow again', async () => (await others()).length > 0));
    } finally {
      await canal.dispose();
    }
  });
});

/** A headless Service and its slices: 10.77.100.1-100 and 10.77.101.1-100. */
function ordersObjects(): object[] {
  const slices = [100, 101].map((net) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `orders-${net}`,
      namespace: 'names',
      labels: { 'kubernetes.io/service-name': 'orders', 'endpointslice.kubernetes.io/managed-by': 'hand' },
    },
    addressType: 'IPv4',
    ports: [{ name: 'grpc', port: 50051, protocol: 'TCP' }],
    endpoints: Array.from({ length: 100 }, (_, i) => ({
      addresses: [`10.77.${net}.${i + 1}`],
      conditions: { ready: true },
    })),
  }));
  const spec = { clusterIP: 'None', ports: [{ name: 'grpc', port: 50051 }] };
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'orders', namespace: 'names' }, spec },
    ...slices,
  ];
}
