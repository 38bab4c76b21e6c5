import type { FeedName } from '../../config/index.ts';
import type { RegistrySecrets } from '../../controller/registry-credentials.ts';
import type { RegistryTimes } from '../../controller/registry-options.ts';
import { checkCanal } from '../../feeds/canal/check.ts';
import { checkRedis } from '../../feeds/redis/check.ts';
import { redisTarget } from '../../feeds/redis/target.ts';
import type { Clock } from '../../lib/clock.ts';
import { within } from '../../lib/within.ts';
import type { CanalFeedSpec, CustomSchemaSpec, RedisFeedSpec, RegistrySpec } from '../../model/registry.ts';
import type { AccessSource, MysqlTarget } from '../../mysql/access.ts';
import { MysqlChangeLog } from '../../mysql/change-log/mysql-change-log.ts';
import { MysqlBinlogServer } from '../../mysql/mysql-binlog-server.ts';
import { MysqlRegistryReader } from '../../mysql/mysql-registry-reader.ts';
import { type FeedProblem, problemOf } from '../../registry/feed-problem.ts';
import { feedReport, type FeedReport, notLookedAt, stops } from './report.ts';

export interface FeedsOptions {
  readonly spec: RegistrySpec;
  readonly times: RegistryTimes;
  readonly target: MysqlTarget;
  readonly access: AccessSource;
  readonly custom: CustomSchemaSpec | null;
  readonly secrets: RegistrySecrets;
  readonly clock: Clock;
  readonly random: () => number;
  /** How long the check of each feed may take. */
  readonly timeoutMs: number;
}

type Check = (options: FeedsOptions, signal: AbortSignal) => Promise<readonly FeedProblem[]>;

const CHECKS: Readonly<Record<FeedName, Check>> = {
  Poll: (options) => Promise.resolve(pollProblems(options.custom)),
  Trigger: checkTrigger,
  Redis: ({ spec, ...options }, signal) =>
    spec.feed?.redis === undefined ? Promise.resolve([]) : redisProblems(spec.feed.redis, options, signal),
  Binlog: checkBinaryLog,
  Canal: ({ spec, ...options }, signal) =>
    spec.feed?.canal === undefined
      ? Promise.resolve([])
      : canalProblems(spec.feed.canal, { spec, ...options }, signal),
};

/** What has to be in the spec before these can be looked at. */
const BLOCK = {
  Redis: { key: 'redis', example: '{addresses: ["redis.data.svc:6379"]}' },
  Canal: { key: 'canal', example: '{host: canal.data.svc, destination: registry}' },
} as const;

/** Looks at feeds by their own checks, one after the other; the one that cannot be looked at says so, and the others go on. */
export async function examineFeeds(
  feeds: readonly FeedName[],
  options: FeedsOptions,
  isConnected: boolean,
  signal: AbortSignal,
): Promise<readonly FeedReport[]> {
  const reports: FeedReport[] = [];
  for (const feed of feeds) reports.push(await examineFeed(feed, options, isConnected, signal));
  return reports;
}

async function examineFeed(
  feed: FeedName,
  options: FeedsOptions,
  isConnected: boolean,
  signal: AbortSignal,
): Promise<FeedReport> {
  const { spec, clock, timeoutMs } = options;
  const inUse = feed === (spec.feed?.type ?? 'Poll');
  const obstacle = obstacleOf(feed, spec, isConnected);
  if (obstacle !== null) return notLookedAt(feed, inUse, ...obstacle);
  try {
    const problems = await within(clock, timeoutMs, (limited) => CHECKS[feed](options, limited), signal);
    return feedReport(feed, inUse, problems);
  } catch (error) {
    const problem = problemOf(error);
    if (signal.aborted || problem === null) throw error;
    return feedReport(feed, inUse, [problem]);
  }
}

/** Why a feed cannot be looked at; null: it can. */
function obstacleOf(
  feed: FeedName,
  spec: RegistrySpec,
  isConnected: boolean,
): readonly ['Unknown' | 'NotConfigured', string] | null {
  if (feed !== 'Redis' && feed !== 'Canal')
    return isConnected ? null : ['Unknown', 'not looked at: there is no connection to the database'];
  const { key, example } = BLOCK[feed];
  if (spec.feed?.[key] !== undefined) return null;
  const note =
    `can only be looked at when the Registry says where it is: spec.feed.type: ${feed} and spec.feed.${key}: ${example}. ` +
    'To try it first, put that into a second Registry with spec.paused: true, and ask for that one';
  return ['NotConfigured', note];
}

/** Poll reads, and that is looked at with the database. Pure. */
export function pollProblems(custom: CustomSchemaSpec | null): readonly FeedProblem[] {
  if (custom === null || custom.columns.updatedAt !== undefined) return [];
  const message =
    `${custom.table} has no column that says when a row changed, so every poll compares the checksums of the whole table. Add one that the database ` +
    'keeps (TIMESTAMP(6) ... ON UPDATE CURRENT_TIMESTAMP(6)) and an index on it, and name it in spec.schema.custom.columns.updatedAt';
  return [{ reason: 'NoUpdatedAt', message, stops: false }];
}

async function checkTrigger(options: FeedsOptions, signal: AbortSignal): Promise<readonly FeedProblem[]> {
  const { timeoutMs } = options;
  const log = new MysqlChangeLog({ ...options, queryTimeoutMs: timeoutMs });
  try {
    const { problems } = await log.check(signal);
    // What the feed looks at next, and nothing that is known already.
    return problems.some(stops) ? problems : [...problems, ...(await whyNot(log.tableMark(signal), signal))];
  } finally {
    log.close();
  }
}

/** Why something cannot be looked at; nothing: it can. */
async function whyNot(looking: Promise<unknown>, signal: AbortSignal): Promise<readonly FeedProblem[]> {
  try {
    await looking;
    return [];
  } catch (error) {
    const problem = problemOf(error);
    if (signal.aborted || problem === null) throw error;
    return [problem];
  }
}

async function checkBinaryLog(options: FeedsOptions, signal: AbortSignal): Promise<readonly FeedProblem[]> {
  const { spec, secrets, target, clock, timeoutMs } = options;
  const server = new MysqlBinlogServer({
    access: ({ refresh }) => secrets.readBinlog(spec, refresh, signal),
    loginField: spec.feed?.binlog?.credentialsSecretRef && 'spec.feed.binlog.credentialsSecretRef',
    ...{ target, clock, connectTimeoutMs: timeoutMs, queryTimeoutMs: timeoutMs },
  });
  const { place, problems } = await followedTable(options, signal);
  return [...problems, ...(await server.check(place, signal))];
}

/** The table whose rows are followed; where it cannot be followed, its database and why. */
async function followedTable(
  options: FeedsOptions,
  signal: AbortSignal,
): Promise<{
  readonly place: { readonly database: string; readonly table: string | null };
  readonly problems: readonly FeedProblem[];
}> {
  const reader = readerOf(options);
  try {
    return { place: await reader.source.table(signal), problems: [] };
  } catch (error) {
    const problem = problemOf(error);
    if (signal.aborted || problem === null) throw error;
    return { place: { database: options.target.database, table: null }, problems: [problem] };
  } finally {
    reader.close();
  }
}

async function redisProblems(
  spec: RedisFeedSpec,
  { secrets, clock }: Pick<FeedsOptions, 'secrets' | 'clock'>,
  signal: AbortSignal,
): Promise<readonly FeedProblem[]> {
  const access = await secrets.readRedis(spec, false, signal);
  return await checkRedis({ target: redisTarget(spec), access, clock }, signal);
}

async function canalProblems(
  spec: CanalFeedSpec,
  options: FeedsOptions,
  signal: AbortSignal,
): Promise<readonly FeedProblem[]> {
  const { secrets, clock } = options;
  const { host, port = 11111, destination, clientId = 1001 } = spec;
  const login = await secrets.readCanal(spec, false, signal);
  const reader = readerOf(options);
  try {
    return await checkCanal(
      {
        target: { host, port, destination, clientId },
        ...{ login, clock, secret: secrets.nameOf(spec.credentialsSecretRef), source: reader.source },
      },
      signal,
    );
  } finally {
    reader.close();
  }
}

function readerOf(options: FeedsOptions): MysqlRegistryReader {
  const { times, timeoutMs } = options;
  const limits = { connectTimeoutMs: timeoutMs, queryTimeoutMs: timeoutMs };
  return new MysqlRegistryReader({ ...options, ...limits, maxReplicaLagMs: times.maxReplicaLagMs });
}
