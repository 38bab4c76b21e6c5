import assert from 'node:assert/strict';
import { xdsDescriptor } from '../../../../local/generate/xds/descriptor.ts';
import { readProtos, WELL_KNOWN } from '../../../../local/generate/xds/read-protos.ts';
import { XDS_ROOTS } from '../../../../local/generate/xds/roots.ts';
import { typeNames } from '../../../../local/generate/xds/type-names.ts';
import { xdsTypes } from '../../../../local/generate/xds/types.ts';

const protos = readProtos();

describe('generating from the vendored protos', () => {
  it('takes the roots and all that they refer to, and nothing else', () => {
    const referredTo = [...protos.messages.values()].flatMap(({ fieldsArray }) =>
      fieldsArray.flatMap(({ resolvedType }) => resolvedType?.fullName.slice(1) ?? []),
    );
    const needed = new Set([...XDS_ROOTS.map(([, name]) => name), ...referredTo]);
    const found = [...protos.messages.keys(), ...protos.enums.keys(), ...WELL_KNOWN];
    assert.deepEqual([...needed].sort(), found.sort());
  });

  it('keeps of each field its number, its type, and how often it is there', () => {
    const text = xdsDescriptor(protos);
    const [, json = ''] = /`(.*)`/s.exec(text) ?? [];
    const { messages, enums } = JSON.parse(json) as Record<string, Record<string, Record<string, unknown>>>;
    assert.deepEqual(messages?.['envoy.config.endpoint.v3.LbEndpoint'], {
      endpoint: [1, 'envoy.config.endpoint.v3.Endpoint', 'one'],
      healthStatus: [2, 'envoy.config.core.v3.HealthStatus'],
      metadata: [3, 'envoy.config.core.v3.Metadata'],
      loadBalancingWeight: [4, 'google.protobuf.UInt32Value'],
      endpointName: [5, 'string', 'one'],
    });
    assert.deepEqual(messages['envoy.config.core.v3.Metadata'], {
      filterMetadata: [1, 'google.protobuf.Struct', 'map'],
      typedFilterMetadata: [2, 'google.protobuf.Any', 'map'],
    });
    assert.deepEqual(messages['envoy.config.endpoint.v3.LocalityLbEndpoints']?.lbEndpoints, [
      2,
      'envoy.config.endpoint.v3.LbEndpoint',
      'repeated',
    ]);
    assert.deepEqual(enums?.['envoy.config.core.v3.HealthStatus'], {
      UNKNOWN: 0,
      HEALTHY: 1,
      UNHEALTHY: 2,
      DRAINING: 3,
      TIMEOUT: 4,
      DEGRADED: 5,
    });
  });

  it('makes the same text each time', () => {
    const again = readProtos();
    assert.equal(xdsDescriptor(again), xdsDescriptor(protos));
    assert.equal(xdsTypes(again), xdsTypes(protos));
  });

  it('writes a type for each message and each enumeration', () => {
    const declared = xdsTypes(protos).match(/^\/\*\* [a-z]\w*(\.\w+)+ \*\/$/gm) ?? [];
    assert.equal(declared.length, protos.messages.size + protos.enums.size);
  });
});

describe('short names for types', () => {
  it('are the name within the package', () => {
    assert.deepEqual(
      [...typeNames(['a.b.v3.Cluster', 'a.b.v3.Cluster.EdsConfig'])],
      [
        ['a.b.v3.Cluster', 'Cluster'],
        ['a.b.v3.Cluster.EdsConfig', 'ClusterEdsConfig'],
      ],
    );
  });

  it('have the package before them where two would be the same, and all of it where that is not enough', () => {
    const names = typeNames([
      'a.core.v3.Retry',
      'a.route.v3.Retry',
      'a.http_filter.v3.Path',
      'b.http_filter.v3.Path',
    ]);
    assert.deepEqual(Object.fromEntries(names), {
      'a.core.v3.Retry': 'CoreRetry',
      'a.route.v3.Retry': 'RouteRetry',
      'a.http_filter.v3.Path': 'AHttpFilterPath',
      'b.http_filter.v3.Path': 'BHttpFilterPath',
    });
  });

  it('never hide a name of the language or of the module', () => {
    assert.deepEqual([...typeNames(['a.core.v3.Any']).values()], ['CoreAny']);
  });
});
