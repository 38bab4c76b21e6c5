import type { Instance } from '../model/instance.ts';

/** What {@link isDrastic} looks at: a Snapshot has it. A row without `expiredAtUs` counts as alive. */
export interface Rows {
  readonly instances: readonly (Pick<Instance, 'address' | 'port' | 'status' | 'weight'> &
    Partial<Pick<Instance, 'expiredAtUs'>>)[];
}

/**
 * Safety rule 2: does going from `before` to `after` take so much that a second read has to confirm it first? True when it leaves no
 * publishable row where there was one, or takes half of them or more and at least two; and the same of those that were alive, for
 * rows that died long ago must not outvote the loss of all that serves. Rows are told apart by address:port, because that is
 * what clients would lose. Whether a lease in `after` has run out is not looked at: expiry has a rule of its own (3).
 */
export function isDrastic(before: Rows, after: Rows): boolean {
  if (!losesAny(before, after)) return false;
  const has = publishable(after.instances);
  const stillAlive = publishable(after.instances.filter(isAlive));
  const hadAlive = publishable(before.instances.filter(isAlive));
  return takesMuch(publishable(before.instances), has, has) || takesMuch(hadAlive, has, stillAlive);
}

/** Whether `after` lacks a publishable row of `before`: mostly it lacks none, and then nothing else need be looked at. */
export function losesAny(before: Rows, after: Rows): boolean {
  const has = publishable(after.instances);
  return before.instances.some((row) => isPublishable(row) && !has.has(endpointOf(row)));
}

/** `left`: what is there to serve afterwards, old or new. */
function takesMuch(had: ReadonlySet<string>, has: ReadonlySet<string>, left: ReadonlySet<string>): boolean {
  let lost = 0;
  for (const endpoint of had) if (!has.has(endpoint)) lost += 1;
  return lost > 0 && ((lost === had.size && left.size === 0) || (lost >= 2 && lost * 2 >= had.size));
}

function isAlive({ expiredAtUs }: Rows['instances'][number]): boolean {
  return expiredAtUs == null;
}

/** UP or DRAINING with a weight: what would be published if its lease is alive. Rejected rows are not among `instances`. */
export function isPublishable(instance: Pick<Instance, 'status' | 'weight'>): boolean {
  return instance.status !== 'DOWN' && instance.weight > 0;
}

function publishable(instances: Rows['instances']): Set<string> {
  const endpoints = new Set<string>();
  for (const instance of instances) {
    if (isPublishable(instance)) endpoints.add(endpointOf(instance));
  }
  return endpoints;
}

function endpointOf({ address, port }: Pick<Instance, 'address' | 'port'>): string {
  return `${address} ${port}`;
}
