import assert from 'node:assert/strict';
import {
  aNode,
  aResource,
  MemorySource,
  StreamBench,
  TYPES,
  type Ask,
  type Got,
} from '../../../support/xds/engine.ts';

function bench(source: MemorySource, node = aNode()): StreamBench {
  return new StreamBench({ source, kind: 'delta', node });
}

function only(got: readonly Got[]): Got {
  const [first] = got;
  assert.ok(first !== undefined && got.length === 1, JSON.stringify(got));
  return first;
}

function acked(client: StreamBench, type: string, ask: Ask): Got {
  client.ask(type, ask);
  const got = only(client.get());
  client.ask(type, { nonce: got.nonce });
  return got;
}

describe('incremental', () => {
  for (const type of TYPES) {
    describe(type, () => {
      const ab = () => new MemorySource(aResource(type, 'A'), aResource(type, 'B'));

      it('answers a subscription with what was named', () => {
        const client = bench(ab());
        client.ask(type, { subscribe: ['A'] });
        assert.deepEqual(client.texts(), [`${type}: A@1`]);
      });

      it('sends nothing after an acknowledgement', () => {
        const client = bench(ab());
        acked(client, type, { subscribe: ['A'] });
        assert.deepEqual(client.texts(), []);
      });

      it('sends the changed one alone', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, { subscribe: ['A', 'B'] });
        source.change([aResource(type, 'B', '2')]);
        assert.deepEqual(client.texts(), [`${type}: B@2`]);
      });

      it('skips what the client holds in the same version from another stream', () => {
        const client = bench(ab());
        client.ask(type, { subscribe: ['A', 'B'], initial: { A: '1', B: '0' } });
        assert.deepEqual(client.texts(), [`${type}: B@1`]);
      });

      it('tells which of what the client holds from another stream is no more', () => {
        const client = bench(ab());
        client.ask(type, { subscribe: ['A', 'Z'], initial: { A: '1', Z: '1' } });
        assert.deepEqual(client.texts(), [`${type}: -Z`]);
      });

      it('believes initial_resource_versions in the first request of a type only', () => {
        const client = bench(ab());
        acked(client, type, { subscribe: ['A'] });
        client.ask(type, { subscribe: ['B'], initial: { B: '1' } });
        assert.deepEqual(client.texts(), [`${type}: B@1`]);
      });

      it('honours a subscription that comes with a stale nonce, or with none', () => {
        const source = ab();
        source.change([aResource(type, 'C')]);
        const client = bench(source);
        const first = acked(client, type, { subscribe: ['A'] });
        client.ask(type, { subscribe: ['B'], nonce: 'stale' });
        const second = only(client.get());
        assert.deepEqual(second.resources, ['B@1']);
        client.ask(type, { subscribe: ['C'], nonce: first.nonce });
        assert.deepEqual(client.texts(), []);
        client.ask(type, { nonce: second.nonce });
        assert.deepEqual(client.texts(), [`${type}: C@1`]);
      });

      it('takes a stale nonce neither for an acknowledgement nor for a refusal', () => {
        const client = bench(ab());
        client.ask(type, { subscribe: ['A'] });
        client.get();
        client.ask(type, { nonce: 'stale', refuse: 'no' });
        assert.deepEqual(client.news(), []);
        assert.notEqual(client.stream.waitingSinceMs, null);
      });

      it('sends a name again that is subscribed again, though it is unchanged', () => {
        const client = bench(ab());
        acked(client, type, { subscribe: ['A'] });
        client.ask(type, { subscribe: ['A'] });
        assert.deepEqual(client.texts(), [`${type}: A@1`]);
      });

      it('tells of a name that does not exist, and sends it when it comes to exist', () => {
        const source = ab();
        const client = bench(source);
        const got = acked(client, type, { subscribe: ['Z'] });
        assert.deepEqual([got.removed, got.missing], [['Z'], ['Z']]);
        source.change([aResource(type, 'Z')]);
        assert.deepEqual(client.texts(), [`${type}: Z@1`]);
      });

      it('tells once that a resource is gone, and sends it when it is back', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, { subscribe: ['A'] });
        source.change([], [`${type}/A`]);
        const got = only(client.get());
        assert.deepEqual(got.removed, ['A']);
        client.ask(type, { nonce: got.nonce });
        assert.deepEqual(client.texts(), []);
        source.change([aResource(type, 'A')]);
        assert.deepEqual(client.texts(), [`${type}: A@1`]);
      });

      it('sends a resource that comes back while its removal is under way', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, { subscribe: ['A'] });
        source.change([], [`${type}/A`]);
        const got = only(client.get());
        source.change([aResource(type, 'A')]);
        client.ask(type, { nonce: got.nonce });
        assert.deepEqual(client.texts(), [`${type}: A@1`]);
      });

      it('does not answer an unsubscription, nor one of a name that was never subscribed', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, { subscribe: ['A'] });
        client.ask(type, { unsubscribe: ['A', 'phantom'] });
        source.change([aResource(type, 'A', '2')]);
        assert.deepEqual([client.texts(), [...client.interest]], [[], []]);
      });

      it('answers the unsubscription of a name that the wildcard still covers', () => {
        const client = bench(ab());
        acked(client, type, { subscribe: ['*', 'A'] });
        client.ask(type, { unsubscribe: ['A'] });
        assert.deepEqual(client.texts(), [`${type}: A@1`]);
      });

      it('answers the unsubscription of a name that does not exist under a wildcard with its removal', () => {
        const client = bench(ab());
        acked(client, type, { subscribe: ['*', 'Z'] });
        client.ask(type, { unsubscribe: ['Z'] });
        assert.deepEqual(client.texts(), [`${type}: -Z ?Z`]);
      });

      it('takes "*" for everything, also what comes later', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, { subscribe: ['*'] });
        source.change([aResource(type, 'C')]);
        assert.deepEqual(client.texts(), [`${type}: C@1`]);
      });

      it('answers the first wildcard even if there is nothing', () => {
        const client = bench(new MemorySource());
        client.ask(type, { subscribe: ['*'] });
        assert.deepEqual(client.texts(), [`${type}:`]);
      });

      it('answers the first wildcard of a client that holds everything already', () => {
        const client = bench(ab());
        client.ask(type, { subscribe: ['*'], initial: { A: '1', B: '1' } });
        assert.deepEqual(client.texts(), [`${type}:`]);
      });

      it('ends a wildcard by its unsubscription alone, and keeps the names', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, { subscribe: ['*', 'A'] });
        client.ask(type, { unsubscribe: ['*'] });
        source.change([aResource(type, 'A', '2'), aResource(type, 'B', '2')]);
        assert.deepEqual([client.texts(), [...client.interest]], [[`${type}: A@2`], [`${type}/A`]]);
      });

      it('parks what was refused until it changes, and goes on with the rest', () => {
        const source = ab();
        const client = bench(source);
        client.ask(type, { subscribe: ['A', 'B'] });
        const got = only(client.get());
        client.ask(type, { nonce: got.nonce, refuse: 'A is bad' });
        const rest = only(client.get());
        assert.deepEqual(rest.resources, ['B@1']);
        client.ask(type, { nonce: rest.nonce });
        source.change([aResource(type, 'A', '1')]);
        assert.deepEqual(client.texts(), []);
        source.change([aResource(type, 'A', '2')]);
        assert.deepEqual(client.texts(), [`${type}: A@2`]);
      });

      it('has one response under way, and makes the next of what is newest', () => {
        const source = ab();
        const client = bench(source);
        client.ask(type, { subscribe: ['A'] });
        const got = only(client.get());
        for (const version of ['2', '3', '4']) source.change([aResource(type, 'A', version)]);
        assert.deepEqual(client.texts(), []);
        client.ask(type, { nonce: got.nonce });
        assert.deepEqual(client.texts(), [`${type}: A@4`]);
      });

      it('takes a first request of gRPC without names for nothing', () => {
        const client = bench(ab(), aNode({ userAgentName: 'gRPC C-core' }));
        client.ask(type);
        assert.deepEqual(client.texts(), []);
      });
    });
  }

  for (const type of ['cluster', 'listener']) {
    it(`takes an empty first request for everything, which names do not end: ${type}`, () => {
      const source = new MemorySource(aResource(type, 'A'));
      const client = bench(source);
      acked(client, type, {});
      client.ask(type, { subscribe: ['A'] });
      const got = only(client.get());
      client.ask(type, { nonce: got.nonce });
      source.change([aResource(type, 'B')]);
      assert.deepEqual(client.texts(), [`${type}: B@1`]);
    });
  }

  it('tells of what an unknown type does not have', () => {
    const client = bench(new MemorySource());
    client.ask('type.googleapis.com/unknown', { subscribe: ['x'] });
    assert.deepEqual(client.texts(), ['type.googleapis.com/unknown: -x ?x']);
  });
});
