import assert from 'node:assert/strict';
import { BlockList, isIP, isIPv4 } from 'node:net';
import fc from 'fast-check';
import { addressSortKey, parseAddress } from '../../../src/registry/address.ts';

const accepted = [
  { text: '10.9.8.7', address: '10.9.8.7', addressType: 'IPv4' },
  { text: '1.0.0.0', address: '1.0.0.0', addressType: 'IPv4' },
  { text: '100.64.0.1', address: '100.64.0.1', addressType: 'IPv4' },
  { text: '203.0.113.9', address: '203.0.113.9', addressType: 'IPv4' },
  { text: '240.0.0.1', address: '240.0.0.1', addressType: 'IPv4' },
  { text: '2001:DB8::7', address: '2001:db8::7', addressType: 'IPv6' },
  { text: '2001:0db8:0000:0000:0000:0000:0000:0007', address: '2001:db8::7', addressType: 'IPv6' },
  { text: '1:0:0:2:0:0:0:3', address: '1:0:0:2::3', addressType: 'IPv6' },
  { text: '1:0:2:3:4:5:6:7', address: '1:0:2:3:4:5:6:7', addressType: 'IPv6' },
  { text: 'fd00::1', address: 'fd00::1', addressType: 'IPv6' },
  { text: '64:ff9b::1.2.3.4', address: '64:ff9b::102:304', addressType: 'IPv6' },
  { text: '::1.2.3.4', address: '::102:304', addressType: 'IPv6' },
  { text: '::ffff:10.9.8.7', address: '10.9.8.7', addressType: 'IPv4' },
  { text: '::FFFF:0a09:0807', address: '10.9.8.7', addressType: 'IPv4' },
] as const;

const refused = [
  { text: '', reason: 'InvalidAddress' },
  { text: 'orders.example.com', reason: 'InvalidAddress' },
  { text: '10.9.8', reason: 'InvalidAddress' },
  { text: '10.9.8.256', reason: 'InvalidAddress' },
  { text: '010.9.8.7', reason: 'InvalidAddress' },
  { text: '0x0a.9.8.7', reason: 'InvalidAddress' },
  { text: '168364039', reason: 'InvalidAddress' },
  { text: ' 10.9.8.7', reason: 'InvalidAddress' },
  { text: '10.9.8.7:50051', reason: 'InvalidAddress' },
  { text: '10.9.8.7/32', reason: 'InvalidAddress' },
  { text: '[2001:db8::7]', reason: 'InvalidAddress' },
  { text: '2001:db8::7%eth0', reason: 'InvalidAddress' },
  { text: 'fe80::1%eth0', reason: 'InvalidAddress' },
  { text: '2001:db8::7::1', reason: 'InvalidAddress' },
  { text: '1:2:3:4:5:6:7', reason: 'InvalidAddress' },
  { text: '1:2:3:4:5:6:7:8:9', reason: 'InvalidAddress' },
  { text: '::ffff:010.9.8.7', reason: 'InvalidAddress' },
  { text: '::ffff:10.9.8', reason: 'InvalidAddress' },
  { text: '::1.2.3.4:5', reason: 'InvalidAddress' },
  { text: '0.0.0.0', reason: 'SpecialAddress' },
  { text: '0.1.2.3', reason: 'SpecialAddress' },
  { text: '127.0.0.1', reason: 'SpecialAddress' },
  { text: '127.255.1.2', reason: 'SpecialAddress' },
  { text: '169.254.169.254', reason: 'SpecialAddress' },
  { text: '224.0.0.1', reason: 'SpecialAddress' },
  { text: '239.1.2.3', reason: 'SpecialAddress' },
  { text: '255.255.255.255', reason: 'SpecialAddress' },
  { text: '::', reason: 'SpecialAddress' },
  { text: '::1', reason: 'SpecialAddress' },
  { text: 'fe80::1', reason: 'SpecialAddress' },
  { text: 'febf::1', reason: 'SpecialAddress' },
  { text: 'ff02::1', reason: 'SpecialAddress' },
  { text: 'ff0e::1', reason: 'SpecialAddress' },
  { text: '::ffff:127.0.0.1', reason: 'SpecialAddress' },
] as const;

describe('the address of a registry row', () => {
  for (const c of accepted) {
    it(`"${c.text}" is published as ${c.address}`, () => {
      assert.deepEqual(parseAddress(c.text), { ok: true, address: c.address, addressType: c.addressType });
    });
  }

  for (const c of refused) {
    it(`"${c.text}" is rejected as ${c.reason}, and the message names it`, () => {
      const parsed = parseAddress(c.text);
      assert.ok(!parsed.ok);
      assert.equal(parsed.reason, c.reason);
      assert.ok(parsed.message.includes(JSON.stringify(c.text)), parsed.message);
    });
  }

  it('shows at most 64 characters of a long value', () => {
    const parsed = parseAddress('x'.repeat(253));
    assert.ok(!parsed.ok && parsed.message.includes(`"${'x'.repeat(64)}..."`), JSON.stringify(parsed));
  });

  it('is read exactly when the C library reads it, zones apart', () => {
    const nearly = fc.stringMatching(/^[0-9a-f:.%]{0,24}$/);
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV4Extended(), fc.ipV6(), nearly), (text) => {
        const parsed = parseAddress(text);
        const known = isIP(text) !== 0 && !text.includes('%');
        assert.equal(parsed.ok || parsed.reason === 'SpecialAddress', known, text);
      }),
      { numRuns: 2000 },
    );
  });

  it('is special in exactly the IPv4 ranges that nobody can dial', () => {
    const special = new BlockList();
    for (const [net, bits] of [
      ['0.0.0.0', 8],
      ['127.0.0.0', 8],
      ['169.254.0.0', 16],
      ['224.0.0.0', 4],
      ['255.255.255.255', 32],
    ] as const) {
      special.addSubnet(net, bits);
    }
    for (let first = 0; first < 256; first++) {
      for (const rest of ['0.0.0', '1.2.3', '253.0.1', '254.0.1', '255.255.254', '255.255.255']) {
        const text = `${first}.${rest}`;
        assert.equal(parseAddress(text).ok, !special.check(text), text);
      }
    }
  });

  it('has one canonical text, which reads as itself', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const parsed = parseAddress(text);
        if (!parsed.ok) return;
        assert.equal(parsed.addressType, isIPv4(parsed.address) ? 'IPv4' : 'IPv6');
        assert.deepEqual(parseAddress(parsed.address), parsed);
        assert.deepEqual(parseAddress(text.toUpperCase()), parsed);
        // What the URL parser of the platform writes is RFC 5952 too: an independent opinion.
        if (parsed.addressType === 'IPv6') {
          assert.equal(new URL(`http://[${text}]/`).hostname, `[${parsed.address}]`);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the order of addresses', () => {
  it('is that of their numbers, not of their text', () => {
    const sorted = ['9.0.0.1', '10.0.0.2', '10.0.0.10', '100.0.0.1'];
    const keys = sorted.map(addressSortKey);
    assert.deepEqual([...keys].sort(), keys);
    assert.ok(addressSortKey('2001:db8::9') < addressSortKey('2001:db8::10'));
    assert.ok(addressSortKey('fd00::1') > addressSortKey('2001:db8::10'));
  });

  it('is asked of canonical addresses only', () => {
    assert.throws(() => addressSortKey('orders'), /"orders" is not a canonical address/);
  });
});
