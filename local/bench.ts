/** Measures: `npm run bench -- cold|churn|feeds|idle|xds [--json] [--quick]`. See docs/benchmarks.md. */
import { delimiter, join } from 'node:path';
import { prepare, programFolders, type ComponentName } from './components/index.ts';
import { runInNamespace } from './lib/command.ts';
import { Progress } from './lib/progress.ts';
import { mustRun } from './lib/run.ts';

const root = join(import.meta.dirname, '..');
const main = join(root, 'bench/main.ts');

await runInNamespace([process.execPath, main, ...process.argv.slice(2)], async () => {
  const progress = new Progress();
  const asked = (name: string): boolean => process.argv.includes(name);
  const more: readonly ComponentName[] = [
    ...(asked('feeds') ? (['mysql', 'canal'] as const) : []),
    ...(asked('xds') ? (['xdsReference'] as const) : []),
  ];
  await prepare(progress, ['etcd', 'kubernetes', 'mariadb', ...more]);
  // What users run is measured: the built form.
  await progress.during('building', () => mustRun('npm', ['run', '--silent', 'build'], { cwd: root }));
  return { PATH: [...programFolders(), process.env.PATH].join(delimiter) };
});
