import { join } from 'node:path';
import { connect } from 'node:net';
import { ServerProcess, type Server } from '../servers/server-process.ts';

/** A greeter server in a process of its own: SIGTERM (stop) drains it, kill is kill -9. */
export interface GreeterProcess extends Server {
  readonly id: string;
  readonly address: string;
  readonly port: number;
}

/** Options of {@link startGreeterProcess}; see greeter-server.ts. */
export interface GreeterProcessOptions {
  readonly address: string;
  /** 50051 by default. */
  readonly port?: number;
  /** `address:port` by default. */
  readonly id?: string;
  /** URL of the database to register in; without it nobody learns of the server. */
  readonly registry?: string;
  /** URL of the Redis server on which each change is published, where the Registry has the feed Redis. */
  readonly redis?: string;
  /** `greeter` by default. */
  readonly service?: string;
  readonly ttlMs?: number;
  readonly drainMs?: number;
  readonly maxConnectionAgeMs?: number;
  readonly weight?: number;
  readonly zone?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

/** Starts local/peers/greeter-server.ts and waits until it listens. */
export async function startGreeterProcess(options: GreeterProcessOptions): Promise<GreeterProcess> {
  const { address, port = 50051 } = options;
  const target = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const id = options.id ?? target;
  const flags = [
    ['--registry', options.registry],
    ['--redis', options.redis],
    ['--service', options.service],
    ['--ttl-ms', options.ttlMs],
    ['--drain-ms', options.drainMs],
    ['--max-connection-age-ms', options.maxConnectionAgeMs],
    ['--weight', options.weight],
    ['--zone', options.zone],
    ['--metadata', options.metadata === undefined ? undefined : JSON.stringify(options.metadata)],
    ['--tls-cert', options.tls?.certFile],
    ['--tls-key', options.tls?.keyFile],
  ] as const;
  const args = flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, `${value}`]));
  const server = await ServerProcess.start({
    name: `greeter-${id}`.replaceAll(/[^\w.-]/g, '_'),
    command: process.execPath,
    args: [join(import.meta.dirname, 'greeter-server.ts'), '--address', target, '--id', id, ...args],
    isReady: () => listens(address, port),
  });
  return Object.assign(server, { id, address, port });
}

async function listens(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', reject);
  });
}
