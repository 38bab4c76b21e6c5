import assert from 'node:assert/strict';
import { type CommandLine, parseCommandLine } from '../../../src/cli/command-line.ts';
import { flagDocs } from '../../../src/config/index.ts';

function parse(...args: string[]): { line: CommandLine; out: string; err: string } {
  let out = '';
  let err = '';
  const line = parseCommandLine(args, '1.2.3', {
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { line, out, err };
}

describe('command line', () => {
  it('hands on the texts of flags under the keys of the table', () => {
    assert.deepEqual(parse('operator', '--max-endpoints-per-slice', '500', '--kubeconfig=k').line, {
      command: 'operator',
      raw: { maxEndpointsPerSlice: '500', kubeconfig: 'k' },
    });
    assert.deepEqual(parse('migrate', '--url', 'mysql://a@b/c').line, {
      command: 'migrate',
      raw: { url: 'mysql://a@b/c' },
    });
  });

  it('hands on the argument of a command under its key, and takes the letter of a flag', () => {
    assert.deepEqual(parse('doctor', 'shop/main', '-o', 'json').line, {
      command: 'doctor',
      raw: { registry: 'shop/main', output: 'json' },
    });
  });

  it('adds up a list that is given in several flags', () => {
    assert.deepEqual(parse('operator', '--watch-namespaces', 'a', '--watch-namespaces', 'b,c').line, {
      command: 'operator',
      raw: { watchNamespaces: 'a,b,c' },
    });
  });

  it('takes a flag without a value for true', () => {
    assert.deepEqual(parse('migrate', '--feed', 'trigger', '--dry-run').line, {
      command: 'migrate',
      raw: { feed: 'trigger', dryRun: 'true' },
    });
  });

  it('takes every flag that the reference documents', () => {
    for (const { command, argument, flags } of flagDocs()) {
      const words = argument === null ? [] : ['word'];
      const args = flags.flatMap(({ flag, placeholder }) => (placeholder === '' ? [flag] : [flag, 'x']));
      const { line, err } = parse(command, ...words, ...args);
      assert.ok('command' in line, err);
      assert.equal(Object.keys(line.raw).length, words.length + flags.length);
    }
  });

  it('shows every flag, its default and its variable in the help of a command', () => {
    for (const { command, flags } of flagDocs()) {
      const { line, out: wrapped } = parse(command, '--help');
      assert.deepEqual(line, { exitCode: 0 });
      const out = wrapped.replaceAll(/\n {3,}/g, ' ');
      for (const flag of flags) {
        assert.ok(
          out.includes(flag.placeholder === '' ? flag.flag : `${flag.flag} <${flag.placeholder}>`),
          flag.flag,
        );
        assert.ok(out.includes(flag.default === null ? flag.description : `(default: ${flag.default})`));
      }
      assert.ok(out.includes(`${flags[0]?.flag ?? ''} is ${flags[0]?.variable ?? ''}`));
      assert.match(out, /Examples:\n {2}/);
    }
  });

  const wrong: readonly { readonly args: readonly string[]; readonly says: RegExp }[] = [
    { args: [], says: /Usage: rollcall/ },
    {
      args: ['oprator'],
      says: /unknown command 'oprator'\n\(Did you mean operator\?\)\nRun "rollcall --help"/,
    },
    {
      args: ['operator', '--worker', '3'],
      says: /unknown option '--worker'\n\(Did you mean --workers\?\)\nRun "rollcall operator --help"/,
    },
    { args: ['operator', '--workers'], says: /option '--workers <N>' argument missing/ },
    { args: ['operator', '--url', 'x'], says: /unknown option '--url'/ },
    { args: ['operator', 'now'], says: /too many arguments/ },
    { args: ['doctor'], says: /missing required argument 'REGISTRY'\nRun "rollcall doctor --help"/ },
    { args: ['doctor', 'a', 'b'], says: /too many arguments/ },
  ];
  for (const { args, says } of wrong) {
    it(`says what is wrong with "rollcall ${args.join(' ')}" and exits 2`, () => {
      const { line, out, err } = parse(...args);
      assert.deepEqual(line, { exitCode: 2 });
      assert.match(err, says);
      assert.equal(out, '');
    });
  }

  it('shows version and help on standard output and exits 0', () => {
    assert.deepEqual(parse('--version'), { line: { exitCode: 0 }, out: '1.2.3\n', err: '' });
    for (const args of [['--help'], ['help']]) {
      const { line, out } = parse(...args);
      assert.deepEqual(line, { exitCode: 0 });
      assert.match(out, /operator .*\n[^]*migrate .*\n[^]*Examples:/);
    }
  });
});
