import type { FeedProblem } from '../../registry/feed-problem.ts';

/** What one question for the time was answered with. All in ms since 1970, but for `tookMs`. */
export interface ClockReading {
  /** This machine's clock when the question was sent. */
  readonly sentAtMs: number;
  readonly tookMs: number;
  readonly databaseMs: number;
}

/** Clocks that are no further apart than this are taken for equal. */
const TOLERATED_MS = 1000;

/** How far the database's clock is ahead (negative: behind), and by how much that may be wrong: from the quickest answer. Pure. */
export function clockDifference(readings: readonly ClockReading[]): {
  readonly aheadMs: number;
  readonly uncertainMs: number;
} {
  const best = readings.reduce((a, b) => (b.tookMs < a.tookMs ? b : a));
  return {
    aheadMs: Math.round(best.databaseMs - best.sentAtMs - best.tookMs / 2),
    uncertainMs: Math.ceil(best.tookMs / 2),
  };
}

/** Null: the clocks agree as far as can be told. Pure. */
export function clockProblem({
  aheadMs,
  uncertainMs,
}: ReturnType<typeof clockDifference>): FeedProblem | null {
  if (Math.abs(aheadMs) - uncertainMs <= TOLERATED_MS) return null;
  return {
    reason: 'ClocksDiffer',
    message:
      `the database's clock is ${Math.abs(aheadMs) / 1000} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's. Leases are judged by the database's ` +
      'alone and do not suffer; rollcall_propagation_seconds and the annotation rollcall.dev/release-held do. Set the clock that is wrong by NTP: timedatectl set-ntp true',
    stops: false,
  };
}
