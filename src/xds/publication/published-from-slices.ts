import type { Endpoint } from '../../desired/endpoint.ts';
import type { EndpointSlice } from '../../model/kube-objects.ts';

/** The weight that a registry row has unless it says otherwise. */
const COMMON_WEIGHT = 100;

/**
 * What slices say of the endpoints that were published last: for a replica that has started while the registry cannot be read (safety rule 1). A slice
 * knows neither weights nor regions, and only the instances that DNS can carry.
 */
export function publishedFromSlices(slices: readonly EndpointSlice[]): readonly Endpoint[] {
  const endpoints = new Map<string, Endpoint>();
  for (const { addressType, ports, endpoints: members } of slices) {
    const port = ports?.[0]?.port;
    if (port === undefined || addressType === 'FQDN') continue;
    for (const { addresses, conditions, zone } of members ?? []) {
      const [address] = addresses;
      if (address === undefined) continue;
      endpoints.set(`${address} ${port}`, {
        ...{ address, addressType, port, weight: COMMON_WEIGHT, region: null, zone: zone ?? null },
        state: conditions?.ready === false ? 'Draining' : 'Ready',
        held: false,
        instanceId: '',
      });
    }
  }
  return [...endpoints.values()];
}
