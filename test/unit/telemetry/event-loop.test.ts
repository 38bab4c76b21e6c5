import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../src/lib/clock.ts';
import { EventLoopMonitor } from '../../../src/telemetry/event-loop.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';

describe('event loop monitor', () => {
  it('sees a block of the event loop, however short its turn came', async () => {
    const monitor = new EventLoopMonitor(systemClock);
    assert.deepEqual(monitor.read(), { p50: 0, p90: 0, p99: 0, max: 0 });
    const stop = new AbortController();
    const running = monitor.run(stop.signal);
    // The histogram needs a first firing to compare with: poll for it.
    const deadline = performance.now() + 5000;
    while (monitor.read().p50 === 0 && monitor.read().max === 0 && performance.now() < deadline)
      await sleep(5);
    const until = performance.now() + 200;
    while (performance.now() < until);
    while (monitor.read().max < 0.1 && performance.now() < deadline) await sleep(5);
    const { max, p50 } = monitor.read();
    assert.ok(max >= 0.1 && max < 5, `max ${max}`);
    assert.ok(p50 < max, `p50 ${p50}`);
    stop.abort();
    await running;
  });

  it('wakes an idle process no more than 25 times a second, together with the metrics', async () => {
    const before = await turnsASecond();
    const monitor = new EventLoopMonitor(systemClock);
    createMetrics({ version: '1', apiHost: 'h', eventLoop: () => monitor.read() });
    const stop = new AbortController();
    const running = monitor.run(stop.signal);
    const more = (await turnsASecond()) - before;
    stop.abort();
    await running;
    assert.ok(more <= 25, `${more} turns of the event loop a second`);
  });
});

/** Turns of the event loop of this process in a second in which nothing is done. */
async function turnsASecond(): Promise<number> {
  const { loopCount } = performance.nodeTiming.uvMetricsInfo;
  await sleep(1000);
  return performance.nodeTiming.uvMetricsInfo.loopCount - loopCount;
}
