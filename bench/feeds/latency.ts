import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseFlavor } from '../../local/servers/database.ts';
import { measureChanges } from '../churn/changes.ts';
import type { Sample } from '../harness/benchmark.ts';
import { quantile } from '../harness/statistics.ts';
import { processUsage } from '../world/process-usage.ts';
import { startFeedWorld, type FeedWorld, type Follower, type StoredStates } from './sides.ts';

/** Changes a second. */
export const rate = 20;

/** How long to look at what. */
export interface LatencyTimes {
  /** Nothing changes for so long before the changes; 0: not looked at. */
  readonly idleSeconds: number;
  /** ... after so long in which nothing changed either: a start goes on in the background, V8 compiles what turned out to be hot. */
  readonly settleSeconds: number;
  readonly changeSeconds: number;
}

/** Columns of the table of latencies. */
export const latencyMetrics = {
  p50: { title: 'p50', unit: 'ms', digits: 1 },
  p90: { title: 'p90', unit: 'ms', digits: 1 },
  p99: { title: 'p99', unit: 'ms', digits: 1 },
  max: { title: 'max', unit: 'ms', digits: 1 },
  writes: { title: 'slice writes' },
  changes: { title: 'changes' },
  cpuPercent: { title: 'CPU of a core', unit: '%', digits: 1 },
};

/** Columns of the table of what following costs while nothing changes; of the same runs. */
export const idleMetrics = {
  idleCpu: { title: 'CPU of a core', unit: '%', digits: 2 },
  idleRss: { title: 'RSS', unit: 'MiB' },
};

/** One run: idle, then steady changes. */
export async function measureLatency(
  follower: Follower,
  flavor: DatabaseFlavor,
  states: StoredStates,
  { idleSeconds, settleSeconds, changeSeconds }: LatencyTimes,
  profile: string | undefined,
): Promise<Sample> {
  const world = await startFeedWorld(follower, flavor, states, profile);
  try {
    const idle = idleSeconds > 0 ? await measureIdle(world, settleSeconds, idleSeconds) : {};
    const changes = rate * changeSeconds;
    const { delays, writes, cpuPercent } = await measureChanges(world, states.members, { changes, rate });
    return { ...idle, ...quantiles(delays), writes, changes, cpuPercent };
  } finally {
    await world.dispose();
  }
}

/** p50, p90, p99 and max. */
export function quantiles(delays: readonly number[]): Sample {
  return {
    p50: quantile(delays, 0.5),
    p90: quantile(delays, 0.9),
    p99: quantile(delays, 0.99),
    max: Math.max(...delays),
  };
}

async function measureIdle(
  { subject, watch }: FeedWorld,
  settleSeconds: number,
  seconds: number,
): Promise<Sample> {
  const pid = subject.pid ?? 0;
  // Statuses, events and garbage collections of the start are over.
  watch.restartQuiet();
  await watch.quiet(settleSeconds * 1000);
  const before = processUsage(pid).cpuSeconds;
  const since = performance.now();
  await sleep(seconds * 1000);
  const { cpuSeconds, rssMib } = processUsage(pid);
  const elapsed = (performance.now() - since) / 1000;
  return { idleCpu: (100 * (cpuSeconds - before)) / elapsed, idleRss: rssMib };
}
