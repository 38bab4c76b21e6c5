import { endpointKey, type Publication } from './follow-rows.ts';
import type { ShownGrpcService, ShownSlice } from './state.ts';
import { withPort } from './text.ts';

/**
 * What the slices say of each instance, by {@link endpointKey}; those they do not name are absent. Where several
 * GrpcServices publish one instance, ready anywhere is ready.
 */
export function publishedStates(
  slices: readonly ShownSlice[],
  grpcServices: readonly ShownGrpcService[],
): ReadonlyMap<string, Publication> {
  const services = new Map(
    grpcServices.map(({ namespace, name, service }) => [`${namespace}/${name}`, service]),
  );
  const states = new Map<string, Publication>();
  for (const { namespace, owner, port, endpoints } of slices) {
    // The GrpcService of a slice that is being deleted may be gone already.
    const service = services.get(`${namespace}/${owner}`);
    if (service === undefined) continue;
    for (const { ip, state } of endpoints) {
      const key = endpointKey(service, withPort(ip, port));
      if (states.get(key) !== 'ready') states.set(key, state);
    }
  }
  return states;
}
