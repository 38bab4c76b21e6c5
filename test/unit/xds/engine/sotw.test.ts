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

const FULL = ['cluster', 'listener'] as const;
const PARTIAL = ['endpoints', 'route'] as const;
const GRPC = aNode({ userAgentName: 'gRPC Go' });

function bench(source: MemorySource, node = aNode()): StreamBench {
  return new StreamBench({ source, kind: 'sotw', node });
}

function only(got: readonly Got[]): Got {
  const [first] = got;
  assert.ok(first !== undefined && got.length === 1, JSON.stringify(got));
  return first;
}

/** Asks, takes the one response, and acknowledges it. */
function acked(client: StreamBench, type: string, ask: Ask): Got {
  client.ask(type, ask);
  const got = only(client.get());
  client.ask(type, { ...ask, nonce: got.nonce });
  return got;
}

describe('state of the world', () => {
  for (const type of TYPES) {
    describe(type, () => {
      const ab = () => new MemorySource(aResource(type, 'A'), aResource(type, 'B'), aResource(type, 'C'));

      it('answers a subscription with the resources that were named, and no others', () => {
        const client = bench(ab());
        client.ask(type, { names: ['A', 'B'] });
        assert.deepEqual(client.texts(), [`${type}: A@1 B@1`]);
      });

      it('sends nothing after an acknowledgement that asks for the same names', () => {
        const client = bench(ab());
        acked(client, type, { names: ['A'] });
        assert.deepEqual(client.texts(), []);
      });

      it('ignores a request with a stale nonce', () => {
        const source = ab();
        const client = bench(source);
        const first = acked(client, type, { names: ['A'] });
        source.change([aResource(type, 'A', '2')]);
        const second = only(client.get());
        client.ask(type, { names: ['A', 'B'], nonce: first.nonce });
        client.ask(type, { names: ['A', 'B'], nonce: '' });
        assert.deepEqual([client.texts(), [...client.interest]], [[], [`${type}/A`]]);
        client.ask(type, { names: ['A', 'B'], nonce: second.nonce });
        assert.equal(only(client.get()).resources.includes('B@1'), true);
      });

      it('takes the first request of a stream as new, whatever nonce and version it brings', () => {
        const client = bench(ab());
        client.ask(type, { names: ['A'], nonce: '77', version: '1' });
        assert.deepEqual(client.texts(), [`${type}: A@1`]);
      });

      it('does not send again what was refused, however often it is refused, until its content changes', () => {
        const source = ab();
        const client = bench(source);
        client.ask(type, { names: ['A'] });
        const first = only(client.get());
        client.ask(type, { names: ['A'], nonce: first.nonce, refuse: 'no' });
        assert.deepEqual(client.texts(), []);
        client.ask(type, { names: ['A'], nonce: first.nonce, refuse: 'no' });
        source.change([aResource(type, 'A', '1')]);
        assert.deepEqual(client.texts(), []);
        source.change([aResource(type, 'A', '2')]);
        assert.deepEqual(client.texts(), [`${type}: A@2`]);
      });

      it('does not take an older version_info for a refusal', () => {
        const client = bench(ab());
        client.ask(type, { names: ['A'] });
        const got = only(client.get());
        client.ask(type, { names: ['A'], nonce: got.nonce, version: 'older' });
        assert.deepEqual(
          client.news().map(({ is }) => is),
          ['accepted'],
        );
      });

      it('honours the names of a request that refuses', () => {
        const client = bench(ab());
        client.ask(type, { names: ['A'] });
        const got = only(client.get());
        client.ask(type, { names: ['B'], nonce: got.nonce, refuse: 'no' });
        assert.deepEqual(client.texts(), [`${type}: B@1`]);
      });

      it('sends a resource again to who unsubscribed and subscribes again, though it is unchanged', () => {
        const client = bench(ab());
        const first = acked(client, type, { names: ['A', 'B'] });
        client.ask(type, { names: ['B'], nonce: first.nonce });
        assert.deepEqual(client.texts(), []);
        client.ask(type, { names: ['A', 'B'], nonce: first.nonce });
        assert.equal(only(client.get()).resources.includes('A@1'), true);
      });

      it('answers with what exists, remembers what does not, and sends it when it comes to exist', () => {
        const source = ab();
        const client = bench(source);
        const got = acked(client, type, { names: ['A', 'Z'] });
        assert.deepEqual([got.resources, got.missing], [['A@1'], ['Z']]);
        source.change([aResource(type, 'Z')]);
        assert.equal(only(client.get()).resources.includes('Z@1'), true);
      });

      it('answers at once where nothing of what is asked for exists', () => {
        const client = bench(ab());
        client.ask(type, { names: ['Z'] });
        assert.deepEqual(client.texts(), [`${type}: ?Z`]);
      });

      it('tells nothing of what the client has not asked for', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, { names: ['A'] });
        source.change([aResource(type, 'B', '2'), aResource(type, 'D')]);
        assert.deepEqual(client.texts(), []);
      });

      it('has one response under way, and makes the next of what is newest when it was answered', () => {
        const source = ab();
        const client = bench(source);
        client.ask(type, { names: ['A'] });
        const first = only(client.get());
        source.change([aResource(type, 'A', '2')]);
        source.change([aResource(type, 'A', '3')]);
        assert.deepEqual(client.texts(), []);
        client.ask(type, { names: ['A'], nonce: first.nonce });
        assert.deepEqual(client.texts(), [`${type}: A@3`]);
      });

      it('sends nothing when a content changes and changes back while a response is under way', () => {
        const source = ab();
        const client = bench(source);
        client.ask(type, { names: ['A'] });
        const first = only(client.get());
        source.change([aResource(type, 'A', '2')]);
        source.change([aResource(type, 'A', '1')]);
        client.ask(type, { names: ['A'], nonce: first.nonce });
        assert.deepEqual(client.texts(), []);
      });

      it('names a resource once in a response, even if it was asked for twice', () => {
        const client = bench(ab());
        client.ask(type, { names: ['A', 'A', 'A'] });
        assert.deepEqual(client.texts(), [`${type}: A@1`]);
      });

      it('takes "*" for everything, beside names that may not exist yet', () => {
        const client = bench(ab());
        client.ask(type, { names: ['*', 'Z'] });
        assert.deepEqual(client.texts(), [`${type}: A@1 B@1 C@1 ?Z`]);
      });

      it('takes an empty list of gRPC for nothing', () => {
        const client = bench(ab(), GRPC);
        client.ask(type);
        assert.deepEqual(client.texts(), []);
      });

      it('takes an empty list after a name for nothing', () => {
        const source = ab();
        const client = bench(source);
        const got = acked(client, type, { names: ['A'] });
        client.ask(type, { nonce: got.nonce });
        source.change([aResource(type, 'A', '2')]);
        assert.deepEqual([client.texts(), [...client.interest]], [[], []]);
      });
    });
  }

  for (const type of FULL) {
    describe(`${type}, whose responses are the whole state`, () => {
      const ab = () => new MemorySource(aResource(type, 'A'), aResource(type, 'B'));

      it('takes an empty first list for everything, also when it acknowledges', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, {});
        source.change([aResource(type, 'C')]);
        assert.deepEqual(client.texts(), [`${type}: A@1 B@1 C@1`]);
      });

      it('answers a wildcard even if there is nothing', () => {
        const client = bench(new MemorySource());
        client.ask(type);
        assert.deepEqual(client.texts(), [`${type}:`]);
      });

      it('takes an empty list after "*" for nothing', () => {
        const source = ab();
        const client = bench(source);
        const got = acked(client, type, { names: ['*'] });
        client.ask(type, { nonce: got.nonce });
        source.change([aResource(type, 'A', '2')]);
        assert.deepEqual([client.texts(), [...client.interest]], [[], []]);
      });

      it('sends all that is subscribed when one changes', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, { names: ['A', 'B'] });
        source.change([aResource(type, 'A', '2')]);
        assert.deepEqual(client.texts(), [`${type}: A@2 B@1`]);
      });

      it('tells of a deletion by leaving the resource out', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, {});
        source.change([], [`${type}/A`]);
        assert.deepEqual(client.texts(), [`${type}: B@1`]);
      });

      it('sends an empty response when the last resource is gone', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, { names: ['A'] });
        source.change([], [`${type}/A`]);
        assert.deepEqual(client.texts(), [`${type}:`]);
      });

      it('keeps the last good version of what was refused in the responses that follow', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, {});
        source.change([aResource(type, 'A', 'bad')]);
        const bad = only(client.get());
        client.ask(type, { nonce: bad.nonce, refuse: 'A: unknown policy' });
        source.change([aResource(type, 'B', '2')]);
        assert.deepEqual(client.texts(), [`${type}: A@1 B@2`]);
      });

      it('sends the rest of a refused response again at once, where the reason tells which one was bad', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, {});
        source.change([aResource(type, 'A', 'bad'), aResource(type, 'B', '2')]);
        const bad = only(client.get());
        client.ask(type, { nonce: bad.nonce, refuse: 'Error adding/updating A: unknown policy' });
        assert.deepEqual(client.texts(), [`${type}: A@1 B@2`]);
      });

      it('tries a refused response again where the reason does not tell, as soon as one of it has changed', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, {});
        source.change([aResource(type, 'A', 'bad'), aResource(type, 'B', '2')]);
        const bad = only(client.get());
        client.ask(type, { nonce: bad.nonce, refuse: 'something is wrong' });
        assert.deepEqual(client.texts(), []);
        source.change([aResource(type, 'A', '3')]);
        assert.deepEqual(client.texts(), [`${type}: A@3 B@2`]);
      });
    });
  }

  for (const type of PARTIAL) {
    describe(`${type}, where absence means nothing`, () => {
      const ab = () => new MemorySource(aResource(type, 'A'), aResource(type, 'B'));

      it('sends the changed one alone', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, { names: ['A', 'B'] });
        source.change([aResource(type, 'B', '2')]);
        assert.deepEqual(client.texts(), [`${type}: B@2`]);
      });

      it('sends the new names alone when the subscription grows', () => {
        const client = bench(ab());
        const first = acked(client, type, { names: ['A'] });
        client.ask(type, { names: ['A', 'B'], nonce: first.nonce });
        assert.deepEqual(client.texts(), [`${type}: B@1`]);
      });

      it('takes an empty first list for nothing', () => {
        const client = bench(ab());
        client.ask(type);
        assert.deepEqual(client.texts(), []);
      });

      it('says nothing of a resource that is gone, and sends it when it is back', () => {
        const source = ab();
        const client = bench(source);
        acked(client, type, { names: ['A'] });
        source.change([], [`${type}/A`]);
        assert.deepEqual(client.texts(), []);
        source.change([aResource(type, 'A')]);
        assert.deepEqual(client.texts(), [`${type}: A@1`]);
      });

      it('splits what is too much for one response', () => {
        const names = ['A', 'B', 'C', 'D', 'E'];
        const source = new MemorySource(...names.map((name) => aResource(type, name)));
        const client = new StreamBench({ source, kind: 'sotw', limits: { responseBytes: 6 } });
        client.ask(type, { names });
        const first = only(client.get());
        assert.deepEqual(first.resources, ['A@1', 'B@1']);
        client.ask(type, { names, nonce: first.nonce });
        assert.deepEqual(only(client.get()).resources, ['C@1', 'D@1']);
      });

      it('splits what is too much of what does not exist', () => {
        const names = ['A', 'B', 'C', 'D', 'E'];
        const client = new StreamBench({
          source: new MemorySource(),
          kind: 'sotw',
          limits: { responseBytes: 6 },
        });
        client.ask(type, { names });
        const first = only(client.get());
        assert.deepEqual(first.missing, ['A', 'B']);
        client.ask(type, { names, nonce: first.nonce });
        assert.deepEqual(only(client.get()).missing, ['C', 'D']);
      });
    });
  }

  it('answers an unknown type like one of which there is nothing, once, and goes on', () => {
    const source = new MemorySource(aResource('cluster', 'A'));
    const client = bench(source);
    client.ask('type.googleapis.com/envoy.service.runtime.v3.Runtime', { names: ['rtds'] });
    assert.deepEqual(client.texts(), ['type.googleapis.com/envoy.service.runtime.v3.Runtime: ?rtds']);
    client.ask('cluster');
    assert.deepEqual(client.texts(), ['cluster: A@1']);
  });
});
