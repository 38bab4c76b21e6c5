import assert from 'node:assert/strict';
import {
  conditionsDiffer,
  mergeConditions,
  metaTime,
  type Verdict,
} from '../../../src/controller/conditions.ts';

const ready: Verdict = { type: 'Ready', status: 'True', reason: 'Published', message: '' };

describe('mergeConditions', () => {
  it('stamps a new condition with the present', () => {
    assert.deepEqual(mergeConditions([], [ready], 3, 'T2'), [
      { ...ready, observedGeneration: 3, lastTransitionTime: 'T2' },
    ]);
  });
  it('keeps the transition time while only reason and message change', () => {
    const before = mergeConditions([], [ready], 1, 'T1');
    const after = mergeConditions(before, [{ ...ready, reason: 'Other', message: 'x' }], 2, 'T2');
    assert.equal(after[0]?.lastTransitionTime, 'T1');
    assert.equal(after[0].observedGeneration, 2);
  });
  it('moves the transition time with the status', () => {
    const before = mergeConditions([], [ready], 1, 'T1');
    assert.equal(
      mergeConditions(before, [{ ...ready, status: 'False' }], 1, 'T2')[0]?.lastTransitionTime,
      'T2',
    );
  });
  it('leaves conditions of others where they are', () => {
    const foreign = {
      type: 'Audited',
      status: 'True',
      reason: 'X',
      message: '',
      lastTransitionTime: 'T0',
    } as const;
    assert.deepEqual(mergeConditions([foreign], [ready], 1, 'T1')[1], foreign);
  });
});

describe('conditionsDiffer', () => {
  const before = mergeConditions([], [ready], 1, 'T1');
  it('does not count a message as a difference', () => {
    assert.equal(
      conditionsDiffer(before, mergeConditions(before, [{ ...ready, message: '12 of 13' }], 1, 'T2')),
      false,
    );
  });
  it('counts a reason as a difference', () => {
    assert.equal(
      conditionsDiffer(before, mergeConditions(before, [{ ...ready, reason: 'Other' }], 1, 'T2')),
      true,
    );
  });
});

describe('metaTime', () => {
  it('writes whole seconds, as metav1.Time does', () =>
    assert.equal(metaTime(1_700_000_000_987), '2023-11-14T22:13:20Z'));
});
