import type { ObjectKey } from '../../model/key.ts';
import { decodeResource } from '../codec/resources.ts';
import type { StreamListing } from '../engine/listing.ts';
import { type ResourceKey, TYPE, type XdsResource } from '../resource.ts';
import { listenerNames, resourceName } from '../resources/service-resources.ts';
import { viewOf } from '../resources/view.ts';
import type { XdsWorld } from '../world/xds-world.ts';

/** Whom the configuration is asked for: somebody who is connected, or anybody who would say this of itself. */
export type ConfigQuery =
  | { readonly nodeId: string; readonly service: ObjectKey | null }
  | {
      readonly nodeId: null;
      readonly service: ObjectKey;
      readonly agent: 'grpc' | 'envoy';
      readonly region: string;
      readonly zone: string;
    };

/** One resource, decoded. */
export interface ConfigResource {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly content: unknown;
}

/** What one replica answers to GET /xds/config. */
export interface ConfigReport {
  readonly replica: string;
  /** Null: no such client is connected here. */
  readonly view: string | null;
  readonly resources: readonly ConfigResource[];
}

/** The types in the order in which a client follows them. */
const ORDER: readonly string[] = [TYPE.listener, TYPE.route, TYPE.cluster, TYPE.endpoints];

/** What a client is shown at present: whether it has it already is a matter of {@link clientsReport}. */
export function configReport(
  replica: string,
  world: Pick<XdsWorld, 'get' | 'all' | 'ownerOf' | 'entry'>,
  streams: readonly StreamListing[],
  query: ConfigQuery,
): ConfigReport {
  const shown = query.nodeId === null ? ofAnybody(world, query) : ofClient(world, streams, query);
  if (shown === null) return { replica, view: null, resources: [] };
  const resources = [...shown.resources.values()].sort(inOrder).map(decoded);
  return { replica, view: shown.view, resources };
}

interface Shown {
  readonly view: string;
  readonly resources: ReadonlyMap<string, XdsResource>;
}

type World = Pick<XdsWorld, 'get' | 'all' | 'ownerOf' | 'entry'>;

function ofAnybody(
  world: World,
  { service, agent, region, zone }: Extract<ConfigQuery, { nodeId: null }>,
): Shown {
  const view = viewOf({
    ...{ id: '', cluster: '', userAgentVersion: '', metadata: {}, clientFeatures: [] },
    userAgentName: agent,
    locality: { region, zone, subZone: '' },
  }).name;
  return { view, resources: found(world, view, keysOf(world, service)) };
}

function ofClient(world: World, streams: readonly StreamListing[], query: ConfigQuery): Shown | null {
  const own = streams.filter(({ node }) => node !== null && node.id === query.nodeId);
  const [first] = own;
  if (first === undefined) return null;
  const keys = own.flatMap(({ types, view }) =>
    types.flatMap(({ typeUrl, names, wildcard }) => [
      ...names.map((name) => ({ typeUrl, name })),
      ...(wildcard ? world.all(view, typeUrl) : []),
    ]),
  );
  const { service } = query;
  const wanted = service === null ? keys : keys.filter((key) => world.ownerOf(key) === service);
  return { view: first.view, resources: found(world, first.view, wanted) };
}

function keysOf(world: World, key: ObjectKey): readonly ResourceKey[] {
  const entry = world.entry(key);
  if (entry === undefined) return [];
  const name = resourceName(entry.service);
  return [
    ...listenerNames(entry.service).map((listener) => ({ typeUrl: TYPE.listener, name: listener })),
    ...[TYPE.route, TYPE.cluster, TYPE.endpoints].map((typeUrl) => ({ typeUrl, name })),
  ];
}

function found(world: World, view: string, keys: readonly ResourceKey[]): ReadonlyMap<string, XdsResource> {
  const resources = new Map<string, XdsResource>();
  for (const { typeUrl, name } of keys) {
    const resource = world.get(view, { typeUrl, name });
    if (resource !== undefined) resources.set(`${typeUrl} ${name}`, resource);
  }
  return resources;
}

function inOrder(a: XdsResource, b: XdsResource): number {
  return ORDER.indexOf(a.typeUrl) - ORDER.indexOf(b.typeUrl) || (a.name < b.name ? -1 : 1);
}

function decoded({ typeUrl, name, version, body }: XdsResource): ConfigResource {
  const type = typeUrl.slice(typeUrl.lastIndexOf('.') + 1);
  return { type, name, version, content: decodeResource(typeUrl, body) };
}
