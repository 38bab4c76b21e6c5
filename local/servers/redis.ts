import { connect } from 'node:net';
import { program } from '../components/index.ts';
import { ServerProcess, withCleanup, type Server } from './server-process.ts';
import { newWorkDir } from './work-dir.ts';

/** Options of {@link startRedis}. */
export interface RedisOptions {
  /** 10.77.0.30 by default. */
  readonly address?: string;
  /** 6379 by default. */
  readonly port?: number;
  readonly extraArgs?: readonly string[];
}

/** A real Redis server. */
export interface RedisServer extends Server {
  readonly url: string;
}

/** Starts Redis with an empty store. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const { address = '10.77.0.30', port = 6379, extraArgs = [] } = options;
  const folder = newWorkDir('redis');
  const server = await ServerProcess.start({
    name: 'redis',
    command: program('mariadb', 'programs/redis-server'),
    args: ['--bind', address, '--port', `${port}`, '--dir', folder, '--protected-mode', 'no', ...extraArgs],
    isReady: () => answersPing(address, port),
  });
  return Object.assign(withCleanup(server, folder), { url: `redis://${address}:${port}` });
}

async function answersPing(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => socket.write('PING\r\n'));
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer to PING')));
    socket.on('error', reject).on('data', (data) => {
      resolve(data.toString().startsWith('+PONG'));
      socket.destroy();
    });
  });
}
