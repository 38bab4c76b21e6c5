import assert from 'node:assert/strict';
import { BlockList, isIPv4 } from 'node:net';
import fc from 'fast-check';
import { parseAddress } from '../../../src/registry/address.ts';
import { cidrContains, parseCidr } from '../../../src/registry/cidr.ts';

const texts = [
  { text: '10.0.0.0/8', canonical: '10.0.0.0/8' },
  { text: '10.1.2.3/8', canonical: '10.0.0.0/8' },
  { text: '10.9.8.7/32', canonical: '10.9.8.7/32' },
  { text: '10.9.8.7/31', canonical: '10.9.8.6/31' },
  { text: '0.0.0.0/0', canonical: '0.0.0.0/0' },
  { text: '2001:DB8::/32', canonical: '2001:db8::/32' },
  { text: '2001:db8:ffff::1/33', canonical: '2001:db8:8000::/33' },
  { text: '::/0', canonical: '::/0' },
  { text: '::ffff:10.1.2.3/104', canonical: '10.0.0.0/8' },
  { text: '::ffff:0:0/96', canonical: '0.0.0.0/0' },
];

const bad = [
  '',
  '10.0.0.0',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/08',
  '10.0.0.0/8/8',
  '::/129',
  '10.0.0/8',
  'fe80::%eth0/64',
  'any',
];

describe('an entry of allowedCIDRs', () => {
  for (const c of texts) {
    it(`${c.text} is the block ${c.canonical}`, () => {
      const parsed = parseCidr(c.text);
      assert.ok(parsed.ok);
      assert.equal(parsed.cidr.text, c.canonical);
    });
  }

  for (const text of bad) {
    it(`"${text}" is refused with a message that shows how to write one`, () => {
      const parsed = parseCidr(text);
      assert.ok(!parsed.ok);
      assert.ok(parsed.message.startsWith(`${JSON.stringify(text)} is not a CIDR block`), parsed.message);
    });
  }

  it('::/0 holds every IPv6 address and no IPv4 address', () => {
    const parsed = parseCidr('::/0');
    assert.ok(parsed.ok);
    assert.equal(cidrContains(parsed.cidr, '2001:db8::7'), true);
    assert.equal(cidrContains(parsed.cidr, '10.9.8.7'), false);
  });

  it("contains the addresses that the platform's own block list contains", () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6()).filter((text) => parseAddress(text).ok);
    fc.assert(
      fc.property(address, address, fc.nat(128), fc.boolean(), (network, other, n, near) => {
        const bits = Math.min(n, isIPv4(network) ? 32 : 128);
        const block = parseCidr(`${network}/${bits}`);
        const parsed = parseAddress(near ? network : other);
        assert.ok(block.ok && parsed.ok);
        const list = new BlockList();
        list.addSubnet(network, bits, isIPv4(network) ? 'ipv4' : 'ipv6');
        const sameFamily = isIPv4(network) === (parsed.addressType === 'IPv4');
        const expected = sameFamily && list.check(parsed.address, isIPv4(parsed.address) ? 'ipv4' : 'ipv6');
        assert.equal(cidrContains(block.cidr, parsed.address), expected);
      }),
      { numRuns: 1000 },
    );
  });
});
