/**
 * `npm start`: the main job, really running. See docs/try-it.md.
 *
 * The outer process fills the cache and enters a namespace, in which the same file runs the demonstration.
 */
import { Unavailable } from './components/component.ts';
import { prepare, type ComponentName } from './components/index.ts';
import { clientComponents } from './peers/clients.ts';
import { readOptions, usage, WrongUse, type DemoOptions } from './demo/options.ts';
import { runDemo } from './demo/run-demo.ts';
import { restoreScreen } from './demo/screen.ts';
import { onBrokenPipe } from './lib/broken-pipe.ts';
import { runInNamespace } from './lib/command.ts';
import { Progress } from './lib/progress.ts';
import { insideNamespace } from './namespace.ts';

const args = process.argv.slice(2);
const options = read();
if (options === undefined) console.log(usage);
else if (insideNamespace()) process.exit(await demonstrate(options));
else await enter(options);

function read(): DemoOptions | undefined {
  try {
    const { CI: ci, TERM: terminal } = process.env;
    return readOptions(args, process.stdout.isTTY && process.stdin.isTTY && !ci && terminal !== 'dumb');
  } catch (error) {
    if (!(error instanceof WrongUse)) throw error;
    console.error(`${error.message} npm start -- --help says what there is.`);
    process.exit(2);
  }
}

/** The exit code. A server that does not start says why in its log, whose end is in the message. */
async function demonstrate(options: DemoOptions): Promise<number> {
  try {
    return await runDemo(options);
  } catch (error) {
    console.error(`npm start failed: ${error instanceof Error ? error.message : String(error)}`);
    console.error('ROLLCALL_LOGS=FOLDER npm start keeps the logs of everything in a folder.');
    return 1;
  }
}

async function enter({ database, feed, client, output }: DemoOptions): Promise<void> {
  // What runs inside ends with this process.
  onBrokenPipe(() => process.exit(1));
  await runInNamespace([process.execPath, import.meta.filename, ...args], async () => {
    const chosen: ComponentName[] = [
      ...clientComponents[client],
      database,
      ...(feed === 'canal' ? (['canal'] as const) : []),
    ];
    const needed = new Set<ComponentName>(['etcd', 'kubernetes', 'coreDns', 'mariadb', ...chosen]);
    // Without Envoy everything else is shown.
    const reasons = await prepare(new Progress(), [...needed, 'envoy']);
    for (const [name, reason] of reasons) {
      if (needed.has(name)) throw new Unavailable(`${name} is needed for this: ${reason}`);
    }
    return {};
  });
  // Whatever ended it: a screen that was killed could not put the terminal right.
  if (output === 'screen' && process.exitCode !== 0) {
    process.stdin.setRawMode(false);
    process.stdout.write(restoreScreen);
  }
}
