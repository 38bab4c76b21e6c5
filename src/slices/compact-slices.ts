import type { EndpointSlice } from '../model/kube-objects.ts';
import { addressesOf, familiesOf, planSlices, sortSlices } from './plan-slices.ts';
import {
  compareNames,
  completePlan,
  endpointsOf,
  isThin,
  type SliceLimits,
  type SlicePlan,
  type SlicePlanInput,
} from './slice-plan.ts';
import { writtenSlice } from './slice-shape.ts';

/**
 * One step of compaction, which the EndpointSlice controller lacks: after 1,000 endpoints have become 10, its slices stay
 * thin for ever. A family that has more than twice the slices it needs has its emptiest slice moved into the fullest
 * other one with room for it: one update, one delete, and since updates come before deletes no address is ever absent.
 *
 * Idle while {@link planSlices} has anything to do, and when no family is that thin. Each step leaves one slice less and
 * {@link planSlices} idle, so steps end, and the two never undo each other's work. The caller spaces the steps.
 */
export function compactSlices(input: SlicePlanInput): SlicePlan {
  const { target, limits, current } = input;
  const { usable, unusable } = sortSlices(current, target);
  const present = addressesOf([...usable, ...unusable], target);
  const families = familiesOf(target).map((family) => usable.filter((slice) => slice.addressType === family));
  const thin = planSlices(input).idle ? families.find((slices) => isThin(slices, limits)) : undefined;
  const move = thin === undefined ? null : thinnestMove(thin, limits);
  if (move === null) {
    return completePlan({ create: [], update: [], delete: [], unchanged: usable }, present, input);
  }
  const { from, into } = move;
  // No change of the registry's stands behind this: an old trigger time would be taken for a slow one.
  const quiet = { ...target, triggerTime: null };
  const update = [writtenSlice(into, [...endpointsOf(into), ...endpointsOf(from)], quiet)];
  const unchanged = usable.filter((slice) => slice !== from && slice !== into);
  return completePlan({ create: [], update, delete: [from], unchanged }, present, input);
}

interface Move {
  readonly from: EndpointSlice;
  readonly into: EndpointSlice;
}

/**
 * The emptiest slice, and the fullest other one with room for it. Of thin slices the two emptiest always fit into one:
 * with S > 2 * ceil(n/max) they hold at most 2n/S < max.
 */
function thinnestMove(slices: readonly EndpointSlice[], { maxEndpointsPerSlice }: SliceLimits): Move | null {
  const [from, ...others] = [...slices].sort(
    (a, b) => endpointsOf(a).length - endpointsOf(b).length || compareNames(b, a),
  );
  if (from === undefined) return null;
  const room = maxEndpointsPerSlice - endpointsOf(from).length;
  const into = others.filter((slice) => endpointsOf(slice).length <= room).at(-1);
  return into === undefined ? null : { from, into };
}
