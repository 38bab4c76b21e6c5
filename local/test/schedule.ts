import { availableParallelism, totalmem } from 'node:os';

/** What is known of a test file that runs in a namespace. */
export interface Known {
  /** What it takes by itself, in s; 15 by default. Only how evenly the lanes are filled depends on it. */
  readonly seconds?: number;
  /** Why nothing may run beside it: what it measures. Such files come last, one after the other. */
  readonly alone?: string;
}

/** The lanes of a stage, which run side by side, and the files that run after them, alone. */
export interface Schedule {
  readonly lanes: readonly (readonly string[])[];
  readonly alone: readonly string[];
}

const DEFAULT_SECONDS = 15;
const GIB = 2 ** 30;
/** A control plane, two databases, two operators and their clients, with room to spare. */
const LANE_BYTES = 4 * GIB;

/** How many lanes a machine takes: the tests mostly wait, so there are more of them than processors. */
export function laneCount(cores = availableParallelism(), memoryBytes = totalmem()): number {
  return Math.max(1, Math.min(cores + 1, Math.floor(memoryBytes / LANE_BYTES), 4));
}

/** Deals files out so that the lanes end at about the same time: the longest first, each to whoever has least to do. */
export function planSchedule(
  files: readonly string[],
  known: Readonly<Record<string, Known>>,
  count: number,
): Schedule {
  const isAlone = (file: string): boolean => known[file]?.alone !== undefined;
  const secondsOf = (file: string): number => known[file]?.seconds ?? DEFAULT_SECONDS;
  const lanes = Array.from({ length: count }, () => ({ seconds: 0, files: [] as string[] }));
  const beside = files.filter((file) => !isAlone(file)).sort((a, b) => secondsOf(b) - secondsOf(a));
  for (const file of beside) {
    const least = lanes.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    least.seconds += secondsOf(file);
    least.files.push(file);
  }
  return {
    lanes: lanes.map((lane) => lane.files.sort()).filter((lane) => lane.length > 0),
    alone: files.filter(isAlone),
  };
}
