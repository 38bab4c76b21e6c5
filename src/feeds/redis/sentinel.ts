import { RetryableError, TerminalError } from '../../lib/errors.ts';
import type { RedisConnection } from './connection.ts';
import { addressText, type RedisAddress } from './target.ts';

/** Where a sentinel says that the server `name` is now. Rejects with TerminalError RedisMasterUnknown when it watches none of that name. */
export async function masterOf(sentinel: RedisConnection, name: string): Promise<RedisAddress> {
  const answer = await sentinel.send('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name);
  const master = readMaster(answer);
  if (master !== null) return master;
  const names = masterNames(await sentinel.send('SENTINEL', 'MASTERS'));
  throw new TerminalError(
    'RedisMasterUnknown',
    `The sentinel at ${addressText(sentinel.address)} watches no server ${name}, but ${names.length === 0 ? 'none at all' : names.join(', ')}: correct spec.feed.redis.sentinelMaster`,
  );
}

/** Asks a server for its role: a sentinel's word can be older than a failover. */
export async function requireMaster(server: RedisConnection, address: RedisAddress): Promise<void> {
  const answer = await server.send('ROLE');
  const role = Array.isArray(answer) ? String(answer[0]) : '';
  if (role === 'master') return;
  throw new RetryableError(
    `the sentinels name ${addressText(address)}, which is a ${role}: a failover is under way; it is tried again by itself`,
    { reason: 'RedisNotReady' },
  );
}

/** Two texts, host and port, or null. */
export function readMaster(answer: unknown): RedisAddress | null {
  if (!Array.isArray(answer)) return null;
  const port = Number(answer[1]);
  return answer.length === 2 && Number.isInteger(port) ? { host: String(answer[0]), port } : null;
}

/** The names in an answer to SENTINEL MASTERS: maps in RESP3, lists of names and values in RESP2. */
export function masterNames(answer: unknown): readonly string[] {
  if (!Array.isArray(answer)) return [];
  return answer.flatMap((one: unknown) => {
    if (Array.isArray(one)) return [String(one[one.indexOf('name') + 1])];
    const name = typeof one === 'object' && one !== null && 'name' in one ? one.name : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}
