import assert from 'node:assert/strict';
import { grpcServiceIndexes, sliceIndexes } from '../../../../src/controller/grpcservice-indexes.ts';
import { noMachineryObserver } from '../../../../src/controller/machinery-observers.ts';
import { WorkQueue } from '../../../../src/controller/work-queue.ts';
import { IndexedCache } from '../../../../src/kube/object-cache.ts';
import type { GrpcService } from '../../../../src/model/grpcservice.ts';
import type { ObjectKey } from '../../../../src/model/key.ts';
import type { EndpointSlice, Namespace } from '../../../../src/model/kube-objects.ts';
import type { Registry } from '../../../../src/model/registry.ts';
import type { Snapshot } from '../../../../src/registry/snapshot.ts';
import { XdsPublisher } from '../../../../src/xds/publication/xds-publisher.ts';
import { XdsWorld } from '../../../../src/xds/world/xds-world.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { aGrpcService } from '../../../support/grpc-services.ts';
import { anInstance, aSnapshot } from '../../../support/instances.ts';
import { aRegistry } from '../../../support/observations.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import { aSlice, endpoints } from '../../../support/slices.ts';

const KEY: ObjectKey = 'shop/orders';

/** A publisher on caches and a registry that a test fills. */
class Bench {
  readonly clock = new FakeClock();
  readonly logger = new RecordingLogger();
  readonly grpcServices = new IndexedCache<GrpcService>(grpcServiceIndexes('ops/main'), this.logger);
  readonly registries = new IndexedCache<Registry>({}, this.logger);
  readonly slices = new IndexedCache<EndpointSlice>(sliceIndexes, this.logger);
  readonly namespaces = new IndexedCache<Namespace>({}, this.logger);
  readonly world = new XdsWorld(null, (key) => assert.fail(key));
  snapshot: Snapshot | undefined;
  confirmed: string[] = [];
  /** What the log of propagation was told. */
  published: string[] = [];
  tell: (registry: ObjectKey, service: string | null) => void = () => undefined;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor() {
    this.registries.put(aRegistry());
  }

  async start(): Promise<void> {
    const { clock, logger } = this;
    const publisher = new XdsPublisher({
      caches: this,
      registries: {
        get: () => ({
          snapshot: () => this.snapshot,
          health: { available: true, reason: 'Connected', message: '', needsHelp: false },
          confirm: (service) => void this.confirmed.push(service),
          isCurrent: () => true,
          refresh: () => undefined,
          nowUs: () => 1_000_000_000 + clock.now() * 1000,
        }),
        subscribe: (listener) => {
          this.tell = listener;
          return () => (this.tell = () => undefined);
        },
      },
      world: this.world,
      queue: new WorkQueue({
        ...{ name: 'xds', workers: 1, clock, random: () => 0, logger, observer: noMachineryObserver },
      }),
      defaultRegistry: 'ops/main',
      registryNamespaces: ['ops'],
      clusterDomain: 'cluster.local',
      propagation: {
        published: (name, { revision }) => void this.published.push(`${name} ${revision}`),
        forget: (name) => void this.published.push(`${name} forgotten`),
      },
      clock,
    });
    this.#running = publisher.run(this.#stop.signal);
    await clock.advance(1);
  }

  /** The registry shows so many instances. */
  async read(count: number, fields: Partial<Snapshot> = {}): Promise<void> {
    const rows = endpoints(count).map(({ address }) => anInstance({ instanceId: address, address }));
    this.snapshot = aSnapshot(rows, fields);
    this.tell('ops/main', 'orders');
    await this.clock.advance(1);
  }

  get told(): number | null | undefined {
    const entry = this.world.entry(KEY);
    return entry === undefined ? undefined : (entry.endpoints?.length ?? null);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the test is over'));
    await this.clock.advance(0);
    await this.#running;
  }
}

describe('publishing over xDS', () => {
  let bench: Bench;
  beforeEach(() => (bench = new Bench()));
  afterEach(() => bench.stop());

  it('is ready at once where there is nothing, and otherwise when each GrpcService was decided', async () => {
    await bench.start();
    assert.equal(bench.world.isReady, true);
    await bench.stop();
    bench = new Bench();
    bench.grpcServices.put(aGrpcService());
    await bench.start();
    assert.equal(bench.world.isReady, false);
    await bench.read(2);
    assert.deepEqual([bench.world.isReady, bench.told], [true, 2]);
  });

  it('is ready though one GrpcService cannot be decided, and tries that one again (safety rule 7)', async () => {
    bench.grpcServices.put(aGrpcService());
    bench.grpcServices.put(aGrpcService({ service: 'poison' }, { name: 'poison', uid: 'poison' }));
    const put = bench.world.put.bind(bench.world);
    let isPoisonous = true;
    bench.world.put = (key, entry) => {
      if (isPoisonous && key === 'shop/poison') throw new Error('a bug');
      put(key, entry);
    };
    bench.snapshot = aSnapshot([anInstance()]);
    await bench.start();
    assert.deepEqual([bench.world.isReady, bench.told], [true, 1]);
    assert.equal(bench.world.entry('shop/poison'), undefined);
    isPoisonous = false;
    await bench.clock.advance(1000);
    assert.ok(bench.world.entry('shop/poison'));
  });

  it('follows the registry, and takes away what is deleted', async () => {
    await bench.start();
    await bench.read(2);
    assert.equal(bench.told, undefined);
    bench.grpcServices.put(aGrpcService());
    await bench.clock.advance(1);
    assert.equal(bench.told, 2);
    await bench.read(3);
    assert.equal(bench.told, 3);
    bench.grpcServices.remove(KEY);
    await bench.clock.advance(1);
    assert.equal(bench.told, undefined);
  });

  it('tells of each revision before clients are told, for propagation times, and of the end of it', async () => {
    bench.grpcServices.put(aGrpcService());
    await bench.start();
    await bench.read(2, { revision: 5 });
    await bench.read(3, { revision: 9 });
    bench.grpcServices.remove(KEY);
    await bench.clock.advance(1);
    assert.deepEqual(bench.published, ['orders.shop 5', 'orders.shop 9', 'orders.shop forgotten']);
  });

  it('serves what the slices hold when the registry cannot be read at its start (safety rule 1)', async () => {
    bench.grpcServices.put(aGrpcService());
    bench.slices.put(aSlice('orders-1', endpoints(3)));
    await bench.start();
    await bench.clock.advance(9_000);
    assert.deepEqual([bench.world.isReady, bench.told], [false, undefined]);
    await bench.clock.advance(1_100);
    assert.deepEqual([bench.world.isReady, bench.told], [true, 3]);
  });

  it('knows no endpoints, instead of none, where there are no slices either', async () => {
    bench.grpcServices.put(aGrpcService());
    await bench.start();
    await bench.clock.advance(10_100);
    assert.deepEqual([bench.world.isReady, bench.told], [true, null]);
    await bench.read(0);
    assert.equal(bench.told, 0);
  });

  it('keeps everything while a loss is not confirmed, and has it confirmed (safety rule 2)', async () => {
    bench.grpcServices.put(aGrpcService());
    await bench.start();
    await bench.read(4);
    await bench.read(1, { confirmed: false });
    assert.deepEqual([bench.told, bench.confirmed], [4, ['orders']]);
    await bench.clock.advance(5_000);
    assert.deepEqual(bench.confirmed, ['orders', 'orders']);
    await bench.read(1);
    assert.equal(bench.told, 1);
  });

  it('obeys a change of the spec at once, and takes no notice of a status', async () => {
    bench.grpcServices.put(aGrpcService());
    await bench.start();
    await bench.read(1);
    const before = bench.world.entry(KEY);
    bench.grpcServices.put({
      ...aGrpcService({}, { resourceVersion: '2' }),
      status: { observedGeneration: 1 },
    });
    await bench.clock.advance(1);
    assert.equal(bench.world.entry(KEY), before);
    bench.grpcServices.put(aGrpcService({ port: 7 }, { generation: 2, resourceVersion: '3' }));
    await bench.clock.advance(1);
    assert.equal(bench.world.entry(KEY)?.service.port, 7);
  });

  it('takes out an instance when the grace of its lease is over, though nothing tells of it', async () => {
    bench.grpcServices.put(aGrpcService({ protection: { mode: 'Off' } }));
    await bench.start();
    const expired = anInstance({ expiredAtUs: 999_000_000, ttlMs: 3000 });
    bench.snapshot = aSnapshot([expired], { grace: { sinceUs: 998_000_000, fromUs: 1_000_000_000 } });
    bench.tell('ops/main', null);
    await bench.clock.advance(1);
    assert.equal(bench.told, 1);
    await bench.clock.advance(4_000);
    assert.equal(bench.told, 0);
  });
});
