import assert from 'node:assert/strict';
import { addressRange, startGreeters, type Greeter } from '../../local/peers/greeter.ts';
import { clientComponents, clientKinds, startClient } from '../../local/peers/clients.ts';
import { startGreeterProcess } from '../../local/peers/servers.ts';
import { waitFor } from '../../local/lib/wait.ts';
import { freshAddress, needs, testbed, type TestDatabase } from '../support/testbed/index.ts';

const port = 50051;

describe('the gRPC clients of the local cluster, unmodified', function () {
  this.timeout(120_000);
  const addresses = addressRange('10.77.120.1', 1000);
  let greeters: readonly Greeter[] = [];

  before(async () => {
    const { kubectl, createNamespace } = await testbed.cluster();
    await createNamespace('peers');
    await kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects(addresses) }),
    );
    greeters = await startGreeters(addresses, port);
  });

  after(async () => {
    await Promise.all(greeters.map((greeter) => greeter.stop()));
  });

  for (const kind of clientKinds) {
    it(`${kind}: reaches 1,000 servers of one name by round_robin`, async function () {
      needs(this, ...clientComponents[kind]);
      const target = `dns:///greeter.peers.svc.cluster.local:${port}`;
      // A new channel calls whoever is connected first; the others join while it goes on.
      const client = startClient(kind, { target, rate: 1000, timeoutSeconds: 30 });
      try {
        const servers = () => new Set(client.results.flatMap(({ server }) => server ?? []));
        await waitFor('an answer of each', () => servers().size === 1000, {
          timeoutMs: 60_000,
          intervalMs: 100,
        });
        assert.deepEqual(
          client.results.filter(({ ok }) => !ok),
          [],
        );
      } finally {
        await client.stop();
      }
    });
  }
});

describe('a greeter server', function () {
  this.timeout(60_000);
  let database: TestDatabase;

  beforeEach(async () => {
    database = await testbed.database('greeters');
    for (const statement of tables) await database.query(statement);
  });

  afterEach(() => database.drop());

  const status = async () =>
    (
      await database.query<{ status: string; alive: number }>(
        'SELECT status, expires_at > NOW(6) AS alive FROM instances JOIN heartbeats ON instance = id',
      )
    )[0];

  it('registers by plain SQL, keeps beating, drains on SIGTERM and leaves', async () => {
    const [first, last] = [freshAddress(), 300];
    const options = { address: first, registry: database.url, ttlMs: 600, drainMs: last };
    const server = await startGreeterProcess(options);
    await waitFor('the first beat', async () => (await status())?.alive === 1);
    const client = startClient('node', { target: `${first}:${port}`, rate: 20 });
    await waitFor('a beat after the first TTL', async () => {
      const [row] = await database.query<{ late: number }>(
        'SELECT expires_at > created_at + INTERVAL 1300000 MICROSECOND AS late FROM heartbeats JOIN instances ON id = instance',
      );
      return row?.late === 1;
    });
    const stopping = server.stop();
    await waitFor('DRAINING', async () => (await status())?.status === 'DRAINING');
    await stopping;
    assert.equal((await status())?.status, 'DOWN');
    assert.ok(client.results.some((result) => result.ok && result.server === server.id));
    await client.stop();
  });

  it('is forgotten by its beats alone after kill -9', async () => {
    const server = await startGreeterProcess({ address: freshAddress(), registry: database.url, ttlMs: 400 });
    await waitFor('the first beat', async () => (await status())?.alive === 1);
    await server.kill();
    await waitFor('expiry', async () => (await status())?.alive === 0);
    assert.equal((await status())?.status, 'UP');
  });
});

/** What a greeter writes to, as the Managed schema has it. */
const tables = [
  `CREATE TABLE instances (
    id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, service VARCHAR(253) NOT NULL, instance_id VARCHAR(128) NOT NULL,
    address VARCHAR(253) NOT NULL, port INT UNSIGNED NOT NULL, weight INT UNSIGNED NOT NULL DEFAULT 100,
    region VARCHAR(63), zone VARCHAR(63), status ENUM('UP','DRAINING','DOWN') NOT NULL DEFAULT 'UP', metadata JSON,
    ttl_ms INT UNSIGNED, created_at TIMESTAMP(6) NOT NULL DEFAULT NOW(6), UNIQUE (service, instance_id))`,
  'CREATE TABLE heartbeats (instance BIGINT UNSIGNED PRIMARY KEY, expires_at TIMESTAMP(6) NOT NULL)',
];

/** A headless Service and its slices. */
function objects(addresses: readonly string[]): object[] {
  const slices = Array.from({ length: Math.ceil(addresses.length / 100) }, (_, number) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `greeter-${number}`,
      namespace: 'peers',
      labels: { 'kubernetes.io/service-name': 'greeter', 'endpointslice.kubernetes.io/managed-by': 'hand' },
    },
    addressType: 'IPv4',
    ports: [{ name: 'grpc', port, protocol: 'TCP' }],
    endpoints: addresses
      .slice(number * 100, number * 100 + 100)
      .map((address) => ({ addresses: [address], conditions: { ready: true } })),
  }));
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'greeter', namespace: 'peers' },
    spec: { clusterIP: 'None', ports: [{ name: 'grpc', port }] },
  };
  return [...slices, service];
}
