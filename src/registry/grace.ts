import { UNKNOWN_TTL_MS } from './liveness.ts';
import type { Grace } from './snapshot.ts';

/** `sinceUs` of a grace when nobody knows since when beats could not be stored: no lease counts as run out before it. */
export const SINCE_UNKNOWN = 0;

/**
 * The grace after another outage. While the first one's grace may still keep instances alive, the second one must not let them expire in
 * the instant it begins, so the earlier start stands. `fromUs` is the later one's in any case: another server's clock may be behind.
 */
export function mergeGrace(earlier: Grace | null, later: Grace, longestTtlMs: number): Grace {
  if (earlier === null || graceIsOver(earlier, longestTtlMs, later.sinceUs)) return later;
  return { sinceUs: Math.min(earlier.sinceUs, later.sinceUs), fromUs: later.fromUs };
}

/** True when the grace can no longer keep any lease alive at `nowUs`. `longestTtlMs`: of all leases. */
export function graceIsOver(grace: Grace, longestTtlMs: number, nowUs: number): boolean {
  return nowUs >= grace.fromUs + Math.max(longestTtlMs, UNKNOWN_TTL_MS) * 1000;
}
