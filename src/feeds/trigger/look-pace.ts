/**
 * A change waits for a look no longer than this part of the time in which nothing had changed. So one change costs some 13 looks more than rest does,
 * whatever the interval is: each reads a row, and a change may cost 20 beside those of its service (test/contract/feed-cost.ts).
 */
const QUIET_PARTS = 5;
/** Looks at rest are so much further apart than while changes come, or a second, if that is less. */
const REST_FACTOR = 10;
const REST_MS = 1000;

/**
 * How long to wait after a look at change_log before the next one: between `intervalMs` (spec.feed.trigger.interval), while changes come, and ten
 * times as long. In between it is a fifth of `quietMs`, which is how long ago a look found something, Infinity where none did. With the
 * default of 20 ms that is 20 ms until a tenth of a second after a change, and 200 ms from one second on. Each look wakes the process twice,
 * for its timer and for the answer, and at rest that is nearly all it costs: only to look less often makes rest cheap.
 */
export function nextLookMs(intervalMs: number, quietMs: number): number {
  const restMs = Math.max(intervalMs, Math.min(REST_FACTOR * intervalMs, REST_MS));
  return Math.min(restMs, Math.max(intervalMs, quietMs / QUIET_PARTS));
}
