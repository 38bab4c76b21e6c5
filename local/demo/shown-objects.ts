import type { ShownCondition, ShownGrpcService, ShownRegistry, ShownSlice } from './state.ts';
import { inOrder } from './text.ts';
import type { WatchedObject } from './watch.ts';

/** An EndpointSlice, as far as it is shown. */
interface SliceObject extends WatchedObject {
  readonly addressType: string;
  readonly ports?: readonly { readonly port?: number }[] | null;
  readonly endpoints?:
    | readonly { readonly addresses: readonly string[]; readonly conditions?: { readonly ready?: boolean } }[]
    | null;
}

/** A GrpcService, as far as it is shown. */
interface GrpcServiceObject extends WatchedObject {
  readonly spec: { readonly service?: string };
  readonly status?: {
    readonly conditions?: readonly ShownCondition[];
    readonly endpoints?: { readonly ready: number; readonly draining: number; readonly held: number };
  };
}

/** A Registry, as far as it is shown. */
interface RegistryObject extends WatchedObject {
  readonly spec: { readonly feed?: { readonly type?: string } };
  readonly status?: {
    readonly conditions?: readonly ShownCondition[];
    readonly feed?: { readonly active: string };
  };
}

/** What the screen shows of a slice. */
export function shownSlice(object: WatchedObject): ShownSlice {
  const { metadata, addressType, ports, endpoints } = object as SliceObject;
  const shown = (endpoints ?? []).flatMap(({ addresses, conditions }) =>
    addresses.map((ip) => ({
      ip,
      state: conditions?.ready === false ? ('draining' as const) : ('ready' as const),
    })),
  );
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    owner: metadata.ownerReferences?.[0]?.name ?? '',
    addressType,
    port: ports?.[0]?.port ?? 0,
    endpoints: shown.sort((one, other) => inOrder(one.ip, other.ip)),
  };
}

/** What the screen shows of a GrpcService. */
export function shownGrpcService(object: WatchedObject): ShownGrpcService {
  const { metadata, spec, status } = object as GrpcServiceObject;
  const { ready = 0, draining = 0, held = 0 } = status?.endpoints ?? {};
  const conditions = shownConditions(status?.conditions);
  return {
    ...{ namespace: metadata.namespace ?? '', name: metadata.name, service: spec.service ?? metadata.name },
    ...{ conditions, ready, draining, held },
  };
}

/** What the screen shows of a Registry. */
export function shownRegistry(object: WatchedObject): ShownRegistry {
  const { spec, status } = object as RegistryObject;
  return {
    feed: spec.feed?.type ?? 'Poll',
    active: status?.feed?.active,
    conditions: shownConditions(status?.conditions),
  };
}

const shownConditions = (conditions: readonly ShownCondition[] = []): readonly ShownCondition[] =>
  conditions.map(({ type, status, reason, message }) => ({ type, status, reason, message }));
