import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchmarkOptions, Check, Report, Runs, Sample } from '../harness/benchmark.ts';
import { interleave, medianOf } from '../harness/interleave.ts';
import { quantile } from '../harness/statistics.ts';
import { fleet, type Member } from '../world/fleet.ts';
import { processUsage } from '../world/process-usage.ts';
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
  const { watch, subject } = world;
  try {
    const seen = new Map<string, number>();
    watch.listen(({ before, ready, atMs }) => {
      for (const address of before) if (!ready.has(address)) seen.set(address, atMs);
    });
    watch.resetWrites();
    const cpuBefore = processUsage(subject.pid ?? 0).cpuSeconds;
    const since = performance.now();
    const committed = new Map<string, number>();
    // Spread over all services, as changes are in a fleet.
    const stride = Math.floor(members.length / changes) || 1;
    for (let change = 0; change < changes; change++) {
      await sleep(Math.max(0, since + (change * 1000) / rate - performance.now()));
      const one = members[(change * stride) % members.length];
      if (!one) throw new Error('there are fewer servers than changes');
      await world.setReady(one, false);
      committed.set(one.address, performance.now());
    }
    await watch.until('the last change', () => seen.size === committed.size);
    const cpu = processUsage(subject.pid ?? 0).cpuSeconds - cpuBefore;
    const elapsed = (performance.now() - since) / 1000;
    // The watch can tell before the writer has its own answer: then it took no time that anybody could notice.
    const delays = [...committed].map(([address, at]) => Math.max(0, (seen.get(address) ?? NaN) - at));
    return {
      ...{ p50: quantile(delays, 0.5), p90: quantile(delays, 0.9), p99: quantile(delays, 0.99) },
      ...{ max: Math.max(...delays), writes: watch.totalWrites, changes },
      ...(intervalMs > 0 ? { beyond: quantile(delays, 0.5) - intervalMs } : {}),
      cpuPercent: (100 * cpu) / elapsed,
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
