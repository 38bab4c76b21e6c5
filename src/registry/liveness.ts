import type { Instance } from '../model/instance.ts';
import type { Grace } from './snapshot.ts';

/** How long a grace lasts for a lease whose length the row does not tell (a Custom schema with a deadline only), in ms. */
export const UNKNOWN_TTL_MS = 30_000;

/**
 * When an instance counts as expired since, by the database's clock in microseconds; null while it counts as alive.
 *
 * Within a grace (safety rules 3 and 8) a lease that ran out at or after `grace.sinceUs` counts until `grace.fromUs` plus its
 * own TTL, and as having run out then and not earlier: time in which nobody could beat is held against nobody, neither by
 * forgetAfter nor in the order of holding.
 */
export function expiredAt(instance: Instance, grace: Grace | null, nowUs: number): number | null {
  if (instance.expiredAtUs === null) return null;
  const until = graceUntil(instance, grace);
  if (until === null) return instance.expiredAtUs;
  return nowUs < until ? null : Math.max(until, instance.expiredAtUs);
}

/** Until when the grace keeps an instance alive whose lease ran out; null when the grace has no part in it. */
export function graceUntil(instance: Instance, grace: Grace | null): number | null {
  if (grace === null || instance.expiredAtUs === null || instance.expiredAtUs < grace.sinceUs) return null;
  return grace.fromUs + (instance.ttlMs ?? UNKNOWN_TTL_MS) * 1000;
}
