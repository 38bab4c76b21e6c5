import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { XdsNode } from '../../../../src/xds/discovery.ts';
import { viewNamed, viewOf } from '../../../../src/xds/resources/view.ts';

const aNode = (fields: Partial<XdsNode> = {}): XdsNode => ({
  id: 'web-1.shop',
  cluster: '',
  locality: null,
  userAgentName: 'gRPC Go',
  userAgentVersion: '1.80.0',
  metadata: {},
  clientFeatures: [],
  ...fields,
});
const at = (region: string, zone: string): Pick<XdsNode, 'locality'> => ({
  locality: { region, zone, subZone: '' },
});

describe('the view of a client', () => {
  it('is one for gRPC in every language, and for whoever does not say what it is', () => {
    const names = ['gRPC Go', 'grpc-java', 'gRPC C-core linux', 'gRPC Node Pure JS', 'tonic', ''];
    assert.deepEqual(
      new Set(names.map((userAgentName) => viewOf(aNode({ userAgentName })).name)),
      new Set(['grpc']),
    );
  });

  it('is another one for Envoy, and for the Envoy that is the front proxy', () => {
    assert.equal(viewOf(aNode({ userAgentName: 'envoy' })).name, 'envoy');
    const metadata = { 'rollcall.dev/role': 'front-proxy' };
    assert.equal(viewOf(aNode({ userAgentName: 'envoy', metadata })).name, 'proxy');
  });

  it('is the same for all of one zone, whatever else they say', () => {
    const one = aNode({ ...at('eu', 'eu-a'), id: 'a', cluster: 'x' });
    const other = aNode({ locality: { region: 'eu', zone: 'eu-a', subZone: 'rack-7' }, id: 'b' });
    assert.deepEqual(viewOf(one), { name: 'grpc@eu/eu-a', kind: 'grpc', region: 'eu', zone: 'eu-a' });
    assert.deepEqual(viewOf(other), viewOf(one));
  });

  it('tells places apart whatever characters they have', () => {
    const names = [at('a/b', 'c'), at('a', 'b/c'), at('a', ''), at('', 'a')].map(
      (locality) => viewOf(aNode(locality)).name,
    );
    assert.equal(new Set(names).size, 4);
  });

  it('has no place where the client says none, or one that no instance can have', () => {
    for (const locality of [null, at('', '').locality ?? null, at('x'.repeat(64), '').locality ?? null]) {
      assert.deepEqual(viewOf(aNode({ locality })), { name: 'grpc', kind: 'grpc', region: null, zone: null });
    }
  });

  it('can be told from its name', () => {
    const text = fc.oneof(fc.constant(''), fc.string({ unit: 'grapheme', maxLength: 20 }));
    fc.assert(
      fc.property(text, text, fc.constantFrom('envoy', 'gRPC Go'), (region, zone, userAgentName) => {
        const view = viewOf(aNode({ ...at(region, zone), userAgentName }));
        assert.deepEqual(viewNamed(view.name), view);
      }),
    );
  });
});
