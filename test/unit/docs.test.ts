import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { metricsThereAre } from '../../local/generate/metric-reference.ts';
import { checkout } from '../support/manifests.ts';
import { anchorsOf } from '../support/markdown.ts';

describe('the documentation', () => {
  it('has no link to a file or section that is not there', async () => {
    const broken: string[] = [];
    let links = 0;
    for (const file of await pages()) {
      for (const [, link = ''] of read(file).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(link)) continue;
        links += 1;
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? file : join(dirname(file), path);
        if (!existsSync(join(checkout, target))) broken.push(`${file}: ${link}`);
        else if (anchor !== undefined && !anchorsOf(read(target)).includes(anchor))
          broken.push(`${file}: ${link}`);
      }
    }
    assert.ok(links > 20);
    assert.deepEqual(broken, []);
  });

  it('names only files of the checkout that are there', async () => {
    const missing: string[] = [];
    for (const file of await pages()) {
      for (const [, path = ''] of read(file).matchAll(
        /`((?:crds|deploy|docs|local|src|test|bench)\/[\w./*-]*)`/g,
      )) {
        if (!path.includes('*') && !existsSync(join(checkout, path))) missing.push(`${file}: ${path}`);
      }
    }
    assert.deepEqual(missing, []);
  });

  it('names only npm scripts that there are', async () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const missing: string[] = [];
    for (const file of await pages()) {
      for (const [, script = ''] of read(file).matchAll(/npm run ([a-z][\w:-]*)/g)) {
        if (!(script in scripts)) missing.push(`${file}: npm run ${script}`);
      }
    }
    assert.deepEqual(missing, []);
  });

  it('explains every reason that a condition can have', async () => {
    const reasons = new Set<string>();
    // What a slice plan or an event says inside the program, and what migrate says to a person at a terminal.
    const elsewhere = [
      'Started',
      'Missing',
      'UpToDate',
      'Drifted',
      'Adopted',
      'Released',
      'ClusterIPSet',
      'ForeignTable',
      'MigrationRunning',
      'TableBusy',
      'TriggerNotAllowed',
    ];
    for await (const file of glob('src/{app,controller,mysql,slices,registry,feeds}/**/*.ts', {
      cwd: checkout,
    })) {
      const source = read(file);
      for (const pattern of REASONS) {
        for (const [, ...found] of source.matchAll(pattern)) found.forEach((reason) => reasons.add(reason));
      }
    }
    assert.ok(reasons.size > 40, [...reasons].join());
    const explained = read('docs/operations.md');
    assert.deepEqual(
      [...reasons]
        .filter((reason) => !elsewhere.includes(reason) && !explained.includes(`\`${reason}\``))
        .sort(),
      [],
    );
  });

  it('names only metrics that there are', async () => {
    const metrics = metricsThereAre().map(({ name }) => name);
    const unknown: string[] = [];
    for (const file of await pages()) {
      for (const [, name = ''] of read(file).matchAll(
        /`((?:rollcall|controller_runtime|workqueue|rest_client|leader_election)_[a-z_]+)/g,
      )) {
        if (!name.endsWith('_') && !metrics.includes(name)) unknown.push(`${file}: ${name}`);
      }
    }
    assert.deepEqual(unknown, []);
  });
});

/** How sources name a reason: as a field, and as the first argument of what makes errors and verdicts. */
const REASONS = [
  /\breason: '([A-Z]\w+)'/g,
  /\breason: [^'\n]*\? '([A-Z]\w+)' : '([A-Z]\w+)'/g,
  /\b(?:TerminalError|terminal|refuse|no|fault)\(\s*'([A-Z]\w+)'/g,
  /\breadyIs\(\s*'\w+',\s*'([A-Z]\w+)'/g,
];

async function pages(): Promise<string[]> {
  const files = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
  for await (const file of glob('docs/**/*.md', { cwd: checkout })) files.push(file);
  return files.sort();
}

function read(path: string): string {
  return readFileSync(join(checkout, path), 'utf8');
}
