import assert from 'node:assert/strict';
import { resolve4 } from 'node:dns/promises';
import { waitFor } from '../../local/lib/wait.ts';
import type { OperatorProcess } from './support/operator.ts';
import { type TestRegistry, World } from './support/world.ts';

describe('the main job: apply a GrpcService, and its DNS name has every live address', function () {
  this.timeout(60_000);
  let world: World;
  let registry: TestRegistry;
  let operator: OperatorProcess;
  let namespace: string;

  before(async () => {
    world = await World.create();
    registry = await world.registry();
    namespace = await world.namespace();
    operator = await world.operator(registry);
  });
  after(() => world.dispose());

  it('publishes the rows of the service, slices before the Service, and says so in the status', async () => {
    await registry.table.register(
      { service: 'orders', instanceId: 'a', address: '10.77.40.1', ttlMs: 60_000, zone: 'z1' },
      { service: 'orders', instanceId: 'b', address: '10.77.40.2' },
      { service: 'orders', instanceId: 'c', address: 'fd77::3' },
      { service: 'other', instanceId: 'd', address: '10.77.40.4' },
    );
    await world.applyGrpcService(namespace, 'orders');
    await world.untilReady(namespace, 'orders', ['10.77.40.1', '10.77.40.2', 'fd77::3']);
    await world.untilCondition(namespace, 'orders', 'Ready', 'True Published');
    const service = await world.service(namespace, 'orders');
    assert.equal(service?.spec.clusterIP, 'None');
    assert.equal(service.spec.selector, undefined);
    const grpcService = await world.grpcService(namespace, 'orders');
    assert.equal(grpcService?.status?.targets?.dns, `dns:///orders.${namespace}.svc.cluster.local:50051`);
    assert.deepEqual(grpcService.status.endpoints, {
      desired: 3,
      ready: 3,
      draining: 0,
      expired: 0,
      held: 0,
      rejected: 0,
    });
    const slices = await world.slices(namespace, 'orders');
    const oldest = slices.map((slice) => slice.metadata.creationTimestamp ?? '').sort()[0] ?? '';
    assert.ok(oldest <= (service.metadata.creationTimestamp ?? ''));
    const zones = slices.flatMap((slice) => slice.endpoints ?? []).map(({ zone }) => zone);
    assert.deepEqual(zones.sort(), ['z1', undefined, undefined]);
  });

  it('is found by an unmodified resolver through CoreDNS', async () => {
    const addresses = await waitFor('A records', async () => {
      const found = await resolve4(`orders.${namespace}.svc.cluster.local`);
      return found.length === 2 ? found : undefined;
    });
    assert.deepEqual(addresses.sort(), ['10.77.40.1', '10.77.40.2']);
  });

  it('follows rows that come, drain and go', async () => {
    await registry.table.register({ service: 'orders', instanceId: 'e', address: '10.77.40.5' });
    await world.untilReady(namespace, 'orders', ['10.77.40.1', '10.77.40.2', '10.77.40.5', 'fd77::3']);
    await registry.table.setStatus('orders', 'b', 'DRAINING');
    await world.untilReady(namespace, 'orders', ['10.77.40.1', '10.77.40.5', 'fd77::3']);
    const draining = (await world.slices(namespace, 'orders'))
      .flatMap((slice) => slice.endpoints ?? [])
      .find(({ addresses }) => addresses[0] === '10.77.40.2');
    assert.deepEqual(draining?.conditions, { ready: false, serving: true, terminating: true });
    await registry.table.setStatus('orders', 'e', 'DOWN');
    await world.untilReady(namespace, 'orders', ['10.77.40.1', 'fd77::3']);
  });

  it('removes what it made when the GrpcService is deleted, by garbage collection', async () => {
    await world.delete('grpcservices', namespace, 'orders');
    await waitFor('Service and slices to go', async () => {
      const slices = await world.slices(namespace, 'orders');
      return slices.length === 0 && (await world.service(namespace, 'orders')) === undefined;
    });
  });

  it('ends cleanly on SIGTERM', async () => {
    await operator.stop();
    assert.equal(operator.pid, undefined);
  });
});
