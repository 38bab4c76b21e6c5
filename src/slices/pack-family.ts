import type { Endpoint } from '../desired/endpoint.ts';
import type { EndpointSlice, SliceEndpoint } from '../model/kube-objects.ts';
import { sameJson } from './same-json.ts';
import { compareNames, endpointsOf } from './slice-plan.ts';
import { sliceEndpoint } from './slice-shape.ts';

/** The slices and endpoints of one address type. */
export interface Family {
  readonly slices: readonly EndpointSlice[];
  readonly desired: readonly Endpoint[];
  readonly max: number;
  /** True when a slice has to be written whatever its endpoints are. */
  readonly hasDrifted: (slice: EndpointSlice) => boolean;
}

/** How the endpoints of one family go into slices. */
export interface Packing {
  /** Existing slices to write; `endpoints` null: only their labels, owner or ports. */
  readonly update: readonly PackedSlice[];
  /** Contents of new slices. */
  readonly create: readonly (readonly SliceEndpoint[])[];
  /** Existing slices that are left without an endpoint. */
  readonly emptied: readonly EndpointSlice[];
  readonly unchanged: readonly EndpointSlice[];
}

export interface PackedSlice {
  readonly slice: EndpointSlice;
  readonly endpoints: readonly SliceEndpoint[] | null;
}

/** One existing slice while the plan is made. */
interface Bin {
  readonly slice: EndpointSlice;
  readonly endpoints: SliceEndpoint[];
  /** Its endpoints differ from what they are now. */
  changed: boolean;
  readonly drifted: boolean;
}

/**
 * Packs one family with the fewest writes, as the EndpointSlice controller does (KEP-752), and a little better where marked:
 *
 * 1. An endpoint stays where it is, brought up to date in place. Of an address that is in two slices the second copy goes.
 * 2. New endpoints go into slices that are written anyway, fullest first.
 * 3. * Then into slices that have become empty: an update in place of a delete (there: only once a create is planned).
 * 4. The rest fills new slices; a last part that would not fill one goes into one untouched slice that has room for
 *    all of it, the fullest such, or else into a new one.
 * 5. * Endpoints of a slice that holds more than `max` (the limit was lowered) move into new slices only, because creates come
 *    before updates: so they are never absent.
 *
 * Everything is sorted: equal input in any order gives equal output.
 */
export function packFamily(family: Family): Packing {
  const { max } = family;
  const { bins, fresh, moved } = keepInPlace(family);
  const touched = bins.filter(
    ({ changed, drifted, endpoints }) => (changed || drifted) && endpoints.length > 0,
  );
  const emptied = bins.filter(({ endpoints }) => endpoints.length === 0).sort(byBinName);
  for (const bin of [...touched.sort(byFullest), ...emptied]) pour(fresh, bin, max);
  if (moved.length === 0) {
    const untouched = bins.filter((bin) => !bin.changed && !bin.drifted && bin.endpoints.length > 0);
    const last = fresh.splice(fresh.length - (fresh.length % max));
    const fitting = last.length === 0 ? undefined : bestFit(untouched, last.length, max);
    if (fitting === undefined) fresh.push(...last);
    else pour(last, fitting, max);
  }
  return packingOf(bins, chunks([...moved, ...fresh], max));
}

interface Placement {
  readonly bins: readonly Bin[];
  /** Endpoints in no slice yet, sorted. */
  readonly fresh: SliceEndpoint[];
  /** Endpoints of slices that hold too many, sorted. */
  readonly moved: SliceEndpoint[];
}

function keepInPlace({ slices, desired, max, hasDrifted }: Family): Placement {
  const unplaced = new Map(desired.map((endpoint) => [endpoint.address, endpoint]));
  const overflowing = new Set<string>();
  // Fullest first: after a compaction that was cut off between its two writes, the copies in the emptier slice go.
  const ordered = [...slices].sort(
    (a, b) => endpointsOf(b).length - endpointsOf(a).length || compareNames(a, b),
  );
  const bins = ordered.map((slice): Bin => {
    const endpoints: SliceEndpoint[] = [];
    let changed = false;
    for (const present of endpointsOf(slice)) {
      const address = present.addresses[0] ?? '';
      const wanted = unplaced.get(address);
      if (wanted === undefined || endpoints.length === max) {
        if (wanted !== undefined) overflowing.add(address);
        changed = true;
        continue;
      }
      unplaced.delete(address);
      const written = sliceEndpoint(wanted);
      if (!sameJson(present, written)) changed = true;
      endpoints.push(written);
    }
    return { slice, endpoints, changed, drifted: hasDrifted(slice) };
  });
  const rest = [...unplaced.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
  return {
    bins,
    fresh: rest.filter(({ address }) => !overflowing.has(address)).map(sliceEndpoint),
    moved: rest.filter(({ address }) => overflowing.has(address)).map(sliceEndpoint),
  };
}

function pour(source: SliceEndpoint[], bin: Bin, max: number): void {
  const poured = source.splice(0, max - bin.endpoints.length);
  if (poured.length === 0) return;
  bin.endpoints.push(...poured);
  bin.changed = true;
}

/** The fullest slice that has room for `count` more. */
function bestFit(bins: readonly Bin[], count: number, max: number): Bin | undefined {
  return bins.filter(({ endpoints }) => endpoints.length + count <= max).sort(byFullest)[0];
}

function packingOf(bins: readonly Bin[], create: readonly (readonly SliceEndpoint[])[]): Packing {
  const filled = bins.filter(({ endpoints }) => endpoints.length > 0);
  const update = filled.filter(({ changed, drifted }) => changed || drifted);
  return {
    update: update.map(({ slice, endpoints, changed }) => ({ slice, endpoints: changed ? endpoints : null })),
    create,
    emptied: bins.filter(({ endpoints }) => endpoints.length === 0).map(({ slice }) => slice),
    unchanged: filled.filter(({ changed, drifted }) => !changed && !drifted).map(({ slice }) => slice),
  };
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

function byFullest(a: Bin, b: Bin): number {
  return b.endpoints.length - a.endpoints.length || byBinName(a, b);
}

function byBinName(a: Bin, b: Bin): number {
  return compareNames(a.slice, b.slice);
}
