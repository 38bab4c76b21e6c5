/**
 * What the machinery tells the metrics. Implemented in src/telemetry;
 * Readings are taken when somebody scrapes, so that a gauge is right at that moment and costs nothing in between.
 */

/** State of a work queue at this moment. */
export interface QueueReading {
  /** Keys that wait for a worker (workqueue_depth). */
  readonly depth: number;
  /** Sum of the seconds that the reconciles under way have taken so far (workqueue_unfinished_work_seconds). */
  readonly unfinishedWorkSeconds: number;
  /** The longest of them (workqueue_longest_running_processor_seconds). */
  readonly longestRunningSeconds: number;
  /** controller_runtime_active_workers. */
  readonly activeWorkers: number;
  /** controller_runtime_max_concurrent_reconciles. */
  readonly maxConcurrent: number;
}

/**
 * How a reconcile ended, as controller-runtime has it. `terminal` is an error too, of the kind that nothing but somebody's
 * help ends (controller_runtime_terminal_reconcile_errors_total).
 */
export type ReconcileResult = 'success' | 'requeue_after' | 'error' | 'terminal';

/** workqueue_* and controller_runtime_* of the queue named `queue`. */
export interface QueueObserver {
  /** Called once, when the queue is made. */
  queue(queue: string, read: () => QueueReading): void;
  /** A key was added that was not waiting yet (workqueue_adds_total). */
  added(queue: string): void;
  /** A key was added for another try (workqueue_retries_total). */
  retried(queue: string): void;
  /** A worker took a key that had waited so long (workqueue_queue_duration_seconds). */
  started(queue: string, waitedSeconds: number): void;
  /** The reconcile ended (workqueue_work_duration_seconds, controller_runtime_reconcile_*). */
  finished(queue: string, result: ReconcileResult, seconds: number): void;
}

/** rest_client_requests_total and rest_client_request_duration_seconds. */
export interface ApiObserver {
  /** `code` is the HTTP status as text, or `<error>` when no answer came (client-go's own word). */
  request(method: string, resource: string, code: string, seconds: number): void;
}

/** State of a reflector at this moment. */
export interface ReflectorReading {
  readonly objects: number;
  readonly synced: boolean;
  /** Seconds since the last byte of the watch that has been silent longest; 0 before the first. */
  readonly silentSeconds: number;
}

/** Why a watch ended. `timeout`: the server ended it as asked; `silent`: no byte came for too long. */
export type WatchEnd = 'timeout' | 'expired' | 'silent' | 'error' | 'stopped';

/** rollcall_reflector_*, by resource. */
export interface ReflectorObserver {
  /** Called once, when the reflector is made. */
  reflector(resource: string, read: () => ReflectorReading): void;
  /** A complete list was taken. */
  listed(resource: string, by: 'watchlist' | 'list', seconds: number, objects: number): void;
  watchStarted(resource: string): void;
  watchEnded(resource: string, why: WatchEnd): void;
  watchEvent(resource: string, type: string): void;
}

/** leader_election_master_status. */
export interface ElectionObserver {
  /** Called once, when the elector is made; `read` says whether this process holds the lease. */
  election(lease: string, read: () => boolean): void;
}

/** rollcall_events_total, by outcome. `counted`: folded into the series of an equal event. */
export interface EventObserver {
  eventRecorded(outcome: 'sent' | 'counted' | 'dropped' | 'failed'): void;
}

/** All that the machinery tells; what the controllers tell is in observer.ts. */
export interface MachineryObserver
  extends QueueObserver, ApiObserver, ReflectorObserver, ElectionObserver, EventObserver {}

const nothing = (): void => undefined;

/** For tools that keep no metrics. */
export const noMachineryObserver: MachineryObserver = {
  queue: nothing,
  added: nothing,
  retried: nothing,
  started: nothing,
  finished: nothing,
  request: nothing,
  reflector: nothing,
  listed: nothing,
  watchStarted: nothing,
  watchEnded: nothing,
  watchEvent: nothing,
  eventRecorded: nothing,
  election: nothing,
};
