import type { DesiredEndpoints } from '../desired/desired-endpoints.ts';
import { dnsCarries, type PublishSpec } from '../desired/publish-spec.ts';
import type { EndpointSlice } from '../model/kube-objects.ts';
import { LABEL_SERVICE_NAME } from '../model/names.ts';
import { isDrastic, losesAny, type Rows } from '../registry/confirm.ts';

/** Each family is looked at by itself too, for a client may know only one of them. */
const PARTS: readonly (readonly string[])[] = [['IPv4', 'IPv6'], ['IPv4'], ['IPv6']];

/**
 * Safety rule 2 for what one GrpcService publishes: whether the rows that the registry shows take away so much of what its slices hold that
 * a second read has to confirm it. The registry's engine looks at whole services only, so a selector or a port that picks a part of one may
 * lose all of it by a read that is harmless there; and with the first read of a process it has nothing to compare. Expiry is
 * left out: it has a rule of its own (3).
 */
export function losesMuch(
  slices: readonly EndpointSlice[],
  { base }: Pick<DesiredEndpoints, 'base'>,
  publish: PublishSpec,
): boolean {
  const named = slices.filter(
    ({ metadata }) => metadata.labels?.[LABEL_SERVICE_NAME] === publish.dns.serviceName,
  );
  const carried = base.filter((row) => dnsCarries(publish, row));
  return losesMuchInAFamily(named.flatMap(rowsOf), carried);
}

type FamilyRow = Rows['instances'][number] & { readonly addressType: string };

/** Whether `after` lacks so much of `before`, in all or in one address family, that a second read has to confirm it. */
export function losesMuchInAFamily(before: readonly FamilyRow[], after: readonly FamilyRow[]): boolean {
  if (!losesAny({ instances: before }, { instances: after })) return false;
  const part = (rows: readonly FamilyRow[], families: readonly string[]): Rows => ({
    instances: rows.filter(({ addressType }) => families.includes(addressType)),
  });
  return PARTS.some((families) => isDrastic(part(before, families), part(after, families)));
}

/** What clients reach by a slice, in the terms of the confirm rule. */
function rowsOf({ endpoints, ports, addressType }: EndpointSlice): readonly FamilyRow[] {
  const port = ports?.[0]?.port ?? 0;
  return (endpoints ?? []).flatMap(({ addresses }) =>
    addresses.map((address) => ({ address, addressType, port, status: 'UP', weight: 1 })),
  );
}
