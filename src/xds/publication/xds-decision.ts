import { losesMuch, losesMuchInAFamily } from '../../controller/loses-much.ts';
import type { RegistryLookup } from '../../controller/registry-access.ts';
import { desiredEndpoints } from '../../desired/desired-endpoints.ts';
import type { Endpoint } from '../../desired/endpoint.ts';
import type { PublishSpec } from '../../desired/publish-spec.ts';
import type { EndpointSlice } from '../../model/kube-objects.ts';
import type { Cidr } from '../../registry/cidr.ts';
import type { Snapshot } from '../../registry/snapshot.ts';

/** Everything that a decision about the endpoints of one GrpcService is made from. */
export interface XdsObservation {
  readonly publish: PublishSpec;
  readonly lookup: RegistryLookup;
  readonly allowedCIDRs: readonly Cidr[];
  readonly snapshot: Snapshot | undefined;
  /** The database's clock. */
  readonly nowUs: number;
  /** What clients of this replica are told now; null: nothing yet. */
  readonly published: readonly Endpoint[] | null;
  /** The slices of this GrpcService: what was published over DNS last, by whichever replica. */
  readonly slices: readonly EndpointSlice[];
}

/**
 * What is to be done about the endpoints:
 *
 * - `publish`: they are these from now on.
 * - `keep`: they stay as they are, or unknown: nothing is taken away because of us (safety rule 1).
 */
export type XdsDecision =
  | {
      readonly action: 'publish';
      readonly endpoints: readonly Endpoint[];
      /** When the passing of time alone changes this, by the database's clock; null: never. */
      readonly nextChangeUs: number | null;
    }
  | {
      readonly action: 'keep';
      readonly why: 'Paused' | 'NoRegistry' | 'NotRead' | 'Confirming';
    };

/**
 * Decides what the clients of one replica are told of one GrpcService. Pure. Each replica follows the registry by itself, so that unlike for slices nobody has
 * to lead; what stands in the way is the same.
 */
export function decideXds(observation: XdsObservation): XdsDecision {
  const { publish, lookup, allowedCIDRs, snapshot, nowUs } = observation;
  if (publish.paused || (lookup.ok && lookup.registry.spec.paused === true)) return keep('Paused');
  if (!lookup.ok) return keep('NoRegistry');
  if (snapshot === undefined) return keep('NotRead');
  const { endpoints, base, nextChangeUs } = desiredEndpoints({ publish, allowedCIDRs, snapshot, nowUs });
  if (!snapshot.confirmed && takesMuch(observation, base)) return keep('Confirming');
  return { action: 'publish', endpoints, nextChangeUs };
}

/**
 * Safety rule 2. A replica that has told nothing yet compares with the slices: clients have what another replica told them. Without DNS there are none, and all
 * that can be seen of a loss is that nothing is left.
 */
function takesMuch(
  { published, slices, publish }: XdsObservation,
  base: Parameters<typeof losesMuch>[1]['base'],
): boolean {
  if (published === null && !publish.dns.enabled) return base.length === 0;
  if (published === null) return losesMuch(slices, { base }, publish);
  const rows = published.map(({ address, addressType, port }) => ({
    ...({ address, addressType, port, status: 'UP', weight: 1 } as const),
  }));
  return losesMuchInAFamily(rows, base);
}

function keep(why: Extract<XdsDecision, { action: 'keep' }>['why']): XdsDecision {
  return { action: 'keep', why };
}
