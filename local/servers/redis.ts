import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { program } from '../components/index.ts';
import { mustRun } from '../lib/run.ts';
import { waitFor } from '../lib/wait.ts';
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
  readonly address: string;
  readonly port: number;
  readonly url: string;
  /** Runs one command as redis-cli does; answers what it prints. */
  command(...args: readonly string[]): Promise<string>;
}

/** Starts Redis with an empty store. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const { address = '10.77.0.30', port = 6379, extraArgs = [] } = options;
  const args = (folder: string): string[] => [
    ...['--bind', address, '--port', `${port}`, '--dir', folder, '--protected-mode', 'no'],
    // Replicas and nodes of a cluster are known to others by the address that they connect from.
    ...['--bind-source-addr', address, ...extraArgs],
  ];
  return await startServer('redis', address, port, args);
}

/** Options of {@link startSentinel}. */
export interface SentinelOptions {
  readonly address: string;
  /** 26379 by default. */
  readonly port?: number;
  /** The server to watch, and the name that it is watched under. */
  readonly master: { readonly name: string; readonly address: string; readonly port: number };
  /** How long the server may be silent before it is taken for down, in ms; 1000 by default. */
  readonly downAfterMs?: number;
}

/** Starts a sentinel that alone decides (quorum 1): the same program in another mode. */
export async function startSentinel(options: SentinelOptions): Promise<RedisServer> {
  const { address, port = 26_379, master, downAfterMs = 1000 } = options;
  return await startServer('sentinel', address, port, (folder) => {
    const file = join(folder, 'sentinel.conf');
    // It keeps its state in this file.
    writeFileSync(
      file,
      [
        `bind ${address}`,
        `port ${port}`,
        `dir ${folder}`,
        'protected-mode no',
        `sentinel monitor ${master.name} ${master.address} ${master.port} 1`,
        `sentinel down-after-milliseconds ${master.name} ${downAfterMs}`,
        `sentinel failover-timeout ${master.name} 5000`,
      ].join('\n'),
    );
    return [file, '--sentinel'];
  });
}

const SLOTS = 16_384;

/** Starts a cluster without replicas, one node an address; resolves when every node says that it serves. */
export async function startRedisCluster(addresses: readonly string[]): Promise<readonly RedisServer[]> {
  const nodes = await Promise.all(
    addresses.map((address) =>
      startRedis({
        address,
        extraArgs: ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--save', ''],
      }),
    ),
  );
  const share = Math.ceil(SLOTS / nodes.length);
  for (const [index, node] of nodes.entries()) {
    const last = Math.min(SLOTS, (index + 1) * share) - 1;
    await node.command('CLUSTER', 'ADDSLOTSRANGE', `${index * share}`, `${last}`);
    await node.command('CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`);
    if (index > 0) await nodes[0]?.command('CLUSTER', 'MEET', node.address, `${node.port}`);
  }
  await waitFor('the Redis cluster to serve', async () => {
    const infos = await Promise.all(nodes.map((node) => node.command('CLUSTER', 'INFO')));
    return infos.every(
      (info) => info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes.length}`),
    );
  });
  return nodes;
}

async function startServer(
  name: string,
  address: string,
  port: number,
  args: (folder: string) => string[],
): Promise<RedisServer> {
  const folder = newWorkDir(name);
  const server = await ServerProcess.start({
    name,
    command: program('mariadb', 'programs/redis-server'),
    args: args(folder),
    isReady: () => answersPing(address, port),
  });
  return Object.assign(withCleanup(server, folder), {
    address,
    port,
    url: `redis://${address}:${port}`,
    command: async (...command: readonly string[]): Promise<string> => {
      const cli = program('mariadb', 'programs/redis-cli');
      return (await mustRun(cli, ['-e', '-h', address, '-p', `${port}`, ...command])).trim();
    },
  });
}

/** One that wants a password first answers, too. */
async function answersPing(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => socket.write('PING\r\n'));
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer to PING')));
    socket.on('error', reject).on('data', (data) => {
      resolve(/^(?:\+PONG|-NOAUTH|-DENIED)/.test(data.toString()));
      socket.destroy();
    });
  });
}
