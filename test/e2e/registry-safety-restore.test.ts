import assert from 'node:assert/strict';
import { type DatabaseServer, startMariadb } from '../../local/servers/database.ts';
import { waitFor } from '../../local/lib/wait.ts';
import { freshAddress } from '../support/testbed/index.ts';
import { ownDatabase } from './support/own-database.ts';
import { type TestRegistry, World } from './support/world.ts';

const FLAGS = [
  ...['--leader-elect-lease-duration', '3s', '--leader-elect-renew-deadline', '2s'],
  ...['--leader-elect-retry-period', '500ms', '--max-endpoints-per-slice', '2'],
];

describe('safety: a slice that is deleted while the database is away', function () {
  this.timeout(90_000);
  let world: World;
  let server: DatabaseServer;
  let registry: TestRegistry;
  let namespace: string;

  before(async () => {
    world = await World.create();
    server = await startMariadb({ address: freshAddress() });
    registry = await world.registryOn(await ownDatabase(server, 'registry'));
    namespace = await world.namespace('restore');
  });
  after(async () => {
    await world.dispose();
    await server.dispose();
  });

  it('rules 1 and 6: is made again as it was, by a leader that has read nothing since it leads', async () => {
    const rows = [1, 2, 3, 4, 5].map((n) => ({
      service: 'orders',
      instanceId: `orders-${n}`,
      address: `10.77.62.${n}`,
    }));
    const all = rows.map(({ address }) => address);
    await registry.table.register(...rows);
    await world.applyGrpcService(namespace, 'orders');
    const first = await world.operator(registry, { flags: FLAGS });
    await world.untilReady(namespace, 'orders', all);
    const second = await world.operator(registry, { flags: FLAGS });
    // One that has never read the registry has nothing to make a slice again from.
    await waitFor(
      'the second operator to have read the registry',
      async () => (await second.metric('rollcall_registry_rows_read_total')) >= rows.length,
    );
    await server.kill();
    await world.untilCondition(namespace, 'orders', 'RegistryAvailable', 'False HostUnreachable');
    await first.kill();
    await waitFor('the second operator to lead', () => second.isLeader(), { timeoutMs: 20_000 });
    const [gone] = await world.slices(namespace, 'orders');
    assert.ok(gone);
    await world.delete('endpointslices', namespace, gone.metadata.name);
    await world.untilReady(namespace, 'orders', all);
    const restored = (await world.slices(namespace, 'orders')).find(
      ({ metadata }) => metadata.name === gone.metadata.name,
    );
    assert.ok(restored);
    assert.deepEqual(restored.endpoints, gone.endpoints);
    assert.notEqual(restored.metadata.uid, gone.metadata.uid);
    await server.start();
    await world.untilCondition(namespace, 'orders', 'RegistryAvailable', 'True Connected', {
      timeoutMs: 20_000,
    });
    await world.untilReady(namespace, 'orders', all);
  });
});
