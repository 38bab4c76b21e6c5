import type { Registry } from 'prom-client';
import type { Logger } from '../lib/logger.ts';
import { healthAnswer, type HealthCheck } from './health.ts';
import { HttpEndpoint, type HttpEndpointOptions, type HttpRoute, plain } from './http.ts';

type Listening = Pick<HttpEndpointOptions, 'address' | 'flag'> & { readonly log: Logger };

/** GET /metrics: everything in `register`, in Prometheus' text format. */
export function metricsEndpoint(register: Registry, options: Listening): HttpEndpoint {
  const metrics: HttpRoute = async () => ({
    status: 200,
    contentType: register.contentType,
    body: await register.metrics(),
  });
  return new HttpEndpoint({ ...options, routes: new Map([['/metrics', metrics]]) });
}

/**
 * GET /healthz (`live`: a failure has the kubelet restart the container) and GET /readyz (`ready`: caches synced, first
 * snapshot read; leadership is none of its business, or a standby could never be ready). `?verbose` lists the checks.
 */
export function healthEndpoint(
  checks: { readonly live: readonly HealthCheck[]; readonly ready: readonly HealthCheck[] },
  options: Listening,
): HttpEndpoint {
  const route =
    (endpoint: string, list: readonly HealthCheck[]): HttpRoute =>
    (query) => {
      const { status, text } = healthAnswer(endpoint, list, query.has('verbose'));
      return plain(status, text);
    };
  const routes = new Map([
    ['/healthz', route('healthz', checks.live)],
    ['/livez', route('livez', checks.live)],
    ['/readyz', route('readyz', checks.ready)],
  ]);
  return new HttpEndpoint({ ...options, routes });
}
