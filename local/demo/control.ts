import { createServer, type Server } from 'node:net';
import { actions, NotPossible, type Done } from './actions.ts';
import { controlSocket } from './names.ts';
import type { DemoState } from './state.ts';

/** What the command `demo` can ask for. */
export interface Controlled {
  readonly state: () => DemoState;
  /** Does an action as if its key had been pressed. */
  readonly act: (command: string, argument?: string) => Promise<Done>;
}

/** Of the command `demo`. */
const usage = [
  'usage: demo COMMAND',
  ...actions.map(
    ({ command, label }) => `  ${command}${/^(kill|drain)-server$/.test(command) ? ' [ID]' : ''}: ${label}`,
  ),
  '  state: everything the screen shows, as JSON',
].join('\n');

/** What the command `demo` says, and its exit code: 0 done, 1 not possible or failed, 2 wrong use. */
export interface Answer {
  readonly code: 0 | 1 | 2;
  readonly text: string;
}

/** Answers the command `demo` of the shell inside: a line in, an {@link Answer} as JSON out. */
export async function serveControl(controlled: Controlled): Promise<Server> {
  const server = createServer((socket) => {
    socket.setEncoding('utf8').on('error', () => socket.destroy());
    socket.once('data', (line) => {
      void answer(String(line).trim(), controlled).then((said) => socket.end(JSON.stringify(said)));
    });
  });
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(controlSocket, resolve));
  return server;
}

/** What to say to a line of the command `demo`. */
export async function answer(line: string, { state, act }: Controlled): Promise<Answer> {
  const [command = 'help', argument] = line.split(/\s+/).filter((word) => word !== '');
  if (command === 'help') return { code: 0, text: usage };
  if (command === 'state') return { code: 0, text: JSON.stringify(state()) };
  if (!actions.some((action) => action.command === command))
    return { code: 2, text: `There is no ${command}.\n${usage}` };
  try {
    const { did, see } = await act(command, argument);
    return { code: 0, text: `${did}\n${see}` };
  } catch (error) {
    if (error instanceof NotPossible) return { code: 1, text: error.message };
    return { code: 1, text: `It failed: ${error instanceof Error ? error.message : String(error)}` };
  }
}
