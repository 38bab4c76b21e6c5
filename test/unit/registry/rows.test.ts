import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Interner, parseRow } from '../../../src/registry/rows.ts';
import type { RawRow } from '../../../src/registry/registry-reader.ts';
import { aRow } from '../../support/raw-rows.ts';

const NOW = 5_000_000;
const parse = (fields: Partial<RawRow>) => parseRow(aRow(fields), NOW, new Interner());

function instanceOf(fields: Partial<RawRow>) {
  const parsed = parse(fields);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.instance;
}

const bad: readonly { readonly fields: Partial<RawRow>; readonly reason: string; readonly says: string }[] = [
  { fields: { address: 'orders.example.com' }, reason: 'InvalidAddress', says: '"orders.example.com"' },
  { fields: { address: null }, reason: 'InvalidAddress', says: '""' },
  { fields: { address: '127.0.0.1' }, reason: 'SpecialAddress', says: 'loopback' },
  { fields: { port: 0 }, reason: 'InvalidPort', says: '0' },
  { fields: { port: 65_536 }, reason: 'InvalidPort', says: '65536' },
  { fields: { port: null }, reason: 'InvalidPort', says: 'null' },
  { fields: { port: '80a' }, reason: 'InvalidPort', says: '80a' },
  { fields: { port: 80.5 }, reason: 'InvalidPort', says: '80.5' },
  { fields: { weight: -1 }, reason: 'InvalidWeight', says: '-1' },
  { fields: { weight: 'heavy' }, reason: 'InvalidWeight', says: 'heavy' },
  { fields: { weight: 2 ** 32 }, reason: 'InvalidWeight', says: '4294967296' },
  { fields: { status: 'up' }, reason: 'InvalidStatus', says: '"up"' },
  { fields: { status: null }, reason: 'InvalidStatus', says: 'null' },
  { fields: { metadata: '[1]' }, reason: 'InvalidMetadata', says: 'JSON object' },
  { fields: { metadata: '{' }, reason: 'InvalidMetadata', says: 'JSON object' },
  { fields: { metadata: '"text"' }, reason: 'InvalidMetadata', says: 'JSON object' },
  { fields: { instanceId: '' }, reason: 'InvalidInstanceId', says: 'empty' },
  { fields: { instanceId: 'a\nb' }, reason: 'InvalidInstanceId', says: 'control' },
  { fields: { instanceId: 'x'.repeat(254) }, reason: 'InvalidInstanceId', says: '253' },
  { fields: { zone: 'z'.repeat(64) }, reason: 'InvalidZone', says: '63' },
  { fields: { zone: 'a\tb' }, reason: 'InvalidZone', says: 'control' },
  { fields: { region: 'r'.repeat(64) }, reason: 'InvalidRegion', says: '63' },
  { fields: { ttlMs: 0, expiresAtUs: 1 }, reason: 'InvalidTtl', says: '0' },
  { fields: { ttlMs: -5, expiresAtUs: 1 }, reason: 'InvalidTtl', says: '-5' },
  { fields: { ttlMs: 1000, expiresAtUs: null }, reason: 'InvalidTime', says: 'lease' },
  { fields: { ttlMs: null, expiresAtUs: -1 }, reason: 'InvalidTime', says: 'lease' },
];

describe('a row of the registry', () => {
  for (const { fields, reason, says } of bad) {
    it(`with ${JSON.stringify(fields).slice(0, 60)} is rejected as ${reason}`, () => {
      const parsed = parse(fields);
      assert.ok(!parsed.ok);
      assert.equal(parsed.rejected.reason, reason);
      assert.ok(parsed.rejected.message.includes(says), parsed.rejected.message);
    });
  }

  it('keeps its key when it is rejected, so that people and the audit find it', () => {
    const parsed = parse({ port: 0, instanceId: 'orders-7', id: 7, hash: 'f'.repeat(16) });
    assert.ok(!parsed.ok);
    const { instanceId, id, hash, updatedAtUs } = parsed.rejected;
    assert.deepEqual(
      { instanceId, id, hash, updatedAtUs },
      { instanceId: 'orders-7', id: 7, hash: 'f'.repeat(16), updatedAtUs: 1_000_000 },
    );
  });

  it("may give numbers as text, as a schema of the user's own does", () => {
    const { port, weight, instanceId } = instanceOf({ port: '443', weight: '7', instanceId: 42 });
    assert.deepEqual({ port, weight, instanceId }, { port: 443, weight: 7, instanceId: '42' });
  });

  it('without a weight weighs 100', () => assert.equal(instanceOf({ weight: null }).weight, 100));

  it('has no zone when the column holds an empty text', () =>
    assert.equal(instanceOf({ zone: '' }).zone, null));

  it('has metadata as texts, sorted, without nulls', () => {
    const { metadata } = instanceOf({
      metadata: '{"z":"1","n":2,"b":true,"gone":null,"deep":{"a":[1]},"__proto__":"x"}',
    });
    assert.deepEqual(Object.entries(metadata), [
      ['__proto__', 'x'],
      ['b', 'true'],
      ['deep', '{"a":[1]}'],
      ['n', '2'],
      ['z', '1'],
    ]);
  });

  const leases = [
    { name: 'static rows never expire', fields: {}, expiredAtUs: null, unbeatenUntilUs: null },
    {
      name: 'a deadline ahead is alive',
      fields: { ttlMs: 1000, expiresAtUs: NOW + 1 },
      expiredAtUs: null,
      unbeatenUntilUs: null,
    },
    {
      name: 'a deadline that is now has run out',
      fields: { ttlMs: 1000, expiresAtUs: NOW },
      expiredAtUs: NOW,
      unbeatenUntilUs: null,
    },
    {
      name: 'a deadline without a TTL counts',
      fields: { ttlMs: null, expiresAtUs: 7 },
      expiredAtUs: 7,
      unbeatenUntilUs: null,
    },
    {
      name: 'a lease without a beat is to be looked at when it ends',
      fields: { ttlMs: 1000, expiresAtUs: NOW + 9, unbeaten: true },
      expiredAtUs: null,
      unbeatenUntilUs: NOW + 9,
    },
    {
      name: 'a lease without a beat that has ended is expired',
      fields: { ttlMs: 1000, expiresAtUs: NOW - 9, unbeaten: true },
      expiredAtUs: NOW - 9,
      unbeatenUntilUs: null,
    },
    {
      name: 'a lease that was not looked up says nothing',
      fields: { ttlMs: 1000, expiresAtUs: 1, unbeaten: true, leaseRead: false },
      expiredAtUs: null,
      unbeatenUntilUs: null,
    },
  ];
  for (const c of leases) {
    it(c.name, () => {
      const parsed = parse(c.fields);
      assert.ok(parsed.ok);
      assert.equal(parsed.instance.expiredAtUs, c.expiredAtUs);
      assert.equal(parsed.unbeatenUntilUs, c.unbeatenUntilUs);
    });
  }

  it('never makes the parser throw, whatever it holds', () => {
    const anything = fc.oneof(fc.anything(), fc.string(), fc.integer(), fc.constant(null));
    fc.assert(
      fc.property(
        fc.record({
          instanceId: anything,
          address: anything,
          port: anything,
          weight: anything,
          region: anything,
          zone: anything,
          status: anything,
          metadata: fc.oneof(anything, fc.json()),
          ttlMs: anything,
          expiresAtUs: anything,
          updatedAtUs: anything,
        }),
        (fields) => {
          const parsed = parse(fields);
          if (parsed.ok) assert.ok(parsed.instance.port > 0 && parsed.instance.address !== '');
          else assert.notEqual(parsed.rejected.message, '');
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('the interner', () => {
  it('gives rows of equal metadata one object', () => {
    const intern = new Interner();
    assert.equal(intern.metadata('{"a":"1"}'), intern.metadata('{"a":"1"}'));
  });

  it('stays within its limit and right when it is full', () => {
    const intern = new Interner(2);
    for (let round = 0; round < 10; round += 1) {
      assert.deepEqual(intern.metadata(`{"round":${round}}`), { round: String(round) });
      assert.equal(intern.text(`zone-${round}`), `zone-${round}`);
    }
  });
});
