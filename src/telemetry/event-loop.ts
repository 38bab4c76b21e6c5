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

/** An idle process wakes up for nothing else so often: at 20 ms its looks would cost more than all that it does for the registry. */
const RESOLUTION_MS = 50;
const WINDOW_MS = 30_000;

/**
 * Watches how late timers fire, to within 50 ms. A reading covers the last 30 to 60 seconds, so that a block is seen by every scrape of a
 * minute and forgotten after it.
 *
 * Two histograms overlap by a whole window: one that is reset forgets a block that is under way (it has no earlier
 * firing to compare with), and which of two timers that are due fires first is not for us to say. Both are started in one turn and never
 * again, so that their timers fire together and wake the process once.
 */
export class EventLoopMonitor {
  readonly #clock: Clock;
  #older: Histogram | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watches until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    let [older, newer] = [startHistogram(), startHistogram()];
    try {
      while (!signal.aborted) {
        this.#older = older;
        await this.#clock.sleep(WINDOW_MS, signal);
        older.reset();
        [older, newer] = [newer, older];
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      older.disable();
      newer.disable();
    }
  }

  /** All zero before {@link EventLoopMonitor.run}. */
  read(): EventLoopDelay {
    const histogram = this.#older;
    if (histogram === null || histogram.count === 0) return { p50: 0, p90: 0, p99: 0, max: 0 };
    return {
      p50: delay(histogram.percentile(50)),
      p90: delay(histogram.percentile(90)),
      p99: delay(histogram.percentile(99)),
      max: delay(histogram.max),
    };
  }
}

function startHistogram(): Histogram {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return histogram;
}

/** The histogram holds nanoseconds from one firing to the next: what is more than the interval is delay. */
function delay(intervalNs: number): number {
  return Math.max(0, intervalNs / 1e9 - RESOLUTION_MS / 1000);
}
