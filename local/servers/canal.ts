import { connect } from 'node:net';
import { join } from 'node:path';
import { cached } from '../components/cache.ts';
import { components } from '../components/index.ts';
import { javaClassPath } from '../components/java.ts';
import { ServerProcess, type Server } from './server-process.ts';

/** Options of {@link startCanal}. */
export interface CanalOptions {
  /** 10.77.0.40 by default. */
  readonly address?: string;
  /** 11111 by default. */
  readonly port?: number;
  /** The server whose binlog it follows; MariaDB, or MySQL before 8.4. */
  readonly database: { readonly address: string; readonly port: number };
  /** Whom it logs in to the database as; root by default. */
  readonly databaseUser?: { readonly user: string; readonly password: string };
  /** `registry` alone by default. */
  readonly destinations?: readonly string[];
  /** What clients log in with; by default anybody may. */
  readonly login?: { readonly user: string; readonly password: string };
  /** How soon it connects to the database again; by default after 10 to 20 s, which is fixed in Canal. */
  readonly retryMs?: number;
  /** The server id of its replica connection, one more with each destination; made from the address by default. */
  readonly slaveId?: number;
}

/** A real canal-server. What it has not delivered is lost when it ends: it keeps its positions in memory. */
export interface CanalServer extends Server {
  readonly address: string;
  readonly port: number;
}

/** Starts a canal-server at the present position of the database's binlog. Throws `Unavailable` when its jars could not be had. */
export async function startCanal(options: CanalOptions): Promise<CanalServer> {
  const { address = '10.77.0.40', port = 11111, destinations = ['registry'], login } = options;
  const { user, password } = options.databaseUser ?? { user: 'root', password: '' };
  const [, , third = '0', fourth = '0'] = address.split('.');
  const settings = {
    'canal.ip': address,
    'canal.port': port,
    'canal.destinations': destinations.join(),
    'canal.slaveId': options.slaveId ?? 1_000_000 + Number(third) * 25_600 + Number(fourth) * 100,
    'db.host': options.database.address,
    'db.port': options.database.port,
    'db.user': user,
    'db.password': password,
    ...(options.retryMs === undefined ? {} : { 'canal.retryMs': options.retryMs }),
    ...(login === undefined ? {} : { 'canal.user': login.user, 'canal.password': login.password }),
  };
  const folder = cached(components.canal);
  const classPath = javaClassPath.map((part) => join(folder, part)).join(':');
  const server = await ServerProcess.start({
    name: `canal-${address}`,
    command: 'java',
    args: [
      ...['-Xms32m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'],
      ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
      ...['-cp', classPath, 'CanalLauncher'],
    ],
    isReady: () => greets(address, port),
    stopTimeoutMs: 5000,
  });
  return Object.assign(server, { address, port });
}

/** The server speaks first: a frame with its handshake. */
async function greets(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.setTimeout(1000, () => socket.destroy(new Error('no handshake')));
    socket.on('error', reject).on('data', () => {
      resolve(true);
      socket.destroy();
    });
  });
}
