/** Runs a command inside a namespace: `npm run in-namespace -- COMMAND [ARGUMENTS]`. */
import { delimiter } from 'node:path';
import { prepare, programFolders } from './components/index.ts';
import { runInNamespace } from './lib/command.ts';
import { Progress } from './lib/progress.ts';

const command = process.argv.slice(process.argv[2] === '--' ? 3 : 2);
await runInNamespace(command.length > 0 ? command : [process.env.SHELL ?? 'sh'], async () => {
  await prepare(new Progress());
  return { PATH: [...programFolders(), process.env.PATH].join(delimiter) };
});
