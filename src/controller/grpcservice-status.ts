import { isDeepStrictEqual } from 'node:util';
import type { DesiredEndpoints } from '../desired/desired-endpoints.ts';
import type { EndpointCounts, GrpcService, GrpcServiceStatus } from '../model/grpcservice.ts';
import { conditionsDiffer, mergeConditions, metaTime } from './conditions.ts';
import type { StatusFacts } from './grpcservice-status-facts.ts';
import { grpcServiceVerdicts } from './grpcservice-verdicts.ts';
import type { PublishedCounts } from './published-counts.ts';

const REJECTED_SHOWN = 10;

/** The status of a GrpcService. Pure. What could not be read stays as it was written last: nothing is claimed anew. */
export function grpcServiceStatus(
  grpcService: GrpcService,
  facts: StatusFacts,
  wallMs: number,
): GrpcServiceStatus {
  const { xds, ...before } = grpcService.status ?? {};
  const generation = grpcService.metadata.generation ?? 0;
  const { publish, desired, dns, snapshot, xdsReplicas } = facts;
  const known =
    desired === null || dns === null || snapshot === undefined
      ? {}
      : {
          endpoints: endpointCounts(desired, facts.published),
          revision: Math.max(snapshot.revision, before.revision ?? 0),
          rejected: desired.rejected
            .slice(0, REJECTED_SHOWN)
            .map(({ instanceId, reason }) => ({ instanceId, reason })),
        };
  return {
    ...before,
    observedGeneration: generation,
    conditions: mergeConditions(
      before.conditions ?? [],
      grpcServiceVerdicts(grpcService, facts),
      generation,
      metaTime(wallMs),
    ),
    ...known,
    slices: facts.published.slices,
    targets: {
      ...(publish.dns.enabled && { dns: dnsTarget(grpcService, facts) }),
      ...(facts.servesXds && { xds: xdsTarget(grpcService) }),
    },
    // They belong to the replicas, and are put back as they are.
    ...(xdsReplicas.length === 0 ? {} : { xds: { ...xds, replicas: xdsReplicas } }),
  };
}

/** Of what is published, and of the rows that are not. */
function endpointCounts(
  { counts }: DesiredEndpoints,
  { desired, ready, draining }: PublishedCounts,
): EndpointCounts {
  return {
    desired,
    ready,
    draining,
    expired: counts.expired,
    held: Math.min(counts.held, ready),
    rejected: counts.rejected,
  };
}

function dnsTarget(grpcService: GrpcService, { publish, clusterDomain }: StatusFacts): string {
  const namespace = grpcService.metadata.namespace ?? '';
  return `dns:///${publish.dns.serviceName}.${namespace}.svc.${clusterDomain}:${publish.port}`;
}

/** The GrpcService's own name, whatever its Service is called (src/xds/resources/service-resources.ts). */
function xdsTarget({ metadata: { name, namespace = '' } }: GrpcService): string {
  return `xds:///${name}.${namespace}`;
}

/** Least time between two writes of one GrpcService's status when no condition changes, in ms. */
const QUIET_MS = 1000;

/** How long the write of `after` has to wait, in ms: 0 for a transition, null when nothing differs. */
export function statusDelayMs(
  before: GrpcServiceStatus | undefined,
  after: GrpcServiceStatus,
  sinceLastWriteMs: number,
): number | null {
  if (isDeepStrictEqual(before, after)) return null;
  const transition =
    before === undefined ||
    before.observedGeneration !== after.observedGeneration ||
    conditionsDiffer(before.conditions ?? [], after.conditions ?? []);
  return transition ? 0 : Math.max(0, QUIET_MS - sinceLastWriteMs);
}
