/**
 * Opens a shell inside the namespace of the running `npm start`, or runs a command there:
 * `npm run shell`, `npm run shell -- kubectl get endpointslices -A`.
 */
import { spawn } from 'node:child_process';
import { announcedNamespace, nsenterArgs } from './lib/announce.ts';
import { shellSetupFile } from './lib/shell-setup.ts';
import { onPath } from './lib/run.ts';

const command = process.argv.slice(process.argv[2] === '--' ? 3 : 2);
const pid = announcedNamespace('start');
if (pid === undefined) {
  console.error('There is no npm start running from this checkout: run it first, in another terminal.');
  process.exit(1);
}
const bash = await onPath('bash');
const shell = bash ? ['bash', '--rcfile', shellSetupFile, '-i'] : ['sh', '-i'];
const inside = command.length > 0 ? ['sh', '-c', `. ${shellSetupFile}; exec "$@"`, 'sh', ...command] : shell;
const child = spawn('nsenter', [...nsenterArgs(pid), ...inside], {
  stdio: 'inherit',
  env: {
    ...process.env,
    ENV: shellSetupFile,
    ROLLCALL_NAMESPACE: '1',
    ROLLCALL_COMMAND: command.length > 0 ? '1' : '',
  },
});
// The shell inside has the terminal; what is typed there is its affair.
process.on('SIGINT', () => undefined);
child.on('exit', (code) => (process.exitCode = code ?? 128));
