import assert from 'node:assert/strict';
import type { LabelSelector } from '../../../src/model/grpcservice.ts';
import { matchesSelector } from '../../../src/model/label-selector.ts';

const labels = { zone: 'a', track: 'stable' };
const cases: readonly {
  readonly name: string;
  readonly selector: LabelSelector;
  readonly matches: boolean;
}[] = [
  { name: 'an empty selector matches everything', selector: {}, matches: true },
  {
    name: 'every matchLabels entry must be equal',
    selector: { matchLabels: { zone: 'a', track: 'canary' } },
    matches: false,
  },
  { name: 'matchLabels alone can match', selector: { matchLabels: { zone: 'a' } }, matches: true },
  {
    name: 'In needs the label',
    selector: { matchExpressions: [{ key: 'rack', operator: 'In', values: ['1'] }] },
    matches: false,
  },
  {
    name: 'In takes any of its values',
    selector: { matchExpressions: [{ key: 'zone', operator: 'In', values: ['b', 'a'] }] },
    matches: true,
  },
  {
    name: 'NotIn is true where the label is missing',
    selector: { matchExpressions: [{ key: 'rack', operator: 'NotIn', values: ['1'] }] },
    matches: true,
  },
  {
    name: 'NotIn refuses its values',
    selector: { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] },
    matches: false,
  },
  { name: 'Exists', selector: { matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, matches: true },
  {
    name: 'Exists of a missing label',
    selector: { matchExpressions: [{ key: 'rack', operator: 'Exists' }] },
    matches: false,
  },
  {
    name: 'DoesNotExist',
    selector: { matchExpressions: [{ key: 'rack', operator: 'DoesNotExist' }] },
    matches: true,
  },
  {
    name: 'DoesNotExist of a label that is there',
    selector: { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] },
    matches: false,
  },
];

describe('matchesSelector', () => {
  for (const { name, selector, matches } of cases) {
    it(name, () => assert.equal(matchesSelector(selector, labels), matches));
  }
});
