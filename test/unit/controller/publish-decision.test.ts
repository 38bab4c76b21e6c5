import assert from 'node:assert/strict';
import { decide, type Decision, type Observation } from '../../../src/controller/publish-decision.ts';
import type { KubeService } from '../../../src/model/kube-objects.ts';
import { newService } from '../../../src/slices/service-shape.ts';
import { aGrpcService } from '../../support/grpc-services.ts';
import { anInstance, aSnapshot } from '../../support/instances.ts';
import { anObservation, aRegistry } from '../../support/observations.ts';
import { aSlice, aTarget, endpoints, UID } from '../../support/slices.ts';

const published = (count: number): Observation['slices'] => [aSlice('orders-4-abcde-1', endpoints(count))];
const foreignService: KubeService = {
  metadata: { name: 'orders', namespace: 'shop', uid: 'x', resourceVersion: '1' },
  spec: { clusterIP: '10.1.1.1', selector: { app: 'orders' }, ports: [{ port: 80 }] },
};
const ownService: KubeService = ((): KubeService => {
  const service = newService({ ...aTarget(), name: 'orders', appProtocol: 'grpc', annotations: {} });
  return { ...service, metadata: { ...service.metadata, uid: 'svc-uid', resourceVersion: '7' } };
})();
const rival = aGrpcService({ dns: { serviceName: 'orders' } }, { name: 'older', uid: 'older-uid' });
const down = { available: false, reason: 'Unreachable', message: 'connect ECONNREFUSED', needsHelp: false };

const holds: readonly {
  readonly name: string;
  readonly observation: Observation;
  readonly reason: string;
  readonly says: RegExp;
}[] = [
  {
    name: 'a paused GrpcService',
    observation: anObservation({}, aGrpcService({ paused: true })),
    reason: 'Paused',
    says: /spec\.paused/,
  },
  {
    name: 'a paused Registry',
    observation: anObservation({
      lookup: { ok: true, key: 'ops/main', registry: aRegistry({ paused: true }) },
    }),
    reason: 'Paused',
    says: /Registry ops\/main is paused/,
  },
  {
    name: 'a GrpcService whose Service name another one holds',
    observation: anObservation({ nameHolder: rival }),
    reason: 'ServiceNameTaken',
    says: /GrpcService older .*spec\.dns\.serviceName/,
  },
  {
    name: 'a GrpcService without a registry, however much is published',
    observation: anObservation({
      lookup: { ok: false, key: null, reason: 'NoRegistry', message: 'names none' },
      slices: published(3),
    }),
    reason: 'NoRegistry',
    says: /names none/,
  },
  {
    name: 'a registry that was not read since this process started (safety rule 1)',
    observation: anObservation({ snapshot: undefined, health: down, slices: published(3) }),
    reason: 'Unreachable',
    says: /ops\/main .*stays as it is: connect ECONNREFUSED/,
  },
  {
    name: "somebody else's Service",
    observation: anObservation({ kubeService: foreignService }),
    reason: 'ServiceNotOwned',
    says: /kubectl delete service/,
  },
  {
    name: 'a first read that empties what is published (safety rule 2)',
    observation: anObservation({ snapshot: aSnapshot([], { confirmed: false }), slices: published(1) }),
    reason: 'ConfirmingRemoval',
    says: /second read/,
  },
  {
    name: 'a first read that takes half of what is published, two at least (safety rule 2)',
    observation: anObservation({
      snapshot: aSnapshot(
        [anInstance({ address: '10.0.0.1' }), anInstance({ instanceId: 'b', address: '10.0.0.2' })],
        {
          confirmed: false,
        },
      ),
      slices: published(4),
    }),
    reason: 'ConfirmingRemoval',
    says: /second read/,
  },
  {
    name: 'a read that takes all that the selector picks, of a service that lives on (safety rule 2)',
    observation: anObservation(
      {
        snapshot: aSnapshot(
          [1, 2, 3].map((n) => anInstance({ instanceId: `i${n}`, address: `10.0.0.${n + 5}` })),
          { confirmed: false },
        ),
        slices: published(1),
      },
      aGrpcService({ selector: { matchLabels: { version: 'canary' } } }),
    ),
    reason: 'ConfirmingRemoval',
    says: /second read/,
  },
  {
    name: 'a read older than its leadership that would change what is published (safety rule 6)',
    observation: anObservation({ current: false, slices: published(3) }),
    reason: 'CatchingUp',
    says: /was not read since this replica leads/,
  },
  {
    name: 'such a read while the registry is away',
    observation: anObservation({ current: false, health: down, slices: published(3) }),
    reason: 'Unreachable',
    says: /was not read since this replica leads.*ECONNREFUSED/,
  },
];

describe('decide', () => {
  for (const { name, observation, reason, says } of holds) {
    it(`writes nothing for ${name}, and says why`, () => {
      const { writes, held, confirm } = decide(observation, false);
      assert.equal(writes, null);
      assert.equal(held?.reason, reason);
      assert.match(held.message, says);
      assert.equal(confirm, reason === 'ConfirmingRemoval');
    });
  }

  it('publishes on: the registry is away, but was read before (safety rule 1)', () => {
    const { writes, desired } = decide(anObservation({ health: down, slices: published(1) }), false);
    assert.equal(desired?.counts.ready, 1);
    assert.deepEqual(writes?.slices?.delete, []);
  });

  describe('of a slice that others deleted while nothing newer can be read (safety rules 1 and 6)', () => {
    const kept = aSlice('orders-4-abcde-1', endpoints([1, 2]));
    const gone = aSlice('orders-4-abcde-2', endpoints([3, 4, 5]));
    const row = (n: number): ReturnType<typeof anInstance> =>
      anInstance({ instanceId: `i${n}`, address: `10.0.0.${n}` });
    const decision = (rows: readonly number[], fields: Partial<Observation> = {}): Decision => {
      const seen = { current: false, health: down, slices: [kept], deletedSlices: [gone] };
      return decide(anObservation({ ...seen, snapshot: aSnapshot(rows.map(row)), ...fields }), false);
    };
    const restored = ({ writes }: Decision): readonly unknown[] =>
      (writes?.slices?.create ?? []).flatMap(({ metadata, endpoints: made }) => [
        metadata.name,
        ...(made ?? []).flatMap(({ addresses }) => addresses),
      ]);

    it('makes it again as it was, and changes nothing else', () => {
      // The last read has one address that was never published, and misses one that is.
      const decided = decision([1, 3, 4, 5, 9]);
      assert.deepEqual(restored(decided), ['orders-4-abcde-2', '10.0.0.3', '10.0.0.4', '10.0.0.5']);
      const { metadata } = decided.writes?.slices?.create[0] ?? gone;
      assert.deepEqual([metadata.uid, metadata.resourceVersion], [undefined, undefined]);
      assert.deepEqual(metadata.ownerReferences, gone.metadata.ownerReferences);
      assert.deepEqual([decided.writes?.slices?.update, decided.writes?.slices?.delete], [[], []]);
      assert.equal(decided.held?.reason, 'Unreachable');
    });

    it('brings back no address that the last read did not ask for, or that another slice has', () => {
      assert.deepEqual(restored(decision([1, 2, 4])), ['orders-4-abcde-2', '10.0.0.4']);
      assert.equal(decision([1, 2]).writes?.slices?.create.length ?? 0, 0);
      const twice = aSlice('orders-4-abcde-3', endpoints([3, 4]));
      assert.deepEqual(restored(decision([1, 2, 3, 4, 5], { slices: [kept, twice] })), [
        ...['orders-4-abcde-2', '10.0.0.5'],
      ]);
    });
  });

  it('waits for no newer read where nothing is published yet, or nothing would change', () => {
    const first = decide(anObservation({ current: false }), false);
    assert.equal(first.writes?.slices?.create.length, 1);
    const settled = { slices: first.writes.slices.create, current: false };
    const { writes, catchUp } = decide(anObservation(settled), false);
    assert.equal(writes?.slices?.idle, true);
    assert.equal(catchUp, false);
  });

  it('obeys a removal that was confirmed', () => {
    const { writes } = decide(anObservation({ snapshot: aSnapshot([]), slices: published(3) }), false);
    assert.equal(writes?.slices?.addressesRemoved, 3);
  });

  it('does not ask for a second read where expiry alone takes addresses away: that has a rule of its own', () => {
    const expired = [1, 2, 3, 4].map((n) =>
      anInstance({ instanceId: `i${n}`, address: `10.0.0.${n}`, expiredAtUs: 1_000_000 }),
    );
    const observation = anObservation({
      snapshot: aSnapshot(expired, { confirmed: false }),
      slices: published(4),
    });
    assert.equal(decide(observation, false).confirm, false);
  });

  it('writes slices and Service of a new GrpcService', () => {
    const { writes } = decide(anObservation(), false);
    assert.equal(writes?.slices?.create.length, 1);
    assert.equal(writes.service.action, 'create');
  });

  it('writes nothing where all is as it should be', () => {
    const first = decide(anObservation(), false);
    const slices = (first.writes?.slices?.create ?? []).map((slice) => ({
      ...slice,
      metadata: { ...slice.metadata, uid: 'u', resourceVersion: '1' },
    }));
    const again = decide(anObservation({ slices, kubeService: ownService }), false);
    assert.equal(again.writes?.slices?.idle, true);
    assert.equal(again.writes.service.action, 'none');
  });

  describe('after a rename of dns.serviceName', () => {
    const renamed = aGrpcService({ dns: { serviceName: 'renamed' } });
    const decision = (): Decision =>
      decide(anObservation({ slices: published(1), otherServices: [ownService] }, renamed), false);
    it('deletes the old Service and the old slices, and creates the new ones', () => {
      const { writes } = decision();
      assert.deepEqual(writes?.obsoleteServices, [ownService]);
      assert.equal(writes.slices?.delete.length, 1);
      assert.equal(writes.slices.create.length, 1);
      assert.equal(writes.service.action, 'create');
    });
  });

  describe('with spec.dns.enabled false', () => {
    const disabled = aGrpcService({ dns: { enabled: false } });
    it('takes away what it owns', () => {
      const { writes } = decide(
        anObservation({ slices: published(1), kubeService: ownService }, disabled),
        false,
      );
      assert.deepEqual(writes?.obsoleteServices, [ownService]);
      assert.equal(writes.obsoleteSlices.length, 1);
    });
    it('only takes its annotation off an adopted Service', () => {
      const adopted: KubeService = {
        ...foreignService,
        metadata: { ...foreignService.metadata, annotations: { 'rollcall.dev/adopted-by': UID } },
      };
      const { writes } = decide(anObservation({ kubeService: adopted }, disabled), false);
      assert.deepEqual(writes?.obsoleteServices, []);
      assert.deepEqual(writes.releasedServices[0]?.metadata.annotations ?? {}, {});
    });
    it('never touches the Service of somebody else', () => {
      const { writes } = decide(anObservation({ kubeService: foreignService }, disabled), false);
      assert.deepEqual([writes?.obsoleteServices, writes?.releasedServices], [[], []]);
    });
  });

  it('gives an adopted Service back, with its slices, once adoption is Never again', () => {
    const adopted: KubeService = {
      metadata: { ...foreignService.metadata, annotations: { 'rollcall.dev/adopted-by': UID } },
      spec: { clusterIP: 'None', ports: [{ port: 50051 }] },
    };
    const { writes, held } = decide(anObservation({ kubeService: adopted, slices: published(1) }), false);
    assert.equal(held?.reason, 'Released');
    assert.equal(writes?.obsoleteSlices.length, 1);
    assert.equal(writes.releasedServices.length, 1);
    assert.deepEqual(writes.obsoleteServices, []);
  });

  it('packs sparse slices only when it is told that the service is quiet', () => {
    const sparse = [1, 2, 3].map((n) => aSlice(`orders-4-abcde-${n}`, endpoints([n])));
    const instances = [1, 2, 3].map((n) => anInstance({ instanceId: `i${n}`, address: `10.0.0.${n}` }));
    const observation = anObservation({
      slices: sparse,
      snapshot: aSnapshot(instances),
      kubeService: ownService,
    });
    assert.equal(decide(observation, false).writes?.slices?.idle, true);
    assert.equal(decide(observation, true).writes?.slices?.delete.length, 1);
  });
});
