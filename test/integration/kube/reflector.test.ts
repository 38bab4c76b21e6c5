import assert from 'node:assert/strict';
import { startApiServer, type ApiServer } from '../../../local/servers/api-server.ts';
import { startEtcd, type EtcdServer } from '../../../local/servers/etcd.ts';
import type { EndpointSlice } from '../../../src/model/kube-objects.ts';
import { freshAddress, testbed } from '../../support/testbed/index.ts';
import { Bench, eventually, holds, isList, isWatch, isWatchList, never, slice } from './bench.ts';

let count = 0;

describe('Reflector on a real API server', function () {
  this.timeout(60_000);
  let apiServer: ApiServer;
  let bench: Bench;
  let namespace: string;

  before(async () => {
    apiServer = (await testbed.cluster()).apiServer;
  });
  beforeEach(async () => {
    bench = await Bench.start(apiServer);
    count += 1;
    namespace = `reflector-${count}`;
    await apiServer.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  });
  afterEach(() => bench.dispose());

  for (const watchList of [true, false]) {
    const how = watchList ? 'WatchList' : 'pages of a list';
    it(`takes everything by ${how}, then follows additions, changes and deletions`, async () => {
      const slices = bench.slices();
      await Promise.all(
        ['a', 'b', 'c', 'd', 'e'].map((name) => slices.create(slice(namespace, name), never)),
      );
      const changes: string[] = [];
      const cache = bench.reflect({
        namespaces: [namespace],
        watchList,
        pageSize: 2,
        indexers: { service: ({ metadata }) => [metadata.labels?.['kubernetes.io/service-name'] ?? ''] },
      });
      cache.subscribe(({ old, now }) =>
        changes.push(`${old?.metadata.name ?? '-'} ${now?.metadata.name ?? '-'}`),
      );
      await cache.whenSynced(never);
      await holds(cache, ['a', 'b', 'c', 'd', 'e']);
      assert.deepEqual(bench.observed, [`listed by ${watchList ? 'watchlist' : 'list'}`]);
      assert.equal(bench.proxy.count(isList), watchList ? 0 : 3);
      assert.equal(cache.byIndex('service', 'orders').length, 5);
      const a = cache.get(`${namespace}/a`);
      assert.ok(a?.metadata.resourceVersion !== undefined && a.metadata.uid !== undefined);
      assert.equal(a.kind, 'EndpointSlice');
      assert.equal('managedFields' in a.metadata, false);

      changes.splice(0);
      const changed = await slices.update({ ...a, endpoints: [] }, never);
      await slices.create(slice(namespace, 'f'), never);
      const b = cache.get(`${namespace}/b`);
      assert.ok(b);
      await slices.delete(versionOf(b), never);
      await holds(cache, ['a', 'c', 'd', 'e', 'f']);
      assert.deepEqual(changes, ['a a', '- f', 'b -']);
      assert.equal(cache.get(`${namespace}/a`)?.metadata.resourceVersion, changed.metadata.resourceVersion);
      assert.equal(cache.byIndex('service', 'orders').length, 5);
    });
  }

  it('falls back to a list where the server forbids WatchList, and does not ask again', async () => {
    bench.proxy.answer(isWatchList, { status: 422, body: { reason: 'Invalid' } }, Number.POSITIVE_INFINITY);
    const cache = bench.reflect({ namespaces: [namespace] });
    await bench.slices().create(slice(namespace, 'a'), never);
    await holds(cache, ['a']);
    bench.proxy.answer((request) => isWatch(request) && !isWatchList(request), expired);
    bench.proxy.cut();
    await eventually(() =>
      assert.equal(bench.observed.filter((each) => each === 'listed by list').length, 2),
    );
    assert.equal(bench.proxy.count(isWatchList), 1);
  });

  it('falls back to a list once where WatchList answers 500, as with an old etcd', async () => {
    bench.proxy.answer(isWatchList, { status: 500, body: { reason: 'InternalError' } });
    const cache = bench.reflect({ namespaces: [namespace] });
    await cache.whenSynced(never);
    assert.deepEqual(bench.observed, ['listed by list']);
  });

  it('keeps trying while it may not list, and syncs when it may', async () => {
    const forbidden = { status: 403, body: { reason: 'Forbidden' } };
    const fault = bench.proxy.answer(({ method }) => method === 'GET', forbidden, 3);
    const cache = bench.reflect({ namespaces: [namespace] });
    await eventually(() => assert.equal(fault.met, 3));
    assert.equal(cache.synced, false);
    await eventually(() => assert.equal(cache.synced, true), 15_000);
  });

  it('goes on where it was when the connection breaks, without a new list', async () => {
    const cache = bench.reflect({ namespaces: [namespace] });
    await cache.whenSynced(never);
    bench.proxy.refuse();
    const direct = await Bench.start(apiServer);
    const a = await direct.slices().create(slice(namespace, 'a'), never);
    await direct.slices().create(slice(namespace, 'b'), never);
    await direct.slices().delete(versionOf(a), never);
    await direct.dispose();
    bench.proxy.accept();
    await holds(cache, ['b']);
    assert.deepEqual(bench.observed, ['listed by watchlist', 'watch ended: error']);
  });

  it('notices a deletion during a disconnect when its place in history is gone (410)', async () => {
    const slices = bench.slices();
    const a = await slices.create(slice(namespace, 'a'), never);
    await slices.create(slice(namespace, 'b'), never);
    const cache = bench.reflect({ namespaces: [namespace] });
    await cache.whenSynced(never);
    const removed: (string | undefined)[] = [];
    cache.subscribe(({ old, now }) => {
      if (now === undefined) removed.push(old?.metadata.uid);
    });
    bench.proxy.answer(isWatch, expired);
    bench.proxy.refuse();
    await apiServer.request('DELETE', `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/a`);
    bench.proxy.accept();
    await holds(cache, ['b']);
    assert.deepEqual(removed, [a.metadata.uid], 'with its last known state');
    assert.equal(bench.observed.filter((each) => each.startsWith('listed')).length, 2);
  });

  it('tells an object that was deleted and made again while nobody looked as both', async () => {
    await bench.slices().create(slice(namespace, 'a'), never);
    const cache = bench.reflect({ namespaces: [namespace] });
    await cache.whenSynced(never);
    const changes: string[] = [];
    cache.subscribe(({ old, now }) => changes.push(`${old ? 'old' : '-'} ${now ? 'now' : '-'}`));
    bench.proxy.answer(isWatch, expired);
    bench.proxy.refuse();
    await apiServer.request('DELETE', `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/a`);
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    await apiServer.request('POST', path, slice(namespace, 'a'));
    bench.proxy.accept();
    await eventually(() => assert.deepEqual(changes, ['old -', '- now']));
  });

  it('takes everything anew after an ERROR event within the stream', async () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' };
    bench.proxy.answer((request) => isWatch(request) && !isWatchList(request), {
      status: 200,
      text: `${JSON.stringify({ type: 'ERROR', object: status })}\n`,
    });
    const cache = bench.reflect({ namespaces: [namespace] });
    await cache.whenSynced(never);
    bench.proxy.cut();
    await eventually(() =>
      assert.equal(bench.observed.filter((each) => each === 'listed by watchlist').length, 2),
    );
  });

  it('notices a half-open connection by its silence', async () => {
    const cache = bench.reflect({ namespaces: [namespace], silenceMs: 500 });
    await cache.whenSynced(never);
    bench.proxy.freeze();
    await apiServer.request(
      'POST',
      `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
      slice(namespace, 'a'),
    );
    await eventually(() => assert.ok(bench.observed.includes('watch ended: silent')));
    bench.proxy.thaw();
    await holds(cache, ['a']);
    assert.equal(bench.observed.filter((each) => each.startsWith('listed')).length, 1, 'no list for it');
  });

  it('waits longer with each refusal, and as long as the server asks', async () => {
    const cache = bench.reflect({ namespaces: [namespace] });
    await cache.whenSynced(never);
    bench.proxy.answer(isWatch, { status: 429, headers: { 'retry-after': '2' } });
    bench.proxy.answer(isWatch, { status: 500 }, 2);
    const from = bench.proxy.requests.length;
    bench.proxy.cut();
    await eventually(() => assert.equal(bench.proxy.requests.length - from, 4), 15_000);
    const times = bench.proxy.requests.slice(from).map(({ atMs }) => atMs);
    const waits = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    const [first = 0, second = 0, third = 0] = waits;
    assert.ok(first >= 1990 && second >= 3190 && third >= 6390 && third < 9000, waits.join(' '));
  });

  it('keeps its listeners apart: one that throws costs the others nothing', async () => {
    const cache = bench.reflect({ namespaces: [namespace] });
    await cache.whenSynced(never);
    const seen: string[] = [];
    cache.subscribe(() => {
      throw new Error('listener bug');
    });
    const unsubscribe = cache.subscribe(({ now }) => seen.push(now?.metadata.name ?? ''));
    await bench.slices().create(slice(namespace, 'a'), never);
    await holds(cache, ['a']);
    unsubscribe();
    await bench.slices().create(slice(namespace, 'b'), never);
    await holds(cache, ['a', 'b']);
    assert.deepEqual(seen, ['a']);
    assert.equal(bench.logger.messages('error').length, 2);
    assert.deepEqual(bench.observed, ['listed by watchlist']);
  });

  it('follows several namespaces, each by a watch of its own, and only those', async () => {
    const other = `${namespace}-other`;
    const foreign = `${namespace}-foreign`;
    for (const name of [other, foreign]) {
      await apiServer.request('POST', '/api/v1/namespaces', { metadata: { name } });
      await bench.slices().create(slice(name, `in-${name}`), never);
    }
    const cache = bench.reflect({ namespaces: [namespace, other] });
    await bench.slices().create(slice(namespace, 'a'), never);
    await holds(cache, ['a', `in-${other}`]);
    // A list of one namespace must not take the objects of the other for deleted.
    bench.proxy.answer(({ url }) => url.includes(`/${namespace}/`) && url.includes('watch'), expired);
    bench.proxy.cut();
    await eventually(() => assert.ok(bench.observed.filter((each) => each.startsWith('listed')).length >= 3));
    await holds(cache, ['a', `in-${other}`]);
  });

  it('follows only what its label selector names, and what leaves it', async () => {
    const cache = bench.reflect({
      namespaces: [namespace],
      labelSelector: 'kubernetes.io/service-name=orders',
    });
    const kept = await bench.slices().create(slice(namespace, 'a'), never);
    const foreign = slice(namespace, 'b');
    await bench.slices().create({ ...foreign, metadata: { ...foreign.metadata, labels: {} } }, never);
    await holds(cache, ['a']);
    await bench.slices().update({ ...kept, metadata: { ...kept.metadata, labels: {} } }, never);
    await holds(cache, []);
  });
});

describe('Reflector while the API server restarts', function () {
  this.timeout(60_000);
  const address = freshAddress();
  let etcd: EtcdServer;
  let apiServer: ApiServer;
  let bench: Bench;

  before(async () => {
    etcd = await startEtcd({ address });
    apiServer = await startApiServer({ address, etcdUrl: etcd.url });
  });
  beforeEach(async () => {
    bench = await Bench.start(apiServer);
  });
  afterEach(() => bench.dispose());
  after(async () => {
    await apiServer.dispose();
    await etcd.dispose();
  });

  it('keeps its cache and follows on afterwards', async () => {
    const cache = bench.reflect({ namespaces: [] });
    await bench.slices().create(slice('default', 'before'), never);
    await eventually(() => assert.ok(cache.get('default/before')));
    await apiServer.kill();
    assert.ok(cache.get('default/before'));
    await apiServer.start();
    await bench.slices().create(slice('default', 'after'), never);
    await eventually(() => assert.ok(cache.get('default/after')), 15_000);
    assert.ok(cache.get('default/before'));
  });

  it('notices a store that went back in time, which would keep its watch silent', async () => {
    for (let index = 0; index < 300; index += 1) {
      await apiServer.request('PUT', '/api/v1/namespaces/default', {
        metadata: { name: 'default', labels: { at: String(index) } },
      });
    }
    const cache = bench.reflect({ namespaces: [], silenceMs: 700 });
    await bench.slices().create(slice('default', 'lost'), never);
    await eventually(() => assert.ok(cache.get('default/lost')));
    await apiServer.kill();
    await etcd.dispose();
    etcd = await startEtcd({ address });
    await apiServer.start();
    await eventually(() => assert.equal(cache.get('default/lost'), undefined), 20_000);
    assert.ok(bench.logger.messages('warn').includes('the store went back in time; taking everything anew'));
  });
});

const expired = { status: 410, body: { reason: 'Expired', message: 'too old resource version' } };

function versionOf({ metadata }: EndpointSlice): {
  namespace: string;
  name: string;
  uid: string;
  resourceVersion: string;
} {
  const { namespace = '', name, uid = '', resourceVersion = '' } = metadata;
  return { namespace, name, uid, resourceVersion };
}
