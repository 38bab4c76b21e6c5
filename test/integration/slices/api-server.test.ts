import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Cluster } from '../../../local/cluster.ts';
import { KubeRequestFailed } from '../../../local/servers/kube-client.ts';
import type { Endpoint } from '../../../src/desired/endpoint.ts';
import type { EndpointSlice, KubeObject, KubeService } from '../../../src/model/kube-objects.ts';
import { parseAddress } from '../../../src/registry/address.ts';
import { compactSlices } from '../../../src/slices/compact-slices.ts';
import { planSlices } from '../../../src/slices/plan-slices.ts';
import { planService, type ServicePlan } from '../../../src/slices/service-plan.ts';
import type { ServiceTarget } from '../../../src/slices/service-shape.ts';
import type { SlicePlan, SliceTarget } from '../../../src/slices/slice-plan.ts';
import { aServiceTarget } from '../../support/kube-services.ts';
import { addressesIn, anEndpoint, aTarget, endpoints, inputOf } from '../../support/slices.ts';
import { needs, testbed } from '../../support/testbed/index.ts';

const NAMESPACE = 'slices-test';

describe('plans, carried out by a real API server', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let target: SliceTarget;
  let serviceTarget: ServiceTarget;

  before(async function () {
    needs(this, 'kubernetes', 'etcd');
    cluster = await testbed.cluster();
    await cluster.createNamespace(NAMESPACE);
    // An owner that exists, or the garbage collector would take the slices away.
    const { metadata } = await cluster.request<KubeObject>(
      'POST',
      `/api/v1/namespaces/${NAMESPACE}/configmaps`,
      {
        metadata: { name: 'orders' },
      },
    );
    const uid = metadata.uid ?? '';
    const owner = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'orders',
      uid,
      controller: true,
      blockOwnerDeletion: true,
    };
    target = aTarget({ namespace: NAMESPACE, owner, uid });
    serviceTarget = aServiceTarget({ namespace: NAMESPACE, owner, uid });
  });

  const slicesPath = `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`;
  const servicesPath = `/api/v1/namespaces/${NAMESPACE}/services`;

  async function storedSlices(): Promise<readonly EndpointSlice[]> {
    return (await cluster.request<{ items: readonly EndpointSlice[] }>('GET', slicesPath)).items;
  }

  async function carryOut(plan: SlicePlan): Promise<void> {
    for (const slice of plan.create) await cluster.request('POST', slicesPath, slice);
    for (const slice of plan.update)
      await cluster.request('PUT', `${slicesPath}/${slice.metadata.name}`, slice);
    for (const { metadata } of plan.delete) {
      const { uid, resourceVersion } = metadata;
      await cluster.request('DELETE', `${slicesPath}/${metadata.name}`, {
        preconditions: { uid, resourceVersion },
      });
    }
  }

  /** Plans for `desired` from what is stored, carries it out, and demands that there is nothing more to do. */
  async function settle(desired: readonly Endpoint[], max = 100): Promise<SlicePlan> {
    const plan = planSlices(inputOf(await storedSlices(), desired, { target, max }));
    await carryOut(plan);
    const again = planSlices(inputOf(await storedSlices(), desired, { target, max }));
    assert.deepEqual([again.create, again.update, again.delete], [[], [], []]);
    return plan;
  }

  it('slices are stored as they were planned: nothing is left to plan', async () => {
    await settle([]);
    await settle([
      ...endpoints(7),
      ...endpoints(3, 'IPv6'),
      anEndpoint('10.1.0.1', { zone: 'eu-1' }),
      anEndpoint('10.1.0.2', { state: 'Draining' }),
    ]);
    await settle(endpoints([2, 4, 8]), 2);
    await settle(endpoints(9), 4);
    await settle([]);
  });

  it('compaction is accepted, and leaves nothing to plan', async () => {
    await settle(endpoints(12), 2);
    await settle(endpoints([1, 3, 5, 7, 9, 11]), 2);
    const desired = endpoints([1, 3, 5, 7, 9, 11]);
    const step = compactSlices(inputOf(await storedSlices(), desired, { target, max: 6 }));
    assert.equal(step.idle, false);
    await carryOut(step);
    const after = await storedSlices();
    assert.equal(planSlices(inputOf(after, desired, { target, max: 6 })).idle, true);
    assert.deepEqual(after.flatMap(addressesIn).sort(), desired.map(({ address }) => address).sort());
  });

  it('every address that a row may have is taken', async () => {
    const texts = [
      ...fc.sample(fc.oneof(fc.ipV4(), fc.ipV4Extended(), fc.ipV6()), { numRuns: 1500, seed: 42 }),
      ...[
        '::1.2.3.4',
        '64:ff9b::1.2.3.4',
        '::ffff:10.9.8.7',
        '1:0:0:2:0:0:0:3',
        '240.0.0.1',
        '100.64.0.1',
        '2002::1',
      ],
    ];
    const accepted = texts.map((text) => parseAddress(text)).filter((parsed) => parsed.ok);
    const unique = [...new Set(accepted.map(({ address }) => address))];
    assert.ok(unique.length > 500);
    await settle(unique.map((address) => anEndpoint(address)));
    const held = (await storedSlices()).flatMap(addressesIn);
    assert.deepEqual([...held].sort(), [...unique].sort());
  });

  const addressesItRefuses = [
    '127.0.0.1',
    '169.254.1.1',
    '224.0.0.1',
    '::1',
    'fe80::1',
    'ff02::1',
    '::',
    '0.0.0.0',
    '010.1.1.1',
  ];
  it('an address that it refuses would take the whole slice along, and is never handed to it', async () => {
    for (const address of addressesItRefuses) {
      const [slice] = planSlices(inputOf([], [anEndpoint(address)], { target })).create;
      assert.equal(parseAddress(address).ok, false);
      // Leading zeros are refused by newer servers only.
      if (address !== '010.1.1.1')
        await refused('POST', slicesPath, { ...slice, metadata: { name: 'refused' } });
    }
  });

  async function refused(method: string, path: string, body: unknown): Promise<void> {
    await assert.rejects(cluster.request(method, path, body), (error) => {
      assert.ok(error instanceof KubeRequestFailed);
      assert.equal(error.status, 422);
      return true;
    });
  }

  const servicePath = `${servicesPath}/orders`;
  const storedService = async (): Promise<KubeService> => await cluster.request('GET', servicePath);
  const planFor = (existing: KubeService | undefined): ServicePlan =>
    planService({ existing, target: serviceTarget, adoption: 'Never', foreignSlices: [] });
  const put = async (change: (service: KubeService) => object): Promise<void> => {
    await cluster.request('PUT', servicePath, change(await storedService()));
  };

  it('the Service is stored as it was planned: nothing is left to plan', async () => {
    const plan = planFor(undefined);
    assert.ok(plan.action === 'create');
    await cluster.request('POST', servicesPath, plan.service);
    assert.equal(planFor(await storedService()).action, 'none');
  });

  const drifts: readonly { readonly name: string; readonly change: (service: KubeService) => object }[] = [
    {
      // Without naming one family, a cluster that has only one refuses a selector by itself: that would ask for both.
      name: 'a selector',
      change: (s) => ({
        ...s,
        spec: { ...s.spec, selector: { app: 'x' }, ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'] },
      }),
    },
    {
      name: 'a second port',
      change: (s) => ({
        ...s,
        spec: { ...s.spec, ports: [...(s.spec.ports ?? []), { name: 'http', port: 80 }] },
      }),
    },
    { name: 'external IPs', change: (s) => ({ ...s, spec: { ...s.spec, externalIPs: ['192.0.2.1'] } }) },
    {
      name: 'not-ready addresses',
      change: (s) => ({ ...s, spec: { ...s.spec, publishNotReadyAddresses: true } }),
    },
    { name: 'session affinity', change: (s) => ({ ...s, spec: { ...s.spec, sessionAffinity: 'ClientIP' } }) },
    {
      name: 'a traffic policy',
      change: (s) => ({ ...s, spec: { ...s.spec, internalTrafficPolicy: 'Local' } }),
    },
    {
      name: 'a traffic distribution',
      change: (s) => ({ ...s, spec: { ...s.spec, trafficDistribution: 'PreferClose' } }),
    },
    {
      name: 'the type ExternalName',
      change: (s) => ({ ...s, spec: { type: 'ExternalName', externalName: 'a.example.com' } }),
    },
    { name: 'no owner', change: (s) => ({ ...s, metadata: { ...s.metadata, ownerReferences: [] } }) },
  ];
  for (const { name, change } of drifts) {
    it(`the Service given ${name} is brought back by one update`, async () => {
      await put(change);
      const plan = planFor(await storedService());
      assert.ok(plan.action === 'update', plan.action);
      await cluster.request('PUT', servicePath, plan.service);
      assert.equal(planFor(await storedService()).action, 'none');
    });
  }

  it('a single address family that somebody chose is no drift: clients see no difference', async () => {
    await put((s) => ({
      ...s,
      spec: { ...s.spec, ipFamilyPolicy: 'SingleStack', ipFamilies: (s.spec.ipFamilies ?? []).slice(0, 1) },
    }));
    assert.equal(planFor(await storedService()).action, 'none');
  });

  it('a cluster IP can only be got rid of by making the Service anew', async () => {
    await put((s) => ({ ...s, spec: { type: 'ExternalName', externalName: 'a.example.com' } }));
    await put((s) => ({ ...s, spec: { type: 'ClusterIP', ports: [{ name: 'grpc', port: 50051 }] } }));
    const withIp = await storedService();
    assert.match(withIp.spec.clusterIP ?? '', /^\d+\./);
    const plan = planFor(withIp);
    assert.ok(plan.action === 'recreate', plan.action);
    await refused('PUT', servicePath, { ...withIp, spec: plan.service.spec });
    const { uid, resourceVersion } = plan.existing.metadata;
    await cluster.request('DELETE', servicePath, { preconditions: { uid, resourceVersion } });
    await cluster.request('POST', servicesPath, plan.service);
    assert.equal(planFor(await storedService()).action, 'none');
  });
});
