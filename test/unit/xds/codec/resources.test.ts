import assert from 'node:assert/strict';
import fc from 'fast-check';
import { XDS_ROOTS } from '../../../../local/generate/xds/roots.ts';
import { decodeMessage } from '../../../../src/xds/codec/decode-message.ts';
import { encodeMessage } from '../../../../src/xds/codec/encode-message.ts';
import { decodeResource, makeResource } from '../../../../src/xds/codec/resources.ts';
import { XdsDecodeError } from '../../../../src/xds/codec/wire.ts';
import { TYPE } from '../../../../src/xds/resource.ts';
import { arbitraryMessage } from '../../../support/xds/arbitrary-message.ts';
import { witness } from '../../../support/xds/witness.ts';

const assignment = {
  clusterName: 'orders.shop',
  endpoints: [
    {
      locality: { region: 'r', zone: 'z' },
      lbEndpoints: [
        {
          endpoint: { address: { socketAddress: { address: '10.0.0.1', portValue: 50051 } } },
          healthStatus: 'DRAINING',
          loadBalancingWeight: { value: 200 },
        },
        { endpoint: { address: { socketAddress: { address: 'fd00::1', portValue: 1 } } } },
        { endpoint: { hostname: 'a', address: { socketAddress: { address: '10.0.0.2', portValue: 2 } } } },
      ],
      loadBalancingWeight: { value: 300 },
      priority: 1,
    },
  ],
} as const;

const listener = {
  name: 'orders.shop',
  apiListener: {
    apiListener: {
      '@type':
        'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
      rds: { configSource: { ads: {} }, routeConfigName: 'orders.shop' },
      httpFilters: [
        {
          name: 'router',
          typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
        },
      ],
    },
  },
} as const;

describe('making resources', () => {
  for (const [, name] of XDS_ROOTS) {
    it(`encodes any ${name} to the bytes of another library, and decodes them again`, () => {
      const { serialize } = witness(name);
      fc.assert(
        fc.property(arbitraryMessage(name, 3), ({ ours, theirs, decoded }) => {
          const bytes = encodeMessage(name, ours);
          assert.deepEqual(Buffer.from(bytes), serialize(theirs));
          assert.deepEqual(decodeMessage(name, bytes), decoded);
        }),
      );
    });
  }

  it('encodes endpoints of all shapes to the bytes of another library', () => {
    const name = 'envoy.config.endpoint.v3.ClusterLoadAssignment';
    assert.deepEqual(Buffer.from(encodeMessage(name, assignment)), witness(name).serialize(assignment));
    assert.deepEqual(decodeResource(TYPE.endpoints, encodeMessage(name, assignment)), assignment);
    for (const [odd, withoutZeros = odd] of [
      [{}],
      [{ healthStatus: 'UNKNOWN' }, {}],
      [{ endpoint: {} }],
      [{ endpoint: { address: {} } }],
      [{ endpoint: { address: { socketAddress: {} } } }],
      [
        { endpoint: { address: { socketAddress: { address: '', portValue: 0 } } } },
        { endpoint: { address: { socketAddress: { portValue: 0 } } } },
      ],
      [{ loadBalancingWeight: { value: 0 } }, { loadBalancingWeight: {} }],
      [{ endpoint: { address: { socketAddress: { address: 'a', portValue: 1, protocol: 'UDP' } } } }],
      [{ endpoint: { address: { pipe: { path: '/a' } } }, endpointName: 'b' }],
    ]) {
      const of = (endpoint: object) => ({ endpoints: [{ lbEndpoints: [endpoint] }] });
      const bytes = encodeMessage(name, of(odd ?? {}));
      assert.deepEqual(
        Buffer.from(bytes),
        witness(name).serialize(of(withoutZeros ?? {})),
        JSON.stringify(odd),
      );
    }
  });

  it('packs a message into an Any and shows it again', () => {
    const { body } = makeResource(TYPE.listener, 'orders.shop', listener);
    assert.deepEqual(decodeResource(TYPE.listener, body), listener);
    const hcm = listener.apiListener.apiListener;
    const { '@type': typeUrl, ...message } = hcm;
    const value = encodeMessage(typeUrl.slice(typeUrl.indexOf('/') + 1), message);
    const packed = makeResource(TYPE.listener, 'orders.shop', {
      name: 'orders.shop',
      apiListener: { apiListener: { typeUrl, value } },
    });
    assert.deepEqual(packed.body, body);
  });

  it('gives equal content equal bytes, however it was put together', () => {
    const version = (message: Parameters<typeof makeResource<'envoy.config.cluster.v3.Cluster'>>[2]) =>
      makeResource(TYPE.cluster, 'a', message).version;
    const first = version({
      name: 'a',
      type: 'EDS',
      metadata: { filterMetadata: { x: { b: 1, a: 2 }, w: {} } },
      connectTimeout: undefined,
    });
    const second = version({
      metadata: { filterMetadata: { w: {}, x: { a: 2, b: 1 } } },
      type: 'EDS',
      altStatName: '',
      name: 'a',
    });
    assert.equal(first, second);
    assert.match(first, /^[0-9a-f]{16}$/);
    assert.notEqual(first, version({ name: 'a', type: 'EDS', metadata: { filterMetadata: { w: {} } } }));
  });

  it('tells what a resource needs, nothing by default', () => {
    const needs = [{ typeUrl: TYPE.cluster, name: 'a' }];
    assert.deepEqual(makeResource(TYPE.route, 'a', {}, needs).needs, needs);
    assert.deepEqual(makeResource(TYPE.route, 'a', {}).needs, []);
  });

  for (const [problem, message] of [
    ['envoy.config.cluster.v3.Cluster has no field nme', { nme: 'a' }],
    ['envoy.config.cluster.v3.Cluster.name: 1 is no string', { name: 1 }],
    [
      'envoy.config.cluster.v3.Cluster.type: "Eds" is no envoy.config.cluster.v3.Cluster.DiscoveryType',
      { type: 'Eds' },
    ],
    ['google.protobuf.UInt32Value.value: -1 is no uint32', { perConnectionBufferLimitBytes: { value: -1 } }],
    [
      'google.protobuf.UInt32Value.value: 1.5 is no uint32',
      { perConnectionBufferLimitBytes: { value: 1.5 } },
    ],
    ['envoy.config.cluster.v3.Cluster.filters: not a list', { filters: {} }],
    ['envoy.config.cluster.v3.Cluster.connectTimeout: not an object', { connectTimeout: 5 }],
    [
      'there is no message envoy.Unknown in proto/vendor',
      { transportSocket: { typedConfig: { '@type': 'type.googleapis.com/envoy.Unknown' } } },
    ],
  ] as const) {
    it(`refuses a message and says why: ${problem}`, () => {
      const make = () => makeResource(TYPE.cluster, 'a', message as object);
      assert.throws(make, { name: 'TypeError', message: problem });
    });
  }

  it('answers any bytes with JSON or a decode error, and nothing else', () => {
    const whole = Buffer.from(makeResource(TYPE.listener, 'orders.shop', listener).body);
    const damaged = fc
      .tuple(fc.nat(whole.length), fc.uint8Array({ maxLength: 8 }), fc.nat(whole.length))
      .map(([at, bytes, until]) => Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(until)]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
        try {
          JSON.stringify(decodeResource(TYPE.listener, bytes));
        } catch (error) {
          assert.ok(error instanceof XdsDecodeError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
