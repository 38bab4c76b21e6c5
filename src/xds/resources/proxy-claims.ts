import type { ProxySpec } from '../../model/grpcservice.ts';
import { type ObjectKey, objectKey } from '../../model/key.ts';

/** A GrpcService with spec.proxy. */
export interface ProxyClaimant {
  readonly namespace: string;
  readonly name: string;
  /** metadata.creationTimestamp */
  readonly createdAt: string;
  readonly proxy: ProxySpec;
}

/** A part of spec.proxy that another GrpcService has already. */
export interface ProxyConflict {
  readonly service: ObjectKey;
  /** Who has it: the older one. */
  readonly winner: ObjectKey;
  /** `*`: every host that nobody names. */
  readonly host: string;
  /** Null: every call to the host. */
  readonly rpcService: string | null;
}

/** The routes of one host; those of single rpc services come first. */
export interface ProxyHost<Claimant> {
  /** `*`: every host that nobody names. */
  readonly host: string;
  readonly routes: readonly { readonly rpcService: string | null; readonly claimant: Claimant }[];
}

/** The host of claims that name none. */
export const ANY_HOST = '*';

/**
 * Who gets which calls at the front proxy. A claim is a host and an rpc service, or all of a host; of two GrpcServices with one claim the older has
 * it (of equal age the first by namespace and name), and the other keeps its remaining claims. Several may share a host by different rpc services.
 * The order of `claimants` does not matter.
 */
export function proxyClaims<Claimant extends ProxyClaimant>(
  claimants: readonly Claimant[],
): { readonly hosts: readonly ProxyHost<Claimant>[]; readonly conflicts: readonly ProxyConflict[] } {
  const hosts = new Map<string, Map<string | null, Claimant>>();
  const conflicts: ProxyConflict[] = [];
  for (const claimant of [...claimants].sort(olderFirst)) {
    for (const { host, rpcService } of claimsOf(claimant.proxy)) {
      const taken = hosts.get(host) ?? new Map<string | null, Claimant>();
      hosts.set(host, taken);
      const winner = taken.get(rpcService);
      if (winner === undefined) taken.set(rpcService, claimant);
      else conflicts.push({ service: keyOf(claimant), winner: keyOf(winner), host, rpcService });
    }
  }
  return {
    hosts: [...hosts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([host, taken]) => hostOf(host, taken)),
    conflicts,
  };
}

function claimsOf({
  hosts = [],
  rpcServices = [],
}: ProxySpec): readonly { readonly host: string; readonly rpcService: string | null }[] {
  // Without either there would be nothing left for others; the schema demands one.
  if (hosts.length === 0 && rpcServices.length === 0) return [];
  const names: readonly string[] = hosts.length === 0 ? [ANY_HOST] : [...new Set(hosts)];
  const services: readonly (string | null)[] = rpcServices.length === 0 ? [null] : [...new Set(rpcServices)];
  return names.flatMap((host) => services.map((rpcService) => ({ host: host.toLowerCase(), rpcService })));
}

function hostOf<Claimant>(host: string, taken: ReadonlyMap<string | null, Claimant>): ProxyHost<Claimant> {
  const all = taken.get(null);
  const single = [...taken].flatMap(([rpcService, claimant]) =>
    rpcService === null ? [] : [{ rpcService, claimant }],
  );
  single.sort((a, b) => (a.rpcService < b.rpcService ? -1 : 1));
  return { host, routes: [...single, ...(all === undefined ? [] : [{ rpcService: null, claimant: all }])] };
}

function olderFirst(a: ProxyClaimant, b: ProxyClaimant): number {
  const order = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1);
  return (
    Date.parse(a.createdAt) - Date.parse(b.createdAt) ||
    order(a.namespace, b.namespace) ||
    order(a.name, b.name)
  );
}

function keyOf({ namespace, name }: ProxyClaimant): ObjectKey {
  return objectKey({ metadata: { namespace, name } });
}
