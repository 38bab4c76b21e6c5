import { Histogram, type Registry } from 'prom-client';
import { PROPAGATION_SECONDS } from './buckets.ts';
import { LateObservations } from './hot-counters.ts';

/** Label `target` of rollcall_propagation_seconds, as in `status.targets`. */
type Target = 'dns' | 'xds';

/** rollcall_propagation_seconds: answers what counts one arrival of a change, in seconds. */
export function propagationMetric(register: Registry): (target: Target, seconds: number) => void {
  const late = new LateObservations((target, seconds) => histogram.observe({ target }, seconds));
  const histogram = new Histogram({
    name: 'rollcall_propagation_seconds',
    help:
      "From the change of a row (by the database's clock) to its arrival: for target dns the EndpointSlice accepted by the API server, " +
      'for target xds the acknowledgement of each client that had been told of the service before.',
    labelNames: ['target'] as const,
    buckets: [...PROPAGATION_SECONDS],
    registers: [register],
    collect: () => late.drain(),
  });
  for (const target of ['dns', 'xds']) histogram.zero({ target });
  return (target, seconds) => {
    // One NaN, or a clock that was put back, would spoil the sum for ever.
    if (Number.isFinite(seconds)) late.add(target, Math.max(0, seconds));
  };
}
