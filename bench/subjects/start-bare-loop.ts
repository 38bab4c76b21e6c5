import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '../../local/lib/wait.ts';
import type { ApiServer } from '../../local/servers/api-server.ts';
import { ServerProcess } from '../../local/servers/server-process.ts';
import { nodeFlags } from './operator.ts';

/** Whom bare-loop.ts talks to. */
export interface BareLoopSettings {
  /** Of the API server. */
  readonly url: string;
  readonly ca: string;
  readonly token: string;
  /** Where it makes its slices. */
  readonly namespace: string;
  readonly database: {
    readonly host: string;
    readonly user: string;
    readonly password: string;
    readonly database: string;
  };
}

/** Starts bench/subjects/bare-loop.ts as a process of its own, with the operator's flags of Node; ready when it follows the log. */
export async function startBareLoop(
  { url, ca, token }: ApiServer,
  settings: Pick<BareLoopSettings, 'namespace' | 'database'>,
): Promise<ServerProcess> {
  const all: BareLoopSettings = { url, ca, token, ...settings };
  const server = await ServerProcess.start({
    name: 'bare-loop',
    command: process.execPath,
    args: [...(await nodeFlags()), join(import.meta.dirname, 'bare-loop.ts'), JSON.stringify(all)],
    isReady: () => Promise.resolve(true),
  });
  try {
    // Its slices come first; what is written before it follows the log would never be told.
    await waitFor('the bare loop to follow the log', async () =>
      (await readFile(server.logFile, 'utf8')).includes('following'),
    );
    return server;
  } catch (error) {
    await server.dispose();
    throw error;
  }
}
