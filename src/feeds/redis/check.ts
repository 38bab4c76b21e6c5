import { type FeedProblem, problemOf } from '../../registry/feed-problem.ts';
import type { RedisConnection } from './connection.ts';
import { openSentinel, openServer, type ServerOptions } from './open-server.ts';
import { addressText, type RedisAddress } from './target.ts';

/**
 * Looks at every address of a target (sentinels are asked for the server, which is looked at, too): whether it answers, lets us in, has the
 * right role, and lets us follow the channel. Answers all that is wrong, each thing once; nothing: all is well. Leaves nothing behind.
 */
export async function checkRedis(
  options: ServerOptions,
  signal: AbortSignal,
): Promise<readonly FeedProblem[]> {
  const { target } = options;
  const problems = new Map<string, FeedProblem>();
  const note = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      signal.throwIfAborted();
      const problem = problemOf(error);
      if (problem === null) throw error;
      problems.set(problem.message, problem);
    }
  };
  const servers = new Map<string, RedisAddress>();
  for (const address of target.addresses) {
    if (target.topology !== 'Sentinel') servers.set(addressText(address), address);
    else
      await note(async () => {
        const { connection, master } = await openSentinel(options, address, signal);
        connection.close(new Error('it was asked'));
        servers.set(addressText(master), master);
      });
  }
  for (const address of servers.values()) {
    await note(async () => {
      const server = await openServer(options, address, signal);
      await tryChannel(server, target.channel).finally(() => server.close(new Error('it was checked')));
    });
  }
  if (servers.size > 1 && target.topology === 'Sentinel') {
    const message = `The sentinels do not agree where ${target.sentinelMaster} is: ${[...servers.keys()].join(', ')}. A failover is under way, or some of them are cut off`;
    problems.set(message, { reason: 'RedisNotReady', message });
  }
  return [...problems.values()];
}

async function tryChannel(server: RedisConnection, channel: string): Promise<void> {
  await server.send('PING');
  await server.subscribe(channel, () => undefined);
}
