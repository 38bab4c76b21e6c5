import type { BenchmarkOptions, Check, Report, Runs, Sample } from '../harness/benchmark.ts';
import { interleave, medianOf } from '../harness/interleave.ts';
import { quantile } from '../harness/statistics.ts';
import { fleet, type Member } from '../world/fleet.ts';
import { measureChanges } from './changes.ts';
import { ourLiveSide, peerLiveSides, type LiveSide } from './side.ts';

/** Changes a second. */
const rate = 20;
const pollIntervals = [1000, 100];

const metrics = {
  p50: { title: 'p50', unit: 'ms' },
  p90: { title: 'p90', unit: 'ms' },
  p99: { title: 'p99', unit: 'ms' },
  max: { title: 'max', unit: 'ms' },
  beyond: { title: 'p50 beyond the interval', unit: 'ms' },
  writes: { title: 'slice writes' },
  changes: { title: 'changes' },
  cpuPercent: { title: 'CPU of a core', unit: '%', digits: 1 },
};

/** One server after the other becomes unready, evenly in time: how long until the slice says so. */
export async function steadyChanges(options: BenchmarkOptions): Promise<Report> {
  const { quick, progress } = options;
  const seconds = quick ? 5 : 30;
  const members = fleet(quick ? 500 : 5000, quick ? 5 : 50);
  const sides = await progress.during('making the states of the steady changes', async () => {
    const ours: { side: LiveSide; intervalMs: number }[] = [];
    for (const intervalMs of pollIntervals) {
      const name = `rollcall, poll ${intervalMs} ms`;
      const settings = { pollInterval: `${intervalMs}ms` };
      ours.push({ side: await ourLiveSide(name, members, settings, options), intervalMs });
    }
    const peers = await peerLiveSides(members, { 'EndpointSlice controller': [] }, options);
    return [...ours, ...peers.map((side) => ({ side, intervalMs: 0 }))];
  });
  const measured = sides.map(({ side, intervalMs }) => ({
    name: side.name,
    measure: () => changeSteadily(side, members, rate * seconds, intervalMs),
  }));
  const runs = await interleave(measured, quick ? 1 : 2, progress);
  const title = `${rate} changes a second for ${seconds} s, ${members.length} endpoints: commit to the slice at a watch`;
  return {
    sections: [{ title, metrics, sides: runs }],
    checks: runs.slice(0, pollIntervals.length).map((side, index) => check(side, pollIntervals[index] ?? 0)),
    notes: [
      'A steady change takes one server out of the ready ones: a row set to DRAINING, a pod set to not Ready. The time runs from the answer to that write.',
    ],
  };
}

async function changeSteadily(
  side: LiveSide,
  members: readonly Member[],
  changes: number,
  intervalMs: number,
): Promise<Sample> {
  const world = await side.start();
  try {
    const { delays, writes, cpuPercent } = await measureChanges(world, members, { changes, rate });
    return {
      ...{ p50: quantile(delays, 0.5), p90: quantile(delays, 0.9), p99: quantile(delays, 0.99) },
      ...{ max: Math.max(...delays), writes, changes },
      ...(intervalMs > 0 ? { beyond: quantile(delays, 0.5) - intervalMs } : {}),
      cpuPercent,
    };
  } finally {
    await world.dispose();
  }
}

function check(runs: Runs, intervalMs: number): Check {
  const p50 = medianOf(runs, 'p50');
  return {
    demand: `within ${intervalMs} ms of polling and 50 ms at the median`,
    found: `${p50.toFixed(0)} ms`,
    holds: p50 <= intervalMs + 50,
    exact: false,
  };
}
