import assert from 'node:assert/strict';
import type { EndpointSlice } from '../../../src/model/kube-objects.ts';
import { compactSlices } from '../../../src/slices/compact-slices.ts';
import type { SlicePlan } from '../../../src/slices/slice-plan.ts';
import { addressesIn, anAddress, aSlice, aTarget, endpoints, inputOf } from '../../support/slices.ts';

const TRIGGER = 'endpoints.kubernetes.io/last-change-trigger-time';
const names = (slices: readonly EndpointSlice[]): string[] => slices.map(({ metadata }) => metadata.name);

/** Slices a, b, c ... with so many endpoints each. */
function slices(...sizes: readonly number[]): EndpointSlice[] {
  let next = 1;
  return sizes.map((size, i) => {
    const numbers = Array.from({ length: size }, () => next++);
    return aSlice(String.fromCharCode(97 + i), endpoints(numbers));
  });
}

function compact(current: readonly EndpointSlice[], max: number): SlicePlan {
  const count = current.reduce((sum, slice) => sum + addressesIn(slice).length, 0);
  return compactSlices(inputOf(current, endpoints(count), { max }));
}

describe('one step of compaction', () => {
  it('moves the emptiest slice into the fullest other one with room for it', () => {
    const step = compact(slices(3, 1, 2, 1, 1), 4);
    assert.deepEqual([names(step.update), names(step.delete), step.unchanged], [['a'], ['e'], 3]);
    assert.deepEqual(
      addressesIn(step.update[0]),
      [1, 2, 3, 8].map((n) => anAddress(n)),
    );
  });

  it('leaves slices alone that are at most twice as many as needed', () => {
    assert.equal(compact(slices(1, 1), 100).idle, true);
    assert.equal(compact(slices(1, 1, 1), 100).idle, false);
    assert.equal(compact(slices(3, 2, 2, 1), 4).idle, true);
    assert.equal(compact(slices(50, 50, 1, 1), 100).idle, true);
  });

  it('looks at each family for itself', () => {
    const ipv6 = aSlice('z', endpoints(1, 'IPv6'));
    const desired = [...endpoints(2), ...endpoints(1, 'IPv6')];
    assert.equal(compactSlices(inputOf([...slices(1, 1), ipv6], desired)).idle, true);
  });

  it('leaves the placeholder of a service without endpoints alone', () => {
    assert.equal(compact([aSlice('a', [])], 100).idle, true);
  });

  it('takes an old trigger time away: no change of the registry stands behind it', () => {
    const current = slices(2, 1, 1).map((slice) => ({
      ...slice,
      metadata: { ...slice.metadata, annotations: { [TRIGGER]: '2025-01-01T00:00:00Z', note: 'x' } },
    }));
    assert.deepEqual(compact(current, 100).update[0]?.metadata.annotations, { note: 'x' });
  });

  it('waits while there is anything else to write', () => {
    const drifted = slices(1, 1, 1).map((slice, i) => (i === 0 ? { ...slice, ports: null } : slice));
    assert.equal(compact(drifted, 100).idle, true);
    const renamed = aSlice('y', endpoints([9]), {}, aTarget({ serviceName: 'old' }));
    assert.equal(compactSlices(inputOf([...slices(1, 1, 1), renamed], endpoints(3))).idle, true);
  });
});
