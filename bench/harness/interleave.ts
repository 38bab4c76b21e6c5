import type { Progress } from '../../local/lib/progress.ts';
import type { Runs, Sample, Side } from './benchmark.ts';
import { median } from './statistics.ts';

/**
 * Runs the sides in turn (ours, peer, ours, peer, ...): what else the machine does at a time then weighs on all of them,
 * and the median of each forgets the odd bad moment.
 */
export async function interleave(
  sides: readonly Side[],
  rounds: number,
  progress: Progress,
): Promise<Runs[]> {
  const samples = sides.map((): Sample[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, side] of sides.entries()) {
      const name = `${side.name}, run ${round + 1} of ${rounds}`;
      samples[index]?.push(await progress.during(name, () => side.measure(round)));
    }
  }
  return sides.map(({ name }, index) => ({ name, samples: samples[index] ?? [] }));
}

/** The median of one metric over all runs of a side that have it; NaN when none has. */
export function medianOf(runs: Runs | undefined, metric: string): number {
  const numbers = runs?.samples.map((sample) => sample[metric]) ?? [];
  return median(numbers.filter((number) => number !== undefined));
}
