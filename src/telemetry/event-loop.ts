import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../lib/clock.ts';

/** How late the event loop was, in seconds, in the last minute or so. */
export interface EventLoopDelay {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

type Histogram = ReturnType<typeof monitorEventLoopDelay>;

const RESOLUTION_MS = 20;
const WINDOW_MS = 30_000;

/**
 * Watches how late timers fire. A reading covers the last 30 to 60 seconds, so that a block is seen by every scrape of a
 * minute and forgotten after it.
 *
 * Two histograms overlap by a whole window: one that is reset forgets a block that is under way (it has no earlier
 * firing to compare with), and which of two timers that are due fires first is not for us to say.
 */
export class EventLoopMonitor {
  readonly #clock: Clock;
  #older: Histogram | null = null;
  #newer: Histogram | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watches until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        this.#rotate();
        await this.#clock.sleep(WINDOW_MS, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#older?.disable();
      this.#newer?.disable();
    }
  }

  /** All zero before {@link EventLoopMonitor.run}. */
  read(): EventLoopDelay {
    const histogram = this.#older ?? this.#newer;
    if (histogram === null || histogram.count === 0) return { p50: 0, p90: 0, p99: 0, max: 0 };
    return {
      p50: delay(histogram.percentile(50)),
      p90: delay(histogram.percentile(90)),
      p99: delay(histogram.percentile(99)),
      max: delay(histogram.max),
    };
  }

  #rotate(): void {
    this.#older?.disable();
    this.#older = this.#newer;
    this.#newer = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#newer.enable();
  }
}

/** The histogram holds nanoseconds from one firing to the next: what is more than the interval is delay. */
function delay(intervalNs: number): number {
  return Math.max(0, intervalNs / 1e9 - RESOLUTION_MS / 1000);
}
