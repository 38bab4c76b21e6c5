import assert from 'node:assert/strict';
import { parseArguments, parts } from '../../../local/test/arguments.ts';

describe('the arguments of npm test', () => {
  const cases = [
    { name: 'nothing means everything', args: [], parts, files: [], mocha: [] },
    { name: 'a part runs alone', args: ['unit'], parts: ['unit'], files: [], mocha: [] },
    {
      name: 'options go to mocha',
      args: ['e2e', '-g', 'a pattern'],
      parts: ['e2e'],
      files: [],
      mocha: ['-g', 'a pattern'],
    },
    {
      name: 'a filter alone leaves out the checks',
      args: ['-g', 'x'],
      parts: parts.filter((part) => part !== 'checks'),
      files: [],
      mocha: ['-g', 'x'],
    },
    {
      name: 'a file runs its own part',
      args: ['test/integration/a.test.ts'],
      parts: ['integration'],
      files: ['test/integration/a.test.ts'],
      mocha: [],
    },
  ];
  for (const { name, args, ...expected } of cases) {
    it(name, () => assert.deepEqual(parseArguments(args), expected));
  }
});
