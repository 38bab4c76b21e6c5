import { Gauge, type Registry } from 'prom-client';
import type { EventLoopDelay } from '../event-loop.ts';

/** rollcall_event_loop_delay_seconds by quantile; quantile 1 is the longest of the last minute. */
export function eventLoopMetrics(register: Registry, read: () => EventLoopDelay): void {
  new Gauge({
    name: 'rollcall_event_loop_delay_seconds',
    help: 'How late timers fired in the last minute, by quantile (1: the latest).',
    labelNames: ['quantile'],
    registers: [register],
    collect() {
      const { p50, p90, p99, max } = read();
      this.set({ quantile: '0.5' }, p50);
      this.set({ quantile: '0.9' }, p90);
      this.set({ quantile: '0.99' }, p99);
      this.set({ quantile: '1' }, max);
    },
  });
}
