import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '../local/servers/server-process.ts';
import type { ApiServer } from '../local/servers/api-server.ts';
import type {
  Benchmark,
  BenchmarkOptions,
  Check,
  Metric,
  Report,
  Runs,
  Sample,
  Side,
} from './harness/benchmark.ts';
import { interleave } from './harness/interleave.ts';
import { Beats } from './idle/beats.ts';
import { sqlWork, statementStatistics, type SqlWork } from './idle/sql-work.ts';
import { startEndpointSliceController } from './subjects/endpointslice-controller.ts';
import { startOperator } from './subjects/operator.ts';
import { apiWrites, type ApiWrites } from './world/api-writes.ts';
import { startControlPlane, storedState } from './world/control-plane.ts';
import { fleet, serviceNames } from './world/fleet.ts';
import { storedPodFleet } from './world/pods.ts';
import { processUsage } from './world/process-usage.ts';
import { createGrpcServices, insertRows, startRegistry, storedRegistry } from './world/registry.ts';
import { SliceWatch } from './world/slice-watch.ts';

const ttlMs = 30_000;

const metrics: Readonly<Record<string, Metric>> = {
  cpuPercent: { title: 'CPU of a core', unit: '%', digits: 2 },
  rss: { title: 'RSS', unit: 'MiB' },
  published: { title: 'slice, Service writes' },
  status: { title: 'status writes' },
  statements: { title: 'SQL/s', digits: 2 },
  rowReads: { title: 'row reads/s', digits: 1 },
  examined: { title: 'rows examined/s', digits: 1 },
  auditExamined: { title: 'of them audit', digits: 1 },
};

/** Nothing changes: what does it cost to notice that? */
export const idle: Benchmark = {
  name: 'idle',
  summary: 'what it costs when nothing changes',
  run: async (options) => {
    const size = options.quick ? { instances: 500, services: 10 } : { instances: 10_000, services: 100 };
    const seconds = options.quick ? 8 : 60;
    const sides = [
      await ourSide('rollcall, static rows', size, seconds, null, options),
      await ourSide('rollcall, leases that beat every 10 s', size, seconds, ttlMs, options),
      await peerSide(size, seconds, options),
    ];
    const runs = await interleave(sides, options.quick ? 1 : 3, options.progress);
    return report(runs, size, seconds);
  },
};

interface Size {
  readonly instances: number;
  readonly services: number;
}

async function ourSide(
  name: string,
  size: Size,
  seconds: number,
  leaseMs: number | null,
  { progress, profile }: BenchmarkOptions,
): Promise<Side> {
  const [cluster, rows] = await progress.during(`making the state of ${name}`, async () => [
    await storedState((apiServer) => createGrpcServices(apiServer, serviceNames(size.services))),
    await storedRegistry((registry) => insertRows(registry, fleet(size.instances, size.services), leaseMs)),
  ]);
  const measure = async () => {
    const registry = await startRegistry(rows, statementStatistics);
    const beats = leaseMs === null ? undefined : await Beats.start(registry, leaseMs);
    try {
      const start = (apiServer: ApiServer) => startOperator(apiServer, { profile });
      return await measureIdle(cluster, size.instances, seconds, start, () => sqlWork(registry));
    } finally {
      await beats?.stop();
      await registry.dispose();
    }
  };
  return { name, measure };
}

async function peerSide(size: Size, seconds: number, { progress }: BenchmarkOptions): Promise<Side> {
  const { instances, services } = size;
  const cluster = await storedPodFleet(fleet(instances, services), progress);
  const start = ({ kubeconfigFile }: ApiServer) => startEndpointSliceController(kubeconfigFile);
  return { name: 'EndpointSlice controller', measure: () => measureIdle(cluster, instances, seconds, start) };
}

async function measureIdle(
  cluster: string,
  instances: number,
  seconds: number,
  start: (apiServer: ApiServer) => Promise<ServerProcess>,
  sql?: () => Promise<SqlWork>,
): Promise<Sample> {
  const plane = await startControlPlane(cluster);
  const watch = await SliceWatch.open(plane.apiServer);
  let subject: ServerProcess | undefined;
  try {
    subject = await start(plane.apiServer);
    const pid = subject.pid ?? 0;
    await watch.until('all addresses', () => watch.addresses === instances);
    // Settled: the first audit, events, statuses and garbage collections of a start are over.
    await watch.quiet(5000);
    watch.resetWrites();
    const look = async () => ({
      at: performance.now(),
      cpu: processUsage(pid).cpuSeconds,
      api: await apiWrites(plane.apiServer),
      sql: await sql?.(),
    });
    const before = await look();
    await sleep(seconds * 1000);
    const after = await look();
    const elapsed = (after.at - before.at) / 1000;
    return {
      cpuPercent: (100 * (after.cpu - before.cpu)) / elapsed,
      rss: processUsage(pid).rssMib,
      published: published(before.api, after.api) + watch.totalWrites,
      status: after.api.status - before.api.status,
      ...(before.sql && after.sql ? perSecond(before.sql, after.sql, elapsed) : {}),
    };
  } finally {
    await subject?.dispose();
    await watch.close();
    await plane.dispose();
  }
}

function published(before: ApiWrites, after: ApiWrites): number {
  return after.slices - before.slices + after.services - before.services;
}

function perSecond(before: SqlWork, after: SqlWork, elapsed: number): Sample {
  const rate = (key: keyof SqlWork) => (after[key] - before[key]) / elapsed;
  return {
    statements: rate('statements'),
    rowReads: rate('rowReads'),
    examined: rate('examined'),
    auditExamined: rate('auditExamined'),
  };
}

function report(runs: readonly Runs[], { instances, services }: Size, seconds: number): Report {
  const ours = runs.slice(0, 2);
  const checks = ours.map((side): Check => {
    const most = Math.max(...side.samples.map(({ published = NaN }) => published));
    return {
      demand: `${side.name}: no write to slices or Services`,
      found: `${most} in ${seconds} s, the worst run`,
      holds: most === 0,
      exact: true,
    };
  });
  const beyond = (sample: Sample) => (sample.examined ?? NaN) - (sample.auditExamined ?? NaN);
  const [static_] = ours;
  const most = Math.max(...(static_?.samples.map(beyond) ?? []));
  checks.push({
    demand: 'static rows: but for the audit, no query examines rows in proportion to the registry',
    found: `${most.toFixed(1)} rows a second of ${instances}, the worst run`,
    holds: most < instances / 100,
    exact: true,
  });
  return {
    sections: [
      { title: `${instances} instances of ${services} services, ${seconds} s`, metrics, sides: runs },
    ],
    checks,
    notes: [
      "SQL/s and row reads are Questions and Handler_read_* of the operator's user (performance_schema.status_by_user); rows examined are those of its statements by digest, and the audit's are those of the checksums.",
      `Polling every second, audit every 30 s, as in the CRD's defaults. Leases run for ${ttlMs / 1000} s.`,
    ],
  };
}
