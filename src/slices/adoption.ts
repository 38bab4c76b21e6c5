import type { EndpointSlice, KubeService } from '../model/kube-objects.ts';
import { LABEL_MANAGED_BY } from '../model/names.ts';
import { controllerOf, type ServiceTarget } from './service-shape.ts';

/** One thing that keeps a Service from being adopted. */
interface Obstacle {
  readonly reason: string;
  /** Completes "Service shop/orders ...". */
  readonly is: string;
  /** What to do about it. */
  readonly mend: string;
  /** Mending it takes the Service away, and with it everything else that is in the way. */
  readonly endsAll: boolean;
}

/**
 * What keeps a Service from being adopted: an owner that controls it, a selector, a cluster IP (or an external name), slices that others
 * wrote. `reason` is that of the first; the message names them all, so that nobody is led from one refusal to the next. Null for nothing.
 */
export function adoptionRefusal(
  service: KubeService,
  target: Pick<ServiceTarget, 'namespace' | 'name'>,
  foreignSlices: readonly EndpointSlice[],
): { readonly reason: string; readonly message: string } | null {
  const obstacles = [
    ownerObstacle(service),
    selectorObstacle(service, target),
    addressObstacle(service, target),
    slicesObstacle(foreignSlices, target),
  ].filter((obstacle) => obstacle !== null);
  const [first] = obstacles;
  if (first === undefined) return null;
  const radical = obstacles.find(({ endsAll }) => endsAll);
  const mends = radical === undefined ? obstacles.map(({ mend }) => mend) : [radical.mend];
  const is = obstacles.map((obstacle) => obstacle.is).join('; and it ');
  return {
    reason: first.reason,
    message: `Service ${target.namespace}/${target.name} ${is}. ${mends.join(' ')} Or set spec.dns.serviceName to another name.`,
  };
}

function ownerObstacle({ metadata }: KubeService): Obstacle | null {
  const owner = controllerOf(metadata.ownerReferences);
  if (owner === undefined) return null;
  return {
    reason: 'ServiceOwned',
    is: `is controlled by ${owner.kind} ${owner.name}`,
    mend: `Delete ${owner.kind} ${owner.name} if nobody needs it: the Service goes with it, and is created anew as a headless one.`,
    endsAll: true,
  };
}

function selectorObstacle(
  { spec }: KubeService,
  { namespace, name }: Pick<ServiceTarget, 'namespace' | 'name'>,
): Obstacle | null {
  if (Object.keys(spec.selector ?? {}).length === 0) return null;
  return {
    reason: 'ServiceHasSelector',
    is: 'has a selector, so Kubernetes fills it with pods',
    mend: `Remove the selector (kubectl patch service -n ${namespace} ${name} --type json -p '[{"op":"remove","path":"/spec/selector"}]'); slices that Kubernetes made for it stay, and are to be deleted after it.`,
    endsAll: false,
  };
}

function addressObstacle(
  { spec }: KubeService,
  { namespace, name }: Pick<ServiceTarget, 'namespace' | 'name'>,
): Obstacle | null {
  const isExternal = spec.type === 'ExternalName';
  if (!isExternal && spec.clusterIP === 'None') return null;
  const is = isExternal ? 'is of type ExternalName' : `has cluster IP ${spec.clusterIP ?? ''}`;
  return {
    reason: 'ServiceNotHeadless',
    is: `${is}, but gRPC clients need the addresses of the servers`,
    mend: `Delete it (kubectl delete service -n ${namespace} ${name}; it is created anew as a headless one).`,
    endsAll: true,
  };
}

function slicesObstacle(
  foreignSlices: readonly EndpointSlice[],
  { namespace }: Pick<ServiceTarget, 'namespace'>,
): Obstacle | null {
  const foreign = foreignSlices.filter((slice) => slice.metadata.deletionTimestamp === undefined);
  if (foreign.length === 0) return null;
  const names = foreign.map(({ metadata }) => metadata.name).sort();
  const managers = new Set(foreign.map(({ metadata }) => metadata.labels?.[LABEL_MANAGED_BY] ?? 'nobody'));
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return {
    reason: 'ServiceHasForeignSlices',
    is: `has EndpointSlices of another manager (${[...managers].sort().join(', ')}): ${names.slice(0, 3).join(', ')}${more}`,
    mend: `Delete them (kubectl delete endpointslice -n ${namespace} ${names.slice(0, 3).join(' ')}), and the Endpoints object of that name if they are a mirror of it.`,
    endsAll: false,
  };
}
