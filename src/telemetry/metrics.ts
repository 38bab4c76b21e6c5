import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { MachineryObserver } from '../controller/machinery-observers.ts';
import type { ControllerObserver } from '../controller/observer.ts';
import type { XdsObserver } from '../xds/engine/observer.ts';
import type { RpcObserver } from '../xds/server/observer.ts';
import type { EventLoopDelay } from './event-loop.ts';
import { controllerMetrics } from './metrics/controller-metrics.ts';
import { eventLoopMetrics } from './metrics/event-loop-metrics.ts';
import { machineryMetrics } from './metrics/machinery-metrics.ts';
import { propagationMetric } from './metrics/propagation-metrics.ts';
import { type RegistriesMetrics, registriesMetrics } from './metrics/registry-metrics.ts';
import { rpcMetrics } from './metrics/rpc-metrics.ts';
import { xdsMetrics } from './metrics/xds-metrics.ts';

export interface MetricsOptions {
  /** Shown by rollcall_build_info. */
  readonly version: string;
  /** The API server as the client calls it (`10.96.0.1:443`): label `host` of rest_client_*. */
  readonly apiHost: string;
  /** Asked at every scrape. */
  readonly eventLoop: () => EventLoopDelay;
}

/** All metrics of one operator: the observers that its parts are given, and the register that /metrics shows. */
export interface Metrics {
  readonly register: Registry;
  readonly machinery: MachineryObserver;
  readonly controller: ControllerObserver;
  readonly registries: RegistriesMetrics;
  readonly xds: XdsObserver;
  readonly rpc: RpcObserver;
  /** An xDS client acknowledged the change of a row: seconds since then, by the database's clock. */
  readonly xdsPropagated: (seconds: number) => void;
}

/**
 * Metrics in a register of their own, with those of Node.js and the process (process_*, nodejs_*) beside them. Every label
 * takes few values: nothing is kept per instance, and what is kept per GrpcService is shown as a sum.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const register = new Registry();
  processMetrics(register);
  new Gauge({
    name: 'rollcall_build_info',
    help: 'Always 1; the version is in the label.',
    labelNames: ['version'],
    registers: [register],
  }).set({ version: options.version }, 1);
  eventLoopMetrics(register, options.eventLoop);
  const propagated = propagationMetric(register);
  return {
    register,
    machinery: machineryMetrics(register, options.apiHost),
    controller: controllerMetrics(register, (seconds) => propagated('dns', seconds)),
    registries: registriesMetrics(register),
    xds: xdsMetrics(register),
    rpc: rpcMetrics(register),
    xdsPropagated: (seconds) => propagated('xds', seconds),
  };
}

/** Ms between the samples of a sampler that is of no use: never. */
const NEVER = 2 ** 31 - 1;

/**
 * prom-client's own, without its sampler of the event loop: that wakes the process a hundred times a second, which is more than an
 * idle operator does otherwise, and what it tells rollcall_event_loop_delay_seconds tells as well.
 */
function processMetrics(register: Registry): void {
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: NEVER });
  for (const sampled of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'])
    register.removeSingleMetric(`nodejs_eventloop_lag_${sampled}_seconds`);
}
