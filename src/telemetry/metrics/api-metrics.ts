import { Counter, Histogram, type Registry } from 'prom-client';
import type { ApiObserver } from '../../controller/machinery-observers.ts';
import { REQUEST_SECONDS } from './buckets.ts';

/**
 * rest_client_* under the names and labels of client-go, and the same requests by resource. `host` is the API server as
 * the client calls it (`10.96.0.1:443`).
 */
export function apiMetrics(register: Registry, host: string): ApiObserver {
  const registers = [register];
  const total = new Counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the Kubernetes API server, by HTTP status, method and host.',
    labelNames: ['code', 'method', 'host'] as const,
    registers,
  });
  const duration = new Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'How long requests to the Kubernetes API server took, by method and host.',
    labelNames: ['verb', 'host'] as const,
    buckets: [...REQUEST_SECONDS],
    registers,
  });
  const byResource = new Counter({
    name: 'rollcall_api_requests_total',
    help: 'Requests to the Kubernetes API server, by resource, method and HTTP status.',
    labelNames: ['resource', 'method', 'code'] as const,
    registers,
  });
  return {
    request: (method, resource, code, seconds) => {
      total.inc({ code, method, host });
      duration.observe({ verb: method, host }, seconds);
      byResource.inc({ resource, method, code });
    },
  };
}
