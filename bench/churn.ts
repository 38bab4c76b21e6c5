import { rollingReplacement } from './churn/rolling.ts';
import { steadyChanges } from './churn/steady.ts';
import type { Benchmark } from './harness/benchmark.ts';

/** A rolling replacement, by the slice writes it costs; and steady changes, by how long each takes to arrive. */
export const churn: Benchmark = {
  name: 'churn',
  summary: 'slice writes of a rolling replacement; latency of steady changes',
  run: async (options) => {
    const rolling = await rollingReplacement(options);
    const steady = await steadyChanges(options);
    return {
      sections: [...rolling.sections, ...steady.sections],
      checks: [...rolling.checks, ...steady.checks],
      notes: [...rolling.notes, ...steady.notes],
    };
  },
};
