import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeDeltaResponse, encodeResponse } from '../../../../src/xds/codec/responses.ts';
import type { XdsResource } from '../../../../src/xds/resource.ts';
import { witness } from '../../../support/xds/witness.ts';

const sotw = witness('envoy.service.discovery.v3.DiscoveryResponse');
const delta = witness('envoy.service.discovery.v3.DeltaDiscoveryResponse');

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const resource: fc.Arbitrary<XdsResource> = fc.record({
  typeUrl: text,
  name: text,
  version: text,
  body: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  needs: fc.constant([]),
});
const resources = fc.array(resource, { maxLength: 4 });

/** The message in a frame of gRPC. */
function unframed(frame: Buffer): Buffer {
  assert.equal(frame[0], 0, 'not compressed');
  assert.equal(frame.readUInt32BE(1), frame.length - 5);
  return frame.subarray(5);
}

const any = ({ typeUrl, body }: XdsResource) => ({ type_url: typeUrl, value: Buffer.from(body) });
const present = (list: readonly unknown[]) => (list.length === 0 ? undefined : list);
const defined = (object: object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

describe('encoding what clients are told', () => {
  it('frames a response that another library reads', () => {
    const response = fc.record({ typeUrl: text, versionInfo: text, nonce: text, resources });
    fc.assert(
      fc.property(response, ({ resources: sent, ...expected }) => {
        const read = sotw.deserialize(unframed(encodeResponse({ ...expected, resources: sent })));
        assert.deepEqual({ ...read }, defined({ ...expected, resources: present(sent.map(any)) }));
      }),
    );
  });

  it('frames an incremental response that another library reads', () => {
    const response = fc.record({
      typeUrl: text,
      systemVersion: text,
      nonce: text,
      resources,
      removed: fc.array(text, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(response, ({ resources: sent, removed, systemVersion, ...expected }) => {
        const frame = encodeDeltaResponse({ ...expected, systemVersion, removed, resources: sent });
        assert.deepEqual(
          { ...delta.deserialize(unframed(frame)) },
          defined({
            ...expected,
            systemVersionInfo: systemVersion,
            resources: present(
              sent.map((one) => ({ name: one.name, version: one.version, resource: any(one) })),
            ),
            removedResources: present(removed),
          }),
        );
      }),
    );
  });

  it('leaves out what is empty, so that a response without resources is its type and nonce', () => {
    const frame = encodeResponse({ typeUrl: 't', versionInfo: '', nonce: 'n', resources: [] });
    assert.deepEqual([...unframed(frame)], [0x22, 1, 0x74, 0x2a, 1, 0x6e]);
  });

  it('tells the errors of single resources in fields that older clients pass over', () => {
    const errors = [{ name: 'a', code: 5, message: 'gone' }];
    const expected = [0x0a, 3, 0x0a, 1, 0x61, 0x12, 8, 8, 5, 0x12, 4, ...Buffer.from('gone')];
    const base = { typeUrl: 't', nonce: 'n', resources: [] };
    const whole = unframed(encodeResponse({ ...base, versionInfo: '1', errors }));
    assert.deepEqual([...whole.subarray(-17)], [0x3a, expected.length, ...expected]);
    assert.deepEqual({ ...sotw.deserialize(whole) }, { typeUrl: 't', nonce: 'n', versionInfo: '1' });
    const partial = unframed(encodeDeltaResponse({ ...base, systemVersion: '1', removed: ['a'], errors }));
    assert.deepEqual([...partial.subarray(-17)], [0x4a, expected.length, ...expected]);
    assert.deepEqual(
      { ...delta.deserialize(partial) },
      { typeUrl: 't', nonce: 'n', systemVersionInfo: '1', removedResources: ['a'] },
    );
  });
});
