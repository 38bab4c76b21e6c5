import type { Endpoint } from '../../src/desired/endpoint.ts';
import type { AddressType } from '../../src/model/instance.ts';
import type { EndpointSlice, SliceEndpoint } from '../../src/model/kube-objects.ts';
import { sliceEndpoint, sliceLabels, slicePorts } from '../../src/slices/slice-shape.ts';
import type { SlicePlan, SlicePlanInput, SliceTarget } from '../../src/slices/slice-plan.ts';
import { planSlices } from '../../src/slices/plan-slices.ts';

export const UID = '6f1c6c0e-0000-4000-8000-000000000001';

/** The target of GrpcService shop/orders. */
export function aTarget(fields: Partial<SliceTarget> = {}): SliceTarget {
  return {
    namespace: 'shop',
    serviceName: 'orders',
    owner: {
      apiVersion: 'rollcall.dev/v1alpha1',
      kind: 'GrpcService',
      name: 'orders',
      uid: UID,
      controller: true,
      blockOwnerDeletion: true,
    },
    uid: UID,
    labels: {},
    port: 50051,
    portName: 'grpc',
    appProtocol: 'grpc',
    triggerTime: '2026-01-31T12:00:00.000001Z',
    addressTypes: ['IPv4', 'IPv6'],
    ...fields,
  };
}

/** The n-th address of a family. */
export function anAddress(n: number, addressType: AddressType = 'IPv4'): string {
  return addressType === 'IPv4' ? `10.0.${n >> 8}.${n & 255}` : `2001:db8::${n.toString(16)}`;
}

export function anEndpoint(address: string, fields: Partial<Endpoint> = {}): Endpoint {
  return {
    address,
    addressType: address.includes(':') ? 'IPv6' : 'IPv4',
    port: 50051,
    weight: 100,
    region: null,
    zone: null,
    state: 'Ready',
    held: false,
    instanceId: address,
    ...fields,
  };
}

/** Endpoints for the numbers given, or 1 to `count`. */
export function endpoints(
  numbers: number | readonly number[],
  addressType: AddressType = 'IPv4',
): Endpoint[] {
  const list = typeof numbers === 'number' ? Array.from({ length: numbers }, (_, i) => i + 1) : numbers;
  return list.map((n) => anEndpoint(anAddress(n, addressType)));
}

/** A stored slice that holds these endpoints and is otherwise as `target` wants it. */
export function aSlice(
  name: string,
  held: readonly Endpoint[],
  fields: Partial<EndpointSlice> = {},
  target: SliceTarget = aTarget(),
): EndpointSlice {
  const first: AddressType = held[0]?.addressType ?? 'IPv4';
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: first,
    endpoints: held.map(sliceEndpoint),
    ports: slicePorts(target),
    ...fields,
    metadata: {
      name,
      namespace: target.namespace,
      uid: `uid-of-${name}`,
      resourceVersion: '1',
      generation: 1,
      labels: sliceLabels(target),
      ownerReferences: [target.owner],
      ...fields.metadata,
    },
  };
}

export function plan(
  current: readonly EndpointSlice[],
  desired: readonly Endpoint[],
  { max = 100, target = aTarget() }: { max?: number; target?: SliceTarget } = {},
): SlicePlan {
  return planSlices(inputOf(current, desired, { max, target }));
}

export function inputOf(
  current: readonly EndpointSlice[],
  desired: readonly Endpoint[],
  { max = 100, target = aTarget() }: { max?: number; target?: SliceTarget } = {},
): SlicePlanInput {
  return { current, desired, target, limits: { maxEndpointsPerSlice: max } };
}

/** The addresses in a slice, in its order. */
export function addressesIn(slice: EndpointSlice | undefined): string[] {
  return (slice?.endpoints ?? []).flatMap(({ addresses }: SliceEndpoint) => [...addresses]);
}

/** How many writes a plan asks for. */
export function writesOf({ create, update, delete: gone }: SlicePlan): number {
  return create.length + update.length + gone.length;
}
