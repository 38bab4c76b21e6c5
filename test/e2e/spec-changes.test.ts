import assert from 'node:assert/strict';
import { waitFor } from '../../local/lib/wait.ts';
import { EventLog } from './support/event-log.ts';
import { type TestRegistry, World } from './support/world.ts';
import { versions } from './support/written.ts';

const SPEC = { feed: { type: 'Poll', poll: { interval: '200ms', auditInterval: '1s' } } } as const;

describe('a GrpcService or Registry that is changed', function () {
  this.timeout(60_000);
  let world: World;
  let registry: TestRegistry;
  let namespace: string;
  const addresses = ['10.77.41.1', '10.77.41.2', 'fd77::41'];

  before(async () => {
    world = await World.create();
    registry = await world.registry(SPEC);
    namespace = await world.namespace();
    await world.operator(registry);
    await registry.table.register(
      ...addresses.map((address, at) => ({ service: 'orders', instanceId: `i${at}`, address })),
      { service: 'sibling', instanceId: 'only', address: '10.77.42.2' },
    );
    await world.applyGrpcService(namespace, 'orders', { dns: { labels: { team: 'shop' } } });
    await world.applyGrpcService(namespace, 'sibling');
    await world.untilReady(namespace, 'orders', addresses);
    await world.untilReady(namespace, 'sibling', ['10.77.42.2']);
  });
  after(() => world.dispose());

  /** Something else that the operator has certainly seen after all that came before. */
  const movesSibling = async (address: string): Promise<void> => {
    await registry.table.register({ service: 'sibling', instanceId: 'only', address });
    await world.untilReady(namespace, 'sibling', [address]);
  };

  describe('a change of the GrpcService is carried out:', () => {
    it('another port', async () => {
      await registry.table.register({
        service: 'ported',
        instanceId: 'a',
        address: '10.77.44.1',
        port: 50051,
      });
      await registry.table.register({
        service: 'ported',
        instanceId: 'b',
        address: '10.77.44.2',
        port: 50052,
      });
      await world.applyGrpcService(namespace, 'ported');
      await world.untilReady(namespace, 'ported', ['10.77.44.1']);
      await world.applyGrpcService(namespace, 'ported', { port: 50052 });
      await world.untilReady(namespace, 'ported', ['10.77.44.2']);
      const service = await waitFor('the Service port', async () => {
        const now = await world.service(namespace, 'ported');
        return now?.spec.ports?.[0]?.port === 50052 ? now : undefined;
      });
      assert.equal(service.spec.ports?.[0]?.targetPort, 50052);
      const slices = await world.slices(namespace, 'ported');
      assert.deepEqual(
        slices.map(({ ports }) => ports?.[0]?.port),
        [50052],
      );
      await waitFor('the target', async () => {
        const { status } = (await world.grpcService(namespace, 'ported')) ?? {};
        return status?.targets?.dns?.endsWith(':50052');
      });
    });

    it('another service of the registry', async () => {
      await world.applyGrpcService(namespace, 'ported', { service: 'sibling' });
      await world.untilReady(namespace, 'ported', ['10.77.42.2']);
    });

    it('a selector on metadata, zone and region', async () => {
      const row = (instanceId: string, last: number, zone: string, version: string) => {
        const address = `10.77.45.${last}`;
        return { service: 'chosen', instanceId, address, zone, metadata: { version } };
      };
      await registry.table.register(row('a', 1, 'z1', '1'), row('b', 2, 'z2', '1'), row('c', 3, 'z1', '2'));
      await world.applyGrpcService(namespace, 'chosen', { selector: { matchLabels: { version: '1' } } });
      await world.untilReady(namespace, 'chosen', ['10.77.45.1', '10.77.45.2']);
      await world.applyGrpcService(namespace, 'chosen', {
        selector: {
          matchLabels: { zone: 'z1' },
          matchExpressions: [{ key: 'version', operator: 'NotIn', values: ['1'] }],
        },
      });
      await world.untilReady(namespace, 'chosen', ['10.77.45.3']);
      await world.applyGrpcService(namespace, 'chosen', { selector: { matchLabels: { version: '9' } } });
      const none = await world.untilCondition(namespace, 'chosen', 'Ready', 'False NoReadyInstances');
      assert.match(none.message, /spec\.selector/);
    });

    it('another Service name: the old one goes only when the new one stands', async () => {
      await world.applyGrpcService(namespace, 'moving', { service: 'sibling' });
      await world.untilReady(namespace, 'moving', ['10.77.42.2']);
      await waitFor('the Service', () => world.service(namespace, 'moving'));
      const slices = await EventLog.start(
        world,
        `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
      );
      const services = await EventLog.start(world, `/api/v1/namespaces/${namespace}/services`);
      await world.applyGrpcService(namespace, 'moving', {
        service: 'sibling',
        dns: { serviceName: 'moved' },
      });
      await waitFor('the old name to go', () => {
        return (
          services.revisionOf('DELETED', 'moving') > 0n && slices.revisionOf('DELETED', /^moving-4-/) > 0n
        );
      });
      await Promise.all([slices.stop(), services.stop()]);
      const order = [
        slices.revisionOf('ADDED', /^moved-4-/),
        services.revisionOf('ADDED', 'moved'),
        services.revisionOf('DELETED', 'moving'),
        slices.revisionOf('DELETED', /^moving-4-/),
      ];
      assert.ok(
        order.every((revision, at) => revision > (order[at - 1] ?? 0n)),
        order.join(' '),
      );
      assert.deepEqual(await world.ready(namespace, 'moved'), ['10.77.42.2']);
      await waitFor('the target', async () => {
        const { status } = (await world.grpcService(namespace, 'moving')) ?? {};
        return status?.targets?.dns === `dns:///moved.${namespace}.svc.cluster.local:50051`;
      });
    });

    it('dns.enabled false takes Service and slices away, true brings them back', async () => {
      await world.applyGrpcService(namespace, 'switched', { service: 'sibling' });
      await world.untilReady(namespace, 'switched', ['10.77.42.2']);
      await waitFor('the Service', () => world.service(namespace, 'switched'));
      await world.applyGrpcService(namespace, 'switched', { service: 'sibling', dns: { enabled: false } });
      await waitFor('Service and slices to go', async () => {
        const slices = await world.slices(namespace, 'switched');
        return slices.length === 0 && (await world.service(namespace, 'switched')) === undefined;
      });
      const ready = await world.untilCondition(namespace, 'switched', 'Ready', 'True DNSDisabled');
      assert.match(ready.message, /spec\.dns\.enabled/);
      assert.equal((await world.grpcService(namespace, 'switched'))?.status?.targets?.dns, undefined);
      await world.applyGrpcService(namespace, 'switched', { service: 'sibling', dns: { enabled: true } });
      await world.untilReady(namespace, 'switched', ['10.77.42.2']);
      await waitFor('the Service', () => world.service(namespace, 'switched'));
    });

    it('labels and annotations come, change and go, on the Service and (labels) on the slices', async () => {
      const dns = { serviceName: 'labelled' };
      const apply = (change: object) =>
        world.applyGrpcService(namespace, 'labelled', { service: 'sibling', dns: { ...dns, ...change } });
      const both = async () => {
        const service = await world.service(namespace, 'labelled');
        const [slice] = await world.slices(namespace, 'labelled');
        const metadata = service?.metadata;
        return `${metadata?.labels?.tier} ${metadata?.annotations?.['example.org/a']} ${slice?.metadata.labels?.tier}`;
      };
      await apply({ labels: { tier: 'gold' }, annotations: { 'example.org/a': 'one' } });
      await waitFor('labels to come', async () => (await both()) === 'gold one gold');
      await world.mergePatch('services', namespace, 'labelled', { metadata: { labels: { theirs: 'kept' } } });
      await apply({ labels: { tier: 'silver' }, annotations: { 'example.org/a': 'two' } });
      await waitFor('labels to change', async () => (await both()) === 'silver two silver');
      await apply({});
      await waitFor('labels to go', async () => (await both()) === 'undefined undefined undefined');
      const service = await world.service(namespace, 'labelled');
      assert.equal(service?.metadata.labels?.theirs, 'kept');
    });

    it('address types', async () => {
      await world.applyGrpcService(namespace, 'orders', {
        dns: { labels: { team: 'shop' }, addressTypes: ['IPv6'] },
      });
      await world.untilReady(namespace, 'orders', ['fd77::41']);
      await world.applyGrpcService(namespace, 'orders', { dns: { labels: { team: 'shop' } } });
      await world.untilReady(namespace, 'orders', addresses);
    });

    it('a GrpcService deleted and applied again at once is published again', async () => {
      await world.applyGrpcService(namespace, 'again', { service: 'sibling' });
      await world.untilReady(namespace, 'again', ['10.77.42.2']);
      const old = await waitFor('the Service', () => world.service(namespace, 'again'));
      await world.delete('grpcservices', namespace, 'again');
      await world.applyGrpcService(namespace, 'again', { service: 'sibling' });
      await world.untilCondition(namespace, 'again', 'Ready', 'True Published', { timeoutMs: 30_000 });
      await world.untilReady(namespace, 'again', ['10.77.42.2']);
      const fresh = await world.service(namespace, 'again');
      assert.notEqual(fresh?.metadata.uid, old.metadata.uid);
    });
  });

  describe('while paused nothing is written, and afterwards it catches up:', () => {
    it('a GrpcService', async () => {
      await registry.table.register({ service: 'paused', instanceId: 'a', address: '10.77.46.1' });
      await world.applyGrpcService(namespace, 'paused');
      await world.untilReady(namespace, 'paused', ['10.77.46.1']);
      await world.applyGrpcService(namespace, 'paused', { paused: true });
      const condition = await world.untilCondition(namespace, 'paused', 'Ready', 'Unknown Paused');
      assert.match(condition.message, /spec\.paused .*false/s);
      await unwrittenWhile('paused', async () => {
        await registry.table.register({ service: 'paused', instanceId: 'b', address: '10.77.46.2' });
        await registry.table.setStatus('paused', 'a', 'DOWN');
        await movesSibling('10.77.42.3');
        await movesSibling('10.77.42.4');
      });
      await world.applyGrpcService(namespace, 'paused', { paused: false });
      await world.untilReady(namespace, 'paused', ['10.77.46.2']);
      await world.untilCondition(namespace, 'paused', 'Ready', 'True Published');
    });

    it('a Registry, with all that use it', async () => {
      const name = world.name('pausing');
      await world.registryObject(registry, name, SPEC);
      const registryRef = { name, namespace: 'rollcall-system' };
      await registry.table.register({ service: 'stopped', instanceId: 'a', address: '10.77.47.1' });
      await world.applyGrpcService(namespace, 'stopped', { registryRef });
      await world.untilReady(namespace, 'stopped', ['10.77.47.1']);
      await world.mergePatch('registries', 'rollcall-system', name, { spec: { paused: true } });
      const condition = await world.untilCondition(namespace, 'stopped', 'Ready', 'Unknown Paused');
      assert.match(condition.message, new RegExp(`Registry rollcall-system/${name} .*spec\\.paused`));
      await world.untilCondition('rollcall-system', name, 'Ready', 'Unknown Paused', {
        plural: 'registries',
      });
      await unwrittenWhile('stopped', async () => {
        await registry.table.register({ service: 'stopped', instanceId: 'b', address: '10.77.47.2' });
        await movesSibling('10.77.42.5');
        await movesSibling('10.77.42.6');
      });
      await world.mergePatch('registries', 'rollcall-system', name, { spec: { paused: false } });
      await world.untilReady(namespace, 'stopped', ['10.77.47.1', '10.77.47.2']);
      await world.untilCondition('rollcall-system', name, 'Ready', 'True Synced', { plural: 'registries' });
    });
  });

  const unwrittenWhile = async (name: string, change: () => Promise<void>): Promise<void> => {
    const objects = async () =>
      versions([await world.service(namespace, name), ...(await world.slices(namespace, name))]);
    const before = await objects();
    await change();
    assert.deepEqual(await objects(), before);
  };

  describe('protection:', () => {
    it('lets go of held instances at once by the annotation', async () => {
      const rows = [1, 2, 3, 4].map((last) => ({
        service: 'held',
        instanceId: `i${last}`,
        address: `10.77.48.${last}`,
        ttlMs: 1500,
      }));
      await registry.table.register(...rows);
      await world.applyGrpcService(namespace, 'held');
      const held = await world.untilCondition(namespace, 'held', 'Protected', 'True HoldingExpired');
      assert.match(held.message, /rollcall\.dev\/release-held/);
      assert.equal((await world.ready(namespace, 'held')).length, 2);
      const annotations = { 'rollcall.dev/release-held': new Date(Date.now() + 1000).toISOString() };
      await world.applyGrpcService(namespace, 'held', {}, annotations);
      await world.untilReady(namespace, 'held', []);
      await world.untilCondition(namespace, 'held', 'Protected', 'False NothingHeld');
    });
  });
});
