import assert from 'node:assert/strict';
import { waitFor } from '../../local/lib/wait.ts';
import type { EndpointSlice, KubeService } from '../../src/model/kube-objects.ts';
import { ANNOTATION_ADOPTED_BY } from '../../src/model/names.ts';
import { followAdvice } from './support/advice.ts';
import { type TestRegistry, World } from './support/world.ts';
import { versions } from './support/written.ts';

const IF_UNOWNED = { dns: { adoption: 'IfUnowned' } } as const;

describe('a Service that somebody else made', function () {
  this.timeout(60_000);
  let world: World;
  let registry: TestRegistry;
  let namespace: string;

  before(async () => {
    world = await World.create();
    registry = await world.registry({ feed: { type: 'Poll', poll: { interval: '200ms' } } });
    namespace = await world.namespace();
    await world.operator(registry);
  });
  after(() => world.dispose());

  /** A Service of the test's own, and an instance of that name in the registry. */
  const foreign = async (name: string, spec: object, metadata: object = {}): Promise<void> => {
    await registry.table.register({ service: name, instanceId: 'a', address: '10.77.50.1' });
    await world.create('services', namespace, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, ...metadata },
      spec: { ports: [{ name: 'rpc', port: 50051 }], ...spec },
    });
  };

  const everything = async (name: string): Promise<unknown> => {
    const selector = encodeURIComponent(`kubernetes.io/service-name=${name}`);
    const { items } = await world.cluster.request<{ items: EndpointSlice[] }>(
      'GET',
      `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${selector}`,
    );
    return versions([await world.service(namespace, name), ...items]);
  };

  const adopted = async (name: string): Promise<KubeService> => {
    await world.untilCondition(namespace, name, 'Ready', 'True Published');
    const service = await world.service(namespace, name);
    const grpcService = await world.grpcService(namespace, name);
    assert.ok(service);
    assert.equal(service.metadata.annotations?.[ANNOTATION_ADOPTED_BY], grpcService?.metadata.uid);
    return service;
  };

  it('is not touched without adoption, and nothing is published under its name', async () => {
    await foreign('theirs', { clusterIP: 'None' });
    const before = await everything('theirs');
    await world.applyGrpcService(namespace, 'theirs');
    const { message } = await world.untilCondition(namespace, 'theirs', 'Ready', 'False ServiceNotOwned');
    assert.match(
      message,
      /kubectl delete service -n \S+ theirs.*spec\.dns\.serviceName.*spec\.dns\.adoption/s,
    );
    await registry.table.register({ service: 'theirs', instanceId: 'b', address: '10.77.50.2' });
    await registry.table.register({ service: 'beside', instanceId: 'a', address: '10.77.50.9' });
    await world.applyGrpcService(namespace, 'beside');
    await world.untilReady(namespace, 'beside', ['10.77.50.9']);
    assert.deepEqual(await everything('theirs'), before);
  });

  it('is replaced by ours once its owner has deleted it, as the message advises', async () => {
    const { message } = await world.untilCondition(namespace, 'theirs', 'Ready', 'False ServiceNotOwned');
    await followAdvice(world, message, /kubectl delete service -n \S+ \S+(?=\))/);
    await world.untilCondition(namespace, 'theirs', 'Ready', 'True Published');
    await world.untilReady(namespace, 'theirs', ['10.77.50.1', '10.77.50.2']);
  });

  it('is adopted when it is headless, without selector and owner; its ports and labels stay its own', async () => {
    await foreign('adopted', { clusterIP: 'None' }, { labels: { team: 'them' } });
    const before = await world.service(namespace, 'adopted');
    await world.applyGrpcService(namespace, 'adopted', IF_UNOWNED);
    await world.untilReady(namespace, 'adopted', ['10.77.50.1']);
    const service = await adopted('adopted');
    assert.deepEqual(service.spec, before?.spec);
    assert.deepEqual(service.metadata.labels, before?.metadata.labels);
    assert.equal(service.metadata.ownerReferences, undefined);
    const [slice] = await world.slices(namespace, 'adopted');
    assert.equal(slice?.ports?.[0]?.name, 'rpc');
  });

  it('follows the registry once it is adopted', async () => {
    await registry.table.register({ service: 'adopted', instanceId: 'b', address: '10.77.50.2' });
    await world.untilReady(namespace, 'adopted', ['10.77.50.1', '10.77.50.2']);
  });

  it('keeps its addresses while it has got a selector, and says so', async () => {
    await world.mergePatch('services', namespace, 'adopted', {
      spec: { selector: { app: 'x' }, ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'] },
    });
    const { message } = await world.untilCondition(namespace, 'adopted', 'Ready', 'False ServiceHasSelector');
    await registry.table.register({ service: 'adopted', instanceId: 'c', address: '10.77.50.3' });
    assert.deepEqual(await ours('adopted'), ['10.77.50.1', '10.77.50.2']);
    await followAdvice(world, message, /kubectl patch service .*?\]'/);
    await waitFor('all three addresses', async () => (await ours('adopted')).length === 3);
  });

  /** Addresses in our slices; while a selector is there Kubernetes has one of its own. */
  const ours = async (name: string): Promise<readonly string[]> => {
    const slices = (await world.slices(namespace, name)).filter(
      ({ metadata }) => metadata.labels?.['endpointslice.kubernetes.io/managed-by'] === 'rollcall.dev',
    );
    return slices.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses)).sort();
  };

  it('is given back when adoption is Never again: our annotation and slices go, the Service stays', async () => {
    const uid = (await world.service(namespace, 'adopted'))?.metadata.uid;
    await world.applyGrpcService(namespace, 'adopted', { dns: { adoption: 'Never' } });
    await waitFor('the annotation to go', async () => {
      const service = await world.service(namespace, 'adopted');
      return service !== undefined && !(ANNOTATION_ADOPTED_BY in (service.metadata.annotations ?? {}));
    });
    await waitFor('our slices to go', async () => (await ours('adopted')).length === 0);
    assert.equal((await world.service(namespace, 'adopted'))?.metadata.uid, uid);
    await world.untilCondition(namespace, 'adopted', 'Ready', 'False ServiceNotOwned');
  });

  it('stays when the GrpcService is renamed or deleted', async () => {
    await foreign('stays', { clusterIP: 'None' });
    await world.applyGrpcService(namespace, 'stays', IF_UNOWNED);
    const { uid } = (await adopted('stays')).metadata;
    await world.applyGrpcService(namespace, 'stays', {
      dns: { adoption: 'IfUnowned', serviceName: 'elsewhere' },
    });
    await waitFor('the Service to be released', async () => {
      const service = await world.service(namespace, 'stays');
      return (
        service?.metadata.uid === uid && service?.metadata.annotations?.[ANNOTATION_ADOPTED_BY] === undefined
      );
    });
    await world.untilReady(namespace, 'elsewhere', ['10.77.50.1']);
    await waitFor('the old slices to go', async () => (await ours('stays')).length === 0);
    await world.applyGrpcService(namespace, 'stays', IF_UNOWNED);
    await waitFor(
      'the new name to go',
      async () => (await world.service(namespace, 'elsewhere')) === undefined,
    );
    await world.untilReady(namespace, 'stays', ['10.77.50.1']);
    await world.delete('grpcservices', namespace, 'stays');
    await waitFor('our slices to go', async () => (await ours('stays')).length === 0);
    assert.equal((await world.service(namespace, 'stays'))?.metadata.uid, uid);
  });

  it('can be adopted by the next GrpcService after its adopter is gone', async () => {
    await world.applyGrpcService(namespace, 'stays', IF_UNOWNED);
    await world.untilReady(namespace, 'stays', ['10.77.50.1']);
    await adopted('stays');
  });

  describe('is refused, and left as it is,', () => {
    const refusals: readonly {
      readonly what: string;
      readonly name: string;
      readonly spec: object;
      readonly metadata?: () => Promise<object>;
      readonly prepare?: () => Promise<unknown>;
      readonly reason: string;
      readonly says: RegExp;
      readonly mend: (message: string) => Promise<unknown>;
    }[] = [
      {
        what: 'while it has a selector',
        name: 'selecting',
        spec: { clusterIP: 'None', selector: { app: 'pods' } },
        reason: 'ServiceHasSelector',
        says: /has a selector/,
        mend: async (message) => {
          await followAdvice(world, message, /kubectl patch service .*?\]'/);
          // The slice that Kubernetes made for the selector outlives it.
          const left = await world.untilCondition(
            namespace,
            'selecting',
            'Ready',
            'False ServiceHasForeignSlices',
          );
          await followAdvice(world, left.message, /kubectl delete endpointslice -n \S+ [^)]+/);
        },
      },
      {
        what: 'while it has a cluster IP',
        name: 'balanced',
        spec: {},
        reason: 'ServiceNotHeadless',
        says: /has cluster IP 10\./,
        mend: (message) => followAdvice(world, message, /kubectl delete service -n \S+ [^\s;)]+/),
      },
      {
        what: 'while it is an external name',
        name: 'external',
        spec: { type: 'ExternalName', externalName: 'example.org' },
        reason: 'ServiceNotHeadless',
        says: /ExternalName/,
        mend: (message) => followAdvice(world, message, /kubectl delete service -n \S+ [^\s;)]+/),
      },
      {
        what: 'while another controller owns it',
        name: 'owned',
        spec: { clusterIP: 'None' },
        metadata: async () => {
          const path = `/api/v1/namespaces/${namespace}/configmaps`;
          const owner = await world.cluster.request<{ metadata: { uid: string } }>('POST', path, {
            metadata: { name: 'owner' },
          });
          const { uid } = owner.metadata;
          const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid, controller: true };
          return { ownerReferences: [reference] };
        },
        reason: 'ServiceOwned',
        says: /controlled by ConfigMap owner/,
        mend: () => world.delete('configmaps', namespace, 'owner'),
      },
      {
        what: 'while there are slices of somebody else for it',
        name: 'sliced',
        spec: { clusterIP: 'None' },
        prepare: () =>
          world.create('endpointslices', namespace, {
            apiVersion: 'discovery.k8s.io/v1',
            kind: 'EndpointSlice',
            metadata: { name: 'by-hand', labels: { 'kubernetes.io/service-name': 'sliced' } },
            addressType: 'IPv4',
            endpoints: [{ addresses: ['10.77.50.77'] }],
            ports: [{ name: 'rpc', port: 50051 }],
          }),
        reason: 'ServiceHasForeignSlices',
        says: /by-hand/,
        mend: (message) => followAdvice(world, message, /kubectl delete endpointslice -n \S+ [^)]+/),
      },
      {
        what: 'while Kubernetes mirrors an Endpoints object for it',
        name: 'mirrored',
        spec: { clusterIP: 'None' },
        prepare: async () => {
          await world.create('endpoints', namespace, {
            apiVersion: 'v1',
            kind: 'Endpoints',
            metadata: { name: 'mirrored' },
            subsets: [{ addresses: [{ ip: '10.77.50.78' }], ports: [{ name: 'rpc', port: 50051 }] }],
          });
          await waitFor('the mirror', async () => (await world.slices(namespace, 'mirrored')).length > 0);
        },
        reason: 'ServiceHasForeignSlices',
        says: /endpointslicemirroring-controller/,
        mend: () => world.delete('endpoints', namespace, 'mirrored'),
      },
    ];

    for (const { what, name, spec, metadata, prepare, reason, says, mend } of refusals) {
      it(`${what}, and used once that is mended`, async () => {
        await foreign(name, spec, await metadata?.());
        await prepare?.();
        const before = await everything(name);
        await world.applyGrpcService(namespace, name, IF_UNOWNED);
        const { message } = await world.untilCondition(namespace, name, 'Ready', `False ${reason}`);
        assert.match(message, says);
        assert.deepEqual(await everything(name), before);
        await mend(message);
        await world.untilCondition(namespace, name, 'Ready', 'True Published', { timeoutMs: 30_000 });
        await waitFor('the address', async () => (await ours(name)).join() === '10.77.50.1');
      });
    }
  });
});
