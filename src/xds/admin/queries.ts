import type { ObjectKey } from '../../model/key.ts';
import type { ConfigQuery } from './resources.ts';

/** A query that was read, or what is wrong with it. */
export type ReadQuery<T> =
  { readonly ok: true; readonly query: T } | { readonly ok: false; readonly problem: string };

const SERVICE = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** `service=NAMESPACE/NAME`; null: all. */
export function readService(params: URLSearchParams): ReadQuery<ObjectKey | null> {
  const service = params.get('service');
  if (service === null || service === '') return { ok: true, query: null };
  if (!SERVICE.test(service)) {
    return { ok: false, problem: `service=${service}: name a GrpcService as NAMESPACE/NAME` };
  }
  return { ok: true, query: service as ObjectKey };
}

/** `nodeId=ID`, or `service=NAMESPACE/NAME` with `agent`, `region` and `zone`. */
export function readConfigQuery(params: URLSearchParams): ReadQuery<ConfigQuery> {
  const service = readService(params);
  if (!service.ok) return service;
  const nodeId = params.get('nodeId') ?? '';
  if (nodeId !== '') return { ok: true, query: { nodeId, service: service.query } };
  if (service.query === null) {
    return {
      ok: false,
      problem: 'say whose: nodeId=ID of a client that is connected, or service=NAMESPACE/NAME',
    };
  }
  const agent = params.get('agent') ?? 'grpc';
  if (agent !== 'grpc' && agent !== 'envoy') {
    return { ok: false, problem: `agent=${agent}: is neither grpc nor envoy` };
  }
  const [region, zone] = [params.get('region') ?? '', params.get('zone') ?? ''];
  return { ok: true, query: { nodeId: null, service: service.query, agent, region, zone } };
}
