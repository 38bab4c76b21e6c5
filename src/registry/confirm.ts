import type { Instance } from '../model/instance.ts';

/** What {@link isDrastic} looks at: a Snapshot has it. */
export interface Rows {
  readonly instances: readonly Pick<Instance, 'address' | 'port' | 'status' | 'weight'>[];
}

/**
 * Safety rule 2: does going from `before` to `after` take so much that a second read has to confirm it first? True when it leaves no
 * publishable row where there was one, or takes half of them or more and at least two. Rows are told apart by
 * address:port, because that is what clients would lose; leases are not looked at, because expiry has a rule of its own (3).
 */
export function isDrastic(before: Rows, after: Rows): boolean {
  const had = publishable(before);
  if (had.size === 0) return false;
  const has = publishable(after);
  if (has.size === 0) return true;
  let lost = 0;
  for (const endpoint of had) if (!has.has(endpoint)) lost += 1;
  return lost >= 2 && lost * 2 >= had.size;
}

/** UP or DRAINING with a weight: what would be published if its lease is alive. Rejected rows are not among `instances`. */
export function isPublishable(instance: Pick<Instance, 'status' | 'weight'>): boolean {
  return instance.status !== 'DOWN' && instance.weight > 0;
}

function publishable(rows: Rows): Set<string> {
  const endpoints = new Set<string>();
  for (const instance of rows.instances) {
    if (isPublishable(instance)) endpoints.add(`${instance.address} ${instance.port}`);
  }
  return endpoints;
}
