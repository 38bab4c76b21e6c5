import assert from 'node:assert/strict';
import { decodeResource } from '../../../../src/xds/codec/resources.ts';
import type { XdsNode } from '../../../../src/xds/discovery.ts';
import { type ResourceKey, TYPE } from '../../../../src/xds/resource.ts';
import { PROXY_METADATA } from '../../../../src/xds/resources/view.ts';
import { xdsSpec } from '../../../../src/xds/resources/xds-spec.ts';
import { type WorldEntry, XdsWorld } from '../../../../src/xds/world/xds-world.ts';
import type { ObjectKey } from '../../../../src/model/key.ts';
import type { GrpcServiceSpec } from '../../../../src/model/grpcservice.ts';
import { aGrpcService } from '../../../support/grpc-services.ts';
import { endpoints } from '../../../support/slices.ts';

const grpcNode: XdsNode = {
  ...{ id: 'caller.shop', cluster: '', userAgentName: 'gRPC Go', userAgentVersion: '1.80.0' },
  ...{ metadata: {}, clientFeatures: [], locality: { region: '', zone: '', subZone: '' } },
};
const envoyNode: XdsNode = { ...grpcNode, userAgentName: 'envoy' };
const proxyNode: XdsNode = { ...envoyNode, metadata: { [PROXY_METADATA.key]: PROXY_METADATA.value } };
const inZone = (zone: string): XdsNode => ({
  ...grpcNode,
  locality: { region: 'eu', zone, subZone: '' },
});
const CLA: ResourceKey = { typeUrl: TYPE.endpoints, name: 'orders.shop' };

/** GrpcService shop/NAME with so many endpoints. */
function entryOf(
  name: string,
  count: number | null,
  spec: Partial<GrpcServiceSpec> = {},
  createdAt = '2026-01-01T00:00:00Z',
): WorldEntry {
  const xds = xdsSpec(aGrpcService(spec, { name }));
  return {
    service: { namespace: 'shop', name, clusterDomain: 'cluster.local', port: 50051, xds },
    endpoints: count === null ? null : endpoints(count),
    proxy: spec.proxy === undefined ? null : { namespace: 'shop', name, createdAt, proxy: spec.proxy, xds },
  };
}

class Bench {
  readonly faults: string[] = [];
  readonly world = new XdsWorld({ address: '::', port: 10_000 }, (key) => this.faults.push(key));
  readonly grpc = this.world.viewOf(grpcNode);
  readonly proxy = this.world.viewOf(proxyNode);
  told: string[] = [];

  constructor() {
    this.world.subscribe((changed) =>
      this.told.push(...changed.map(({ typeUrl, name }) => short(typeUrl, name))),
    );
  }

  names(view: string, typeUrl: string): readonly string[] {
    return this.world.all(view, typeUrl).map(({ name }) => name);
  }
}

const short = (typeUrl: string, name: string): string => `${typeUrl.split('.').at(-1) ?? ''} ${name}`;

const ALL_OF_ORDERS = [
  ...['', ':50051', '.svc.cluster.local', '.svc.cluster.local:50051'].map(
    (end) => `Listener orders.shop${end}`,
  ),
  ...['RouteConfiguration', 'Cluster', 'ClusterLoadAssignment'].map((type) => `${type} orders.shop`),
];

describe('the xDS world', () => {
  it('has the resources of a GrpcService from when it is put to when it is removed', () => {
    const { world, grpc, told } = new Bench();
    assert.equal(world.get(grpc, CLA), undefined);
    world.put('shop/orders', entryOf('orders', 2));
    assert.deepEqual(told.splice(0), ALL_OF_ORDERS);
    for (const listener of ALL_OF_ORDERS.filter((text) => text.startsWith('Listener'))) {
      const [, name = ''] = listener.split(' ');
      assert.equal(world.get(grpc, { typeUrl: TYPE.listener, name })?.name, name);
    }
    const assignment = world.get(grpc, CLA);
    assert.ok(assignment);
    assert.deepEqual(assignment.needs, []);
    assert.match(JSON.stringify(decodeResource(TYPE.endpoints, assignment.body)), /10\.0\.0\.2/);
    world.remove('shop/orders');
    assert.deepEqual(told, ALL_OF_ORDERS);
    assert.equal(world.get(grpc, CLA), undefined);
    assert.deepEqual(world.all(grpc, TYPE.listener), []);
  });

  it('tells of one resource when endpoints change, and leaves the others as they are', () => {
    const { world, grpc, told } = new Bench();
    world.put('shop/orders', entryOf('orders', 1));
    const cluster = world.get(grpc, { ...CLA, typeUrl: TYPE.cluster });
    const one = world.get(grpc, CLA);
    told.splice(0);
    world.put('shop/orders', entryOf('orders', 2));
    assert.deepEqual(told, ['ClusterLoadAssignment orders.shop']);
    assert.equal(world.get(grpc, { ...CLA, typeUrl: TYPE.cluster }), cluster);
    assert.notEqual(world.get(grpc, CLA)?.version, one?.version);
  });

  it('gives the same object again for the same content', () => {
    const { world, grpc } = new Bench();
    world.put('shop/orders', entryOf('orders', 1));
    const one = world.get(grpc, CLA);
    world.put('shop/orders', entryOf('orders', 1));
    assert.equal(world.get(grpc, CLA), one);
    world.put('shop/orders', entryOf('orders', 1, { xds: { timeout: '3s' } }));
    assert.equal(world.get(grpc, CLA), one);
  });

  it('has an empty assignment for no endpoints, and none where they are not known', () => {
    const { world, grpc } = new Bench();
    world.put('shop/orders', entryOf('orders', 0));
    assert.ok(world.get(grpc, CLA));
    world.put('shop/orders', entryOf('orders', null));
    assert.equal(world.get(grpc, CLA), undefined);
    assert.ok(world.get(grpc, { ...CLA, typeUrl: TYPE.cluster }), 'its cluster is known all the same');
  });

  it('keeps what it had of a GrpcService that cannot be encoded, tells of it once, and serves the others', () => {
    const bench = new Bench();
    const { world, grpc } = bench;
    world.put('shop/orders', entryOf('orders', 2));
    world.put('shop/stock', entryOf('stock', 1));
    const before = world.get(grpc, CLA);
    const [endpoint] = endpoints(1);
    assert.ok(endpoint && before);
    world.put('shop/orders', { ...entryOf('orders', 0), endpoints: [{ ...endpoint, port: -1 }] });
    assert.equal(world.get(grpc, CLA), before);
    assert.equal(world.get(grpc, { ...CLA, typeUrl: TYPE.cluster })?.name, 'orders.shop');
    assert.ok(world.get(grpc, { ...CLA, name: 'stock.shop' }));
    assert.deepEqual(bench.faults, ['shop/orders']);
    world.put('shop/orders', entryOf('orders', 3));
    assert.notEqual(world.get(grpc, CLA)?.version, before.version);
  });

  it('shows each place its own assignment, and encodes a view again that it has forgotten', () => {
    const { world } = new Bench();
    world.put('shop/orders', entryOf('orders', 3, { xds: { locality: { mode: 'PreferSameZone' } } }));
    const first = world.get(world.viewOf(inZone('a')), CLA);
    for (let zone = 0; zone < 300; zone += 1) world.get(world.viewOf(inZone(`z${zone}`)), CLA);
    assert.equal(world.get(world.viewOf(inZone('a')), CLA)?.version, first?.version);
  });

  it('tells of no listener to an Envoy that asks for all, and of everything to one that asks by name', () => {
    const bench = new Bench();
    const { world } = bench;
    const envoy = world.viewOf(envoyNode);
    world.put('shop/orders', entryOf('orders', 1));
    assert.deepEqual(bench.names(envoy, TYPE.listener), []);
    assert.deepEqual(bench.names(envoy, TYPE.cluster), ['orders.shop']);
    assert.ok(world.get(envoy, { typeUrl: TYPE.listener, name: 'orders.shop' }));
  });

  it('knows whose a resource is', () => {
    const { world } = new Bench();
    world.put('shop/orders', entryOf('orders', 1));
    assert.equal(world.ownerOf(CLA), 'shop/orders');
    assert.equal(world.ownerOf({ typeUrl: TYPE.listener, name: 'orders.shop:50051' }), 'shop/orders');
    assert.equal(world.ownerOf({ typeUrl: TYPE.listener, name: 'orders.shop:1' }), null);
  });

  it('gives a name that two have to the first of them, and to the other when that one is gone', () => {
    const { world, grpc } = new Bench();
    const twin = (key: ObjectKey, count: number): void =>
      world.put(key, { ...entryOf('orders', count), endpoints: endpoints(count) });
    twin('shop/b', 2);
    twin('shop/a', 1);
    const ofA = world.get(grpc, CLA)?.version;
    world.remove('shop/a');
    assert.notEqual(world.get(grpc, CLA)?.version, ofA);
    assert.equal(world.ownerOf(CLA), 'shop/b');
  });

  describe('of the front proxy', () => {
    const hosts = (host: string): Partial<GrpcServiceSpec> => ({ proxy: { hosts: [host] } });

    it('is its own listener and routes, and what these lead to', () => {
      const bench = new Bench();
      const { world, proxy } = bench;
      world.put('shop/orders', entryOf('orders', 1, hosts('orders.example')));
      world.put('shop/stock', entryOf('stock', 1));
      assert.deepEqual(bench.names(proxy, TYPE.listener), ['proxy']);
      assert.deepEqual(bench.names(proxy, TYPE.route), ['proxy']);
      assert.deepEqual(bench.names(proxy, TYPE.cluster), ['orders.shop']);
      assert.deepEqual(bench.names(proxy, TYPE.endpoints), ['orders.shop']);
      assert.equal(world.get(proxy, { typeUrl: TYPE.cluster, name: 'stock.shop' }), undefined);
      assert.equal(world.get(bench.grpc, { typeUrl: TYPE.listener, name: 'proxy' }), undefined);
    });

    it('changes with spec.proxy: routes, and the clusters that come or go with them', () => {
      const { world, told, proxy } = new Bench();
      world.put('shop/orders', entryOf('orders', 1));
      told.splice(0);
      world.put('shop/orders', entryOf('orders', 1, hosts('orders.example')));
      assert.deepEqual(told.splice(0), [
        'ClusterLoadAssignment orders.shop',
        'Cluster orders.shop',
        'RouteConfiguration proxy',
      ]);
      world.put('shop/orders', entryOf('orders', 2, hosts('orders.example')));
      assert.deepEqual(told.splice(0), ['ClusterLoadAssignment orders.shop']);
      world.remove('shop/orders');
      assert.ok(told.includes('RouteConfiguration proxy'));
      assert.deepEqual(world.all(proxy, TYPE.cluster), []);
    });

    it('leads to the older of two with one host, and to the other when that one is gone', () => {
      const bench = new Bench();
      const { world, proxy, told } = bench;
      world.put('shop/old', entryOf('old', 1, hosts('one.example'), '2025-01-01T00:00:00Z'));
      world.put('shop/new', entryOf('new', 1, hosts('one.example'), '2026-01-01T00:00:00Z'));
      assert.deepEqual(bench.names(proxy, TYPE.cluster), ['old.shop']);
      assert.deepEqual(
        world.proxyConflicts.map(({ service, winner }) => [service, winner]),
        [['shop/new', 'shop/old']],
      );
      told.splice(0);
      world.remove('shop/old');
      assert.deepEqual(bench.names(proxy, TYPE.cluster), ['new.shop']);
      assert.ok(told.includes('Cluster new.shop'), told.join());
    });

    it('goes to all other services, whatever is not known of one: nothing may wait for what may never come (safety rule 7)', () => {
      const { world, proxy, told } = new Bench();
      const needs = (): readonly string[] =>
        world
          .get(proxy, { typeUrl: TYPE.route, name: 'proxy' })
          ?.needs.map(({ typeUrl, name }) => short(typeUrl, name)) ?? [];
      world.put('shop/orders', entryOf('orders', 1, hosts('orders.example')));
      world.put('shop/stock', entryOf('stock', null, hosts('stock.example')));
      const ofOrders = ['Cluster orders.shop', 'ClusterLoadAssignment orders.shop'];
      assert.deepEqual(needs(), [...ofOrders, 'Cluster stock.shop']);
      told.splice(0);
      world.put('shop/stock', entryOf('stock', 1, hosts('stock.example')));
      assert.deepEqual(needs(), [...ofOrders, 'Cluster stock.shop', 'ClusterLoadAssignment stock.shop']);
      assert.ok(told.includes('ClusterLoadAssignment stock.shop'), told.join());
    });

    it('is nothing where there is no front proxy', () => {
      const world = new XdsWorld(null, (key) => assert.fail(key));
      const view = world.viewOf(proxyNode);
      world.put('shop/orders', entryOf('orders', 1, hosts('orders.example')));
      assert.deepEqual([world.all(view, TYPE.listener), world.all(view, TYPE.cluster)], [[], []]);
    });
  });
});
