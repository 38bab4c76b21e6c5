import type { Endpoint } from '../../../src/desired/endpoint.ts';

/** A ready endpoint of the common weight that is nowhere in particular, with what the test cares about on top. */
export function anEndpoint(fields: Partial<Endpoint> = {}): Endpoint {
  return {
    address: '10.0.0.1',
    addressType: 'IPv4',
    port: 50051,
    weight: 100,
    region: null,
    zone: null,
    state: 'Ready',
    held: false,
    instanceId: 'orders-1',
    ...fields,
  };
}
