import type { Clock } from '../../lib/clock.ts';
import { RetryableError, TerminalError } from '../../lib/errors.ts';
import { RedisConnection, type RedisConnectOptions } from './connection.ts';
import { masterOf, requireMaster } from './sentinel.ts';
import { addressText, type RedisAccess, type RedisAddress, type RedisTarget } from './target.ts';

/** What connecting takes. */
export interface ServerOptions {
  readonly target: RedisTarget;
  readonly access: RedisAccess;
  readonly clock: Clock;
}

/** A sentinel that answers, and where it says the server is. */
export interface AskedSentinel {
  readonly connection: RedisConnection;
  readonly master: RedisAddress;
}

/** For all addresses together: less than a registry waits for its feed before it is read (5 s). */
const OPEN_MS = 3000;

/** A connection to one server, which may serve in its topology. */
export async function openServer(
  options: ServerOptions,
  address: RedisAddress,
  signal: AbortSignal,
): Promise<RedisConnection> {
  const { topology } = options.target;
  const server = await RedisConnection.open(connectOptions(options, address, 'server'), signal);
  try {
    if (topology === 'Sentinel') await requireMaster(server, address);
    if (topology === 'Cluster') await requireServingNode(server);
    return server;
  } catch (error) {
    server.close(new Error('it may not serve'));
    throw error;
  }
}

/** A connection to one sentinel, asked for the server. */
export async function openSentinel(
  options: ServerOptions,
  address: RedisAddress,
  signal: AbortSignal,
): Promise<AskedSentinel> {
  const connection = await RedisConnection.open(connectOptions(options, address, 'sentinel'), signal);
  try {
    return { connection, master: await masterOf(connection, options.target.sentinelMaster ?? '') };
  } catch (error) {
    connection.close(new Error('it knows no server'));
    throw error;
  }
}

/** A node that lost its cluster hears only what is published on its own side of the cut. */
export async function requireServingNode(server: RedisConnection): Promise<void> {
  const info = String(await server.send('CLUSTER', 'INFO'));
  if (/^cluster_state:ok\r?$/m.test(info)) return;
  throw new RetryableError(
    `the node at ${addressText(server.address)} says that its cluster does not serve (CLUSTER INFO: cluster_state is not ok); it is tried again by itself`,
    { reason: 'RedisNotReady' },
  );
}

/**
 * Opens the first that can be opened, beginning with number `turn`, so that the next attempt begins with another. Rejects with what
 * somebody has to mend, where one said so, otherwise with what the last one said.
 */
export async function openFirst<T>(
  addresses: readonly RedisAddress[],
  turn: number,
  open: (address: RedisAddress) => Promise<T>,
): Promise<T> {
  const first = turn % addresses.length;
  let fault: unknown;
  for (const address of [...addresses.slice(first), ...addresses.slice(0, first)]) {
    try {
      return await open(address);
    } catch (error) {
      if (!(fault instanceof TerminalError)) fault = error;
    }
  }
  throw fault;
}

function connectOptions(
  options: ServerOptions,
  address: RedisAddress,
  role: RedisConnectOptions['role'],
): RedisConnectOptions {
  const timeoutMs = Math.max(500, OPEN_MS / options.target.addresses.length);
  return { ...options, address, role, timeoutMs };
}
