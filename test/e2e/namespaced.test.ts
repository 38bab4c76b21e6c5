import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { waitFor } from '../../local/lib/wait.ts';
import { kustomize } from '../support/manifests.ts';
import type { OperatorProcess } from './support/operator.ts';
import { type TestRegistry, World } from './support/world.ts';

/** The namespace of deploy/overlays/namespaced. */
const SHOP = 'shop';

describe('namespaced mode: the rights of deploy/overlays/namespaced, Roles and no ClusterRole', function () {
  this.timeout(60_000);
  let world: World;
  let registry: TestRegistry;
  let operator: OperatorProcess;
  let elsewhere: string;

  before(async () => {
    world = await World.create();
    registry = await world.registry({ feed: { type: 'Poll', poll: { interval: '200ms' } } });
    elsewhere = await world.namespace('elsewhere');
    await world.cluster.createNamespace(SHOP);
    await world.cluster.kubectl(['delete', 'clusterrolebinding', 'rollcall']);
    await world.cluster.kubectl(
      ['apply', '--server-side', '--force-conflicts', '-f', '-'],
      await kustomize('deploy/overlays/namespaced'),
    );
    operator = await world.operator(registry, { flags: ['--watch-namespaces', SHOP] });
  });
  after(async () => {
    await world.dispose();
    await world.cluster.kubectl(['delete', 'namespace', SHOP, '--wait=false']);
  });

  it('publishes what is in the watched namespace', async () => {
    await registry.table.register({ service: 'orders', instanceId: 'a', address: '10.77.60.1' });
    await world.applyGrpcService(elsewhere, 'orders');
    await world.applyGrpcService(SHOP, 'orders');
    await world.untilReady(SHOP, 'orders', ['10.77.60.1']);
    await world.untilCondition(SHOP, 'orders', 'Ready', 'True Published');
    await registry.table.register({ service: 'orders', instanceId: 'b', address: '10.77.60.2' });
    await world.untilReady(SHOP, 'orders', ['10.77.60.1', '10.77.60.2']);
  });

  it('ignores other namespaces: neither slices nor a Service nor a status', async () => {
    assert.deepEqual(await world.slices(elsewhere, 'orders'), []);
    assert.equal(await world.service(elsewhere, 'orders'), undefined);
    assert.equal((await world.grpcService(elsewhere, 'orders'))?.status, undefined);
  });

  it('mends what others change', async () => {
    const [slice] = await world.slices(SHOP, 'orders');
    await world.delete('endpointslices', SHOP, slice?.metadata.name ?? '');
    await world.untilReady(SHOP, 'orders', ['10.77.60.1', '10.77.60.2']);
    await world.mergePatch('endpointslices', SHOP, slice?.metadata.name ?? '', {
      metadata: { labels: { 'endpointslice.kubernetes.io/managed-by': 'me' } },
    });
    await waitFor('the label', async () => {
      const [now] = await world.slices(SHOP, 'orders');
      return now?.metadata.labels?.['endpointslice.kubernetes.io/managed-by'] === 'rollcall.dev';
    });
  });

  it('tells the status of the Registry, and events', async () => {
    await world.untilCondition('rollcall-system', registry.name, 'Ready', 'True Synced', {
      plural: 'registries',
    });
    await registry.table.register({ service: 'orders', instanceId: 'bad', address: 'no-address' });
    await waitFor('the event', async () => {
      const { items } = await world.cluster.request<{ items: { reason: string }[] }>(
        'GET',
        `/apis/events.k8s.io/v1/namespaces/${SHOP}/events`,
      );
      return items.some(({ reason }) => reason === 'InstanceRejected');
    });
  });

  it('says that a selector of namespaces cannot be judged here, and allows its own namespace only', async () => {
    const name = world.name('choosing');
    await world.registryObject(registry, name, {
      allowedNamespaces: { from: 'Selector', selector: { matchLabels: {} } },
    });
    await world.applyGrpcService(SHOP, 'orders', { registryRef: { name, namespace: 'rollcall-system' } });
    const { message } = await world.untilCondition(SHOP, 'orders', 'Ready', 'False NamespaceNotAllowed');
    assert.match(message, /--watch-namespaces/);
    assert.deepEqual(await world.ready(SHOP, 'orders'), ['10.77.60.1', '10.77.60.2']);
    await world.applyGrpcService(SHOP, 'orders');
    await world.untilCondition(SHOP, 'orders', 'Ready', 'True Published');
  });

  it('never asked for anything that it may not have', async () => {
    const codes = ['401', '403'].map((code) => operator.metric('rest_client_requests_total', { code }));
    assert.deepEqual(await Promise.all(codes), [0, 0]);
    const log = await readFile(operator.logFile, 'utf8');
    assert.doesNotMatch(log, /forbidden/i);
  });
});
