import { desiredEndpoints, type DesiredEndpoints } from '../desired/desired-endpoints.ts';
import { dnsView, type DnsView } from '../desired/dns-view.ts';
import type { PublishSpec } from '../desired/publish-spec.ts';
import type { GrpcService } from '../model/grpcservice.ts';
import type { EndpointSlice, KubeService, OwnerReference } from '../model/kube-objects.ts';
import { API_VERSION } from '../model/names.ts';
import { rfc3339Micros } from '../model/rfc3339.ts';
import type { Cidr } from '../registry/cidr.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import { compactSlices } from '../slices/compact-slices.ts';
import { planSlices } from '../slices/plan-slices.ts';
import { restoredSlices } from '../slices/restored-slices.ts';
import { planService, portNameFor, type ServicePlan } from '../slices/service-plan.ts';
import { isOwnedBy, releasedService, type ServiceTarget } from '../slices/service-shape.ts';
import type { SlicePlan, SliceTarget } from '../slices/slice-plan.ts';
import { losesMuch } from './loses-much.ts';
import type { Writes } from './publisher.ts';
import type { RegistryLookup } from './registry-access.ts';
import type { RegistryHealth } from './registry-directory.ts';

/** Everything a decision about one GrpcService is made from, as seen at one moment. */
export interface Observation {
  readonly grpcService: GrpcService;
  readonly publish: PublishSpec;
  readonly lookup: RegistryLookup;
  readonly allowedCIDRs: readonly Cidr[];
  readonly health: RegistryHealth;
  readonly snapshot: Snapshot | undefined;
  /** All that the snapshot says was read since this replica leads. */
  readonly current: boolean;
  /** The database's clock. */
  readonly nowUs: number;
  /** Every slice of this GrpcService. */
  readonly slices: readonly EndpointSlice[];
  /** Names that slices of its might have, but slices of others do. */
  readonly takenSliceNames: readonly string[];
  /** Slices of its that others deleted not long ago, as they were last. */
  readonly deletedSlices: readonly EndpointSlice[];
  /** The Service of the name that is wanted, whoever owns it. */
  readonly kubeService: KubeService | undefined;
  /** Services that this GrpcService owns under other names, and adopted ones. */
  readonly otherServices: readonly KubeService[];
  /** Slices of that name that others wrote; looked up only where a Service is to be adopted. */
  readonly foreignSlices: readonly EndpointSlice[];
  /** The GrpcService that may use the Service's name; this one, unless another claimed it first. */
  readonly nameHolder: GrpcService;
  readonly maxEndpointsPerSlice: number;
}

/** What is to be done about one GrpcService, with all that its status tells. */
export interface Decision {
  readonly desired: DesiredEndpoints | null;
  readonly dns: DnsView | null;
  /** Null: everything stays as it is. */
  readonly writes: Writes | null;
  /** Why nothing, or only a part, is written; null when the registry's word is carried out. */
  readonly held: { readonly reason: string; readonly message: string } | null;
  /** The removal that the snapshot seems to ask for is to be confirmed by a second read first (safety rule 2). */
  readonly confirm: boolean;
  /** The registry is to be read again before anything is written: what is known may be older than what the last leader published. */
  readonly catchUp: boolean;
}

/**
 * The decision. Pure. `mayCompact`: the service has been quiet for long enough that its slices may be packed more tightly. In this order, the first that applies:
 *
 * | observed | what is written |
 * |---|---|
 * | spec.paused of the GrpcService or of its Registry | nothing |
 * | spec.dns.enabled false | Service and slices are taken away |
 * | another GrpcService holds the Service's name | nothing |
 * | no Registry, or one that may not be used | nothing: a fault of ours or of a spec never takes an address away |
 * | the Registry was not read since this process started | nothing |
 * | the Service is somebody else's | nothing |
 * | the Service was adopted, and may not be any more | the annotation and the slices are taken away |
 * | a read takes away much of what is published, over DNS or in one of its address families | nothing, until a second read says the same |
 * | slices would change, by a read that is older than this term of leadership | nothing, until a newer one is there; but what others deleted comes back as it was |
 * | otherwise | slices, Service, then what is obsolete |
 */
export function decide(observation: Observation, mayCompact: boolean): Decision {
  const { publish, lookup, snapshot } = observation;
  const desired = lookup.ok && snapshot !== undefined ? desireOf(observation, snapshot) : null;
  const dns = desired === null ? null : dnsView(desired, publish);
  const told = { desired, dns, held: null, confirm: false, catchUp: false };
  const pausedBy = pausedBySpec(observation);
  if (pausedBy !== null) return { ...told, writes: null, held: { reason: 'Paused', message: pausedBy } };
  if (!publish.dns.enabled) return { ...told, writes: withdrawal(observation) };
  const obstacle = obstacleTo(observation);
  if (obstacle !== null) return { ...told, writes: null, held: obstacle };
  if (snapshot === undefined || desired === null || dns === null) {
    return { ...told, writes: null, held: notRead(observation) };
  }
  const service = plannedService(observation);
  const blocked = blockedBy(service, observation);
  if (blocked !== null) return { ...told, ...blocked };
  if (mustConfirm(observation, snapshot, desired)) {
    return { ...told, writes: null, held: CONFIRMING, confirm: true };
  }
  return { ...told, ...publication(observation, snapshot, dns, service, mayCompact) };
}

type Held = NonNullable<Decision['held']>;

const CONFIRMING: Held = {
  reason: 'ConfirmingRemoval',
  message:
    'The last read of the registry takes away much of what is published: a second read, on another connection, decides.',
};

/** Why this GrpcService may not publish, whatever the registry says. */
function obstacleTo({ nameHolder, grpcService, publish, lookup }: Observation): Held | null {
  if (nameHolder !== grpcService) {
    return {
      reason: 'ServiceNameTaken',
      message: `GrpcService ${nameHolder.metadata.name} publishes Service ${publish.dns.serviceName} already: set spec.dns.serviceName to another name, or delete one of the two.`,
    };
  }
  return lookup.ok ? null : { reason: lookup.reason, message: lookup.message };
}

/** Each replica follows the registry by itself: this one may not have seen yet what the last leader published. */
function mustCatchUp({ slices, current }: Observation): boolean {
  return slices.length > 0 && !current;
}

function catchingUp({ available, reason, message }: RegistryHealth): Held {
  return {
    reason: available ? 'CatchingUp' : reason,
    message: `The registry was not read since this replica leads, so what is published stays as it is. ${message}`,
  };
}

/** Safety rule 2, by what this GrpcService publishes. */
function mustConfirm(
  { slices, publish }: Observation,
  snapshot: Snapshot,
  desired: DesiredEndpoints,
): boolean {
  return !snapshot.confirmed && losesMuch(slices, desired, publish);
}

/** What is to be done where the Service may not be used: nothing, unless it was given up on purpose. */
function blockedBy(service: ServicePlan, observation: Observation): Pick<Decision, 'writes' | 'held'> | null {
  if (service.action === 'refuse') return { writes: null, held: service };
  return service.reason === 'Released' ? { writes: withdrawal(observation), held: service } : null;
}

function notRead({ health, lookup }: Observation): Held {
  return {
    reason: health.available ? 'NotRead' : health.reason,
    message: `Registry ${lookup.key ?? ''} was not read yet, so what is published stays as it is: ${health.message}`,
  };
}

function desireOf({ publish, allowedCIDRs, nowUs }: Observation, snapshot: Snapshot): DesiredEndpoints {
  return desiredEndpoints({ publish, allowedCIDRs, snapshot, nowUs });
}

function pausedBySpec({ publish, lookup }: Observation): string | null {
  if (publish.paused) {
    return 'spec.paused is true: what is published stays as it is. Set it to false to go on.';
  }
  if (lookup.ok && lookup.registry.spec.paused === true) {
    return `Registry ${lookup.key} is paused: what is published stays as it is. Set its spec.paused to false to go on.`;
  }
  return null;
}

function plannedService({ kubeService, publish, grpcService, foreignSlices }: Observation): ServicePlan {
  return planService({
    existing: kubeService,
    target: serviceTarget(grpcService, publish),
    adoption: publish.dns.adoption,
    foreignSlices,
  });
}

function publication(
  observation: Observation,
  snapshot: Snapshot,
  dns: DnsView,
  service: ServicePlan,
  mayCompact: boolean,
): Pick<Decision, 'writes'> & Partial<Decision> {
  const { grpcService, publish, kubeService, slices, maxEndpointsPerSlice, otherServices } = observation;
  const target: SliceTarget = {
    namespace: grpcService.metadata.namespace ?? '',
    serviceName: publish.dns.serviceName,
    owner: ownerReference(grpcService),
    uid: grpcService.metadata.uid ?? '',
    labels: publish.dns.labels,
    port: publish.port,
    portName: portNameFor({ existing: kubeService, target: serviceTarget(grpcService, publish) }),
    appProtocol: publish.dns.appProtocol,
    triggerTime: snapshot.changedAtUs === 0 ? null : rfc3339Micros(snapshot.changedAtUs),
    addressTypes: publish.dns.addressTypes,
  };
  const input = {
    current: slices,
    desired: dns.endpoints,
    target,
    limits: { maxEndpointsPerSlice },
    takenNames: observation.takenSliceNames,
  };
  const plan = planSlices(input);
  if (!plan.idle && mustCatchUp(observation)) {
    return {
      writes: restoration(observation, dns, plan),
      held: catchingUp(observation.health),
      catchUp: true,
    };
  }
  const writes = {
    slices: plan.idle && mayCompact ? compactSlices(input) : plan,
    service,
    obsoleteSlices: [],
    ...releases(otherServices, grpcService),
  };
  return { writes };
}

/** What others deleted is no news of the registry: it is made again, and nothing else is changed. Null for nothing. */
function restoration(observation: Observation, dns: DnsView, plan: SlicePlan): Writes | null {
  const { deletedSlices, slices, publish } = observation;
  const create = restoredSlices(deletedSlices, slices, dns.endpoints, publish.dns.serviceName);
  if (create.length === 0) return null;
  return {
    slices: { ...plan, create, update: [], delete: [] },
    service: {
      action: 'none',
      reason: 'CatchingUp',
      message: 'Only slices that were deleted are made again.',
    },
    obsoleteSlices: [],
    obsoleteServices: [],
    releasedServices: [],
  };
}

/** Takes away all that was published over DNS: the names first, so that nobody finds a name without addresses. */
function withdrawal({ grpcService, kubeService, otherServices, slices }: Observation): Writes {
  const services = kubeService === undefined ? otherServices : [kubeService, ...otherServices];
  return {
    slices: null,
    service: { action: 'none', reason: 'DNSDisabled', message: 'spec.dns.enabled is false.' },
    obsoleteSlices: slices.filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    ...releases(services, grpcService),
  };
}

/** Services that this GrpcService no longer uses: its own are deleted, adopted ones only lose the annotation that says so. */
function releases(
  services: readonly KubeService[],
  { metadata: { uid = '' } }: GrpcService,
): Pick<Writes, 'obsoleteServices' | 'releasedServices'> {
  const present = services.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const isOwn = (service: KubeService): boolean => isOwnedBy(service, uid);
  return {
    obsoleteServices: present.filter(isOwn),
    releasedServices: present
      .filter((service) => !isOwn(service))
      .flatMap((service) => releasedService(service, uid) ?? []),
  };
}

function serviceTarget(grpcService: GrpcService, { port, dns }: PublishSpec): ServiceTarget {
  return {
    namespace: grpcService.metadata.namespace ?? '',
    name: dns.serviceName,
    owner: ownerReference(grpcService),
    uid: grpcService.metadata.uid ?? '',
    port,
    appProtocol: dns.appProtocol,
    labels: dns.labels,
    annotations: dns.annotations,
  };
}

function ownerReference({ metadata: { name, uid = '' } }: GrpcService): OwnerReference {
  return {
    apiVersion: API_VERSION,
    kind: 'GrpcService',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}
