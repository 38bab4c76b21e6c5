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

/** Answers the command `demo` of the shell inside: a line in, a text out. */
export async function serveControl(controlled: Controlled): Promise<Server> {
  const server = createServer((socket) => {
    socket.setEncoding('utf8').on('error', () => socket.destroy());
    socket.once('data', (line) => {
      void answer(String(line).trim(), controlled).then((text) => socket.end(`${text}\n`));
    });
  });
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(controlSocket, resolve));
  return server;
}

async function answer(line: string, { state, act }: Controlled): Promise<string> {
  const [command = '', argument] = line.split(/\s+/);
  if (command === 'state') return JSON.stringify(state());
  if (!actions.some((action) => action.command === command)) return usage;
  try {
    const { did, see } = await act(command, argument);
    return `${did}\n${see}`;
  } catch (error) {
    if (error instanceof NotPossible) return error.message;
    return `It failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}
