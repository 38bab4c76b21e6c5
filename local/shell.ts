/**
 * Opens a shell inside the namespace of the running `npm start`, or runs a command there:
 *
 *   npm run shell
 *   npm run shell -- -c 'kubectl get gsvc -A'
 *   npm run shell -- kubectl get endpointslices -A
 *   npm run shell -- --of PID ...    (which of several; PID as npm run shell says it)
 */
import { spawn } from 'node:child_process';
import { nsenterArgs, runningNamespaces } from './lib/running.ts';
import { onPath } from './lib/run.ts';
import { shellSetupFile } from './lib/shell-setup.ts';

/** What a shell does first: `$1` is the folder to be in, the rest a command. */
const enter = `if [ ! -e ${shellSetupFile} ]; then
  echo 'npm start is still starting: try again once it shows its servers.' >&2
  exit 1
fi
cd "$1"
shift
exec "$@"`;

const args = process.argv.slice(process.argv[2] === '--' ? 3 : 2);
const chosen = args[0] === '--of' ? Number(args.splice(0, 2)[1]) : undefined;
const pid = theRunning(chosen);
if (pid === undefined) process.exitCode = 1;
else await open(pid, await shellCommand(args));

/** The namespace to enter; says why when there is none. */
function theRunning(wanted: number | undefined): number | undefined {
  const running = runningNamespaces('start').map((namespace) => namespace.pid);
  if (running.length === 0) {
    console.error('No npm start is running from this checkout: run it first, in another terminal.');
    return undefined;
  }
  if (wanted !== undefined && !running.includes(wanted)) {
    console.error(`${wanted} is not one of the running npm start: ${running.join(', ')}.`);
    return undefined;
  }
  if (wanted === undefined && running.length > 1) {
    const others = running.slice(1).join(' or ');
    console.error(
      `Several npm start are running: this is the newest. npm run shell -- --of ${others} enters another.`,
    );
  }
  return wanted ?? running[0];
}

async function shellCommand(words: readonly string[]): Promise<string[]> {
  const bash = await onPath('bash');
  if (words.length === 0) return bash ? ['bash', '--rcfile', shellSetupFile, '-i'] : ['sh', '-i'];
  const [first, text = '', ...more] = words;
  const command = first === '-c' ? [bash ? 'bash' : 'sh', '-c', text, ...more] : words;
  return ['sh', '-c', `. ${shellSetupFile}; exec "$@"`, 'sh', ...command];
}

async function open(target: number, command: readonly string[]): Promise<void> {
  const interactive = args.length === 0;
  const child = spawn(
    'nsenter',
    [...nsenterArgs(target), 'sh', '-c', enter, 'sh', process.cwd(), ...command],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        ENV: shellSetupFile,
        ROLLCALL_INSIDE: '1',
        ROLLCALL_INTERACTIVE: interactive ? '1' : '',
      },
    },
  );
  // The shell inside has the terminal; what is typed there is its affair.
  process.on('SIGINT', () => undefined);
  const end = await new Promise<NodeJS.Signals | number>((resolve, reject) => {
    child.on('error', reject).on('exit', (code, signal) => resolve(signal ?? code ?? 1));
  });
  const gone = !runningNamespaces('start').some((namespace) => namespace.pid === target);
  if (gone && (end === 'SIGKILL' || end === 137)) {
    // The line editor of a shell that was killed leaves the terminal as it had it, and itself in the foreground: from
    // the background, stty would be stopped by SIGTTOU.
    if (interactive) spawn('sh', ['-c', 'trap "" TTOU; stty sane'], { stdio: 'inherit' });
    console.error('\nnpm start has ended, and with it everything inside.');
  }
  process.exitCode = typeof end === 'number' ? end : 128;
}
