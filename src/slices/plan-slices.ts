import type { AddressType } from '../model/instance.ts';
import type { EndpointSlice } from '../model/kube-objects.ts';
import { LABEL_SERVICE_NAME } from '../model/names.ts';
import { type Packing, packFamily } from './pack-family.ts';
import { sliceNames } from './slice-names.ts';
import {
  compareNames,
  completePlan,
  endpointsOf,
  type SliceChanges,
  type SlicePlan,
  type SlicePlanInput,
  type SliceTarget,
} from './slice-plan.ts';
import { hasDrifted, newSlice, writtenSlice } from './slice-shape.ts';

/** The slices that a plan works on, and those that it only takes away. */
export interface SortedSlices {
  readonly usable: readonly EndpointSlice[];
  readonly unusable: readonly EndpointSlice[];
}

/**
 * The writes that make the slices of a GrpcService hold exactly the desired endpoints. Pure and deterministic; carried out and
 * planned again, it is idle.
 *
 * | slice | what becomes of it |
 * |---|---|
 * | being deleted (deletionTimestamp) | its name stays taken, its endpoints count as gone |
 * | of another Service name (after a rename), of a family that is not wanted, FQDN | deleted, after the others are written |
 * | labels (the Service name missing, too), owner or ports changed by somebody | mended in place |
 * | no endpoints left | reused for new ones, or deleted |
 * | no endpoints left in any slice | one stays as a placeholder, so that there is something to own and to heal |
 */
export function planSlices(input: SlicePlanInput): SlicePlan {
  const { current, desired, target, limits, takenNames = [] } = input;
  const { usable, unusable } = sortSlices(current, target);
  const names = sliceNames(
    target.serviceName,
    target.uid,
    new Set([...current.map(({ metadata }) => metadata.name), ...takenNames]),
  );
  const families = familiesOf(target).map((addressType) => ({
    addressType,
    packing: packFamily({
      slices: usable.filter((slice) => slice.addressType === addressType),
      desired: desired.filter((endpoint) => endpoint.addressType === addressType),
      max: limits.maxEndpointsPerSlice,
      hasDrifted: (slice) => hasDrifted(slice, target),
    }),
  }));
  const emptied = families.flatMap(({ packing }) => packing.emptied);
  const holdsNone = families.every(({ packing }) => holdsNothing(packing));
  const placeholder = holdsNone ? placeholderPlan(emptied, names, target) : null;
  const create = families.flatMap(({ addressType, packing }) =>
    packing.create.map((endpoints) => newSlice(names(addressType), addressType, endpoints, target)),
  );
  const update = families.flatMap(({ packing }) =>
    packing.update.map(({ slice, endpoints }) => writtenSlice(slice, endpoints, target)),
  );
  const changes: SliceChanges = {
    create: [...create, ...(placeholder?.create ?? [])],
    update: [...update, ...(placeholder?.update ?? [])],
    delete: [...emptied.filter((slice) => slice !== placeholder?.kept), ...unusable],
    unchanged: [...families.flatMap(({ packing }) => packing.unchanged), ...(placeholder?.unchanged ?? [])],
  };
  return completePlan(changes, addressesOf([...usable, ...unusable], target), input);
}

/** Splits the slices of a GrpcService; those that are being deleted already are in neither part. */
export function sortSlices(current: readonly EndpointSlice[], target: SliceTarget): SortedSlices {
  const present = current.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const isUsable = (slice: EndpointSlice): boolean =>
    isOfService(slice, target) && familiesOf(target).some((family) => family === slice.addressType);
  return {
    usable: present.filter(isUsable),
    unusable: present.filter((slice) => !isUsable(slice)),
  };
}

/** The wanted address types, IPv4 first whatever the order in the spec. */
export function familiesOf({ addressTypes }: SliceTarget): readonly AddressType[] {
  return (['IPv4', 'IPv6'] as const).filter((addressType) => addressTypes.includes(addressType));
}

/** The addresses that slices of this Service hold now. */
export function addressesOf(slices: readonly EndpointSlice[], target: SliceTarget): ReadonlySet<string> {
  const own = slices.filter((slice) => isOfService(slice, target));
  return new Set(
    own.flatMap((slice) => endpointsOf(slice).flatMap(({ addresses }) => addresses.slice(0, 1))),
  );
}

function isOfService({ metadata }: EndpointSlice, { serviceName }: SliceTarget): boolean {
  return (metadata.labels?.[LABEL_SERVICE_NAME] ?? serviceName) === serviceName;
}

function holdsNothing({ update, create, unchanged }: Packing): boolean {
  return update.length + create.length + unchanged.length === 0;
}

interface Placeholder {
  /** The existing slice that stays. */
  readonly kept: EndpointSlice | undefined;
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly unchanged: readonly EndpointSlice[];
}

/** One slice without endpoints: one that is so already, or the first that became so, or a new one of the first wanted family. */
function placeholderPlan(
  emptied: readonly EndpointSlice[],
  names: (addressType: AddressType) => string,
  target: SliceTarget,
): Placeholder {
  const ordered = [...emptied].sort(compareNames);
  const ready = ordered.find((slice) => endpointsOf(slice).length === 0 && !hasDrifted(slice, target));
  if (ready !== undefined) return { kept: ready, create: [], update: [], unchanged: [ready] };
  const first = ordered[0];
  if (first === undefined) {
    const family = familiesOf(target)[0] ?? 'IPv4';
    return {
      kept: undefined,
      create: [newSlice(names(family), family, [], target)],
      update: [],
      unchanged: [],
    };
  }
  const endpoints = endpointsOf(first).length === 0 ? null : [];
  return { kept: first, create: [], update: [writtenSlice(first, endpoints, target)], unchanged: [] };
}
