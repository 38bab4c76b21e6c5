import type { RawRow } from '../../src/registry/registry-reader.ts';

/** A row as the database gives it: a valid one of a static instance that is UP, with what the test cares about on top. */
export function aRow(fields: Partial<RawRow> = {}): RawRow {
  return {
    id: 1,
    service: 'orders',
    instanceId: 'orders-1',
    address: '10.0.0.1',
    port: 50051,
    weight: 100,
    region: null,
    zone: null,
    status: 'UP',
    metadata: null,
    ttlMs: null,
    expiresAtUs: null,
    updatedAtUs: 1_000_000,
    hash: '0123456789abcdef',
    unbeaten: false,
    leaseRead: true,
    ...fields,
  };
}
