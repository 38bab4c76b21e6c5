import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../local/lib/wait.ts';
import { type LoadReceipt, startXdsLoad, type XdsLoad } from '../local/peers/xds-load.ts';
import type { Benchmark, Check, Runs, Sample } from './harness/benchmark.ts';
import { interleave, medianOf } from './harness/interleave.ts';
import { median } from './harness/statistics.ts';
import { processUsage } from './world/process-usage.ts';
import { assignmentName, startXdsSubject, type XdsSide, xdsSides } from './xds/sides.ts';

/** One service, and who follows it. */
interface Size {
  readonly endpoints: number;
  readonly streams: number;
  readonly connections: number;
  readonly changes: number;
}

const pushMetrics = {
  first: { title: 'first answers of all', unit: 'ms' },
  medianStream: { title: 'median stream has a change', unit: 'ms', digits: 1 },
  lastStream: { title: 'last stream has it', unit: 'ms', digits: 1 },
  worst: { title: 'worst change', unit: 'ms', digits: 1 },
  cpu: { title: 'CPU for each change', unit: 'ms', digits: 1 },
  rss: { title: 'RSS', unit: 'MiB' },
};

const idleMetrics = {
  empty: { title: 'RSS without streams', unit: 'MiB' },
  rss: { title: 'RSS', unit: 'MiB' },
  each: { title: 'each stream', unit: 'KiB', digits: 1 },
  cpuPercent: { title: 'CPU of a core', unit: '%', digits: 2 },
};

/** How soon many xDS clients have a change, and what they cost, beside go-control-plane. */
export const xds: Benchmark = {
  name: 'xds',
  summary: 'one endpoint changes: when a thousand xDS streams have it; idle streams',
  run: async ({ quick, progress }) => {
    const size: Size = quick
      ? { endpoints: 100, streams: 50, connections: 5, changes: 3 }
      : { endpoints: 1000, streams: 1000, connections: 100, changes: 20 };
    const idle = quick ? { streams: 100, seconds: 2 } : { streams: 5000, seconds: 20 };
    const rounds = quick ? 1 : 3;
    const pushes = await interleave(
      xdsSides.map((name) => ({ name, measure: () => measurePush(name, size) })),
      rounds,
      progress,
    );
    const idles = await interleave(
      xdsSides
        .slice(0, 2)
        .map((name) => ({ name, measure: () => measureIdle(name, idle.streams, idle.seconds) })),
      quick ? 1 : 2,
      progress,
    );
    return {
      sections: [
        {
          title: `${size.streams} streams on ${size.connections} connections, ${size.endpoints} endpoints, one of which changes`,
          metrics: pushMetrics,
          sides: pushes,
        },
        { title: `${idle.streams} idle streams on 100 connections`, metrics: idleMetrics, sides: idles },
      ],
      checks: quick ? [] : [...pushChecks(pushes), ...idleChecks(idles)],
      notes: [
        'The clients are one program in Go that subscribes by name, acknowledges, and reads nothing of a response but version and nonce.',
        'The time runs from the moment at which the server’s cache is told, encoding included, to the receipt by the stream; both by CLOCK_MONOTONIC.',
        'Go-control-plane runs with GOMAXPROCS of the machine; our server is one thread of JavaScript and those of node:http2.',
      ],
    };
  },
};

async function measurePush(
  side: XdsSide,
  { endpoints, streams, connections, changes }: Size,
): Promise<Sample> {
  const subject = await startXdsSubject(side);
  try {
    await subject.setEndpoints(endpoints, 0);
    const since = process.hrtime.bigint();
    const load = startXdsLoad({ target: subject.target, name: assignmentName, streams, connections });
    try {
      const first = ms((await nthReceipt(load, 0)).lastNs - since);
      await sleep(1000);
      const before = processUsage(subject.pid ?? 0).cpuSeconds;
      const medians: number[] = [];
      const lasts: number[] = [];
      for (let generation = 1; generation <= changes; generation += 1) {
        const atNs = await subject.setEndpoints(endpoints, generation);
        const { medianNs, lastNs } = await nthReceipt(load, generation);
        medians.push(ms(medianNs - atNs));
        lasts.push(ms(lastNs - atNs));
        await sleep(200);
      }
      const { cpuSeconds, rssMib } = processUsage(subject.pid ?? 0);
      return {
        ...{ first, medianStream: median(medians), lastStream: median(lasts), worst: Math.max(...lasts) },
        ...{ cpu: ((cpuSeconds - before) * 1000) / changes, rss: rssMib },
      };
    } finally {
      await load.stop();
    }
  } finally {
    await subject.dispose();
  }
}

async function measureIdle(side: XdsSide, streams: number, seconds: number): Promise<Sample> {
  const subject = await startXdsSubject(side);
  try {
    await subject.setEndpoints(10, 0);
    const { rssMib: empty } = processUsage(subject.pid ?? 0);
    const load = startXdsLoad({ target: subject.target, name: assignmentName, streams, connections: 100 });
    try {
      await nthReceipt(load, 0);
      await sleep(seconds * 500);
      const before = processUsage(subject.pid ?? 0).cpuSeconds;
      await sleep(seconds * 1000);
      const { cpuSeconds, rssMib: rss } = processUsage(subject.pid ?? 0);
      const each = ((rss - empty) * 1024) / streams;
      return { empty, rss, each, cpuPercent: (100 * (cpuSeconds - before)) / seconds };
    } finally {
      await load.stop();
    }
  } finally {
    await subject.dispose();
  }
}

/** The n-th version that all streams have; the first is what they were answered. */
function nthReceipt(load: XdsLoad, n: number): Promise<LoadReceipt> {
  return waitFor('every stream to have the change', () => load.receipts[n], { intervalMs: 20 });
}

function pushChecks(runs: readonly Runs[]): Check[] {
  const of = (side: XdsSide, metric: string): number =>
    medianOf(
      runs.find(({ name }) => name === side),
      metric,
    );
  const [ours, linear, snapshot] = xdsSides;
  const atMost = (metric: string, limit: number, demand: string, unit: string): Check => ({
    demand,
    found: `${of(ours, metric).toFixed(1)} ${unit}, at most ${limit.toFixed(1)} ${unit}`,
    holds: of(ours, metric) <= limit,
    exact: false,
  });
  return [
    atMost(
      'lastStream',
      of(snapshot, 'lastStream'),
      'the last stream has a change sooner than with the snapshot cache',
      'ms',
    ),
    atMost('lastStream', 1.5 * of(linear, 'lastStream'), 'and within 1.5 times the linear cache', 'ms'),
    atMost('lastStream', of(linear, 'lastStream'), 'the aim: sooner than with the linear cache', 'ms'),
    atMost('rss', 2 * of(linear, 'rss'), 'memory at most twice that of the linear cache', 'MiB'),
  ];
}

function idleChecks(runs: readonly Runs[]): Check[] {
  const rss = medianOf(runs[0], 'rss');
  return [
    {
      demand: '5,000 idle streams under 500 MB',
      found: `${rss.toFixed(0)} MiB`,
      holds: rss < 477,
      exact: false,
    },
  ];
}

function ms(ns: bigint): number {
  return Number(ns) / 1e6;
}
