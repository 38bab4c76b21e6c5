/**
 * How many writes the EndpointSlice controller of Kubernetes needs for one family of one service, counted from the description
 * of its algorithm (KEP-752 and reconciler documentation), with sizes only: an upper bound for our planner.
 */
export function upstreamWrites(
  slices: readonly (readonly string[])[],
  wanted: ReadonlySet<string>,
  changed: ReadonlySet<string>,
  max: number,
): number {
  const kept = slices.map((slice) => slice.filter((address) => wanted.has(address)));
  const placed = new Set(kept.flat());
  let rest = [...wanted].filter((address) => !placed.has(address)).length;
  const deletes = kept.filter((slice) => slice.length === 0).length;
  const isUpdated = (slice: readonly string[], i: number): boolean =>
    slice.length > 0 &&
    (slice.length < (slices[i]?.length ?? 0) || slice.some((address) => changed.has(address)));
  const updated = kept.filter(isUpdated);
  const untouched = kept
    .filter((slice, i) => slice.length > 0 && !isUpdated(slice, i))
    .map(({ length }) => length);
  for (const { length } of updated) rest -= Math.min(rest, max - length);
  let [creates, touched] = [0, 0];
  while (rest > 0) {
    const fits = rest < max && untouched.some((length) => length + rest <= max);
    if (fits) touched += 1;
    else creates += 1;
    rest -= fits ? rest : Math.min(rest, max);
  }
  // A create and a delete together are one update in place.
  return updated.length + touched + Math.max(creates, deletes);
}
