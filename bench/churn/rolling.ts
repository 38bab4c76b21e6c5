import type { BenchmarkOptions, Check, Report, Runs, Sample } from '../harness/benchmark.ts';
import { interleave } from '../harness/interleave.ts';
import { seeded, shuffled } from '../harness/statistics.ts';
import { fleet, member, type Member } from '../world/fleet.ts';
import { processUsage } from '../world/process-usage.ts';
import type { SliceWatch } from '../world/slice-watch.ts';
import { ourLiveSide, peerLiveSides, type LiveSide, type LiveWorld } from './side.ts';

const seed = 20_260_101;
/** How long nothing may be written for a step to count as settled; of a peer that batches, so much longer. */
const settledMs = 300;
const batchingMs = 500;

const metrics = {
  writes: { title: 'slice writes' },
  creates: { title: 'creates' },
  deletes: { title: 'deletes' },
  fewest: { title: 'fewest possible' },
  ratio: { title: 'writes / fewest', digits: 2 },
  endSlices: { title: 'slices at the end' },
  cpu: { title: 'CPU', unit: 's', digits: 2 },
  stepMs: { title: 'step to slices', unit: 'ms' },
};

/** Every server of one big service is replaced, some at a time; each step is settled before the next. */
export async function rollingReplacement(options: BenchmarkOptions): Promise<Report> {
  const { quick, progress } = options;
  const endpoints = quick ? 500 : 5000;
  const inStep = 50;
  const old = fleet(endpoints, 1);
  const sides = await progress.during('making the states of the rolling replacement', async () => [
    await ourLiveSide('rollcall, poll 100 ms', old, { pollInterval: '100ms' }, options),
    ...(await peerLiveSides(
      old,
      {
        'EndpointSlice controller': [],
        [`the same, batching ${batchingMs} ms`]: [`--endpointslice-updates-batch-period=${batchingMs}ms`],
      },
      options,
    )),
  ]);
  const measured = sides.map((side, index) => ({
    name: side.name,
    measure: () => replaceAll(side, old, inStep, index === 2 ? settledMs + batchingMs : settledMs),
  }));
  // Counts do not depend on the moment, so one run of the many steps is enough.
  const runs = await interleave(measured, 1, progress);
  return {
    sections: [{ title: `${endpoints} endpoints replaced in steps of ${inStep}`, metrics, sides: runs }],
    checks: checks(runs),
    notes: [
      `The order of replacement is random, seed ${seed}; a step is settled when its addresses are right and nothing was written for ${settledMs} ms (batching: ${settledMs + batchingMs} ms).`,
      'Fewest possible: for each step the slices that hold an endpoint that goes, as they stood before the step, and at least 1.',
      'Rows change in one transaction a step; pods one by one, as they do, which is why the peer is shown with its batching, too.',
    ],
  };
}

async function replaceAll(
  side: LiveSide,
  old: readonly Member[],
  inStep: number,
  quietMs: number,
): Promise<Sample> {
  const world = await side.start();
  const { watch, subject } = world;
  try {
    const before = processUsage(subject.pid ?? 0).cpuSeconds;
    watch.resetWrites();
    const order = shuffled(old, seeded(seed));
    const steps: { fewest: number; ms: number }[] = [];
    for (let from = 0; from < order.length; from += inStep) {
      const gone = order.slice(from, from + inStep);
      const come = gone.map(({ service }, index) => member(service, old.length + from + index));
      steps.push(await step(world, gone, come, quietMs));
    }
    const { create, update, delete: deletes } = watch.writes;
    const fewest = steps.reduce((sum, { fewest }) => sum + fewest, 0);
    const writes = create + update + deletes;
    return {
      ...{ writes, creates: create, deletes, fewest, ratio: writes / fewest, endSlices: watch.slices },
      cpu: processUsage(subject.pid ?? 0).cpuSeconds - before,
      stepMs: steps.reduce((sum, { ms }) => sum + ms, 0) / steps.length,
    };
  } finally {
    await world.dispose();
  }
}

async function step(
  world: LiveWorld,
  gone: readonly Member[],
  come: readonly Member[],
  quietMs: number,
): Promise<{ fewest: number; ms: number }> {
  const { watch } = world;
  const fewest = Math.max(1, watch.holding(gone.map(({ address }) => address)).size);
  await world.replace(gone, come);
  const since = performance.now();
  await watch.until('the step', () => isDone(watch, gone, come));
  const ms = performance.now() - since;
  await watch.quiet(quietMs);
  return { fewest, ms };
}

function isDone(watch: SliceWatch, gone: readonly Member[], come: readonly Member[]): boolean {
  return come.every(({ address }) => watch.has(address)) && !gone.some(({ address }) => watch.has(address));
}

function checks([ours, ...peers]: readonly Runs[]): Check[] {
  const worst = Math.max(...(ours?.samples.map(({ writes = NaN }) => writes) ?? []));
  const ratio = Math.max(...(ours?.samples.map(({ ratio = NaN }) => ratio) ?? []));
  return [
    ...peers.map((peer): Check => {
      const best = Math.min(...peer.samples.map(({ writes = NaN }) => writes));
      return {
        demand: `no more writes than: ${peer.name}`,
        found: `${worst}, the worst run, against ${best}, its best`,
        holds: worst <= best,
        exact: true,
      };
    }),
    {
      demand: 'at most 1.1 times the fewest possible writes',
      found: `${ratio.toFixed(3)}, the worst run`,
      holds: ratio <= 1.1,
      exact: true,
    },
  ];
}
