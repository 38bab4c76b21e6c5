import { setTimeout as sleep } from 'node:timers/promises';
import { onBrokenPipe } from '../lib/broken-pipe.ts';
import { Progress } from '../lib/progress.ts';
import { actionOfKey, actions, NotPossible, type Done } from './actions.ts';
import { summary } from './changes.ts';
import { serveControl } from './control.ts';
import { printJson, printLines } from './lines.ts';
import type { DemoOptions } from './options.ts';
import { showScreen } from './screen.ts';
import type { DemoState } from './state.ts';
import { startWorld, type World } from './world.ts';

/** Runs the demonstration inside the namespace until the person ends it; gives the exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const end = new AbortController();
  const { signal } = end;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => end.abort());
  onBrokenPipe(() => end.abort());

  const world = await Promise.race([startWorld(options, new Progress()), aborted(signal)]);
  if (world === undefined) return 0;
  const { observer } = world;
  const state = () => observer.state();
  const act = (command: string, argument?: string) => perform(world, command, argument);
  await serveControl({ state, act });
  observer.note(`ready ${Math.round(performance.now() / 100) / 10} s after the start`, greeting);

  // What goes wrong while it runs ends it, and is thrown below.
  const running = world.run(signal).finally(() => end.abort());
  running.catch(() => undefined);
  const ending = endByItself(options, state, end);
  if (options.output === 'screen') await onScreen(world, act, end);
  else if (options.output === 'json') await printJson(state, signal);
  else await printLines(state, signal);
  await Promise.all([running, ending]);
  return conclude(options, state());
}

const greeting =
  'The servers registered by plain SQL; the operator keeps the EndpointSlices equal to the rows; unmodified gRPC clients find them by DNS, by xDS and through Envoy. Press a key and watch.';

/** Does an action and tells of it. */
async function perform(world: World, command: string, argument?: string): Promise<Done> {
  const action = actions.find((one) => one.command === command);
  if (action === undefined) throw new NotPossible(`There is no ${command}.`);
  const done = await action.run(world, argument);
  world.observer.note(done.did, done.see);
  return done;
}

async function onScreen(
  world: World,
  act: (command: string) => Promise<Done>,
  end: AbortController,
): Promise<void> {
  let busy = false;
  const onKey = (key: string) => {
    if (key === 'q' || key === '\u0003') end.abort();
    const action = actionOfKey(key, world.database.pid !== undefined);
    // A key that is pressed again while its action goes on does not count.
    if (action === undefined || busy) return;
    busy = true;
    act(action.command)
      .catch((error: unknown) => world.observer.note(error instanceof Error ? error.message : String(error)))
      .finally(() => (busy = false));
  };
  const terminal = { input: process.stdin, output: process.stdout, noColor: Boolean(process.env.NO_COLOR) };
  await showScreen(terminal, () => world.observer.state(), onKey, end.signal);
}

/** --for and --exit-after-calls. */
async function endByItself(
  options: DemoOptions,
  state: () => DemoState,
  end: AbortController,
): Promise<void> {
  const { forMs = Infinity, exitAfterCalls = Infinity } = options;
  const { signal } = end;
  const deadline = performance.now() + forMs;
  while (performance.now() < deadline && state().calls.calls < exitAfterCalls) {
    await sleep(100, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
  }
  end.abort();
}

/** The last words, and the exit code: one that ended by itself was to show that all is well. */
function conclude(options: DemoOptions, state: DemoState): number {
  if (options.output !== 'json') console.log(`Stopped. ${summary(state)}. Nothing is left behind.`);
  if (options.forMs === undefined && options.exitAfterCalls === undefined) return 0;
  const failed = [state, ...state.otherWays].some(({ calls }) => calls.failed > 0);
  return !failed && state.calls.servers.length >= options.servers ? 0 : 1;
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
