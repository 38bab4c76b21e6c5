import type { EndpointSlice, KubeService } from '../model/kube-objects.ts';
import { ANNOTATION_ADOPTED_BY } from '../model/names.ts';
import { adoptionRefusal } from './adoption.ts';
import {
  adoptedService,
  isOwnedBy,
  newService,
  PORT_NAME,
  releasedService,
  sameService,
  type ServiceTarget,
  writtenService,
} from './service-shape.ts';

export interface ServicePlanInput {
  /** The Service of that name, whoever owns it; undefined: there is none. */
  readonly existing: KubeService | undefined;
  readonly target: ServiceTarget;
  readonly adoption: 'Never' | 'IfUnowned';
  /** Slices labelled with the Service's name that another manager writes. Asked for only where `existing` is not owned by us. */
  readonly foreignSlices: readonly EndpointSlice[];
}

/** What is to be done about the headless Service. `reason` is CamelCase; `message` says what to type where something is in the way. */
export type ServicePlan =
  | {
      readonly action: 'create' | 'update';
      readonly service: KubeService;
      readonly reason: string;
      readonly message: string;
    }
  /** `service` cannot become what it should be by an update: delete `existing` first, then create `service`. */
  | {
      readonly action: 'recreate';
      readonly existing: KubeService;
      readonly service: KubeService;
      readonly reason: string;
      readonly message: string;
    }
  /** Nothing to write: it is as it should be. */
  | { readonly action: 'none'; readonly reason: string; readonly message: string }
  /** It must not be touched. */
  | { readonly action: 'refuse'; readonly reason: string; readonly message: string };

/**
 * Plans the headless Service. The caller has made sure that no other GrpcService has a better claim to the name.
 *
 * | the Service of that name | plan |
 * |---|---|
 * | does not exist | create |
 * | is being deleted | refuse until it is gone |
 * | is ours and headless | none, or update where anything of its spec, our labels or annotations or its owner was changed |
 * | is ours and of type ExternalName | update: the API server lets it go back to headless |
 * | is ours and has a cluster IP | recreate: the API server never lets a cluster IP go (spec.clusterIPs may not change once set) |
 * | is not ours, adoption Never | refuse; if it was adopted before, our annotation is taken off first |
 * | is not ours, adoption IfUnowned | adopt by annotation, unless it has a selector, a cluster IP, an owner or slices of others |
 */
export function planService({ existing, target, adoption, foreignSlices }: ServicePlanInput): ServicePlan {
  if (existing === undefined) {
    return {
      action: 'create',
      service: newService(target),
      reason: 'Missing',
      message: `${named(target)} is created.`,
    };
  }
  if (existing.metadata.deletionTimestamp !== undefined) {
    return refuse(
      'ServiceTerminating',
      `${named(target)} is being deleted: it is created anew once it is gone.`,
    );
  }
  if (isOwnedBy(existing, target.uid)) return planOwn(existing, target);
  if (adoption === 'Never') return planUnadopted(existing, target);
  const refusal = adoptionRefusal(existing, target, foreignSlices);
  if (refusal !== null) return refuse(refusal.reason, refusal.message);
  if (existing.metadata.annotations?.[ANNOTATION_ADOPTED_BY] === target.uid) {
    return { action: 'none', reason: 'Adopted', message: `${named(target)} is adopted.` };
  }
  return {
    action: 'update',
    service: adoptedService(existing, target.uid),
    reason: 'Adopted',
    message: `${named(target)} is adopted: from now on its addresses come from the registry.`,
  };
}

/** The name that slices must give their port, so that consumers match them with the Service (kubernetes/kubernetes#123954). */
export function portNameFor({ existing, target }: Pick<ServicePlanInput, 'existing' | 'target'>): string {
  if (existing === undefined || isOwnedBy(existing, target.uid)) return PORT_NAME;
  const match = existing.spec.ports?.find(({ port, targetPort }) => (targetPort ?? port) === target.port);
  return match === undefined ? PORT_NAME : (match.name ?? '');
}

function planOwn(existing: KubeService, target: ServiceTarget): ServicePlan {
  const { clusterIP = '', type } = existing.spec;
  if (type !== 'ExternalName' && clusterIP !== 'None' && clusterIP !== '') {
    return {
      action: 'recreate',
      existing,
      service: newService(target),
      reason: 'ClusterIPSet',
      message: `${named(target)} has cluster IP ${clusterIP}, which cannot be taken off it: it is deleted and created anew.`,
    };
  }
  const service = writtenService(existing, target);
  if (sameService(existing, service)) {
    return { action: 'none', reason: 'UpToDate', message: `${named(target)} is as it should be.` };
  }
  return {
    action: 'update',
    service,
    reason: 'Drifted',
    message: `${named(target)} is brought back to what its GrpcService asks for.`,
  };
}

function planUnadopted(existing: KubeService, target: ServiceTarget): ServicePlan {
  const released = releasedService(existing, target.uid);
  if (released !== null) {
    return {
      action: 'update',
      service: released,
      reason: 'Released',
      message: `${named(target)} is released: spec.dns.adoption is Never.`,
    };
  }
  const wanted = `Delete it (kubectl delete service -n ${target.namespace} ${target.name}), or set spec.dns.serviceName to another name, or spec.dns.adoption to IfUnowned to have its addresses come from the registry.`;
  const refusal = adoptionRefusal(existing, target, []);
  const before = refusal === null ? '' : ` For IfUnowned this is in the way: ${refusal.message}`;
  return refuse(
    'ServiceNotOwned',
    `${named(target)} exists and belongs to somebody else. ${wanted}${before}`,
  );
}

function named({ namespace, name }: ServiceTarget): string {
  return `Service ${namespace}/${name}`;
}

function refuse(reason: string, message: string): ServicePlan {
  return { action: 'refuse', reason, message };
}
