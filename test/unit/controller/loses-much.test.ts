import assert from 'node:assert/strict';
import { losesMuch } from '../../../src/controller/loses-much.ts';
import type { Instance } from '../../../src/model/instance.ts';
import type { EndpointSlice } from '../../../src/model/kube-objects.ts';
import { aPublishSpec } from '../../support/grpc-services.ts';
import { anInstance } from '../../support/instances.ts';
import { aSlice, aTarget, anAddress, endpoints } from '../../support/slices.ts';

const v4 = (n: number, fields: Partial<Instance> = {}): Instance =>
  anInstance({ instanceId: `v4-${n}`, address: anAddress(n), ...fields });
const v6 = (n: number): Instance =>
  anInstance({ instanceId: `v6-${n}`, address: anAddress(n, 'IPv6'), addressType: 'IPv6' });
const many = (count: number, make: (n: number) => Instance): Instance[] =>
  Array.from({ length: count }, (_, i) => make(i + 1));
const slice4 = (count: number): EndpointSlice => aSlice('orders-4-abcde-1', endpoints(count));
const slice6 = (count: number): EndpointSlice => aSlice('orders-6-abcde-1', endpoints(count, 'IPv6'));
const others = aSlice('old-4-abcde-1', endpoints(4), {}, aTarget({ serviceName: 'old' }));

const cases: readonly {
  readonly name: string;
  readonly slices: readonly EndpointSlice[];
  readonly base: readonly Instance[];
  readonly much: boolean;
}[] = [
  { name: 'is one of everything', slices: [slice4(1)], base: [], much: true },
  { name: 'is one of half, two at least', slices: [slice4(4)], base: many(2, v4), much: true },
  {
    name: 'is one of all that DNS carries, whoever lives on other ports',
    slices: [slice4(1)],
    base: [v4(1, { port: 9090 }), v4(2, { port: 9090 })],
    much: true,
  },
  {
    name: 'is one of all addresses of a family, whoever lives in the other',
    slices: [slice4(1), slice6(5)],
    base: many(5, v6),
    much: true,
  },
  { name: 'is none of one among many', slices: [slice4(4)], base: many(3, v4), much: false },
  { name: 'is none where another takes its place', slices: [slice4(1)], base: [v4(7)], much: false },
  {
    name: 'is none where only leases ran out',
    slices: [slice4(2)],
    base: many(2, (n) => v4(n, { expiredAtUs: 1 })),
    much: false,
  },
  {
    name: 'is none of slices of another Service name',
    slices: [others],
    base: [],
    much: false,
  },
];

describe('a loss that a second read confirms', () => {
  for (const { name, slices, base, much } of cases) {
    it(name, () => assert.equal(losesMuch(slices, { base }, aPublishSpec()), much));
  }
});
