import type { Benchmark, BenchmarkOptions, Check, Report, Runs, Sample, Side } from './harness/benchmark.ts';
import { interleave, medianOf } from './harness/interleave.ts';
import { startEndpointSliceController } from './subjects/endpointslice-controller.ts';
import { longestTurnMs, operatorMetric, startOperator } from './subjects/operator.ts';
import { startControlPlane, storedState } from './world/control-plane.ts';
import { fleet, serviceNames } from './world/fleet.ts';
import { storedPodFleet } from './world/pods.ts';
import { processUsage } from './world/process-usage.ts';
import { createGrpcServices, insertRows, startRegistry, storedRegistry } from './world/registry.ts';
import { SliceWatch } from './world/slice-watch.ts';
import type { ServerProcess } from '../local/servers/server-process.ts';
import type { ApiServer } from '../local/servers/api-server.ts';

/** Sizes of one world. */
interface Size {
  readonly instances: number;
  readonly services: number;
}

const metrics = {
  converged: { title: 'start to all slices', unit: 's', digits: 2 },
  cpu: { title: 'CPU until then', unit: 's', digits: 2 },
  cpuQuiet: { title: 'CPU until 2 s quiet', unit: 's', digits: 2 },
  peakRss: { title: 'peak RSS', unit: 'MiB' },
  slices: { title: 'slices' },
  writes: { title: 'slice writes' },
};
const metricsAlone = {
  ...metrics,
  loopDelay: { title: 'longest delay of the loop', unit: 'ms' },
  turn: { title: 'longest turn, own CPU', unit: 'ms' },
};

/** Process start to all slices, ours against the EndpointSlice controller. */
export const cold: Benchmark = {
  name: 'cold',
  summary: 'process start to all slices; CPU and memory for it',
  run: async (options) => {
    const small = options.quick ? { instances: 500, services: 10 } : { instances: 10_000, services: 100 };
    const large = options.quick ? { instances: 2000, services: 20 } : { instances: 100_000, services: 1000 };
    const compared = await compare(small, options);
    const alone = await ourSide(large, options, true);
    const largeRuns = await interleave([alone], options.quick ? 1 : 3, options.progress);
    return report(small, compared, large, largeRuns);
  },
};

async function compare(size: Size, options: BenchmarkOptions): Promise<Runs[]> {
  const sides = [await ourSide(size, options, false), await peerSide(size, options)];
  return await interleave(sides, options.quick ? 1 : 5, options.progress);
}

async function ourSide(size: Size, options: BenchmarkOptions, watchTurns: boolean): Promise<Side> {
  const { progress, profile } = options;
  const { instances, services } = size;
  const names = serviceNames(services);
  const what = `${instances} rows`;
  const [cluster, rows] = await progress.during(`making the state with ${what}`, async () => [
    await storedState((apiServer) => createGrpcServices(apiServer, names)),
    // Leases, as most registries have; they outlive the benchmark without a beat.
    await storedRegistry((registry) => insertRows(registry, fleet(instances, services), 4 * 3600 * 1000)),
  ]);
  const measure = async () => {
    const registry = await startRegistry(rows);
    try {
      const start = (apiServer: ApiServer) => startOperator(apiServer, { profile, watchTurns });
      return await measureCold(cluster, instances, start, async () => ({
        loopDelay: 1000 * (await operatorMetric('rollcall_event_loop_delay_seconds{quantile="1"}')),
        ...(watchTurns ? { turn: await longestTurnMs() } : {}),
      }));
    } finally {
      await registry.dispose();
    }
  };
  return { name: 'rollcall', measure };
}

async function peerSide(size: Size, { progress }: BenchmarkOptions): Promise<Side> {
  const { instances, services } = size;
  const cluster = await storedPodFleet(fleet(instances, services), progress);
  const start = ({ kubeconfigFile }: ApiServer) => startEndpointSliceController(kubeconfigFile);
  return { name: 'EndpointSlice controller', measure: () => measureCold(cluster, instances, start) };
}

async function measureCold(
  cluster: string,
  instances: number,
  start: (apiServer: ApiServer) => Promise<ServerProcess>,
  more: () => Promise<Sample> = () => Promise.resolve({}),
): Promise<Sample> {
  const plane = await startControlPlane(cluster);
  const watch = await SliceWatch.open(plane.apiServer);
  let subject: ServerProcess | undefined;
  try {
    // What the servers do right after their own start is over before the clock runs.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const since = performance.now();
    subject = await start(plane.apiServer);
    const pid = subject.pid ?? 0;
    await watch.until('all addresses', () => watch.addresses === instances, 180_000);
    const converged = (performance.now() - since) / 1000;
    const then = processUsage(pid);
    await watch.quiet(2000);
    const quiet = processUsage(pid);
    return {
      converged,
      cpu: then.cpuSeconds,
      cpuQuiet: quiet.cpuSeconds,
      peakRss: quiet.peakRssMib,
      slices: watch.slices,
      writes: watch.totalWrites,
      ...(await more()),
    };
  } finally {
    await subject?.dispose();
    await watch.close();
    await plane.dispose();
  }
}

function report(small: Size, compared: readonly Runs[], large: Size, largeRuns: readonly Runs[]): Report {
  const [ours, peer] = compared;
  const [alone] = largeRuns;
  const notMore = (what: string, metric: keyof typeof metricsAlone, digits: number): Check => {
    const [our, their] = [medianOf(ours, metric), medianOf(peer, metric)];
    return {
      demand: `${what}: no more than the EndpointSlice controller`,
      found: `${our.toFixed(digits)} against ${their.toFixed(digits)}`,
      holds: our <= their,
      exact: false,
    };
  };
  const most = (runs: Runs | undefined, metric: keyof typeof metricsAlone) =>
    Math.max(...(runs?.samples.map((sample) => sample[metric] ?? NaN) ?? []));
  const oneWrite = (runs: Runs | undefined, size: Size): Check => ({
    demand: `at most one write a slice with ${size.instances} instances`,
    found: `${most(runs, 'writes')} writes of ${most(runs, 'slices')} slices`,
    holds: most(runs, 'writes') <= most(runs, 'slices'),
    exact: true,
  });
  const atMost = (what: string, limit: number, metric: keyof typeof metricsAlone): Check => ({
    demand: `${what} with ${large.instances} instances`,
    found: `${most(alone, metric).toFixed(0)}, the worst run`,
    holds: most(alone, metric) <= limit,
    exact: false,
  });
  const title = ({ instances, services }: Size) => `${instances} instances of ${services} services`;
  return {
    sections: [
      { title: title(small), metrics, sides: compared },
      { title: `${title(large)}, ours alone`, metrics: metricsAlone, sides: largeRuns },
    ],
    checks: [
      notMore('seconds to all slices', 'converged', 2),
      notMore('CPU seconds', 'cpu', 2),
      notMore('MiB of memory', 'peakRss', 0),
      oneWrite(ours, small),
      oneWrite(alone, large),
      atMost('under 400 MiB resident', 400, 'peakRss'),
      atMost('event loop never blocked over 100 ms (own CPU)', 100, 'turn'),
    ],
    notes: [
      'Ours reads leased rows, follows the registry and elects a leader; the peer reads pods and has no election.',
      'Every run: a new API server with a copy of the same stored state, no slices in it.',
    ],
  };
}
