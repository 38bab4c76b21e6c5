import { type Clock, systemClock } from '../../src/lib/clock.ts';

/** The product's clock, so many times as fast: for waits of seconds and minutes that are made of nothing but waiting. */
export function fastClock(times: number): Clock {
  return {
    now: () => systemClock.now() * times,
    wallNow: () => systemClock.wallNow(),
    sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
    after: (ms, callback) => systemClock.after(ms / times, callback),
  };
}
