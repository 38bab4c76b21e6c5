import type { Endpoint } from '../../desired/endpoint.ts';
import type { LocalityPreference } from './xds-spec.ts';
import type { XdsView } from './view.ts';

/**
 * The endpoints by priority, as a client at a place is to call them: the first group while one of it can be reached, then the next.
 *
 * | mode             | groups, nearest first                                                            |
 * | ---------------- | -------------------------------------------------------------------------------- |
 * | PreferSameZone   | the client's zone; the rest of its region; each failover region; everything else |
 * | PreferSameRegion | the client's region; each failover region; everything else                       |
 * | None             | everything                                                                       |
 *
 * No group is empty (clients refuse a gap), and none has fewer ready endpoints than spec.xds.locality.minReadyEndpoints, unless it is the last:
 * it goes together with the next one. A client that does not say where it is gets one group. Endpoints of one region and zone are never in two groups:
 * grpc-java keeps one group for each locality.
 */
export function prioritized(
  endpoints: readonly Endpoint[],
  preference: LocalityPreference,
  view: Pick<XdsView, 'region' | 'zone'>,
): readonly (readonly Endpoint[])[] {
  if (endpoints.length === 0) return [];
  if (preference.mode === 'None') return [endpoints];
  const groups = new Map<number, Endpoint[]>();
  for (const endpoint of endpoints) {
    const distance = distanceOf(endpoint, preference, view);
    const group = groups.get(distance);
    if (group === undefined) groups.set(distance, [endpoint]);
    else group.push(endpoint);
  }
  const nearestFirst = [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
  return largeEnough(nearestFirst, preference.minReadyEndpoints);
}

function largeEnough(
  groups: readonly (readonly Endpoint[])[],
  minimum: number,
): readonly (readonly Endpoint[])[] {
  const priorities: (readonly Endpoint[])[] = [];
  let pending: readonly Endpoint[] = [];
  for (const group of groups) {
    pending = [...pending, ...group];
    if (readyIn(pending) < minimum) continue;
    priorities.push(pending);
    pending = [];
  }
  if (pending.length === 0) return priorities;
  // What is left over could never be called alone if it is only draining, so it needs no priority of its own.
  const last = readyIn(pending) === 0 ? priorities.pop() : undefined;
  return [...priorities, last === undefined ? pending : [...last, ...pending]];
}

function readyIn(endpoints: readonly Endpoint[]): number {
  return endpoints.filter(({ state }) => state === 'Ready').length;
}

const ZONE = 0;
const REGION = 1;
const ELSEWHERE = 1000;

function distanceOf(
  endpoint: Pick<Endpoint, 'region' | 'zone'>,
  { mode, failoverRegions }: LocalityPreference,
  { region, zone }: Pick<XdsView, 'region' | 'zone'>,
): number {
  const itsRegion = placeOrNull(endpoint.region);
  // Zones have names of their own in every cloud, so a side that gives no region is compared by zone alone.
  const regionsMayBeOne = region === null || itsRegion === null || itsRegion === region;
  if (zone !== null && endpoint.zone === zone && regionsMayBeOne) {
    return mode === 'PreferSameZone' ? ZONE : REGION;
  }
  // Who does not say where it is has no other region to fail over to either.
  if (region === null || itsRegion === null) return ELSEWHERE;
  if (itsRegion === region) return REGION;
  const failover = failoverRegions.indexOf(itsRegion);
  return failover === -1 ? ELSEWHERE : REGION + 1 + failover;
}

/** A locality writes both as '', so they must be one here, too. */
function placeOrNull(text: string | null): string | null {
  return text === '' ? null : text;
}
