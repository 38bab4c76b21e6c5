import assert from 'node:assert/strict';
import { subjectNames } from '../../../../src/xds/server/peer.ts';

describe('subjectNames', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['', []],
    [
      'DNS:orders.shop, IP Address:10.0.0.1, URI:spiffe://cluster.local/ns/shop/sa/orders',
      ['orders.shop', 'spiffe://cluster.local/ns/shop/sa/orders'],
    ],
    ['DNS:"evil\\u002c DNS:admin", DNS:b', ['evil, DNS:admin', 'b']],
    ['URI:"a, DNS:admin"', ['a, DNS:admin']],
    ['email:DNS@x, DNS:c', ['c']],
  ];
  for (const [text, names] of cases) {
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(subjectNames(text), names));
  }
});
