import type { Check, Runs } from '../harness/benchmark.ts';
import { medianOf } from '../harness/interleave.ts';

/** A feed that is told of changes may be so much slower than the bare loop at the median. */
const slowerMs = 30;
const pollMs = 1000;
/** Of a core. */
const followingPercent = 1;
/** The deployment requests so much; the rest up to its limit is for bigger registries. */
const mostMib = 256;

/** From commit to slice: each feed beside the bare loop of the same server. */
export function feedChecks(server: string, runs: readonly Runs[]): Check[] {
  const of = (name: string, metric: string): number =>
    medianOf(
      runs.find((side) => side.name === name),
      metric,
    );
  const atMost = (name: string, metric: 'p50' | 'p99', limit: number, why: string): Check => ({
    demand: `${server}, ${name}: ${why}`,
    found: `${of(name, metric).toFixed(1)} ms, at most ${limit.toFixed(1)} ms`,
    holds: of(name, metric) <= limit,
    exact: false,
  });
  const loop = of('bare loop', 'p50');
  const has = (name: string): boolean => runs.some((side) => side.name === name);
  return [
    atMost('Binlog', 'p50', 1.5 * loop, "1.5 times the bare loop's median"),
    atMost('Binlog', 'p99', 2 * of('bare loop', 'p99'), "2 times the bare loop's p99"),
    ...['Trigger', 'Redis', 'Canal'].map((name) =>
      atMost(name, 'p50', loop + slowerMs, `${slowerMs} ms more than the bare loop at the median`),
    ),
    atMost('Poll', 'p50', pollMs, 'its interval at the median'),
  ].filter(({ demand }) => runs.some(({ name }) => demand.includes(` ${name}:`) && has(name)));
}

/** The whole operator, and what of it is not there with Poll, while nothing changes. */
export function idleChecks(runs: readonly Runs[]): Check[] {
  return runs
    .filter(({ name }) => name !== 'bare loop' && name !== 'Poll')
    .map((side) => {
      const cpu = medianOf(side, 'idleCpu');
      return {
        demand: `idle, ${side.name}: under ${followingPercent} % of a core, the whole operator`,
        found: `${cpu.toFixed(2)} %`,
        holds: cpu < followingPercent,
        exact: false,
      };
    });
}

/** A foreign flood neither stalls a feed nor lets memory grow. */
export function floodChecks(runs: readonly Runs[]): Check[] {
  return runs.map((side) => {
    const peak = medianOf(side, 'peakRss');
    return {
      demand: `flood, ${side.name}: at most ${mostMib} MiB`,
      found: `${peak.toFixed(0)} MiB`,
      holds: peak <= mostMib,
      exact: false,
    };
  });
}
