import type { RedisServer } from '../../local/servers/redis.ts';
import { PollFeed } from '../../src/feeds/poll.ts';
import { messageText, type Stamp } from '../../src/feeds/redis/message.ts';
import { RedisFeed } from '../../src/feeds/redis/redis-feed.ts';
import type {
  RedisAccess,
  RedisAccessSource,
  RedisAddress,
  RedisTarget,
} from '../../src/feeds/redis/target.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Logger } from '../../src/lib/logger.ts';
import type { KnownRows, RegistryReader } from '../../src/registry/registry-reader.ts';

const common = { clock: systemClock, random: Math.random };
export const CHANNEL = 'rollcall';

/** A poll so slow that what a test sees was not told by it. */
export const NEVER_MS = 3_600_000;
export const noLogin: RedisAccess = { login: {}, sentinelLogin: {} };

export function redisAt(...addresses: readonly RedisAddress[]): RedisTarget {
  return { topology: 'Standalone', addresses, sentinelMaster: null, channel: CHANNEL, tls: 'Disabled' };
}

export interface RedisFeedSettings {
  readonly target: RedisTarget;
  readonly access?: RedisAccessSource;
  readonly pollIntervalMs?: number;
}

/** The Redis feed as the product makes it. */
export function redisFeed(
  { target, access, pollIntervalMs = NEVER_MS }: RedisFeedSettings,
  material: { readonly known: KnownRows; readonly reader: RegistryReader; readonly logger: Logger },
): RedisFeed {
  return new RedisFeed({
    ...{ ...common, target, known: material.known, logger: material.logger },
    access: access ?? (() => Promise.resolve(noLogin)),
    poll: new PollFeed({ ...common, ...material, intervalMs: pollIntervalMs }),
  });
}

/** Publishes as redis-cli does; answers how many subscribers heard it. */
export async function publish(
  server: RedisServer,
  service: string,
  stamp: Stamp | null = null,
): Promise<number> {
  return Number(await server.command('PUBLISH', CHANNEL, messageText({ service, stamp })));
}
