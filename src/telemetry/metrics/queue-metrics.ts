import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { QueueObserver, QueueReading, ReconcileResult } from '../../controller/machinery-observers.ts';
import { QUEUE_SECONDS, RECONCILE_SECONDS } from './buckets.ts';

/** Label `result` of controller_runtime_reconcile_total, as controller-runtime words it; `terminal` is an error there. */
const RESULTS: Readonly<Record<ReconcileResult, string>> = {
  success: 'success',
  requeue_after: 'requeue_after',
  error: 'error',
  terminal: 'error',
};

/**
 * workqueue_* and controller_runtime_* under the names, labels and meanings of client-go and controller-runtime, so that
 * dashboards made for them work. Source: book.kubebuilder.io/reference/metrics-reference.
 */
export function queueMetrics(register: Registry): QueueObserver {
  const readers = new Map<string, () => QueueReading>();
  queueGauges(register, readers);
  const queue = queueCounters(register);
  const controller = controllerCounters(register);
  return {
    queue: (name, read) => {
      readers.set(name, read);
      // A counter that is there from the start, at 0, gives rate() its first increase.
      queue.adds.inc({ name, controller: name }, 0);
      queue.retries.inc({ name, controller: name }, 0);
      controller.errors.inc({ controller: name }, 0);
      controller.terminalErrors.inc({ controller: name }, 0);
      for (const result of Object.values(RESULTS)) controller.total.inc({ controller: name, result }, 0);
    },
    added: (name) => queue.adds.inc({ name, controller: name }),
    retried: (name) => queue.retries.inc({ name, controller: name }),
    started: (name, waitedSeconds) => queue.waited.observe({ name, controller: name }, waitedSeconds),
    finished: (name, result, seconds) => {
      queue.worked.observe({ name, controller: name }, seconds);
      controller.time.observe({ controller: name }, seconds);
      controller.total.inc({ controller: name, result: RESULTS[result] });
      if (RESULTS[result] === 'error') controller.errors.inc({ controller: name });
      if (result === 'terminal') controller.terminalErrors.inc({ controller: name });
    },
  };
}

function queueCounters(register: Registry) {
  const common = { labelNames: ['name', 'controller'] as const, registers: [register] };
  return {
    adds: new Counter({
      name: 'workqueue_adds_total',
      help: 'Keys added to the queue that were not waiting in it yet.',
      ...common,
    }),
    retries: new Counter({
      name: 'workqueue_retries_total',
      help: 'Keys added to the queue for another try.',
      ...common,
    }),
    waited: new Histogram({
      name: 'workqueue_queue_duration_seconds',
      help: 'How long a key waited in the queue for a worker.',
      buckets: [...QUEUE_SECONDS],
      ...common,
    }),
    worked: new Histogram({
      name: 'workqueue_work_duration_seconds',
      help: 'How long the work on a key took.',
      buckets: [...QUEUE_SECONDS],
      ...common,
    }),
  };
}

function controllerCounters(register: Registry) {
  const common = { labelNames: ['controller'] as const, registers: [register] };
  return {
    total: new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Reconciles by result.',
      labelNames: ['controller', 'result'] as const,
      registers: [register],
    }),
    errors: new Counter({
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Reconciles that ended in an error.',
      ...common,
    }),
    terminalErrors: new Counter({
      name: 'controller_runtime_terminal_reconcile_errors_total',
      help: 'Reconciles that ended in an error which trying again does not mend.',
      ...common,
    }),
    time: new Histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'How long a reconcile took.',
      buckets: [...RECONCILE_SECONDS],
      ...common,
    }),
  };
}

/** Gauges whose values are read from the queues at the moment of the scrape. */
function queueGauges(register: Registry, readers: ReadonlyMap<string, () => QueueReading>): void {
  const gauges: readonly [name: string, help: string, value: (reading: QueueReading) => number][] = [
    ['workqueue_depth', 'Keys that wait in the queue for a worker.', (reading) => reading.depth],
    [
      'workqueue_unfinished_work_seconds',
      'Sum of the seconds that the work under way has taken so far; it grows when workers are stuck.',
      (reading) => reading.unfinishedWorkSeconds,
    ],
    [
      'workqueue_longest_running_processor_seconds',
      'Seconds that the longest work under way has taken so far.',
      (reading) => reading.longestRunningSeconds,
    ],
    ['controller_runtime_active_workers', 'Workers that are busy.', (reading) => reading.activeWorkers],
    [
      'controller_runtime_max_concurrent_reconciles',
      'Workers there are.',
      (reading) => reading.maxConcurrent,
    ],
  ];
  for (const [name, help, value] of gauges) {
    const byQueue = name.startsWith('workqueue_');
    new Gauge({
      name,
      help,
      labelNames: byQueue ? ['name', 'controller'] : ['controller'],
      registers: [register],
      collect() {
        for (const [queue, read] of readers) {
          this.set(byQueue ? { name: queue, controller: queue } : { controller: queue }, value(read()));
        }
      },
    });
  }
}
