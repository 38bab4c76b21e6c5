import assert from 'node:assert/strict';
import { Conflicts } from '../../../src/controller/conflicts.ts';
import { GrpcServiceController } from '../../../src/controller/grpcservice-controller.ts';
import {
  grpcServiceIndexes,
  kubeServiceIndexes,
  sliceIndexes,
} from '../../../src/controller/grpcservice-indexes.ts';
import { LostSlices } from '../../../src/controller/lost-slices.ts';
import { noMachineryObserver } from '../../../src/controller/machinery-observers.ts';
import { StraySlices } from '../../../src/controller/stray-slices.ts';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { WrittenObjects } from '../../../src/controller/written-objects.ts';
import { IndexedCache } from '../../../src/kube/object-cache.ts';
import type { GrpcService } from '../../../src/model/grpcservice.ts';
import type { EndpointSlice, KubeService, Namespace } from '../../../src/model/kube-objects.ts';
import type { ObjectKey } from '../../../src/model/key.ts';
import type { Registry } from '../../../src/model/registry.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeResourceClient } from '../../support/fake-resource-client.ts';
import { aGrpcService } from '../../support/grpc-services.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

/** A controller on caches that a test fills, with a reconcile that notes its keys. */
class Bench {
  readonly clock = new FakeClock();
  readonly reconciled: string[] = [];
  readonly terms: number[] = [];
  readonly logger = new RecordingLogger();
  readonly grpcServices = new IndexedCache<GrpcService>(grpcServiceIndexes('ops/main'), this.logger);
  readonly slices = new IndexedCache<EndpointSlice>(sliceIndexes, this.logger);
  readonly strays: StraySlices;
  readonly kubeServices = new IndexedCache<KubeService>(kubeServiceIndexes, this.logger);
  readonly written = new WrittenObjects<EndpointSlice>(() => this.clock.now());
  readonly writtenServices = new WrittenObjects<KubeService>(() => this.clock.now());
  readonly controller: GrpcServiceController;
  /** What a registry tells. */
  tell: (registry: ObjectKey, service: string | null) => void = () => undefined;

  constructor() {
    const { clock, logger } = this;
    this.controller = new GrpcServiceController({
      caches: {
        grpcServices: this.grpcServices,
        registries: new IndexedCache<Registry>({}, logger),
        slices: this.slices,
        kubeServices: this.kubeServices,
        namespaces: new IndexedCache<Namespace>({}, logger),
      },
      registries: {
        get: () => undefined,
        subscribe: (listener) => {
          this.tell = listener;
          return () => (this.tell = () => undefined);
        },
      },
      reconciler: {
        reconcile: (key) => {
          this.reconciled.push(key);
          return Promise.resolve(undefined);
        },
        beginTerm: () => void this.terms.push(clock.now()),
        forgetAll: () => undefined,
        isOwnStatusWrite: () => false,
      },
      queue: new WorkQueue({
        name: 'test',
        workers: 1,
        clock,
        random: () => 0,
        logger,
        observer: noMachineryObserver,
      }),
      conflicts: new Conflicts(),
      lostSlices: new LostSlices(clock),
      strays: (this.strays = new StraySlices({
        client: new FakeResourceClient<EndpointSlice>(),
        namespaces: [],
        clock,
        random: () => 0,
        logger,
      })),
      writtenSlices: this.written,
      writtenServices: this.writtenServices,
      observer: {
        sliceWritten: () => undefined,
        planned: () => undefined,
        synced: () => undefined,
        endpoints: () => undefined,
        rejected: () => undefined,
        ready: () => undefined,
        propagated: () => undefined,
        forget: () => undefined,
      },
    });
  }

  /** Leads for a second, during which `act` may happen. */
  async term(act: () => void = () => undefined): Promise<void> {
    const stop = new AbortController();
    const running = this.controller.run(stop.signal);
    await this.clock.advance(500);
    act();
    await this.clock.advance(500);
    stop.abort(new Error('the term is over'));
    await this.clock.advance(0);
    await running;
  }
}

describe('GrpcServiceController', () => {
  it('looks at everything when it begins to lead, every time (safety rule 6)', async () => {
    const bench = new Bench();
    bench.grpcServices.put(aGrpcService({}, { name: 'a', uid: 'a' }));
    bench.grpcServices.put(aGrpcService({}, { name: 'b', uid: 'b' }));
    await bench.term();
    assert.deepEqual(bench.reconciled.splice(0).sort(), ['shop/a', 'shop/b']);
    await bench.term();
    assert.deepEqual(bench.reconciled.sort(), ['shop/a', 'shop/b']);
    assert.deepEqual(bench.terms, [0, 1000]);
  });

  it('looks at those whose service changed, and only those', async () => {
    const bench = new Bench();
    bench.grpcServices.put(aGrpcService({}, { name: 'a', uid: 'a' }));
    bench.grpcServices.put(aGrpcService({}, { name: 'b', uid: 'b' }));
    await bench.term(() => {
      bench.reconciled.splice(0);
      bench.tell('ops/main', 'a');
    });
    assert.deepEqual(bench.reconciled, ['shop/a']);
  });

  it('looks at those who wait for the name of a Service when its owner deletes it, which is no news to the owner', async () => {
    const bench = new Bench();
    bench.grpcServices.put(aGrpcService({}, { name: 'owner', uid: 'owner' }));
    bench.grpcServices.put(
      aGrpcService({ dns: { serviceName: 'given-up' } }, { name: 'waiting', uid: 'waiting' }),
    );
    const service: KubeService = {
      metadata: {
        namespace: 'shop',
        name: 'given-up',
        uid: 'service',
        resourceVersion: '1',
        ownerReferences: [
          { apiVersion: 'rollcall.dev/v1alpha1', kind: 'GrpcService', name: 'owner', uid: 'owner' },
        ],
      },
      spec: { clusterIP: 'None' },
    };
    bench.kubeServices.put(service);
    await bench.term(() => {
      bench.reconciled.splice(0);
      bench.writtenServices.deleted('owner', service);
      bench.kubeServices.remove('shop/given-up');
    });
    assert.deepEqual(bench.reconciled, ['shop/waiting']);
  });

  it('has seen the slices go that others deleted between two leaders, in the last minute', async () => {
    const bench = new Bench();
    const grpcService = aGrpcService({}, { uid: 'g' });
    bench.grpcServices.put(grpcService);
    const slice = (name: string): EndpointSlice => ({
      metadata: {
        ...{ namespace: 'shop', name, uid: name, resourceVersion: '1' },
        ownerReferences: [
          { apiVersion: 'rollcall.dev/v1alpha1', kind: 'GrpcService', name: 'orders', uid: 'g' },
        ],
      },
      addressType: 'IPv4',
      endpoints: [],
    });
    for (const name of ['old', 'new']) bench.slices.put(slice(name));
    bench.slices.remove('shop/old');
    await bench.clock.advance(61_000);
    bench.slices.remove('shop/new');
    const deleted: string[] = [];
    await bench.term(() => {
      void bench.strays
        .find(grpcService, [], new AbortController().signal)
        .then((found) => deleted.push(...found.deleted.map(({ metadata }) => metadata.name)));
    });
    assert.deepEqual(deleted, ['new']);
  });

  it('follows nothing once it no longer leads, and forgets what it wrote', async () => {
    const bench = new Bench();
    bench.grpcServices.put(aGrpcService());
    const slice: EndpointSlice = {
      metadata: { namespace: 'shop', name: 's', uid: 's', resourceVersion: '1' },
      addressType: 'IPv4',
      endpoints: [],
    };
    await bench.term(() => bench.written.wrote('uid', slice));
    bench.reconciled.splice(0);
    bench.grpcServices.put(aGrpcService({}, { resourceVersion: '2' }));
    bench.tell('ops/main', 'orders');
    await bench.clock.advance(60_000);
    assert.deepEqual(bench.reconciled, []);
    assert.deepEqual(bench.written.merge('uid', []), []);
  });
});
