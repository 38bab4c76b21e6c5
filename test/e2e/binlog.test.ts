import assert from 'node:assert/strict';
import { type TestRegistry, World } from './support/world.ts';

describe('a Registry that is followed by its binary log', function () {
  this.timeout(60_000);
  let world: World;
  let registry: TestRegistry;
  let namespace: string;

  before(async () => {
    world = await World.create();
    // A poll or an audit would take too long for these tests: only the log can have told.
    registry = await world.registry({
      feed: { type: 'Binlog', poll: { interval: '1m', auditInterval: '1h' } },
    });
    namespace = await world.namespace();
    await world.operator(registry);
  });
  after(() => world.dispose());

  const untilFeed = (expected: string) =>
    world.untilCondition('rollcall-system', registry.name, 'FeedHealthy', expected, {
      plural: 'registries',
      timeoutMs: 30_000,
    });

  it('says which grant is missing, and follows it once that is given', async () => {
    const { server } = registry.database;
    const { message } = await untilFeed('False GrantMissing');
    const grant = /GRANT [^;]+;/.exec(message)?.[0] ?? '';
    assert.match(grant, /^GRANT REPLICATION SLAVE/);
    await server.query(grant);
    await untilFeed('True Following');
  });

  it('publishes rows as they come, change and are deleted', async () => {
    await registry.table.register({ service: 'orders', instanceId: 'a', address: '10.77.40.1' });
    await world.applyGrpcService(namespace, 'orders');
    await world.untilReady(namespace, 'orders', ['10.77.40.1']);
    await registry.table.register({ service: 'orders', instanceId: 'b', address: '10.77.40.2' });
    await world.untilReady(namespace, 'orders', ['10.77.40.1', '10.77.40.2']);
    await registry.database.query(`UPDATE instances SET address = '10.77.40.3' WHERE instance_id = 'a'`);
    await registry.database.query(`DELETE FROM instances WHERE instance_id = 'b'`);
    await world.untilReady(namespace, 'orders', ['10.77.40.3']);
  });
});
