import type { RegistrySecrets } from '../controller/registry-credentials.ts';
import type { RegistryTimes } from '../controller/registry-options.ts';
import { BinlogFeed } from '../feeds/binlog/binlog-feed.ts';
import { CanalFeed } from '../feeds/canal/canal-feed.ts';
import { FailoverFeed } from '../feeds/failover.ts';
import { LeaderOnlyFeed } from '../feeds/leader-only.ts';
import { PollFeed } from '../feeds/poll.ts';
import { RedisFeed } from '../feeds/redis/redis-feed.ts';
import { redisTarget } from '../feeds/redis/target.ts';
import { TriggerFeed } from '../feeds/trigger/trigger-feed.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { CanalFeedSpec, FeedSpec, RedisFeedSpec } from '../model/registry.ts';
import type { BinlogServer } from '../registry/binlog-server.ts';
import type { ChangeFeed } from '../registry/change-feed.ts';
import type { ChangeLog } from '../registry/change-log.ts';
import type { KnownRows, RegistryReader } from '../registry/registry-reader.ts';
import type { SourceDatabase } from '../registry/source-table.ts';

/** What the feeds of one Registry are made of. */
export interface FeedParts {
  readonly feed: FeedSpec;
  readonly times: RegistryTimes;
  readonly reader: RegistryReader & { readonly source: SourceDatabase };
  readonly secrets: RegistrySecrets;
  /** Makes the access to change_log; it ends with the Registry. */
  readonly changeLog: () => ChangeLog;
  readonly isLeader: () => boolean;
  /** Makes the access to the server's binary log. */
  readonly binlogServer: () => BinlogServer;
  /** Names the replica and the Registry, and nobody else. */
  readonly follower: string;
  /** Aborted when the Registry is closed. */
  readonly closing: AbortSignal;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Makes the feed that a Registry asks for, with Poll behind it where it is another. */
export function feedOf(parts: FeedParts): (known: KnownRows) => ChangeFeed {
  const { feed, times, reader, clock, random, logger } = parts;
  return (known) => {
    const poll = (intervalMs: number): ChangeFeed =>
      new PollFeed({ reader, known, intervalMs, clock, random, logger });
    const fallback = (): ChangeFeed => poll(times.pollIntervalMs);
    const primary = primaryOf(feed.type ?? 'Poll', parts, known);
    return primary === null
      ? fallback()
      : new FailoverFeed({ primary, fallback, patienceMs: times.fallbackAfterMs, clock, logger });
  };
}

/** Null: Poll itself. */
function primaryOf(
  type: NonNullable<FeedSpec['type']>,
  parts: FeedParts,
  known: KnownRows,
): ChangeFeed | null {
  switch (type) {
    case 'Redis':
      return parts.feed.redis === undefined ? null : redisOf(parts.feed.redis, parts, known);
    case 'Canal':
      return parts.feed.canal === undefined ? null : canalOf(parts.feed.canal, parts, known);
    case 'Trigger':
      return triggerOf(parts);
    case 'Binlog':
      return binlogOf(parts);
    case 'Poll':
      return null;
  }
}

function triggerOf({ times, changeLog, isLeader, clock, random, logger }: FeedParts): ChangeFeed {
  const { triggerIntervalMs: intervalMs, triggerRetentionMs: retentionMs } = times;
  return new TriggerFeed({ log: changeLog(), intervalMs, retentionMs, isLeader, clock, random, logger });
}

function binlogOf(parts: FeedParts): ChangeFeed {
  const { times, reader, binlogServer, follower, clock, random, logger } = parts;
  return new BinlogFeed({
    server: binlogServer(),
    source: reader.source,
    reader: follower,
    heartbeatMs: times.binlogHeartbeatMs,
    ...{ clock, random, logger },
  });
}

function redisOf(spec: RedisFeedSpec, parts: FeedParts, known: KnownRows): ChangeFeed {
  const { times, reader, secrets, closing, clock, random, logger } = parts;
  const intervalMs = times.redisPollIntervalMs;
  return new RedisFeed({
    target: redisTarget(spec),
    access: ({ refresh }) => secrets.readRedis(spec, refresh, closing),
    poll: new PollFeed({ reader, known, intervalMs, clock, random, logger }),
    ...{ known, clock, random, logger },
  });
}

/** A canal-server serves one client of an id: the leader follows it, and the others poll. */
function canalOf(spec: CanalFeedSpec, parts: FeedParts, known: KnownRows): ChangeFeed {
  const { times, reader, secrets, closing, isLeader, clock, random, logger } = parts;
  const { host, port = 11111, destination, clientId = 1001 } = spec;
  const leader = (): ChangeFeed =>
    new CanalFeed({
      target: { host, port, destination, clientId },
      access: ({ refresh }) => secrets.readCanal(spec, refresh, closing),
      secret: secrets.nameOf(spec.credentialsSecretRef),
      ...{ source: reader.source, clock, random, logger },
    });
  const other = (): ChangeFeed =>
    new PollFeed({ reader, known, intervalMs: times.pollIntervalMs, clock, random, logger });
  return new LeaderOnlyFeed({ name: 'Canal', leader, other, isLeader, clock, logger });
}
