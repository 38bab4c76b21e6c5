import { join } from 'node:path';
import { mustRun } from '../../local/lib/run.ts';
import { measureChanges } from '../churn/changes.ts';
import type { Sample } from '../harness/benchmark.ts';
import { processUsage } from '../world/process-usage.ts';
import { quantiles, rate } from './latency.ts';
import { startFeedWorld, type Follower, type StoredStates } from './sides.ts';

/** Rows a second that somebody else writes. */
export const floodRate = 50_000;

/** Columns of the table of the foreign flood. */
export const floodMetrics = {
  rowsPerSecond: { title: 'foreign rows/s' },
  p50: { title: 'p50', unit: 'ms', digits: 1 },
  p99: { title: 'p99', unit: 'ms', digits: 1 },
  max: { title: 'max', unit: 'ms', digits: 1 },
  cpuPercent: { title: 'CPU of a core', unit: '%', digits: 1 },
  rssBefore: { title: 'RSS before', unit: 'MiB' },
  peakRss: { title: 'peak RSS', unit: 'MiB' },
};

/** Steady changes while a process of its own writes to a table of another database on the same server; on MariaDB. */
export async function measureFlood(
  follower: Follower,
  states: StoredStates,
  seconds: number,
  profile: string | undefined,
): Promise<Sample> {
  const world = await startFeedWorld(follower, 'mariadb', states, profile);
  try {
    const pid = world.subject.pid ?? 0;
    const rssBefore = processUsage(pid).rssMib;
    const program = join(import.meta.dirname, '../subjects/flood.ts');
    const url = world.registry.url();
    const flooding = mustRun(process.execPath, [program, url, `${floodRate}`, `${seconds}`]);
    const changes = rate * seconds;
    const measuring = measureChanges(world, states.members, { changes, rate });
    const [{ delays, cpuPercent }, written] = await Promise.all([measuring, flooding]);
    const { peakRssMib: peakRss } = processUsage(pid);
    const rowsPerSecond = Number(written) / seconds;
    return { rowsPerSecond, ...quantiles(delays), cpuPercent, rssBefore, peakRss };
  } finally {
    await world.dispose();
  }
}
