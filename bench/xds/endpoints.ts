import type { Endpoint } from '../../src/desired/endpoint.ts';

/** The GrpcService that is served. */
export const bench = { namespace: 'bench', name: 'service' } as const;

/** Endpoints like those of local/go/xds/reference: IPv4 addresses on one port, the first one's port by generation. */
export function benchEndpoints(count: number, generation: number): readonly Endpoint[] {
  return Array.from({ length: count }, (_, index): Endpoint => {
    const address = [10, 64 + (index >> 16), (index >> 8) & 255, index & 255].join('.');
    return {
      ...{ address, addressType: 'IPv4', port: index === 0 ? 20_000 + (generation % 20_000) : 50051 },
      ...{ weight: 100, region: null, zone: null, state: 'Ready', held: false, instanceId: address },
    };
  });
}
