import type { Guard } from './guard.ts';

const DECISION = 'src/controller/publish-decision.ts';
const DECISION_TEST = 'test/unit/controller/publish-decision.test.ts';

/** Every safety rule, with what keeps it. */
export const guards: readonly Guard[] = [
  {
    rule: '1',
    without: 'holding what is published while nothing was read',
    file: DECISION,
    find: 'const { publish, lookup, snapshot } = observation;\n  const desired =',
    replace:
      "const { publish, lookup, snapshot = { service: '', instances: [], rejected: [], asOfUs: 0, revision: 0, changedAtUs: 0, confirmed: true, grace: null } } = observation;\n  const desired =",
    test: {
      file: DECISION_TEST,
      title:
        'decide writes nothing for a registry that was not read since this process started (safety rule 1), and says why',
    },
  },
  {
    rule: '2',
    without: 'the second read of what a new process sees gone',
    file: DECISION,
    find: 'return !snapshot.confirmed && isDrastic(',
    replace: 'return false && isDrastic(',
    test: {
      file: DECISION_TEST,
      title:
        'decide writes nothing for a first read that empties what is published (safety rule 2), and says why',
    },
  },
];
