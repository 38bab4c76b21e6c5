import type { KubeService, KubeServiceSpec, OwnerReference, ServicePort } from '../model/kube-objects.ts';
import { ANNOTATION_ADOPTED_BY, ANNOTATION_APPLIED, LABEL_GRPCSERVICE_UID } from '../model/names.ts';
import { sameJson } from './same-json.ts';

/** The headless Service that a GrpcService asks for. */
export interface ServiceTarget {
  readonly namespace: string;
  readonly name: string;
  /** The GrpcService, with controller and blockOwnerDeletion. */
  readonly owner: OwnerReference;
  /** UID of the GrpcService. */
  readonly uid: string;
  readonly port: number;
  readonly appProtocol: string;
  /** spec.dns.labels and spec.dns.annotations. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Name of the one port of Services and slices of ours. */
export const PORT_NAME = 'grpc';

/** Fields that would turn a headless Service without selector into something else; each is taken out again. */
const FORBIDDEN: readonly string[] = [
  'selector',
  'externalIPs',
  'externalName',
  'externalTrafficPolicy',
  'healthCheckNodePort',
  'loadBalancerIP',
  'loadBalancerClass',
  'loadBalancerSourceRanges',
  'allocateLoadBalancerNodePorts',
  'publishNotReadyAddresses',
  'sessionAffinityConfig',
  'trafficDistribution',
];

/** Whether the GrpcService with this UID owns the Service, or its owner reference was taken out but our label still says so. */
export function isOwnedBy({ metadata }: KubeService, uid: string): boolean {
  const owners = metadata.ownerReferences ?? [];
  if (owners.some((owner) => owner.uid === uid)) return true;
  return (
    metadata.labels?.[LABEL_GRPCSERVICE_UID] === uid && controllerOf(metadata.ownerReferences) === undefined
  );
}

/** The owner reference with `controller: true`. */
export function controllerOf(owners: readonly OwnerReference[] | undefined): OwnerReference | undefined {
  return owners?.find(({ controller }) => controller === true);
}

/** The Service as it is created. */
export function newService(target: ServiceTarget): KubeService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: target.name,
      namespace: target.namespace,
      labels: ownLabels({}, {}, target),
      annotations: ownAnnotations({}, target),
      ownerReferences: [target.owner],
    },
    spec: { type: 'ClusterIP', clusterIP: 'None', ports: servicePorts(target) },
  };
}

/**
 * The Service that we own, as it should be: the whole spec is judged, not only what we set. Labels and annotations of
 * others stay; what spec.dns no longer asks for goes. Fields that the API server fills in (clusterIPs, ipFamilies,
 * ipFamilyPolicy, and those of newer versions) stay as it filled them in: to take them out would never end.
 */
export function writtenService(existing: KubeService, target: ServiceTarget): KubeService {
  const before = existing.metadata.annotations ?? {};
  return {
    ...existing,
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      ...existing.metadata,
      labels: ownLabels(existing.metadata.labels ?? {}, before, target),
      annotations: ownAnnotations(before, target),
      ownerReferences: [target.owner],
    },
    spec: writtenSpec(existing.spec, target),
  };
}

/** Whether two Services say the same, as far as {@link writtenService} changes them. */
export function sameService(a: KubeService, b: KubeService): boolean {
  return (
    sameJson(a.metadata.labels, b.metadata.labels) &&
    sameJson(a.metadata.annotations, b.metadata.annotations) &&
    sameJson(a.metadata.ownerReferences, b.metadata.ownerReferences) &&
    sameJson(a.spec, b.spec)
  );
}

/** The adopted Service with nothing of ours on it but the annotation that says who uses it. */
export function adoptedService(existing: KubeService, uid: string): KubeService {
  const annotations = { ...existing.metadata.annotations, [ANNOTATION_ADOPTED_BY]: uid };
  return { ...existing, metadata: { ...existing.metadata, annotations } };
}

/**
 * An adopted Service without our annotation, for when the GrpcService goes, is renamed, no longer publishes over DNS or may
 * not adopt any more; null when there is nothing to release. The Service itself is its owner's.
 */
export function releasedService(existing: KubeService, uid: string): KubeService | null {
  if (existing.metadata.annotations?.[ANNOTATION_ADOPTED_BY] !== uid) return null;
  const annotations = without(existing.metadata.annotations, [ANNOTATION_ADOPTED_BY]);
  return { ...existing, metadata: { ...existing.metadata, annotations } };
}

function servicePorts({ port, appProtocol }: ServiceTarget): readonly ServicePort[] {
  return [{ name: PORT_NAME, port, targetPort: port, protocol: 'TCP', appProtocol }];
}

function writtenSpec(existing: KubeServiceSpec, target: ServiceTarget): KubeServiceSpec {
  const allowed = Object.entries(existing).filter(([field]) => !FORBIDDEN.includes(field));
  return {
    ...(Object.fromEntries(allowed) as KubeServiceSpec),
    type: 'ClusterIP',
    clusterIP: 'None',
    ...(existing.clusterIPs === undefined ? {} : { clusterIPs: ['None'] }),
    ...(existing.internalTrafficPolicy === undefined ? {} : { internalTrafficPolicy: 'Cluster' }),
    ...(existing.sessionAffinity === undefined ? {} : { sessionAffinity: 'None' }),
    ports: servicePorts(target),
  };
}

/** What an earlier version of spec.dns put on the Service: `{"labels": [...], "annotations": [...]}`. */
interface Applied {
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
}

function ownLabels(
  before: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
  { labels, uid }: ServiceTarget,
): Readonly<Record<string, string>> {
  return {
    ...without(before, appliedBefore(annotations).labels),
    ...labels,
    [LABEL_GRPCSERVICE_UID]: uid,
  };
}

function ownAnnotations(
  before: Readonly<Record<string, string>>,
  { labels, annotations }: ServiceTarget,
): Readonly<Record<string, string>> {
  const others = without(before, [ANNOTATION_APPLIED, ...appliedBefore(before).annotations]);
  const applied: Applied = {
    labels: Object.keys(labels).sort(),
    annotations: Object.keys(annotations).sort(),
  };
  const none = applied.labels.length + applied.annotations.length === 0;
  return { ...others, ...annotations, ...(none ? {} : { [ANNOTATION_APPLIED]: JSON.stringify(applied) }) };
}

/** Reads back {@link ANNOTATION_APPLIED}; text that somebody else wrote there counts as nothing. */
function appliedBefore(annotations: Readonly<Record<string, string>>): Applied {
  const text = annotations[ANNOTATION_APPLIED] ?? '{}';
  try {
    const { labels, annotations: names } = JSON.parse(text) as Partial<Record<keyof Applied, unknown>>;
    return { labels: strings(labels), annotations: strings(names) };
  } catch {
    return { labels: [], annotations: [] };
  }
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function without(
  record: Readonly<Record<string, string>> | undefined,
  names: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record ?? {}).filter(([name]) => !names.includes(name)));
}
