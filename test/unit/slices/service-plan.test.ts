import assert from 'node:assert/strict';
import type { EndpointSlice, KubeService, KubeServiceSpec } from '../../../src/model/kube-objects.ts';
import { planService, portNameFor, type ServicePlan } from '../../../src/slices/service-plan.ts';
import { isOwnedBy, releasedService, type ServiceTarget } from '../../../src/slices/service-shape.ts';
import { deepFreeze } from '../../support/deep-freeze.ts';
import { aForeignService, aServiceTarget, aStoredService } from '../../support/kube-services.ts';
import { aSlice, aTarget, endpoints, UID } from '../../support/slices.ts';

const ADOPTED_BY = 'rollcall.dev/adopted-by';
const OTHER_UID = '6f1c6c0e-0000-4000-8000-000000000002';

function planFor(
  existing: KubeService | undefined,
  fields: {
    target?: ServiceTarget;
    adoption?: 'Never' | 'IfUnowned';
    foreignSlices?: readonly EndpointSlice[];
  } = {},
): ServicePlan {
  const { target = aServiceTarget(), adoption = 'Never', foreignSlices = [] } = fields;
  return planService(deepFreeze({ existing, target, adoption, foreignSlices }));
}

function serviceOf(plan: ServicePlan): KubeService {
  assert.ok(plan.action === 'create' || plan.action === 'update' || plan.action === 'recreate', plan.action);
  return plan.service;
}

const adopt = (existing: KubeService, foreignSlices: readonly EndpointSlice[] = []): ServicePlan =>
  planFor(existing, { adoption: 'IfUnowned', foreignSlices });

describe('the headless Service that is missing', () => {
  it('is created: no cluster IP, no selector, one port, owned by the GrpcService', () => {
    const plan = planFor(undefined, {
      target: aServiceTarget({ labels: { team: 'shop' }, annotations: { note: 'x' } }),
    });
    assert.equal(plan.action, 'create');
    assert.deepEqual(serviceOf(plan), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'orders',
        namespace: 'shop',
        labels: { team: 'shop', 'rollcall.dev/grpcservice-uid': UID },
        annotations: { note: 'x', 'rollcall.dev/applied': '{"labels":["team"],"annotations":["note"]}' },
        ownerReferences: [aTarget().owner],
      },
      spec: {
        type: 'ClusterIP',
        clusterIP: 'None',
        ports: [{ name: 'grpc', port: 50051, targetPort: 50051, protocol: 'TCP', appProtocol: 'grpc' }],
      },
    });
  });
});

describe('the Service of ours', () => {
  it('is left alone with what the API server filled in', () => {
    assert.equal(planFor(aStoredService()).action, 'none');
    const dressed = aServiceTarget({ labels: { team: 'shop' }, annotations: { note: 'x' } });
    assert.equal(planFor(aStoredService(dressed), { target: dressed }).action, 'none');
  });

  it('is left alone with fields that a newer API server fills in', () => {
    const spec = { futureDefault: 'Something' } as Partial<KubeServiceSpec>;
    assert.equal(planFor(aStoredService(aServiceTarget(), spec)).action, 'none');
  });

  it('keeps labels and annotations of others', () => {
    const { labels, annotations } = aStoredService().metadata;
    const metadata = { labels: { ...labels, x: 'y' }, annotations: { ...annotations, x: 'y' } };
    assert.equal(planFor(aStoredService(aServiceTarget(), {}, metadata)).action, 'none');
  });

  const port = { name: 'grpc', port: 50051, targetPort: 50051, protocol: 'TCP', appProtocol: 'grpc' };
  const drifts: readonly { readonly name: string; readonly spec: Partial<KubeServiceSpec> }[] = [
    { name: 'a selector', spec: { selector: { app: 'orders' } } },
    { name: 'a second port', spec: { ports: [port, { ...port, name: 'http', port: 80, targetPort: 80 }] } },
    { name: 'another port number', spec: { ports: [{ ...port, port: 1 }] } },
    { name: 'another target port', spec: { ports: [{ ...port, targetPort: 'grpc' }] } },
    { name: 'another port name', spec: { ports: [{ ...port, name: 'rpc' }] } },
    {
      name: 'no application protocol',
      spec: { ports: [{ name: 'grpc', port: 50051, targetPort: 50051, protocol: 'TCP' }] },
    },
    { name: 'external IPs', spec: { externalIPs: ['192.0.2.1'] } },
    { name: 'not-ready addresses published', spec: { publishNotReadyAddresses: true } },
    { name: 'session affinity', spec: { sessionAffinity: 'ClientIP' } },
    { name: 'a local traffic policy', spec: { internalTrafficPolicy: 'Local' } },
    { name: 'a traffic distribution', spec: { trafficDistribution: 'PreferClose' } },
  ];
  for (const { name, spec } of drifts) {
    it(`loses ${name} again`, () => {
      const plan = planFor(aStoredService(aServiceTarget(), spec));
      assert.equal(plan.action, 'update');
      assert.deepEqual(serviceOf(plan), aStoredService());
    });
  }

  it('becomes headless again when somebody made it an ExternalName', () => {
    const turned = aStoredService(aServiceTarget(), {
      type: 'ExternalName',
      externalName: 'a.example.com',
      clusterIP: '',
      clusterIPs: [],
    });
    const service = serviceOf(planFor(turned));
    assert.deepEqual(
      [service.spec.type, service.spec.clusterIP, service.spec.externalName],
      ['ClusterIP', 'None', undefined],
    );
  });

  it('is made anew when it has a cluster IP, which no update can take off it', () => {
    const existing = aStoredService(aServiceTarget(), { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'] });
    const plan = planFor(existing);
    assert.ok(plan.action === 'recreate');
    assert.equal(plan.existing, existing);
    assert.equal(plan.service.spec.clusterIP, 'None');
    assert.equal(plan.service.metadata.resourceVersion, undefined);
  });

  it('gets its owner back, and no other beside it', () => {
    for (const ownerReferences of [
      [],
      [{ ...aTarget().owner, controller: false }],
      [aTarget().owner, { ...aTarget().owner, uid: 'x', controller: false }],
    ]) {
      const plan = planFor(aStoredService(aServiceTarget(), {}, { ownerReferences }));
      assert.deepEqual(serviceOf(plan).metadata.ownerReferences, [aTarget().owner]);
    }
  });

  it('gets back labels and annotations of spec.dns that were changed or taken off', () => {
    const target = aServiceTarget({ labels: { team: 'shop' }, annotations: { note: 'x' } });
    const { labels, annotations } = aStoredService(target).metadata;
    for (const metadata of [
      { labels: { ...labels, team: 'other' } },
      { annotations: { ...annotations, note: 'other' } },
    ]) {
      assert.deepEqual(
        serviceOf(planFor(aStoredService(target, {}, metadata), { target })),
        aStoredService(target),
      );
    }
    const bare = aStoredService(target, {}, { labels: {}, annotations: {} });
    assert.deepEqual(serviceOf(planFor(bare, { target })), aStoredService(target));
  });

  it('loses labels and annotations that spec.dns no longer asks for, and only those', () => {
    const before = aStoredService(aServiceTarget({ labels: { a: '1', b: '2' }, annotations: { c: '3' } }));
    const annotations = { ...before.metadata.annotations, theirs: 'x' };
    const target = aServiceTarget({ labels: { b: '2' } });
    const { metadata } = serviceOf(
      planFor({ ...before, metadata: { ...before.metadata, annotations } }, { target }),
    );
    assert.deepEqual(metadata.labels, { b: '2', 'rollcall.dev/grpcservice-uid': UID });
    assert.deepEqual(metadata.annotations, {
      theirs: 'x',
      'rollcall.dev/applied': '{"labels":["b"],"annotations":[]}',
    });
  });

  it('is mended when somebody wrote nonsense into our own note', () => {
    const target = aServiceTarget({ labels: { a: '1' } });
    for (const text of ['{', '[]', 'null', '{"labels":7}']) {
      const stored = aStoredService(target, {}, { annotations: { 'rollcall.dev/applied': text } });
      assert.deepEqual(serviceOf(planFor(stored, { target })).metadata, aStoredService(target).metadata);
    }
  });

  it('is waited for while it is being deleted', () => {
    const going = aStoredService(aServiceTarget(), {}, { deletionTimestamp: '2026-01-31T12:00:00Z' });
    const plan = planFor(going);
    assert.deepEqual([plan.action, plan.reason], ['refuse', 'ServiceTerminating']);
  });

  it('is carried out once: planned again, there is nothing to do', () => {
    const target = aServiceTarget({ labels: { a: '1' } });
    const stored = aStoredService(aServiceTarget({ labels: { z: '1' } }), {
      selector: { a: 'b' },
      externalIPs: ['192.0.2.1'],
    });
    assert.equal(planFor(serviceOf(planFor(stored, { target })), { target }).action, 'none');
  });
});

describe('a Service of somebody else', () => {
  it('is never touched without adoption, and the message says what to type', () => {
    const plan = planFor(aForeignService());
    assert.deepEqual([plan.action, plan.reason], ['refuse', 'ServiceNotOwned']);
    assert.match(plan.message, /kubectl delete service -n shop orders.*spec\.dns\.serviceName.*IfUnowned/);
  });

  it('is not ours because another GrpcService owns it', () => {
    const ownerReferences = [{ ...aTarget().owner, uid: OTHER_UID }];
    const labels = { 'rollcall.dev/grpcservice-uid': UID };
    assert.equal(isOwnedBy(aForeignService({}, { ownerReferences, labels }), UID), false);
  });

  it('is adopted by annotation and otherwise left as it is', () => {
    const plan = adopt(aForeignService());
    assert.deepEqual([plan.action, plan.reason], ['update', 'Adopted']);
    const theirs = aForeignService();
    const annotations = { note: 'ours', [ADOPTED_BY]: UID };
    assert.deepEqual(serviceOf(plan), { ...theirs, metadata: { ...theirs.metadata, annotations } });
  });

  it('is adopted once', () => {
    assert.deepEqual(adopt(serviceOf(adopt(aForeignService()))).action, 'none');
  });

  it('is taken over from an adopter that has no claim to it any more', () => {
    const left = aForeignService({}, { annotations: { [ADOPTED_BY]: OTHER_UID } });
    assert.equal(serviceOf(adopt(left)).metadata.annotations?.[ADOPTED_BY], UID);
  });

  it('keeps its ports, labels and whatever else its owner wants', () => {
    const odd = serviceOf(adopt(aForeignService({ publishNotReadyAddresses: true, ports: [{ port: 1 }] })));
    assert.equal(adopt(odd).action, 'none');
    assert.equal(odd.metadata.ownerReferences, undefined);
  });

  const foreignSlice = (name: string, manager?: string): EndpointSlice =>
    aSlice(name, endpoints(1), {
      metadata: {
        name,
        labels: manager === undefined ? {} : { 'endpointslice.kubernetes.io/managed-by': manager },
      },
    });
  const refused: readonly {
    readonly name: string;
    readonly plan: () => ServicePlan;
    readonly reason: string;
    readonly says: RegExp;
  }[] = [
    {
      name: 'a selector',
      plan: () => adopt(aForeignService({ selector: { app: 'orders' } })),
      reason: 'ServiceHasSelector',
      says: /kubectl patch service -n shop orders/,
    },
    {
      name: 'a cluster IP',
      plan: () => adopt(aForeignService({ clusterIP: '10.96.0.7' })),
      reason: 'ServiceNotHeadless',
      says: /has cluster IP 10\.96\.0\.7/,
    },
    {
      name: 'the type ExternalName',
      plan: () =>
        adopt(aForeignService({ type: 'ExternalName', clusterIP: '', externalName: 'x.example.com' })),
      reason: 'ServiceNotHeadless',
      says: /is of type ExternalName/,
    },
    {
      name: 'a controller of its own',
      plan: () =>
        adopt(
          aForeignService(
            {},
            { ownerReferences: [{ ...aTarget().owner, kind: 'Database', name: 'db', uid: 'x' }] },
          ),
        ),
      reason: 'ServiceOwned',
      says: /controlled by Database db/,
    },
    {
      name: "another manager's slices",
      plan: () =>
        adopt(aForeignService(), [
          foreignSlice('orders-x', 'endpointslicemirroring-controller.k8s.io'),
          foreignSlice('by-hand'),
        ]),
      reason: 'ServiceHasForeignSlices',
      says: /\(endpointslicemirroring-controller\.k8s\.io, nobody\): by-hand, orders-x\. Delete them \(kubectl delete endpointslice -n shop by-hand orders-x\)/,
    },
  ];
  for (const { name, plan, reason, says } of refused) {
    it(`is refused while it has ${name}`, () => {
      const refusal = plan();
      assert.deepEqual([refusal.action, refusal.reason], ['refuse', reason]);
      assert.match(refusal.message, says);
    });
  }

  it('is refused once for all that is in the way, with what ends it', () => {
    const slices = [foreignSlice('orders-x', 'endpointslice-controller.k8s.io')];
    const filled = adopt(aForeignService({ selector: { app: 'orders' } }), slices);
    assert.equal(filled.reason, 'ServiceHasSelector');
    assert.match(filled.message, /has a selector.*; and it has EndpointSlices of another manager/);
    assert.match(filled.message, /kubectl patch service .*kubectl delete endpointslice -n shop orders-x/);
    const balanced = adopt(aForeignService({ selector: { app: 'orders' }, clusterIP: '10.96.0.7' }), slices);
    assert.match(
      balanced.message,
      /has a selector.*; and it has cluster IP 10\.96\.0\.7.*; and it has Endpoint/,
    );
    assert.match(balanced.message, /kubectl delete service -n shop orders/);
    assert.doesNotMatch(balanced.message, /kubectl patch|kubectl delete endpointslice/, 'it ends them all');
  });

  it('is told of before adoption is asked for', () => {
    const { message } = planFor(aForeignService({ clusterIP: '10.96.0.7' }));
    assert.match(message, /spec\.dns\.adoption to IfUnowned.*in the way: .*has cluster IP 10\.96\.0\.7/);
    assert.doesNotMatch(planFor(aForeignService()).message, /in the way/);
  });

  it('is not refused for an owner that does not control it, nor for slices that are going', () => {
    const owned = aForeignService(
      {},
      { ownerReferences: [{ ...aTarget().owner, uid: 'x', controller: false }] },
    );
    const going = {
      ...foreignSlice('a'),
      metadata: { name: 'a', deletionTimestamp: '2026-01-31T12:00:00Z' },
    };
    assert.equal(adopt(owned, [going]).action, 'update');
  });

  it('is released by taking off our annotation and nothing else', () => {
    const adopted = serviceOf(adopt(aForeignService()));
    assert.deepEqual(releasedService(deepFreeze(adopted), UID), aForeignService());
    assert.equal(releasedService(adopted, OTHER_UID), null);
    assert.equal(releasedService(aForeignService(), UID), null);
  });

  it('is released when adoption becomes Never, and refused from then on', () => {
    const plan = planFor(serviceOf(adopt(aForeignService())));
    assert.deepEqual([plan.action, plan.reason], ['update', 'Released']);
    assert.equal(planFor(serviceOf(plan)).reason, 'ServiceNotOwned');
  });
});

describe('the name that slices give their port', () => {
  const named = (existing: KubeService | undefined): string =>
    portNameFor({ existing, target: aServiceTarget() });

  it('is ours on a Service of ours', () => {
    assert.deepEqual([named(undefined), named(aStoredService())], ['grpc', 'grpc']);
  });
  it('is that of the adopted Service for the port that leads to the servers', () => {
    assert.equal(named(aForeignService()), 'rpc');
    assert.equal(named(aForeignService({ ports: [{ name: 'rpc', port: 80, targetPort: 50051 }] })), 'rpc');
    assert.equal(named(aForeignService({ ports: [{ port: 50051 }] })), '');
  });
  it('is ours where the adopted Service has no such port', () => {
    assert.equal(named(aForeignService({ ports: [{ name: 'rpc', port: 1 }] })), 'grpc');
    assert.equal(named(aForeignService({ ports: [] })), 'grpc');
  });
});
