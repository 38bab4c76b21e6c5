import assert from 'node:assert/strict';
import { publishedFromSlices } from '../../../../src/xds/publication/published-from-slices.ts';
import { decideXds, type XdsObservation } from '../../../../src/xds/publication/xds-decision.ts';
import { aPublishSpec } from '../../../support/grpc-services.ts';
import { anInstance, aSnapshot } from '../../../support/instances.ts';
import { aRegistry } from '../../../support/observations.ts';
import { anEndpoint, aSlice, endpoints } from '../../../support/slices.ts';

const three = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const rows = (addresses: readonly string[]) =>
  addresses.map((address) => anInstance({ instanceId: address, address }));

function seen(fields: Partial<XdsObservation> = {}): XdsObservation {
  return {
    publish: aPublishSpec(),
    lookup: { ok: true, key: 'ops/main', registry: aRegistry() },
    allowedCIDRs: [],
    snapshot: aSnapshot(rows(three)),
    nowUs: 1_000_000_000,
    published: null,
    slices: [],
    ...fields,
  };
}

const outcome = (observation: XdsObservation): string => {
  const decision = decideXds(observation);
  return decision.action === 'keep'
    ? decision.why
    : decision.endpoints.map(({ address, port }) => `${address}:${port}`).join(' ');
};

describe('what clients on xds:/// are told of a GrpcService', () => {
  it('is what the registry says, on every port', () => {
    const snapshot = aSnapshot([
      ...rows(['10.0.0.1']),
      anInstance({ instanceId: 'z', address: '10.0.0.9', port: 7 }),
    ]);
    assert.equal(outcome(seen({ snapshot })), '10.0.0.1:50051 10.0.0.9:7');
  });

  it('stays as it is while it is paused, has no registry, or the registry was not read (safety rule 1)', () => {
    const paused = { ok: true, key: 'ops/main', registry: aRegistry({ paused: true }) } as const;
    const none = { ok: false, key: null, reason: 'NoRegistry', message: '' } as const;
    assert.equal(outcome(seen({ publish: aPublishSpec({ paused: true }) })), 'Paused');
    assert.equal(outcome(seen({ lookup: paused })), 'Paused');
    assert.equal(outcome(seen({ lookup: none })), 'NoRegistry');
    assert.equal(outcome(seen({ snapshot: undefined })), 'NotRead');
  });

  it('loses much only after a second read (safety rule 2)', () => {
    const published = endpoints(3);
    const left = (count: number, confirmed: boolean): string =>
      outcome(seen({ published, snapshot: aSnapshot(rows(three.slice(0, count)), { confirmed }) }));
    assert.equal(left(1, false), 'Confirming');
    assert.equal(left(0, false), 'Confirming');
    assert.equal(left(2, false), '10.0.0.1:50051 10.0.0.2:50051');
    assert.equal(left(1, true), '10.0.0.1:50051');
    assert.equal(left(0, true), '');
  });

  it('is compared with the slices by a replica that has told nothing yet', () => {
    const slices = [aSlice('orders-1', endpoints(3))];
    const snapshot = aSnapshot(rows(three.slice(0, 1)), { confirmed: false });
    assert.equal(outcome(seen({ slices, snapshot })), 'Confirming');
    assert.equal(outcome(seen({ slices: [], snapshot })), '10.0.0.1:50051');
  });

  it('is not empty after one read where no slices can tell what other replicas told (safety rule 2)', () => {
    const publish = aPublishSpec({ dns: { enabled: false } });
    const read = (count: number, confirmed: boolean): string =>
      outcome(seen({ publish, snapshot: aSnapshot(rows(three.slice(0, count)), { confirmed }) }));
    assert.equal(read(0, false), 'Confirming');
    assert.equal(read(0, true), '');
    assert.equal(read(1, false), '10.0.0.1:50051');
  });

  it('loses no family at once, though it is the smaller part of the whole', () => {
    const published = [...endpoints(5), anEndpoint('2001:db8::1')];
    const snapshot = aSnapshot(rows(endpoints(5).map(({ address }) => address)), { confirmed: false });
    assert.equal(outcome(seen({ published, snapshot })), 'Confirming');
  });
});

describe('what slices tell of what was published', () => {
  it('is each address on the port of its slice, with zone and state', () => {
    const slice = aSlice('orders-1', [
      anEndpoint('10.0.0.1', { zone: 'a' }),
      anEndpoint('10.0.0.2', { state: 'Draining' }),
    ]);
    const told = publishedFromSlices([slice, aSlice('orders-2', [anEndpoint('2001:db8::1')])]);
    assert.deepEqual(
      told.map(({ address, addressType, port, zone, state }) => [address, addressType, port, zone, state]),
      [
        ['10.0.0.1', 'IPv4', 50051, 'a', 'Ready'],
        ['10.0.0.2', 'IPv4', 50051, null, 'Draining'],
        ['2001:db8::1', 'IPv6', 50051, null, 'Ready'],
      ],
    );
  });

  it('is each address once, and nothing of a slice without a port', () => {
    const twice = [aSlice('a', endpoints(1)), aSlice('b', endpoints(1))];
    assert.equal(publishedFromSlices(twice).length, 1);
    assert.deepEqual(publishedFromSlices([aSlice('a', endpoints(1), { ports: [] })]), []);
  });
});
