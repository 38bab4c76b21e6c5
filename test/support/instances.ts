import type { Instance } from '../../src/model/instance.ts';
import type { Snapshot } from '../../src/registry/snapshot.ts';

/** A valid instance that is UP and alive, with what the test cares about on top. */
export function anInstance(fields: Partial<Instance> = {}): Instance {
  return {
    instanceId: 'orders-1',
    address: '10.0.0.1',
    addressType: 'IPv4',
    port: 50051,
    weight: 100,
    region: null,
    zone: null,
    status: 'UP',
    metadata: {},
    ttlMs: 10_000,
    expiredAtUs: null,
    updatedAtUs: 1_000_000,
    hash: '0123456789abcdef',
    id: 1,
    ...fields,
  };
}

/** A snapshot of these instances; `instances` are put into the order that snapshots have. */
export function aSnapshot(instances: readonly Instance[], fields: Partial<Snapshot> = {}): Snapshot {
  return {
    service: 'orders',
    instances: [...instances].sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1)),
    rejected: [],
    asOfUs: 1_000_000_000,
    revision: 1,
    changedAtUs: 1_000_000,
    confirmed: true,
    grace: null,
    ...fields,
  };
}
