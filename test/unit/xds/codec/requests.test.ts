import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeMessage } from '../../../../src/xds/codec/encode-message.ts';
import { decodeDeltaRequest, decodeDiscoveryRequest } from '../../../../src/xds/codec/requests.ts';
import { XdsDecodeError } from '../../../../src/xds/codec/wire.ts';
import { witness } from '../../../support/xds/witness.ts';

const sotw = witness('envoy.service.discovery.v3.DiscoveryRequest');
const delta = witness('envoy.service.discovery.v3.DeltaDiscoveryRequest');

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const names = fc.array(text, { maxLength: 5 });
const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const locality = fc.record({ region: text, zone: text, subZone: text });
const errorDetail = fc.record({ code: fc.integer({ min: 0, max: 16 }), message: text });
/** JSON as a Struct can hold it: its numbers are doubles. */
const metadata = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 4 });
const node = fc.record({
  id: text,
  cluster: text,
  locality: nullable(locality),
  userAgentName: text,
  userAgentVersion: text,
  metadata,
  clientFeatures: names,
});

/** fast-check makes objects without prototypes, too. */
const withPrototypes = <T>(value: T): T => structuredClone(value);

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

function toValue(json: Json): object {
  if (json === null) return { nullValue: 'NULL_VALUE' };
  if (typeof json === 'number') return { numberValue: json };
  if (typeof json === 'string') return { stringValue: json };
  if (typeof json === 'boolean') return { boolValue: json };
  if (Array.isArray(json)) return { listValue: { values: (json as readonly Json[]).map(toValue) } };
  return { structValue: toStruct(json as Record<string, Json>) };
}

function toStruct(json: Record<string, Json>): object {
  return { fields: Object.fromEntries(Object.entries(json).map(([key, value]) => [key, toValue(value)])) };
}

/** As the witness takes it. */
const onWire = <T extends { readonly metadata: object } | null>(of: T) =>
  of && { ...of, metadata: toStruct(of.metadata as Record<string, Json>) };

describe('decoding what clients ask', () => {
  it('reads each field of a state-of-the-world request that another library wrote', () => {
    const request = fc.record({
      node: nullable(node),
      typeUrl: text,
      resourceNames: names,
      versionInfo: text,
      responseNonce: text,
      errorDetail: nullable(errorDetail),
    });
    fc.assert(
      fc.property(request, (expected) => {
        const bytes = sotw.serialize({ ...expected, node: onWire(expected.node) });
        assert.deepEqual(decodeDiscoveryRequest(bytes), withPrototypes(expected));
      }),
    );
  });

  it('reads each field of an incremental request that another library wrote', () => {
    const request = fc.record({
      node: nullable(node),
      typeUrl: text,
      subscribe: names,
      unsubscribe: names,
      initialVersions: fc.dictionary(fc.string(), text, { maxKeys: 4, noNullPrototype: true }),
      responseNonce: text,
      errorDetail: nullable(errorDetail),
    });
    fc.assert(
      fc.property(request, ({ subscribe, unsubscribe, initialVersions, ...expected }) => {
        const bytes = delta.serialize({
          ...expected,
          node: onWire(expected.node),
          resourceNamesSubscribe: subscribe,
          resourceNamesUnsubscribe: unsubscribe,
          initialResourceVersions: initialVersions,
        });
        assert.deepEqual(decodeDeltaRequest(bytes), {
          ...withPrototypes(expected),
          subscribe,
          unsubscribe,
          initialVersions: new Map(Object.entries(initialVersions)),
        });
      }),
    );
  });

  it('reads the version that Envoy sends in numbers', () => {
    const bytes = sotw.serialize({
      node: {
        id: 'proxy',
        userAgentName: 'envoy',
        userAgentBuildVersion: { version: { majorNumber: 1, minorNumber: 40, patch: 2 }, metadata: {} },
      },
    });
    assert.equal(decodeDiscoveryRequest(bytes).node?.userAgentVersion, '1.40.2');
  });

  it('has empty values for an empty request', () => {
    assert.deepEqual(decodeDiscoveryRequest(new Uint8Array()), {
      node: null,
      typeUrl: '',
      resourceNames: [],
      versionInfo: '',
      responseNonce: '',
      errorDetail: null,
    });
    assert.deepEqual(decodeDeltaRequest(new Uint8Array()), {
      node: null,
      typeUrl: '',
      subscribe: [],
      unsubscribe: [],
      initialVersions: new Map(),
      responseNonce: '',
      errorDetail: null,
    });
  });

  it('passes over fields that it does not know, and known ones that are written in another way', () => {
    const known = sotw.serialize({ typeUrl: 'a type' });
    const unknown = Buffer.from([
      ...[0xf8, 0x07, 0x01], // 127: a varint
      ...[0xfa, 0x07, 0x02, 0x61, 0x62], // 127: two bytes
      ...[0xfb, 0x07, 0x08, 0x01, 0xfc, 0x07], // 127: a group
      ...[0x20, 0x05], // 4, type_url: as a number
    ]);
    assert.equal(decodeDiscoveryRequest(Buffer.concat([known, unknown])).typeUrl, 'a type');
    assert.equal(decodeDiscoveryRequest(Buffer.concat([unknown, known])).typeUrl, 'a type');
  });

  it('keeps a key of the metadata that would be the prototype of an object', () => {
    const bytes = sotw.serialize({
      node: { metadata: toStruct(JSON.parse('{"__proto__": {"admin": true}}') as never) },
    });
    const found = decodeDiscoveryRequest(bytes).node?.metadata;
    assert.deepEqual(Object.keys(found ?? {}), ['__proto__']);
    assert.equal((found as { admin?: boolean }).admin, undefined);
  });

  it('refuses metadata that is nested without end', () => {
    let metadata: Record<string, unknown> = {};
    for (let depth = 0; depth < 60; depth += 1) metadata = { a: metadata };
    // The node is field 1 of this message, as it is of an incremental request.
    const bytes = encodeMessage('envoy.service.status.v3.ClientConfig', { node: { metadata } });
    assert.throws(() => decodeDeltaRequest(bytes), {
      name: 'XdsDecodeError',
      message: /nested more than/,
    });
  });

  it('reads a request for 10,000 names, and one that comes back with as many versions', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `service-${index}.shop`);
    const whole = sotw.serialize({ resourceNames: many });
    assert.deepEqual(decodeDiscoveryRequest(whole).resourceNames, many);
    const partial = delta.serialize({
      resourceNamesSubscribe: many,
      initialResourceVersions: Object.fromEntries(many.map((name) => [name, '0123456789abcdef'])),
    });
    assert.equal(decodeDeltaRequest(partial).initialVersions.size, many.length);
  });

  for (const [what, field] of [
    ['names', [0x1a, 0]],
    ['nodes', [0x12, 0]],
    ['unknown fields', [0xfa, 0x07, 0]],
  ] as const) {
    it(`stops reading at a million ${what}, which would hold up everybody else`, () => {
      const bytes = Buffer.alloc(1_000_000 * field.length, Uint8Array.from(field));
      const refused = { name: 'XdsDecodeError', code: 8, message: /too many fields/ };
      assert.throws(() => decodeDiscoveryRequest(bytes), refused);
      assert.throws(() => decodeDeltaRequest(bytes), refused);
    });
  }

  it('stops reading at a million entries of metadata, too', () => {
    const metadata = Buffer.alloc(2_000_000, Uint8Array.of(0x0a, 0));
    const head = (tag: number, length: number) =>
      Uint8Array.of(
        tag,
        (length & 127) | 128,
        ((length >> 7) & 127) | 128,
        ((length >> 14) & 127) | 128,
        length >> 21,
      );
    const bytes = Buffer.concat([head(0x12, metadata.length + 5), head(0x1a, metadata.length), metadata]);
    assert.throws(() => decodeDiscoveryRequest(bytes), { name: 'XdsDecodeError', code: 8 });
  });

  for (const [kind, decode] of [
    ['state-of-the-world', decodeDiscoveryRequest],
    ['incremental', decodeDeltaRequest],
  ] as const) {
    it(`answers any bytes with a ${kind} request or a decode error, and nothing else`, () => {
      const whole = sotw.serialize({
        node: { id: 'a', metadata: toStruct({ a: [1, { b: null }] }), locality: { zone: 'z' } },
        resourceNames: ['a', 'b'],
        errorDetail: { code: 3, message: 'no' },
      });
      const damaged = fc
        .tuple(fc.nat(whole.length), fc.uint8Array({ maxLength: 8 }), fc.nat(whole.length))
        .map(([at, bytes, until]) => Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(until)]));
      fc.assert(
        fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
          try {
            decode(bytes);
          } catch (error) {
            assert.ok(error instanceof XdsDecodeError, String(error));
          }
        }),
        { numRuns: 2000 },
      );
    });
  }

  it('says what the bytes should have been', () => {
    assert.throws(() => decodeDiscoveryRequest(Buffer.from([0x0a, 0x05, 0x61])), {
      name: 'XdsDecodeError',
      code: 3,
      message: /^no DiscoveryRequest: index out of range/,
    });
  });
});
