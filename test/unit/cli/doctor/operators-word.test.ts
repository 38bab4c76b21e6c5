import assert from 'node:assert/strict';
import { withOperatorsWord } from '../../../../src/cli/doctor/operators-word.ts';
import { feedReport, notLookedAt } from '../../../../src/cli/doctor/report.ts';
import type { Condition } from '../../../../src/model/kube-objects.ts';
import type { Registry } from '../../../../src/model/registry.ts';

const stalled: Condition = {
  ...{ type: 'FeedHealthy', status: 'False', observedGeneration: 3, lastTransitionTime: '' },
  ...{ reason: 'CanalStalled', message: 'Destination registry says nothing.' },
};
const follows: Condition = { ...stalled, status: 'True', reason: 'Following', message: 'The feed follows.' };

const registry = (condition: Condition | null, more: Partial<Registry['spec']> = {}): Registry => ({
  ...{ apiVersion: 'rollcall.dev/v1alpha1', kind: 'Registry' },
  metadata: { name: 'main', namespace: 'ns', generation: 3 },
  spec: { mysql: { host: 'db', database: 'r', credentialsSecretRef: { name: 's' } }, ...more },
  status: { conditions: condition === null ? [] : [condition] },
});
const works = feedReport('Canal', true, []);
const problem = { reason: 'CanalUnreachable', message: 'nobody answers' };

describe("what the doctor takes over from the operator's own condition", () => {
  it('is the fault that nothing else shows: it does not work then', () => {
    const { state, problems } = withOperatorsWord(works, registry(stalled));
    assert.deepEqual([state, problems.map(({ reason }) => reason)], ['Broken', ['CanalStalled']]);
    assert.match(problems[0]?.message ?? '', /look again .*: Destination registry says nothing\.$/);
  });

  it('comes after what only makes it work less well', () => {
    const limited = feedReport('Canal', true, [{ ...problem, stops: false }]);
    const { state, problems } = withOperatorsWord(limited, registry(stalled));
    assert.deepEqual([state, problems.length], ['Broken', 2]);
  });

  for (const [what, report, of] of [
    ['the feed follows', works, registry(follows)],
    ['the operator has said nothing yet', works, registry(null)],
    ['it is about an older spec', works, registry({ ...stalled, observedGeneration: 2 })],
    ['the Registry is paused', works, registry(stalled, { paused: true })],
    ['the feed is another one', feedReport('Binlog', false, []), registry(stalled)],
    ['a problem says more already', feedReport('Canal', true, [problem]), registry(stalled)],
    ['it was not looked at', notLookedAt('Canal', true, 'Unknown', 'no connection'), registry(stalled)],
  ] as const) {
    it(`is nothing where ${what}`, () => {
      assert.deepEqual(withOperatorsWord(report, of), report);
    });
  }
});
