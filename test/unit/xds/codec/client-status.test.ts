import assert from 'node:assert/strict';
import {
  decodeClientStatusRequest,
  encodeClientStatusResponse,
} from '../../../../src/xds/codec/client-status.ts';
import { makeResource } from '../../../../src/xds/codec/resources.ts';
import type { XdsNode } from '../../../../src/xds/discovery.ts';
import { TYPE } from '../../../../src/xds/resource.ts';
import { witness } from '../../../support/xds/witness.ts';

const request = witness('envoy.service.status.v3.ClientStatusRequest');
const response = witness('envoy.service.status.v3.ClientStatusResponse');

const node: XdsNode = {
  id: 'Web-1.shop',
  cluster: 'web',
  locality: { region: 'r', zone: 'z', subZone: '' },
  userAgentName: 'gRPC Go',
  userAgentVersion: '1.80.0',
  metadata: { team: 'shop' },
  clientFeatures: ['envoy.lb.does_not_support_overprovisioning'],
};

describe('telling which client has what (CSDS)', () => {
  it('asks about everybody with an empty request', () => {
    const query = decodeClientStatusRequest(new Uint8Array());
    assert.equal(query.matches(node), true);
    assert.equal(query.withContents, true);
  });

  for (const [matcher, expected] of [
    [{ exact: 'Web-1.shop' }, true],
    [{ exact: 'web-1.shop' }, false],
    [{ exact: 'web-1.SHOP', ignoreCase: true }, true],
    [{ prefix: 'Web-' }, true],
    [{ prefix: 'shop' }, false],
    [{ suffix: '.shop' }, true],
    [{ suffix: 'Web' }, false],
    [{ contains: '1.s' }, true],
    [{ contains: '2.s' }, false],
  ] as const) {
    it(`${expected ? 'finds' : 'passes over'} the client Web-1.shop by ${JSON.stringify(matcher)}`, () => {
      const nodeMatchers = [{ nodeId: { exact: 'another' } }, { nodeId: matcher }];
      assert.equal(decodeClientStatusRequest(request.serialize({ nodeMatchers })).matches(node), expected);
    });
  }

  for (const [condition, matcher] of [
    ['a regular expression', { nodeId: { safeRegex: { regex: '.*' } } }],
    ['metadata', { nodeMetadatas: [{ path: [{ key: 'team' }] }] }],
  ] as const) {
    it(`refuses a condition that it does not understand: ${condition}`, () => {
      const bytes = request.serialize({ nodeMatchers: [matcher] });
      assert.throws(() => decodeClientStatusRequest(bytes), { name: 'RpcRefused', code: 12 });
    });
  }

  it('stops reading at a million conditions', () => {
    const bytes = Buffer.alloc(2_000_000, Uint8Array.of(0x0a, 0));
    assert.throws(() => decodeClientStatusRequest(bytes), { name: 'XdsDecodeError', code: 8 });
  });

  it('leaves out the contents for who does not want them', () => {
    const bytes = request.serialize({ excludeResourceContents: true });
    assert.equal(decodeClientStatusRequest(bytes).withContents, false);
  });

  it('tells each client with its resources, what it refused and why', () => {
    const { typeUrl, name, version, body } = makeResource(TYPE.cluster, 'orders.shop', {
      name: 'orders.shop',
    });
    const resource = { typeUrl, name, version, body, atMs: 1_700_000_000_250, refusal: null };
    const absent = { typeUrl, version: '', body: null, atMs: null, refusal: null };
    const refusal = { version: 'ff', reason: 'lb policy', atMs: 1_700_000_001_000 };
    const frame = encodeClientStatusResponse([
      {
        node,
        resources: [
          { ...resource, state: 'synced' },
          { ...resource, state: 'sent', body: null },
          { ...resource, state: 'refused', refusal },
          { ...absent, name: 'a', state: 'unsent' },
          { ...absent, name: 'b', state: 'missing' },
        ],
      },
    ]);
    assert.equal(frame.readUInt32BE(1), frame.length - 5);
    const told = JSON.parse(JSON.stringify(response.deserialize(frame.subarray(5)))) as {
      config: [{ node: Partial<XdsNode>; genericXdsConfigs: object[] }];
    };
    assert.equal(told.config[0].node.id, node.id);
    assert.equal(told.config[0].node.userAgentVersion, node.userAgentVersion);
    const common = { typeUrl, name, versionInfo: version };
    const lastUpdated = { seconds: 1_700_000_000, nanos: 250_000_000 };
    const xdsConfig = { type_url: typeUrl, value: { type: 'Buffer', data: [...body] } };
    assert.deepEqual(told.config[0].genericXdsConfigs, [
      { ...common, xdsConfig, lastUpdated, configStatus: 'SYNCED', clientStatus: 'ACKED' },
      { ...common, lastUpdated, configStatus: 'STALE', clientStatus: 'REQUESTED' },
      {
        ...common,
        xdsConfig,
        lastUpdated,
        configStatus: 'ERROR',
        clientStatus: 'NACKED',
        errorState: {
          lastUpdateAttempt: { seconds: 1_700_000_001 },
          details: 'lb policy',
          versionInfo: 'ff',
        },
      },
      { typeUrl, name: 'a', configStatus: 'NOT_SENT', clientStatus: 'REQUESTED' },
      { typeUrl, name: 'b', configStatus: 'NOT_SENT', clientStatus: 'DOES_NOT_EXIST' },
    ]);
  });
});
