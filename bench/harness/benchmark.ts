import type { Progress } from '../../local/lib/progress.ts';

/** What one measured run gave: a number for each metric it has. */
export type Sample = Readonly<Record<string, number>>;

/** How a number is shown. `ms`, `s`, `MiB`, `%` and the like are printed behind it. */
export interface Metric {
  readonly title: string;
  readonly unit?: string;
  /** Digits behind the point; 0 by default. */
  readonly digits?: number;
}

/** One of the things compared: ours, the peer, or ours under another setting. */
export interface Side {
  readonly name: string;
  /** Does one run in fresh state. `round` counts from 0. */
  measure(round: number): Promise<Sample>;
}

/** All runs of one side, in the order in which they were made. */
export interface Runs {
  readonly name: string;
  readonly samples: readonly Sample[];
}

/** One table of a report: a row for each side, a column for each metric. */
export interface Section {
  readonly title: string;
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly sides: readonly Runs[];
}

/** A demand, and whether the figures meet it. */
export interface Check {
  readonly demand: string;
  readonly found: string;
  readonly holds: boolean;
  /** A count is the same on every machine, so it fails the command; a time is only shown. */
  readonly exact: boolean;
}

/** What a benchmark found. */
export interface Report {
  readonly sections: readonly Section[];
  readonly checks: readonly Check[];
  /** What a reader must know of how it was measured, such as the sizes and the seed. */
  readonly notes: readonly string[];
}

/** How a benchmark was asked to run. */
export interface BenchmarkOptions {
  /** Smaller numbers and one run: whether it works and the counts are right; its times mean nothing. */
  readonly quick: boolean;
  /** A folder for CPU profiles of the operator, one a run (for Chrome's DevTools); they make it slower. */
  readonly profile: string | undefined;
  readonly progress: Progress;
}

/** One file of bench/. */
export interface Benchmark {
  readonly name: string;
  /** One line for the list of benchmarks. */
  readonly summary: string;
  run(options: BenchmarkOptions): Promise<Report>;
}
