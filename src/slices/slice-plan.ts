import type { Endpoint } from '../desired/endpoint.ts';
import type { AddressType } from '../model/instance.ts';
import type { EndpointSlice, OwnerReference, SliceEndpoint } from '../model/kube-objects.ts';

/** What every slice of one GrpcService has in common. */
export interface SliceTarget {
  readonly namespace: string;
  readonly serviceName: string;
  /** The GrpcService, with controller and blockOwnerDeletion. */
  readonly owner: OwnerReference;
  /** UID of the GrpcService. */
  readonly uid: string;
  /** Labels of the user's (spec.dns.labels); the reserved ones win over them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly port: number;
  /** The Service port's name: consumers match slices and Service by it. */
  readonly portName: string;
  readonly appProtocol: string | null;
  /** RFC 3339: when the change was made that this plan carries out; null: it was no change of the registry's. */
  readonly triggerTime: string | null;
  /** The families that are wanted; slices of others are deleted. */
  readonly addressTypes: readonly AddressType[];
}

export interface SliceLimits {
  /** 1 to 1000. */
  readonly maxEndpointsPerSlice: number;
}

export interface SlicePlanInput {
  /** The slices of this GrpcService as they are now, in any order. */
  readonly current: readonly EndpointSlice[];
  /** The endpoints of the DNS view, in any order; no address twice. */
  readonly desired: readonly Endpoint[];
  readonly target: SliceTarget;
  readonly limits: SliceLimits;
  /** Names beside those of `current` that new slices cannot have. */
  readonly takenNames?: readonly string[];
}

/**
 * What to write, sorted by name. Carried out in the order create, update, delete, each kind complete before the next begins, it never
 * takes an address away in between that was there before and is there after; within one kind the order is free.
 */
export interface SlicePlan {
  /** Complete objects, named. */
  readonly create: readonly EndpointSlice[];
  /** Complete objects with uid and resourceVersion of what they replace. */
  readonly update: readonly EndpointSlice[];
  /** As they are now. */
  readonly delete: readonly EndpointSlice[];
  /** How many slices stay as they are. */
  readonly unchanged: number;
  /** Addresses that are in no slice now and will be in one, and the other way round. */
  readonly addressesAdded: number;
  readonly addressesRemoved: number;
  /** Nothing to write. */
  readonly idle: boolean;
  /** A family will have more than twice the slices it needs: there is something to compact once all is quiet. */
  readonly sparse: boolean;
  readonly numbers: SlicePlanNumbers;
}

/** The plan in numbers, as the metrics of the EndpointSlice controller name them. */
export interface SlicePlanNumbers {
  readonly endpointsAdded: number;
  readonly endpointsRemoved: number;
  /** Endpoints that the slices hold when the plan is carried out. */
  readonly endpointsDesired: number;
  /** Slices when the plan is carried out. */
  readonly slices: number;
  /** Slices that perfect packing would need; 1 for none at all, because of the placeholder. */
  readonly slicesDesired: number;
  /** Slices that the plan creates, updates and deletes. */
  readonly slicesChanged: number;
}

/** What {@link completePlan} needs to know. */
export interface SliceChanges {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly EndpointSlice[];
  /** Slices that stay as they are. */
  readonly unchanged: readonly EndpointSlice[];
}

/** Sorts the changes and counts them. `present`: the addresses in the slices now. */
export function completePlan(
  changes: SliceChanges,
  present: ReadonlySet<string>,
  { desired, limits }: SlicePlanInput,
): SlicePlan {
  const wanted = new Set(desired.map(({ address }) => address));
  const addressesAdded = wanted.size - countIn(wanted, present);
  const addressesRemoved = present.size - countIn(present, wanted);
  const changed = changes.create.length + changes.update.length + changes.delete.length;
  return {
    create: byName(changes.create),
    update: byName(changes.update),
    delete: byName(changes.delete),
    unchanged: changes.unchanged.length,
    addressesAdded,
    addressesRemoved,
    idle: changed === 0,
    sparse: isSparse([...changes.unchanged, ...changes.update, ...changes.create], limits),
    numbers: {
      endpointsAdded: addressesAdded,
      endpointsRemoved: addressesRemoved,
      endpointsDesired: wanted.size,
      slices: changes.unchanged.length + changes.create.length + changes.update.length,
      slicesDesired: perfectlyPacked(desired, limits),
      slicesChanged: changed,
    },
  };
}

/** The endpoints of a slice, also where the API server wrote null. */
export function endpointsOf({ endpoints }: EndpointSlice): readonly SliceEndpoint[] {
  return endpoints ?? [];
}

/**
 * Whether `slices` of one address type are worth packing more tightly: more than twice as many as are needed. Anything
 * nearer to perfect would pack again what the next change spreads.
 */
export function isThin(slices: readonly EndpointSlice[], { maxEndpointsPerSlice }: SliceLimits): boolean {
  const count = slices.reduce((sum, slice) => sum + endpointsOf(slice).length, 0);
  return count > 0 && slices.length > 2 * Math.ceil(count / maxEndpointsPerSlice);
}

/** Compares objects by name, in code unit order. */
export function compareNames(a: EndpointSlice, b: EndpointSlice): number {
  return a.metadata.name === b.metadata.name ? 0 : a.metadata.name < b.metadata.name ? -1 : 1;
}

function isSparse(slices: readonly EndpointSlice[], limits: SliceLimits): boolean {
  return (['IPv4', 'IPv6'] as const).some((family) =>
    isThin(
      slices.filter(({ addressType }) => addressType === family),
      limits,
    ),
  );
}

function byName(slices: readonly EndpointSlice[]): readonly EndpointSlice[] {
  return [...slices].sort(compareNames);
}

function countIn(some: ReadonlySet<string>, others: ReadonlySet<string>): number {
  let count = 0;
  for (const each of some) if (others.has(each)) count += 1;
  return count;
}

function perfectlyPacked(desired: readonly Endpoint[], { maxEndpointsPerSlice }: SliceLimits): number {
  const ipv4 = desired.filter(({ addressType }) => addressType === 'IPv4').length;
  const slices =
    Math.ceil(ipv4 / maxEndpointsPerSlice) + Math.ceil((desired.length - ipv4) / maxEndpointsPerSlice);
  return Math.max(1, slices);
}
