import type { Endpoint } from '../desired/endpoint.ts';
import type { AddressType } from '../model/instance.ts';
import type { EndpointSlice, SliceEndpoint, SlicePort } from '../model/kube-objects.ts';
import {
  ANNOTATION_TRIGGER_TIME,
  LABEL_GRPCSERVICE_UID,
  LABEL_HEADLESS,
  LABEL_MANAGED_BY,
  LABEL_SERVICE_NAME,
  MANAGED_BY,
} from '../model/names.ts';
import { sameJson } from './same-json.ts';
import type { SliceTarget } from './slice-plan.ts';

/** The labels of every slice: the user's, and the reserved ones over them. Slices have these and no others. */
export function sliceLabels(target: SliceTarget): Readonly<Record<string, string>> {
  return {
    ...target.labels,
    [LABEL_SERVICE_NAME]: target.serviceName,
    [LABEL_MANAGED_BY]: MANAGED_BY,
    [LABEL_HEADLESS]: '',
    [LABEL_GRPCSERVICE_UID]: target.uid,
  };
}

/** The one port of every slice. */
export function slicePorts(target: SliceTarget): readonly SlicePort[] {
  const { portName, port, appProtocol } = target;
  return [{ name: portName, port, protocol: 'TCP', ...(appProtocol === null ? {} : { appProtocol }) }];
}

/** An endpoint as slices have it (KEP-1672: a draining one still serves, but takes no new clients). */
export function sliceEndpoint({ address, state, zone }: Endpoint): SliceEndpoint {
  const draining = state === 'Draining';
  return {
    addresses: [address],
    conditions: { ready: !draining, serving: true, terminating: draining },
    ...(zone === null ? {} : { zone }),
  };
}

/** True when somebody changed what all slices have in common: labels, owner, ports. Annotations of others are theirs. */
export function hasDrifted(slice: EndpointSlice, target: SliceTarget): boolean {
  const { labels, ownerReferences } = slice.metadata;
  return !(
    sameJson(labels, sliceLabels(target)) &&
    sameJson(ownerReferences, [target.owner]) &&
    sameJson(slice.ports, slicePorts(target))
  );
}

/** A slice that is not there yet. */
export function newSlice(
  name: string,
  addressType: AddressType,
  endpoints: readonly SliceEndpoint[],
  target: SliceTarget,
): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace: target.namespace,
      labels: sliceLabels(target),
      annotations: withTriggerTime({}, target.triggerTime),
      ownerReferences: [target.owner],
    },
    addressType,
    endpoints,
    ports: slicePorts(target),
  };
}

/**
 * A slice as it should be. What is none of our business (annotations and finalizers of others) stays. `endpoints` null: they
 * stay as they are, and with them the trigger time; otherwise it is set anew, or taken away when nothing triggered the
 * change, for CoreDNS would take the old time for that of this change.
 */
export function writtenSlice(
  slice: EndpointSlice,
  endpoints: readonly SliceEndpoint[] | null,
  target: SliceTarget,
): EndpointSlice {
  const before = slice.metadata.annotations ?? {};
  return {
    ...slice,
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      ...slice.metadata,
      labels: sliceLabels(target),
      annotations: endpoints === null ? before : withTriggerTime(before, target.triggerTime),
      ownerReferences: [target.owner],
    },
    endpoints: endpoints ?? slice.endpoints,
    ports: slicePorts(target),
  };
}

function withTriggerTime(
  annotations: Readonly<Record<string, string>>,
  triggerTime: string | null,
): Readonly<Record<string, string>> {
  const others = Object.entries(annotations).filter(([name]) => name !== ANNOTATION_TRIGGER_TIME);
  return Object.fromEntries(
    triggerTime === null ? others : [...others, [ANNOTATION_TRIGGER_TIME, triggerTime]],
  );
}
