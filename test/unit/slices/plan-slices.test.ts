import assert from 'node:assert/strict';
import type { EndpointSlice } from '../../../src/model/kube-objects.ts';
import { planSlices } from '../../../src/slices/plan-slices.ts';
import { LABEL_MANAGED_BY, LABEL_SERVICE_NAME } from '../../../src/model/names.ts';
import {
  addressesIn,
  anAddress,
  anEndpoint,
  aSlice,
  aTarget,
  endpoints,
  inputOf,
  plan,
  UID,
  writesOf,
} from '../../support/slices.ts';
import { applyPlan } from '../../support/apply-plan.ts';

const TRIGGER = 'endpoints.kubernetes.io/last-change-trigger-time';
const names = (slices: readonly EndpointSlice[]): string[] => slices.map(({ metadata }) => metadata.name);
const shape = (p: ReturnType<typeof plan>): object => ({
  create: p.create.length,
  update: names(p.update),
  delete: names(p.delete),
  unchanged: p.unchanged,
});

describe('a slice that is written', () => {
  it('is complete: labels, owner, ports, endpoints, trigger time', () => {
    const target = aTarget({ labels: { team: 'shop' } });
    const desired = [
      anEndpoint('10.0.0.1', { zone: 'eu-1' }),
      anEndpoint('10.0.0.2', { state: 'Draining' }),
      anEndpoint('10.0.0.3', { held: true }),
    ];
    const { create } = plan([], desired, { target });
    assert.deepEqual(create, [
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: create[0]?.metadata.name,
          namespace: 'shop',
          labels: {
            team: 'shop',
            'kubernetes.io/service-name': 'orders',
            'endpointslice.kubernetes.io/managed-by': 'rollcall.dev',
            'service.kubernetes.io/headless': '',
            'rollcall.dev/grpcservice-uid': UID,
          },
          annotations: { [TRIGGER]: '2026-01-31T12:00:00.000001Z' },
          ownerReferences: [target.owner],
        },
        addressType: 'IPv4',
        endpoints: [
          {
            addresses: ['10.0.0.1'],
            conditions: { ready: true, serving: true, terminating: false },
            zone: 'eu-1',
          },
          { addresses: ['10.0.0.2'], conditions: { ready: false, serving: true, terminating: true } },
          { addresses: ['10.0.0.3'], conditions: { ready: true, serving: true, terminating: false } },
        ],
        ports: [{ name: 'grpc', port: 50051, protocol: 'TCP', appProtocol: 'grpc' }],
      },
    ]);
  });

  it('lets no label of the user stand for a reserved one', () => {
    const target = aTarget({ labels: { [LABEL_MANAGED_BY]: 'me', [LABEL_SERVICE_NAME]: 'other' } });
    const [slice] = plan([], endpoints(1), { target }).create;
    assert.equal(slice?.metadata.labels?.[LABEL_MANAGED_BY], 'rollcall.dev');
    assert.equal(slice.metadata.labels[LABEL_SERVICE_NAME], 'orders');
  });

  it('has a name made of the Service, the family, the owner and a number', () => {
    const { create } = plan([], [...endpoints(3), ...endpoints(3, 'IPv6')], { max: 2 });
    const stem = create[0]?.metadata.name.slice(0, -2) ?? '';
    assert.match(stem, /^orders-4-[0-9a-f]{5}$/);
    const stem6 = stem.replace('-4-', '-6-');
    assert.deepEqual(names(create), [`${stem}-1`, `${stem}-2`, `${stem6}-1`, `${stem6}-2`]);
  });

  it('stands in the plan in the order of the names', () => {
    const { create } = plan([], endpoints(11), { max: 1 });
    assert.deepEqual(names(create), names(create).sort());
  });

  it('has another name for another owner, and the same on every replica', () => {
    const of = (uid: string): string[] => names(plan([], endpoints(1), { target: aTarget({ uid }) }).create);
    assert.deepEqual(of(UID), of(UID));
    assert.notDeepEqual(of(UID), of('6f1c6c0e-0000-4000-8000-000000000002'));
  });

  it('takes the lowest number that is free, those of slices being deleted included', () => {
    const [first, second] = names(plan([], endpoints(200)).create);
    const going = aSlice(first ?? '', endpoints(1), {
      metadata: { name: first ?? '', deletionTimestamp: 'x' },
    });
    assert.deepEqual(names(plan([going], endpoints(1)).create), [second]);
    const staying = aSlice(second ?? '', endpoints(100));
    assert.deepEqual(names(plan([staying], endpoints(101)).create), [first]);
  });

  it('does not take a name that a slice of somebody else has', () => {
    const [first] = names(plan([], endpoints(1)).create);
    assert.ok(first);
    const [second] = names(planSlices({ ...inputOf([], endpoints(1)), takenNames: [first] }).create);
    assert.equal(second, first.replace(/1$/, '2'));
  });

  it('has a valid name however long that of the Service is', () => {
    const serviceName = `${'a'.repeat(236)}.-${'b'.repeat(17)}`;
    const [slice] = plan([], endpoints(1), { target: aTarget({ serviceName }) }).create;
    assert.ok((slice?.metadata.name.length ?? 999) <= 253);
    assert.match(slice?.metadata.name ?? '', /^a{236}-4-[0-9a-f]{5}-1$/);
  });

  it('keeps what is none of our business when it is updated', () => {
    const annotations = { 'example.com/note': 'x' };
    const metadata = {
      name: 'a',
      annotations,
      finalizers: ['example.com/wait'],
      uid: 'u',
      resourceVersion: '7',
    };
    const old = { ...aSlice('a', endpoints(1), { metadata }), future: { field: true } };
    const [slice] = plan([old], endpoints(2)).update;
    assert.deepEqual(slice?.metadata.annotations, { ...annotations, [TRIGGER]: aTarget().triggerTime });
    assert.deepEqual(
      [slice.metadata.finalizers, slice.metadata.uid, slice.metadata.resourceVersion],
      [['example.com/wait'], 'u', '7'],
    );
    assert.deepEqual((slice as typeof old).future, { field: true });
  });

  it('is one that the API server writes null for, when it has no endpoints', () => {
    const placeholder = { ...aSlice('a', []), endpoints: null };
    assert.equal(plan([placeholder], []).idle, true);
    assert.deepEqual(shape(plan([placeholder], endpoints(1))), {
      create: 0,
      update: ['a'],
      delete: [],
      unchanged: 0,
    });
  });
});

describe('packing', () => {
  it('splits the families', () => {
    const { create } = plan([], [...endpoints(2), ...endpoints(1, 'IPv6')]);
    assert.deepEqual(
      create.map(({ addressType, endpoints: held }) => [addressType, held?.length]),
      [
        ['IPv4', 2],
        ['IPv6', 1],
      ],
    );
  });

  it('fills slices to the limit', () => {
    const { create } = plan([], endpoints(250));
    assert.deepEqual(
      create.map(addressesIn).map(({ length }) => length),
      [100, 100, 50],
    );
  });

  it('writes nothing when nothing changed', () => {
    const current = [aSlice('a', endpoints([1, 2])), aSlice('b', endpoints([3]))];
    assert.deepEqual(shape(plan(current, endpoints(3))), { create: 0, update: [], delete: [], unchanged: 2 });
    assert.equal(plan(current, endpoints(3)).idle, true);
  });

  it('writes one slice for one changed endpoint of 5,000', () => {
    const all = endpoints(5000);
    const current = applyPlan([], plan([], all));
    assert.equal(current.length, 50);
    const changed = all.map((e, i) => (i === 2345 ? { ...e, state: 'Draining' as const } : e));
    assert.equal(writesOf(plan(current, changed)), 1);
    assert.equal(writesOf(plan(current, all.toSpliced(2345, 1))), 1);
    assert.equal(writesOf(plan(current, all.toSpliced(2345, 1, anEndpoint('10.9.9.9')))), 1);
    assert.equal(writesOf(plan(current, [...all, anEndpoint('10.9.9.9')])), 1);
  });

  it('changes condition and zone in place', () => {
    const current = [aSlice('a', endpoints([1, 2, 3]))];
    const desired = [
      anEndpoint(anAddress(1)),
      anEndpoint(anAddress(2), { state: 'Draining' }),
      anEndpoint(anAddress(3), { zone: 'eu-1' }),
    ];
    const [slice] = plan(current, desired).update;
    assert.deepEqual(addressesIn(slice), [anAddress(1), anAddress(2), anAddress(3)]);
    assert.equal(slice?.endpoints?.[1]?.conditions?.terminating, true);
    assert.equal(slice.endpoints[2]?.zone, 'eu-1');
  });

  it('does not write for what slices do not carry: weight, region, held, instance id', () => {
    const desired = endpoints(1).map((e) => ({ ...e, weight: 1, region: 'eu', held: true, instanceId: 'x' }));
    assert.equal(plan([aSlice('a', endpoints(1))], desired).idle, true);
  });

  it('puts new endpoints into slices that are written anyway, the fullest first', () => {
    const current = [
      aSlice('a', endpoints([1, 2])),
      aSlice('b', endpoints([3, 4, 5])),
      aSlice('c', endpoints([6])),
    ];
    const p = plan(current, endpoints([1, 3, 4, 6, 7, 8]), { max: 4 });
    assert.deepEqual(shape(p), { create: 0, update: ['a', 'b'], delete: [], unchanged: 1 });
    assert.deepEqual(
      addressesIn(p.update[1]),
      [3, 4, 7, 8].map((n) => anAddress(n)),
    );
  });

  it('counts as full what is left of a slice, not what was in it', () => {
    const current = [aSlice('a', endpoints([1, 2, 3, 4])), aSlice('b', endpoints([5, 6, 7]))];
    const p = plan(current, endpoints([1, 5, 6, 8]), { max: 4 });
    assert.deepEqual(addressesIn(p.update[0]), [anAddress(1)]);
    assert.deepEqual(
      addressesIn(p.update[1]),
      [5, 6, 8].map((n) => anAddress(n)),
    );
  });

  it('fills new slices and puts only what is left over into an untouched one', () => {
    const current = [aSlice('a', endpoints([1, 2, 3]))];
    const p = plan(current, endpoints(12), { max: 4 });
    assert.deepEqual(shape(p), { create: 2, update: ['a'], delete: [], unchanged: 0 });
  });

  it('puts the rest into the fullest untouched slice that has room for all of it', () => {
    const current = [
      aSlice('a', endpoints([1])),
      aSlice('b', endpoints([2, 3])),
      aSlice('c', endpoints([4, 5, 6])),
    ];
    const p = plan(current, endpoints(8), { max: 4 });
    assert.deepEqual(shape(p), { create: 0, update: ['b'], delete: [], unchanged: 2 });
  });

  it('creates a slice rather than write two untouched ones (kubernetes/kubernetes#119020)', () => {
    const current = [aSlice('a', endpoints([1, 2])), aSlice('b', endpoints([3, 4]))];
    assert.deepEqual(shape(plan(current, endpoints(7), { max: 4 })), {
      create: 1,
      update: [],
      delete: [],
      unchanged: 2,
    });
  });

  it('reuses a slice that became empty: one write, not a delete and a create', () => {
    const current = [aSlice('a', endpoints([1, 2])), aSlice('b', endpoints([3, 4]))];
    assert.deepEqual(shape(plan(current, endpoints([3, 4, 5, 6, 7]), { max: 2 })), {
      create: 1,
      update: ['a'],
      delete: [],
      unchanged: 1,
    });
  });

  it('reuses it before it writes to an untouched slice, which would be a second write', () => {
    const current = [aSlice('a', endpoints([1])), aSlice('b', endpoints([2, 3]))];
    assert.deepEqual(shape(plan(current, endpoints([2, 3, 4]), { max: 4 })), {
      create: 0,
      update: ['a'],
      delete: [],
      unchanged: 1,
    });
  });

  it('deletes slices that are left without endpoints', () => {
    const current = [aSlice('a', endpoints([1])), aSlice('b', endpoints([2])), aSlice('c', endpoints([3]))];
    assert.deepEqual(shape(plan(current, endpoints([2]))), {
      create: 0,
      update: [],
      delete: ['a', 'c'],
      unchanged: 1,
    });
  });

  it('counts addresses that come and go', () => {
    const p = plan([aSlice('a', endpoints([1, 2, 3]))], endpoints([3, 4]));
    assert.deepEqual([p.addressesAdded, p.addressesRemoved], [1, 2]);
    assert.deepEqual(p.numbers, {
      endpointsAdded: 1,
      endpointsRemoved: 2,
      endpointsDesired: 2,
      slices: 1,
      slicesDesired: 1,
      slicesChanged: 1,
    });
  });

  it('says when slices are thin', () => {
    const thin = [aSlice('a', endpoints([1])), aSlice('b', endpoints([2])), aSlice('c', endpoints([3]))];
    assert.deepEqual(
      [plan(thin, endpoints(3)).sparse, plan(thin, endpoints(3), { max: 2 }).sparse],
      [true, false],
    );
    assert.deepEqual([plan(thin, endpoints(2)).sparse, plan([], endpoints(300)).sparse], [false, false]);
  });
});

describe('a service without endpoints', () => {
  it('has one slice all the same, which is not written again', () => {
    const first = plan([], []);
    assert.deepEqual(shape(first), { create: 1, update: [], delete: [], unchanged: 0 });
    const [placeholder] = first.create;
    assert.deepEqual([placeholder?.addressType, placeholder?.endpoints], ['IPv4', []]);
    assert.equal(plan(applyPlan([], first), []).idle, true);
  });

  it('has it in the family that is wanted', () => {
    const { create } = plan([], [], { target: aTarget({ addressTypes: ['IPv6'] }) });
    assert.equal(create[0]?.addressType, 'IPv6');
  });

  it('keeps one of the slices it had, in whichever family', () => {
    const current = [aSlice('b', endpoints([1, 2], 'IPv6')), aSlice('c', endpoints([3], 'IPv6'))];
    const p = plan(current, []);
    assert.deepEqual(shape(p), { create: 0, update: ['b'], delete: ['c'], unchanged: 0 });
    assert.deepEqual(p.update[0]?.endpoints, []);
    assert.equal(p.addressesRemoved, 3);
  });

  it('keeps the first by name, however full each was', () => {
    const current = [aSlice('a', endpoints([1])), aSlice('b', endpoints([2, 3]))];
    assert.deepEqual(shape(plan(current, [])), { create: 0, update: ['a'], delete: ['b'], unchanged: 0 });
  });

  it('prefers one that is empty already', () => {
    const current = [aSlice('a', endpoints([1])), aSlice('b', [])];
    assert.deepEqual(shape(plan(current, [])), { create: 0, update: [], delete: ['a'], unchanged: 1 });
  });

  it('mends the placeholder', () => {
    const broken = aSlice('a', [], { ports: [] });
    assert.deepEqual(shape(plan([broken], [])), { create: 0, update: ['a'], delete: [], unchanged: 0 });
  });

  it('loses the placeholder of one family when the other gets endpoints', () => {
    assert.deepEqual(shape(plan([aSlice('a', [])], endpoints(1, 'IPv6'))), {
      create: 1,
      update: [],
      delete: ['a'],
      unchanged: 0,
    });
  });
});

describe('slices that somebody changed', () => {
  const right = aSlice('a', endpoints([1, 2]));
  const { labels = {} } = right.metadata;
  const drifts: readonly { readonly name: string; readonly slice: EndpointSlice }[] = [
    {
      name: 'a foreign label',
      slice: aSlice('a', endpoints([1, 2]), { metadata: { name: 'a', labels: { ...labels, x: 'y' } } }),
    },
    {
      name: 'another manager',
      slice: aSlice('a', endpoints([1, 2]), {
        metadata: { name: 'a', labels: { ...labels, [LABEL_MANAGED_BY]: 'me' } },
      }),
    },
    {
      name: 'no label with the name of the Service',
      slice: aSlice('a', endpoints([1, 2]), {
        metadata: {
          name: 'a',
          labels: Object.fromEntries(Object.entries(labels).filter(([key]) => key !== LABEL_SERVICE_NAME)),
        },
      }),
    },
    { name: 'no labels', slice: { ...right, metadata: { ...right.metadata, labels: {} } } },
    {
      name: 'no owner',
      slice: aSlice('a', endpoints([1, 2]), { metadata: { name: 'a', ownerReferences: [] } }),
    },
    {
      name: 'a second owner',
      slice: aSlice('a', endpoints([1, 2]), {
        metadata: {
          name: 'a',
          ownerReferences: [aTarget().owner, { ...aTarget().owner, uid: 'x', controller: false }],
        },
      }),
    },
    { name: 'no ports', slice: { ...right, ports: null } },
    {
      name: 'another port',
      slice: { ...right, ports: [{ name: 'grpc', port: 1, protocol: 'TCP', appProtocol: 'grpc' }] },
    },
    {
      name: 'an endpoint not ready',
      slice: {
        ...right,
        endpoints: [
          { addresses: [anAddress(1)], conditions: { ready: false } },
          ...(right.endpoints ?? []).slice(1),
        ],
      },
    },
    {
      name: 'a hostname',
      slice: { ...right, endpoints: (right.endpoints ?? []).map((e) => ({ ...e, hostname: 'x' })) },
    },
    {
      name: 'an unknown field',
      slice: {
        ...right,
        endpoints: (right.endpoints ?? []).map((e) => ({ ...e, hints: { forZones: [{ name: 'a' }] } })),
      },
    },
    {
      name: 'a second address in an endpoint',
      slice: {
        ...right,
        endpoints: [{ addresses: [anAddress(1), '10.9.9.9'] }, ...(right.endpoints ?? []).slice(1)],
      },
    },
    { name: 'an endpoint too many', slice: aSlice('a', endpoints([1, 2, 3])) },
    { name: 'an endpoint twice', slice: aSlice('a', endpoints([1, 2, 1])) },
    { name: 'an endpoint missing', slice: aSlice('a', endpoints([1])) },
    {
      name: 'another spelling of an address',
      slice: aSlice('a', [anEndpoint(anAddress(1)), anEndpoint('10.0.00.2')]),
    },
  ];

  for (const { name, slice } of drifts) {
    it(`${name}: mended in place, with one write`, () => {
      const p = plan([slice], endpoints([1, 2]));
      assert.deepEqual(shape(p), { create: 0, update: ['a'], delete: [], unchanged: 0 });
      const [mended] = p.update;
      assert.deepEqual(mended?.metadata.labels, labels);
      assert.deepEqual(mended.metadata.ownerReferences, [aTarget().owner]);
      assert.deepEqual([mended.ports, mended.endpoints], [right.ports, right.endpoints]);
    });
  }

  it('fields that say nothing are no change', () => {
    const endpointsAsStored = (right.endpoints ?? []).map((e) => ({
      ...e,
      hostname: undefined,
      hints: null,
      deprecatedTopology: {},
    }));
    const stored = { ...right, endpoints: endpointsAsStored } as unknown as EndpointSlice;
    assert.equal(plan([stored], endpoints([1, 2])).idle, true);
  });

  it('annotations of others are theirs', () => {
    const annotated = aSlice('a', endpoints([1, 2]), {
      metadata: { name: 'a', annotations: { x: 'y', [TRIGGER]: 'then' } },
    });
    assert.equal(plan([annotated], endpoints([1, 2])).idle, true);
  });

  it('an address in two slices stays in the fuller one', () => {
    const current = [aSlice('a', endpoints([1, 2])), aSlice('b', endpoints([2, 3, 4]))];
    const p = plan(current, endpoints(4));
    assert.deepEqual(shape(p), { create: 0, update: ['a'], delete: [], unchanged: 1 });
    assert.deepEqual(addressesIn(p.update[0]), [anAddress(1)]);
    assert.deepEqual([p.addressesAdded, p.addressesRemoved], [0, 0]);
  });

  it('slices of another Service name are deleted once the new ones stand', () => {
    const old = aSlice('a', endpoints([1, 2]), {}, aTarget({ serviceName: 'old' }));
    const p = plan([old], endpoints([1, 2]));
    assert.deepEqual(shape(p), { create: 1, update: [], delete: ['a'], unchanged: 0 });
    assert.deepEqual([p.addressesAdded, p.addressesRemoved], [2, 0]);
  });

  it('slices of a family that is not wanted, and of domain names, are deleted', () => {
    const target = aTarget({ addressTypes: ['IPv6'] });
    const fqdn: EndpointSlice = {
      ...aSlice('f', []),
      addressType: 'FQDN',
      endpoints: [{ addresses: ['a.example.com'] }],
    };
    const p = plan([aSlice('a', endpoints([1])), fqdn], endpoints([1], 'IPv6'), { target });
    assert.deepEqual(shape(p), { create: 1, update: [], delete: ['a', 'f'], unchanged: 0 });
  });

  it('slices that are being deleted count as gone and are left alone', () => {
    const going = aSlice('a', endpoints([1]), {
      metadata: { name: 'a', deletionTimestamp: '2026-01-31T12:00:00Z' },
    });
    assert.deepEqual(shape(plan([going], endpoints([1]))), {
      create: 1,
      update: [],
      delete: [],
      unchanged: 0,
    });
  });

  it('slices over the limit, after it was lowered, are split into new ones', () => {
    const p = plan([aSlice('a', endpoints(5)), aSlice('b', endpoints([6]))], endpoints(6), { max: 2 });
    assert.deepEqual(shape(p), { create: 2, update: ['a'], delete: [], unchanged: 1 });
    assert.deepEqual(addressesIn(p.update[0]), [anAddress(1), anAddress(2)]);
  });

  it('new endpoints then go with the ones that move: no untouched slice is written for them', () => {
    const p = plan([aSlice('a', endpoints(3)), aSlice('b', endpoints([4]))], endpoints(5), { max: 2 });
    assert.deepEqual(shape(p), { create: 1, update: ['a'], delete: [], unchanged: 1 });
    assert.deepEqual(addressesIn(p.create[0]), [anAddress(3), anAddress(5)]);
  });
});

describe('the trigger time', () => {
  const then = '2025-01-01T00:00:00Z';
  const annotated = (name: string, numbers: readonly number[]): EndpointSlice =>
    aSlice(name, endpoints(numbers), { metadata: { name, annotations: { [TRIGGER]: then } } });

  it('is set only on slices whose endpoints change', () => {
    const p = plan([annotated('a', [1, 2]), annotated('b', [3, 4])], endpoints([1, 3, 4]));
    assert.deepEqual(names(p.update), ['a']);
    assert.equal(p.update[0]?.metadata.annotations?.[TRIGGER], aTarget().triggerTime);
  });

  it('is never a reason to write', () => {
    assert.equal(plan([annotated('a', [1])], endpoints([1])).idle, true);
  });

  it('stays as it is where only labels are mended', () => {
    const p = plan([{ ...annotated('a', [1]), ports: [] }], endpoints([1]));
    assert.equal(p.update[0]?.metadata.annotations?.[TRIGGER], then);
  });

  it('goes when the change was none of the registry: CoreDNS would measure from the old one', () => {
    const p = plan([annotated('a', [1])], endpoints([2]), { target: aTarget({ triggerTime: null }) });
    assert.equal(p.update[0]?.metadata.annotations?.[TRIGGER], undefined);
  });
});
