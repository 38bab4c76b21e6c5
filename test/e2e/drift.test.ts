import assert from 'node:assert/strict';
import { waitFor } from '../../local/lib/wait.ts';
import type { EndpointSlice, KubeService } from '../../src/model/kube-objects.ts';
import { LABEL_GRPCSERVICE_UID, LABEL_HEADLESS, LABEL_MANAGED_BY } from '../../src/model/names.ts';
import type { OperatorProcess } from './support/operator.ts';
import { type TestRegistry, World } from './support/world.ts';
import { versions, WriteLog } from './support/written.ts';

/** Ours promise "about a second"; a machine that other work shares gets more. */
const REPAIR_MS = 5_000;
const SPEC = { feed: { type: 'Poll', poll: { interval: '200ms', auditInterval: '1s' } } } as const;

describe('what others change is put right, and what nobody changed is not written', function () {
  this.timeout(60_000);
  let world: World;
  let registry: TestRegistry;
  let operator: OperatorProcess;
  let namespace: string;
  const addresses = ['10.77.41.1', '10.77.41.2', '10.77.41.3', 'fd77::41'];

  before(async () => {
    world = await World.create();
    registry = await world.registry(SPEC);
    namespace = await world.namespace();
    operator = await world.operator(registry, { flags: ['--max-endpoints-per-slice', '2'] });
    await registry.table.register(
      ...addresses.map((address, at) => ({ service: 'orders', instanceId: `i${at}`, address })),
      { service: 'sibling', instanceId: 'only', address: '10.77.42.1' },
    );
    await world.applyGrpcService(namespace, 'orders', { dns: { labels: { team: 'shop' } } });
    await world.applyGrpcService(namespace, 'sibling');
    await world.untilReady(namespace, 'orders', addresses);
    await world.untilReady(namespace, 'sibling', ['10.77.42.1']);
    await world.untilCondition(namespace, 'orders', 'Ready', 'True Published');
    await world.untilCondition(namespace, 'sibling', 'Ready', 'True Published');
  });
  after(() => world.dispose());

  /** Slices of ours, whatever label was taken off them; those that Kubernetes itself makes while a selector is there are not. */
  const slicesNow = async (): Promise<readonly EndpointSlice[]> => {
    const { items } = await world.cluster.request<{ items: EndpointSlice[] }>(
      'GET',
      `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    );
    return items.filter(({ metadata }) => metadata.ownerReferences?.[0]?.kind !== 'Service');
  };

  const oneOf = async (addressType: string): Promise<EndpointSlice> => {
    const slices = await world.slices(namespace, 'orders');
    const [slice] = slices.filter((each) => each.addressType === addressType);
    assert.ok(slice);
    return slice;
  };

  const sliceEdits: readonly {
    readonly what: string;
    readonly patch: (slice: EndpointSlice, siblingUid: string) => unknown;
  }[] = [
    { what: 'its label managed-by is removed', patch: () => labels({ [LABEL_MANAGED_BY]: null }) },
    { what: 'its label managed-by names another', patch: () => labels({ [LABEL_MANAGED_BY]: 'me' }) },
    {
      what: 'its label service-name is removed',
      patch: () => labels({ 'kubernetes.io/service-name': null }),
    },
    { what: 'the uid of its GrpcService is removed', patch: () => labels({ [LABEL_GRPCSERVICE_UID]: null }) },
    {
      what: 'its uid label names another GrpcService',
      patch: (_, siblingUid) => labels({ [LABEL_GRPCSERVICE_UID]: siblingUid }),
    },
    {
      what: 'both labels that say it is ours are removed',
      patch: () => labels({ [LABEL_MANAGED_BY]: null, [LABEL_GRPCSERVICE_UID]: null }),
    },
    { what: 'its label headless is removed', patch: () => labels({ [LABEL_HEADLESS]: null }) },
    { what: 'a label of spec.dns.labels is changed', patch: () => labels({ team: 'other' }) },
    { what: 'its owner is removed', patch: () => ({ metadata: { ownerReferences: null } }) },
    {
      what: 'its owner no longer controls it',
      patch: ({ metadata }) => ({
        metadata: {
          ownerReferences: metadata.ownerReferences?.map((owner) => ({ ...owner, controller: false })),
        },
      }),
    },
    {
      what: 'an endpoint is taken out',
      patch: ({ endpoints }) => ({ endpoints: endpoints?.slice(1) ?? [] }),
    },
    { what: 'all endpoints are taken out', patch: () => ({ endpoints: null }) },
    {
      what: 'an endpoint is added',
      patch: ({ endpoints }) => ({ endpoints: [...(endpoints ?? []), { addresses: ['10.77.41.99'] }] }),
    },
    {
      what: 'an endpoint is said not to be ready',
      patch: ({ endpoints }) => ({
        endpoints: endpoints?.map((endpoint) => ({ ...endpoint, conditions: { ready: false } })),
      }),
    },
    { what: 'its port is changed', patch: () => ({ ports: [{ name: 'grpc', port: 1 }] }) },
  ];

  describe('a slice is mended, and no other one written, when', () => {
    for (const { what, patch } of sliceEdits) {
      it(what, async () => {
        const before = await slicesNow();
        const shapes = sorted(before);
        const slice = await oneOf('IPv4');
        const sibling = await world.grpcService(namespace, 'sibling');
        await world.mergePatch(
          'endpointslices',
          namespace,
          slice.metadata.name,
          patch(slice, sibling?.metadata.uid ?? ''),
        );
        const after = await waitFor(
          `slices as before: ${JSON.stringify(shapes)}`,
          async () => {
            const now = await slicesNow();
            return JSON.stringify(sorted(now)) === JSON.stringify(shapes) ? now : undefined;
          },
          { timeoutMs: REPAIR_MS },
        );
        const now = versions(after);
        assert.deepEqual(Object.keys(now).sort(), Object.keys(versions(before)).sort());
        assert.deepEqual(withoutName(now, slice), withoutName(versions(before), slice));
      });
    }

    it('it is deleted: it comes back under its name', async () => {
      const before = await slicesNow();
      const slice = await oneOf('IPv4');
      await world.delete('endpointslices', namespace, slice.metadata.name);
      const after = await waitFor(
        'the slice to come back',
        async () => {
          const now = await slicesNow();
          return JSON.stringify(sorted(now)) === JSON.stringify(sorted(before)) ? now : undefined;
        },
        { timeoutMs: REPAIR_MS },
      );
      assert.deepEqual(withoutName(versions(after), slice), withoutName(versions(before), slice));
      assert.notEqual(versions(after)[slice.metadata.name], undefined);
    });

    it('its label service-name names another Service: it is replaced, and the other Service loses the addresses', async () => {
      const before = await slicesNow();
      const slice = await oneOf('IPv4');
      const patch = labels({ 'kubernetes.io/service-name': 'other' });
      await world.mergePatch('endpointslices', namespace, slice.metadata.name, patch);
      const after = await waitFor(
        'slices as before',
        async () => {
          const now = await slicesNow();
          return JSON.stringify(sorted(now)) === JSON.stringify(sorted(before)) ? now : undefined;
        },
        { timeoutMs: REPAIR_MS },
      );
      assert.equal(versions(after)[slice.metadata.name], undefined);
      assert.deepEqual(await world.slices(namespace, 'other'), []);
    });

    it('all of them are deleted at once', async () => {
      await world.cluster.kubectl(['delete', 'endpointslices', '-n', namespace, '--all', '--wait=false']);
      await world.untilReady(namespace, 'orders', addresses, REPAIR_MS);
      await world.untilReady(namespace, 'sibling', ['10.77.42.1'], REPAIR_MS);
    });

    it('an operator that was away finds one whose labels were taken off meanwhile', async () => {
      await operator.stop();
      const slice = await oneOf('IPv4');
      await world.mergePatch('endpointslices', namespace, slice.metadata.name, {
        ...labels({ [LABEL_MANAGED_BY]: null }),
        endpoints: [{ addresses: ['10.77.41.98'] }],
      });
      await operator.start();
      await world.untilReady(namespace, 'orders', addresses, 20_000);
      const mended = await slicesNow();
      assert.ok(mended.every(({ metadata }) => metadata.labels?.[LABEL_MANAGED_BY] === 'rollcall.dev'));
    });
  });

  const serviceEdits: readonly {
    readonly what: string;
    readonly patch: (service: KubeService) => unknown;
  }[] = [
    {
      what: 'a selector is added',
      patch: () => ({
        spec: { selector: { app: 'mine' }, ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'] },
      }),
    },
    { what: 'its port is changed', patch: () => ({ spec: { ports: [{ name: 'grpc', port: 80 }] } }) },
    {
      what: 'a port is added',
      patch: ({ spec }) => ({ spec: { ports: [...(spec.ports ?? []), { name: 'more', port: 81 }] } }),
    },
    {
      what: 'addresses that are not ready are asked for',
      patch: () => ({ spec: { publishNotReadyAddresses: true } }),
    },
    { what: 'session affinity is set', patch: () => ({ spec: { sessionAffinity: 'ClientIP' } }) },
    { what: 'its label with our uid is removed', patch: () => labels({ [LABEL_GRPCSERVICE_UID]: null }) },
    { what: 'a label of spec.dns.labels is changed', patch: () => labels({ team: 'other' }) },
    { what: 'its owner is removed', patch: () => ({ metadata: { ownerReferences: null } }) },
    {
      what: 'it is made an external name',
      patch: () => ({
        spec: {
          type: 'ExternalName',
          externalName: 'example.org',
          ...{ clusterIP: null, clusterIPs: null, ipFamilies: null, ipFamilyPolicy: null },
          internalTrafficPolicy: null,
        },
      }),
    },
  ];

  describe('the Service is mended, and no slice written, when', () => {
    for (const { what, patch } of serviceEdits) {
      it(what, async () => {
        const before = await world.service(namespace, 'orders');
        assert.ok(before);
        const slices = versions(await slicesNow());
        await world.mergePatch('services', namespace, 'orders', patch(before));
        await waitFor(
          `the Service as before: ${JSON.stringify(essence(before))}`,
          async () => {
            const now = await world.service(namespace, 'orders');
            return now !== undefined && JSON.stringify(essence(now)) === JSON.stringify(essence(before));
          },
          { timeoutMs: REPAIR_MS },
        );
        assert.deepEqual(versions(await slicesNow()), slices);
      });
    }

    it('it is deleted', async () => {
      const before = await world.service(namespace, 'orders');
      const slices = versions(await slicesNow());
      await world.delete('services', namespace, 'orders');
      const now = await waitFor('the Service to come back', () => world.service(namespace, 'orders'), {
        timeoutMs: REPAIR_MS,
      });
      assert.notEqual(now.metadata.uid, before?.metadata.uid);
      assert.deepEqual(versions(await slicesNow()), slices);
    });
  });

  describe('what is none of its business, and what is quiet:', () => {
    it('leaves labels and annotations of others on the Service alone', async () => {
      await world.mergePatch('services', namespace, 'orders', {
        metadata: { labels: { owner: 'them' }, annotations: { 'example.org/note': 'theirs' } },
      });
      await movesSibling('10.77.42.2');
      const service = await world.service(namespace, 'orders');
      assert.equal(service?.metadata.labels?.owner, 'them');
      assert.equal(service.metadata.annotations?.['example.org/note'], 'theirs');
    });

    it('writes a status that somebody changed by hand again', async () => {
      const before = await world.grpcService(namespace, 'orders');
      await world.cluster.request(
        'PATCH',
        `/apis/rollcall.dev/v1alpha1/namespaces/${namespace}/grpcservices/orders/status`,
        { status: { slices: 77, conditions: [], endpoints: { ...before?.status?.endpoints, ready: 99 } } },
        'application/merge-patch+json',
      );
      await waitFor(
        'the status as before',
        async () => {
          const status = (await world.grpcService(namespace, 'orders'))?.status;
          return (
            status?.endpoints?.ready === addresses.length &&
            status.slices === before?.status?.slices &&
            status.conditions?.length === before?.status?.conditions?.length
          );
        },
        { timeoutMs: REPAIR_MS },
      );
    });

    it('writes nothing at all while nothing changes, though servers beat and audits run', async () => {
      const beating = { service: 'beating', instanceId: 'only', address: '10.77.43.1', ttlMs: 30_000 };
      await registry.table.register(beating);
      await world.applyGrpcService(namespace, 'beating');
      await world.untilReady(namespace, 'beating', ['10.77.43.1']);
      await settled();
      const objects = async () =>
        versions([
          ...(await slicesNow()),
          ...(await Promise.all(
            ['orders', 'sibling', 'beating'].map((name) => world.service(namespace, name)),
          )),
        ]);
      const before = await objects();
      const written = await WriteLog.start(world, namespace);
      const readBefore = await registryReads();
      await waitFor('twenty more looks at the registry', async () => {
        await registry.table.beat(beating);
        return (await registryReads()) > readBefore + 20;
      });
      const counts = (['endpointslices', 'services', 'grpcservices'] as const).map((plural) =>
        written.count(plural),
      );
      await written.stop();
      assert.deepEqual(counts, [0, 0, 0]);
      assert.deepEqual(await objects(), before);
    });
  });

  /** Statements that the operator's user has sent to the database, by the server's own count. */
  const registryReads = async (): Promise<number> => {
    const [row] = await registry.database.query<{ Value: string }>(`SHOW GLOBAL STATUS LIKE 'Com_select'`);
    return Number(row?.Value);
  };

  /** Waits until the last change of every status has been written: what is no transition may wait for a second. */
  const settled = async (): Promise<void> => {
    let last = '';
    let since = performance.now();
    await waitFor('no status to change for two seconds', async () => {
      const { items } = await world.cluster.request<{ items: EndpointSlice[] }>(
        'GET',
        `/apis/rollcall.dev/v1alpha1/namespaces/${namespace}/grpcservices`,
      );
      const now = JSON.stringify(versions(items));
      if (now !== last) since = performance.now();
      last = now;
      return performance.now() - since > 2000;
    });
  };

  /** Something else that the operator has certainly seen after all that came before. */
  const movesSibling = async (address: string): Promise<void> => {
    await registry.table.register({ service: 'sibling', instanceId: 'only', address });
    await world.untilReady(namespace, 'sibling', [address]);
  };
});

function withoutName(
  all: Readonly<Record<string, string>>,
  { metadata: { name } }: EndpointSlice,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(all).filter(([other]) => other !== name));
}

function labels(change: Readonly<Record<string, string | null>>): object {
  return { metadata: { labels: change } };
}

/** What slices say, without names and versions; within a slice the order of endpoints says nothing. */
function sorted(slices: readonly EndpointSlice[]): readonly string[] {
  return slices
    .map(({ metadata, addressType, endpoints, ports }) => {
      const label = Object.entries(metadata.labels ?? {}).sort();
      const held = (endpoints ?? []).map((endpoint) => JSON.stringify(endpoint)).sort();
      return JSON.stringify([label, metadata.ownerReferences, addressType, held, ports]);
    })
    .sort();
}

/** What is ours of a Service. */
function essence({ metadata, spec }: KubeService): unknown {
  const judged = Object.entries(spec).filter(([field]) => !['ipFamilies', 'ipFamilyPolicy'].includes(field));
  return {
    labels: Object.entries(metadata.labels ?? {}).sort(),
    owners: metadata.ownerReferences,
    spec: judged.sort(),
  };
}
