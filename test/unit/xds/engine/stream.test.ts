import assert from 'node:assert/strict';
import { RPC } from '../../../../src/xds/rpc.ts';
import { aNode, aResource, MemorySource, StreamBench, urlOf, type Ask } from '../../../support/xds/engine.ts';

for (const kind of ['sotw', 'delta'] as const) {
  /** Names in the words of the kind. */
  const names = (...all: string[]): Ask => (kind === 'sotw' ? { names: all } : { subscribe: all });
  const source = () => new MemorySource(aResource('cluster', 'A'), aResource('endpoints', 'A'));
  const bench = (limits = {}) => new StreamBench({ source: source(), kind, limits });

  describe(`a stream, ${kind}`, () => {
    it('refuses a first request without node.id and says what to set', () => {
      for (const node of [null, aNode({ id: '' })]) {
        const { status } = bench().ask('cluster', { ...names('A'), node });
        assert.equal(status?.code, RPC.invalidArgument);
        assert.match(status.message, /node\.id.*GRPC_XDS_BOOTSTRAP.*--service-node/);
      }
    });

    it('keeps the node of the first request, whatever later ones say', () => {
      const one = source();
      const client = new StreamBench({ source: one, kind });
      client.ask('cluster', names('A'));
      client.ask('endpoints', { ...names('A'), node: null });
      client.ask('endpoints', { ...names('A'), node: aNode({ id: 'other' }) });
      assert.deepEqual([client.stream.node?.id, one.asked.length], ['proxy-1.shop', 1]);
    });

    it('refuses a request without type_url on the aggregated service', () => {
      assert.equal(bench().ask('', names('A')).status?.code, RPC.invalidArgument);
    });

    it('implies the type on a per-type service, and refuses another', () => {
      const client = new StreamBench({ source: source(), kind, only: 'endpoints' });
      assert.equal(client.ask('', names('A')).status, null);
      assert.deepEqual(client.texts(), ['endpoints: A@1']);
      const { status } = client.ask('cluster', names('A'));
      assert.equal(status?.code, RPC.invalidArgument);
      assert.ok(status.message.includes(urlOf('cluster')));
    });

    it('keeps the nonces of its types apart', () => {
      const client = bench();
      client.ask('cluster', names('A'));
      client.ask('endpoints', names('A'));
      const [cluster, endpoints] = client.get();
      assert.notEqual(cluster?.nonce, endpoints?.nonce);
      client.ask('cluster', { ...names('A'), nonce: endpoints?.nonce ?? '' });
      assert.deepEqual(client.news(), [], 'a nonce of another type answers nothing');
      client.ask('endpoints', { ...names(), nonce: endpoints?.nonce ?? '' });
      assert.equal(client.news().length, 1);
    });

    it('bounds the names of a stream, in one request and over all of them', () => {
      const client = bench({ names: 3 });
      assert.equal(client.ask('cluster', names('A', 'B')).status, null);
      const { status } = client.ask('endpoints', names('A', 'B'));
      assert.equal(status?.code, RPC.resourceExhausted);
      const million = Array.from({ length: 1_000_000 }, (_, index) => `n${index}`);
      const all = bench();
      assert.equal(
        all.ask('cluster', names(...million.slice(0, 100_000))).status?.code,
        RPC.resourceExhausted,
      );
      assert.equal(all.interest.size, 0);
    });

    it('refuses a name that is too long, and too many types', () => {
      const client = bench({ nameLength: 100, types: 2 });
      assert.equal(client.ask('cluster', names('x'.repeat(101))).status?.code, RPC.invalidArgument);
      assert.equal(client.ask('endpoints', names('x')).status, null);
      assert.equal(client.ask('route', names('x')).status?.code, RPC.resourceExhausted);
    });

    it('tells of an acknowledgement with what was new and how long it took', () => {
      const client = bench();
      client.ask('cluster', names('A', 'Z'));
      const [got] = client.get();
      client.nowMs = 40;
      client.ask('cluster', { ...names('A', 'Z'), subscribe: [], nonce: got?.nonce ?? '' });
      const [news] = client.news();
      assert.equal(news?.is, 'accepted');
      assert.equal(news.acceptance.latencyMs, 40);
      assert.deepEqual(
        news.acceptance.resources.map(({ name }) => name),
        ['A'],
      );
    });

    it('tells of a refusal with the names that the reason mentions, and withdraws it when a newer version is accepted', () => {
      const one = new MemorySource(
        aResource('endpoints', 'orders.shop'),
        aResource('endpoints', 'orders.shop:1'),
      );
      const client = new StreamBench({ source: one, kind });
      const both = names('orders.shop', 'orders.shop:1');
      const again = kind === 'sotw' ? both : {};
      client.ask('endpoints', both);
      const [bad] = client.get();
      client.ask('endpoints', { ...again, nonce: bad?.nonce ?? '', refuse: '[orders.shop]: weight 0' });
      const [rest] = client.get();
      assert.deepEqual(rest?.resources, ['orders.shop:1@1']);
      client.ask('endpoints', { ...again, nonce: rest.nonce });
      const refused = client.news();
      assert.deepEqual(
        refused.map(({ is }) => is),
        ['refused', 'accepted'],
      );
      const [first] = refused;
      assert.ok(first?.is === 'refused');
      assert.deepEqual(
        [first.refusal.told, first.refusal.reason, first.refusal.resources.map(({ name }) => name)],
        [true, '[orders.shop]: weight 0', ['orders.shop']],
      );
      one.change([aResource('endpoints', 'orders.shop', '2')]);
      const [good] = client.get();
      client.ask('endpoints', { ...again, nonce: good?.nonce ?? '' });
      const after = client.news();
      assert.deepEqual(
        after.map(({ is }) => is),
        ['withdrawn', 'accepted'],
      );
      assert.ok(after[0]?.is === 'withdrawn' && after[0].refusal === first.refusal);
    });

    it('withdraws its refusals and its subscriptions when it ends', () => {
      const client = bench();
      client.ask('cluster', names('A', '*'));
      const [got] = client.get();
      client.ask('cluster', { ...names('A', '*'), subscribe: [], nonce: got?.nonce ?? '', refuse: 'no' });
      assert.equal(client.interest.size, 2);
      client.stream.close();
      assert.deepEqual(
        client.news().map(({ is }) => is),
        ['refused', 'withdrawn'],
      );
      assert.equal(client.interest.size, 0);
    });

    it('withdraws the refusal of an empty response when another is accepted', () => {
      const one = new MemorySource();
      const client = new StreamBench({ source: one, kind });
      const again = kind === 'sotw' ? names('A') : {};
      client.ask('cluster', names('A'));
      client.ask('cluster', { ...again, nonce: client.get()[0]?.nonce ?? '', refuse: 'nothing there' });
      one.change([aResource('cluster', 'A')]);
      client.ask('cluster', { ...again, nonce: client.get()[0]?.nonce ?? '' });
      assert.deepEqual(
        client.news().map(({ is }) => is),
        ['refused', 'withdrawn', 'accepted'],
      );
    });
  });
}
