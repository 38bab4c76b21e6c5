import { isSelected } from '../desired/candidates.ts';
import type { DesiredEndpoints } from '../desired/desired-endpoints.ts';
import type { PublishSpec } from '../desired/publish-spec.ts';
import type { Snapshot } from '../registry/snapshot.ts';

/**
 * Why none of a service's rows takes calls, in numbers: each row is in one of them at least (one that drains may be on another port
 * too). Such as "6 rows: 2 DOWN, 1 not matched by spec.selector, 3 with a lease that ended".
 */
export function unreadyRows(
  publish: PublishSpec,
  snapshot: Snapshot,
  { counts, base }: DesiredEndpoints,
): string {
  const { instances } = snapshot;
  const selected = instances.filter((instance) => isSelected(instance, publish.selector));
  const down = selected.filter(({ status }) => status === 'DOWN').length;
  const weightless = selected.filter(({ status, weight }) => status !== 'DOWN' && weight === 0).length;
  const family = base.filter(({ addressType }) => !publish.dns.addressTypes.includes(addressType)).length;
  const parts: readonly (readonly [number, string])[] = [
    [down, 'DOWN'],
    [weightless, 'of weight 0'],
    [instances.length - selected.length, 'not matched by spec.selector'],
    [counts.draining, 'draining'],
    [counts.expired, 'with a lease that ended'],
    [counts.rejected, 'rejected (see status.rejected)'],
    [counts.otherPort, `on another port than spec.port (${publish.port})`],
    [family, 'of a family that spec.dns.addressTypes leaves out'],
    [counts.duplicates, 'of an address and port that another row has'],
  ];
  const named = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const total = instances.length + snapshot.rejected.length;
  return `${total} ${total === 1 ? 'row' : 'rows'}: ${named.join(', ')}`;
}

/** The statement that shows a service's rows in the tables of the Managed schema. */
export function rowsQuery(service: string): string {
  const text = service.replaceAll('\\', '\\\\').replaceAll("'", "''");
  return `SELECT instance_id, address, port, status, weight, metadata, ttl_ms, expires_at, NOW(6) FROM instances LEFT JOIN heartbeats ON instance = id WHERE service = '${text}'`;
}
