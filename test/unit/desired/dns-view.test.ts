import assert from 'node:assert/strict';
import { desiredEndpoints } from '../../../src/desired/desired-endpoints.ts';
import { type DnsView, dnsView } from '../../../src/desired/dns-view.ts';
import type { Instance } from '../../../src/model/instance.ts';
import { anInstance, aSnapshot } from '../../support/instances.ts';
import { aPublishSpec } from '../../support/grpc-services.ts';

function view(
  rows: readonly Instance[],
  addressTypes: readonly ('IPv4' | 'IPv6')[] = ['IPv4', 'IPv6'],
): DnsView {
  const publish = aPublishSpec({ dns: { addressTypes } });
  return dnsView(
    desiredEndpoints({ publish, allowedCIDRs: [], snapshot: aSnapshot(rows), nowUs: 0 }),
    publish,
  );
}

const ipv4 = (n: number, fields: Partial<Instance> = {}): Instance =>
  anInstance({ instanceId: `v4-${n}`, address: `10.0.${n >> 8}.${n & 255}`, ...fields });
const ipv6 = (n: number): Instance =>
  anInstance({ instanceId: `v6-${n}`, address: `2001:db8::${n.toString(16)}`, addressType: 'IPv6' });
const many = (count: number, make: (n: number) => Instance): Instance[] =>
  Array.from({ length: count }, (_, i) => make(i + 1));

describe('the DNS view', () => {
  it('has the endpoints on the port that clients dial, and no others', () => {
    const seen = view([ipv4(1), ipv4(2, { port: 9090 }), ipv4(3, { status: 'DRAINING' }), ipv6(1)]);
    assert.deepEqual(
      seen.endpoints.map(({ instanceId }) => instanceId),
      ['v4-1', 'v4-3', 'v6-1'],
    );
    assert.deepEqual(seen.counts, { desired: 3, ready: 2, draining: 1, ipv4: 1, ipv6: 1 });
  });

  it('has only the address types that were asked for', () => {
    assert.deepEqual(view([ipv4(1), ipv6(1)], ['IPv6']).counts, {
      desired: 1,
      ready: 1,
      draining: 0,
      ipv4: 0,
      ipv6: 1,
    });
    assert.equal(view([ipv4(1), ipv6(1)], ['IPv4']).endpoints[0]?.addressType, 'IPv4');
  });

  for (const c of [
    { name: '4,000 IPv4 addresses fit', rows: many(4000, ipv4), fits: true },
    { name: '4,001 IPv4 addresses do not', rows: many(4001, ipv4), fits: false },
    { name: '2,300 IPv6 addresses fit', rows: many(2300, ipv6), fits: true },
    { name: '2,301 IPv6 addresses do not', rows: many(2301, ipv6), fits: false },
    {
      name: 'each family has an answer of its own',
      rows: [...many(4000, ipv4), ...many(2300, ipv6)],
      fits: true,
    },
    {
      name: 'draining ones are in no answer',
      rows: [...many(4000, ipv4), ipv4(5000, { status: 'DRAINING' })],
      fits: true,
    },
  ]) {
    it(`one DNS answer: ${c.name}`, () => assert.equal(view(c.rows).fits, c.fits));
  }
});
