/** Runs bench/main.ts inside a namespace: `npm run bench -- ARGUMENTS`. */
import { join } from 'node:path';
import { prepare } from './components/index.ts';
import { runInNamespace } from './lib/command.ts';
import { Progress } from './lib/progress.ts';

const bench = join(import.meta.dirname, '../bench/main.ts');
await runInNamespace([process.execPath, bench, ...process.argv.slice(2)], async () => {
  await prepare(new Progress());
  return {};
});
