import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { MachineryObserver } from '../controller/machinery-observers.ts';
import type { ControllerObserver } from '../controller/observer.ts';
import type { EventLoopDelay } from './event-loop.ts';
import { controllerMetrics } from './metrics/controller-metrics.ts';
import { eventLoopMetrics } from './metrics/event-loop-metrics.ts';
import { machineryMetrics } from './metrics/machinery-metrics.ts';
import { type RegistriesMetrics, registriesMetrics } from './metrics/registry-metrics.ts';

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
}

/**
 * Metrics in a register of their own, with those of Node.js and the process (process_*, nodejs_*) beside them. Every label
 * takes few values: nothing is kept per instance, and what is kept per GrpcService is shown as a sum.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  new Gauge({
    name: 'rollcall_build_info',
    help: 'Always 1; the version is in the label.',
    labelNames: ['version'],
    registers: [register],
  }).set({ version: options.version }, 1);
  eventLoopMetrics(register, options.eventLoop);
  return {
    register,
    machinery: machineryMetrics(register, options.apiHost),
    controller: controllerMetrics(register),
    registries: registriesMetrics(register),
  };
}
