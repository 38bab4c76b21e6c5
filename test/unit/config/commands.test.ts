import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { FlagTable } from '../../../src/config/flag.ts';
import { commands, flagDocs } from '../../../src/config/index.ts';

describe('table of flags', () => {
  it('has a default that its own flag accepts, for every flag that has one', () => {
    for (const { flags } of Object.values(commands)) {
      for (const [key, flag] of Object.entries<FlagTable[string]>(flags)) {
        if (flag.default !== null) assert.ok(flag.kind.parse(flag.default).ok, key);
        else assert.ok(flag.otherwise !== null || key === 'url', `${key} says what holds without it`);
      }
    }
  });

  it('shows a line for a pod that starts what the image starts', () => {
    const file = readFileSync(new URL('../../../Dockerfile', import.meta.url), 'utf8');
    const entry = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(file)?.[1] ?? '[]') as string[];
    const [program = '-', main = '-'] = [entry[0], entry.at(-1)];
    const lines = Object.values(commands).flatMap(({ examples }) => examples.map(({ line }) => line));
    const inPod = lines.filter((line) => line.startsWith('kubectl exec '));
    assert.ok(inPod.length > 0);
    for (const line of inPod) assert.ok(line.includes(` -- ${program} ${main} `), line);
  });

  it('documents each flag under the names that people type', () => {
    const docs = flagDocs();
    assert.deepEqual(
      docs.map(({ command }) => command),
      ['operator', 'migrate', 'doctor', 'xds', 'xds-bootstrap'],
    );
    const flags = docs.flatMap((command) => command.flags);
    assert.deepEqual(
      flags.find(({ flag }) => flag === '--default-registry'),
      {
        flag: '--default-registry',
        variable: 'ROLLCALL_DEFAULT_REGISTRY',
        placeholder: 'NAMESPACE/NAME',
        type: 'namespace and name',
        default: null,
        otherwise: 'none',
        description: 'Registry of the GrpcServices that name none',
        secret: false,
      },
    );
    assert.equal(flags.find(({ flag }) => flag === '--url')?.secret, true);
  });
});
