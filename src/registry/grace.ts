import type { Instance } from '../model/instance.ts';
import { expiredAt } from './liveness.ts';
import type { Grace } from './snapshot.ts';

/** `sinceUs` of a grace when nobody knows since when beats could not be stored: no lease counts as run out before it. */
export const SINCE_UNKNOWN = 0;

/**
 * When a lease counts as run out once `later` takes the place of `earlier`: what the earlier one said at `judgedUs`, the last moment anybody
 * judged by, stands. An instance that it kept alive must not expire in the instant the next outage begins, so it runs out then, and the
 * later grace covers it; one that was dead stays dead.
 */
export function settledExpiry(
  instance: Instance,
  earlier: Grace | null,
  later: Grace,
  judgedUs: number,
): number | null {
  if (instance.expiredAtUs === null) return null;
  const said = expiredAt(instance, earlier, judgedUs);
  return said === null ? later.sinceUs : Math.min(said, later.sinceUs - 1);
}
