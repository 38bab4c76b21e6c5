import { expiredAt } from './liveness.ts';
import type { InstanceKey } from './registry-reader.ts';
import type { RegistryStore } from './store.ts';

/**
 * The rows that have been DOWN or expired since before `nowUs - retentionMs`, by the database's clock. A grace counts: what it keeps alive
 * is published, and where it has ended, the lease ran out then. Rejected rows go by the time of their last change. Only rows with a primary
 * key can be deleted.
 */
export function retiredKeys(store: RegistryStore, retentionMs: number, nowUs: number): InstanceKey[] {
  const beforeUs = nowUs - retentionMs * 1000;
  const keys: InstanceKey[] = [];
  for (const { service, instance } of store.instances()) {
    const { status, updatedAtUs, instanceId, id } = instance;
    const expiredUs = expiredAt(instance, store.grace, nowUs);
    const isRetired =
      (status === 'DOWN' && updatedAtUs < beforeUs) || (expiredUs !== null && expiredUs < beforeUs);
    if (id !== null && isRetired) keys.push({ service, instanceId, id });
  }
  for (const { updatedAtUs, ...key } of store.rejectedKeys()) {
    if (updatedAtUs < beforeUs && key.id !== null) keys.push(key);
  }
  return keys;
}
