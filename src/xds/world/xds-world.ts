import { isDeepStrictEqual } from 'node:util';
import type { ObjectKey } from '../../model/key.ts';
import type { XdsNode } from '../discovery.ts';
import type { ResourceSource } from '../resource-source.ts';
import { type ResourceKey, TYPE, type XdsResource } from '../resource.ts';
import type { ProxyConflict } from '../resources/proxy-claims.ts';
import { PROXY_NAME, type ProxyService } from '../resources/proxy.ts';
import { listenerNames, resourceName, type XdsServiceInput } from '../resources/service-resources.ts';
import { viewNamed, viewOf } from '../resources/view.ts';
import { FrontProxy, type ProxyAddress } from './front-proxy.ts';
import { keyText, type OnEncodeFault, type ServiceContent, ViewCache } from './view-cache.ts';

/** What is published of one GrpcService. Immutable. */
export interface WorldEntry extends ServiceContent {
  /** What the front proxy routes to it; null: nothing. */
  readonly proxy: ProxyService | null;
}

/**
 * Views that are kept encoded: more than a fleet in a hundred zones has. Clients name their zone themselves, and must not fill memory with names: the view
 * that was asked for longest ago is forgotten, and encoded anew when it is asked for again.
 */
const MAX_VIEWS = 256;

/**
 * What all streams of this replica are served: everything that is published of all GrpcServices. See {@link ResourceSource}.
 *
 * | view  | by name                             | by wildcard                                                      |
 * |-------|-------------------------------------|------------------------------------------------------------------|
 * | grpc  | everything of GrpcServices          | the same                                                         |
 * | envoy | everything of GrpcServices          | the same without listeners: those of gRPC have no address         |
 * | proxy | its listener and routes, and the clusters and assignments that these lead to | the same                |
 */
export class XdsWorld implements ResourceSource {
  readonly #entries = new Map<ObjectKey, WorldEntry>();
  /** GrpcServices by the resources that are theirs; where two have one name, the first in order counts. */
  readonly #owners = new Map<string, Set<ObjectKey>>();
  /** The one that was asked for longest ago first. */
  readonly #views = new Map<string, ViewCache>();
  readonly #proxy: FrontProxy;
  readonly #listeners = new Set<(changed: readonly ResourceKey[]) => void>();
  #isReady = false;

  readonly #onFault: OnEncodeFault;

  /** `proxyAt` null: there is no front proxy. */
  constructor(proxyAt: ProxyAddress | null, onFault: OnEncodeFault) {
    this.#onFault = onFault;
    this.#proxy = new FrontProxy(proxyAt);
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** All that exists has been put: from now on what is not here does not exist. */
  setReady(): void {
    this.#isReady = true;
  }

  /** Parts of spec.proxy that are not obeyed because another GrpcService has them. */
  get proxyConflicts(): readonly ProxyConflict[] {
    return this.#proxy.conflicts;
  }

  /** What was put last. */
  entry(key: ObjectKey): WorldEntry | undefined {
    return this.#entries.get(key);
  }

  /** The GrpcService whose resource this is; null for those of the front proxy, and for what is nobody's. */
  ownerOf(resource: ResourceKey): ObjectKey | null {
    const [first = null, ...others] = this.#owners.get(keyText(resource)) ?? [];
    return others.length === 0 || first === null ? first : ([first, ...others].sort()[0] ?? null);
  }

  /** Publishes a GrpcService, or its change. */
  put(key: ObjectKey, entry: WorldEntry): void {
    const before = this.#entries.get(key);
    this.#entries.set(key, entry);
    const isSameService = before !== undefined && isDeepStrictEqual(before.service, entry.service);
    const isSameProxy =
      isDeepStrictEqual(before?.proxy ?? null, entry.proxy) && isKnown(before) === isKnown(entry);
    const changed = isSameService ? [assignmentKey(entry.service)] : this.#rename(key, before, entry);
    this.#tell(
      distinct([...changed, ...(isSameProxy ? [] : this.#proxy.put(key, entry.proxy, isKnown(entry)))]),
    );
  }

  /** The GrpcService is gone. */
  remove(key: ObjectKey): void {
    const before = this.#entries.get(key);
    if (before === undefined) return;
    this.#entries.delete(key);
    for (const cache of this.#views.values()) cache.forget(key);
    this.#tell(distinct([...this.#rename(key, before, undefined), ...this.#proxy.put(key, null, false)]));
  }

  viewOf(node: XdsNode): string {
    return viewOf(node).name;
  }

  get(viewName: string, resource: ResourceKey): XdsResource | undefined {
    const cache = this.#view(viewName);
    if (cache.view.kind === 'proxy' && !this.#isProxys(resource)) return undefined;
    return this.#ofProxy(cache, resource) ?? this.#ofService(cache, resource);
  }

  all(viewName: string, typeUrl: string): readonly XdsResource[] {
    const { kind } = this.#view(viewName).view;
    if (kind === 'envoy' && typeUrl === TYPE.listener) return [];
    return this.#names(kind === 'proxy', typeUrl).flatMap(
      (name) => this.get(viewName, { typeUrl, name }) ?? [],
    );
  }

  subscribe(listener: (changed: readonly ResourceKey[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #names(isProxy: boolean, typeUrl: string): readonly string[] {
    const own = this.#proxy.get({ typeUrl, name: PROXY_NAME });
    if (isProxy) return own === undefined ? [...this.#proxy.targets] : [own.name];
    const keys = [...this.#entries.values()].flatMap(({ service }) => keysOf(service));
    return [...new Set(keys.filter((resource) => resource.typeUrl === typeUrl).map(({ name }) => name))];
  }

  #isProxys({ typeUrl, name }: ResourceKey): boolean {
    return this.#proxy.get({ typeUrl, name }) !== undefined || this.#isTarget(typeUrl, name);
  }

  #isTarget(typeUrl: string, name: string): boolean {
    return (typeUrl === TYPE.cluster || typeUrl === TYPE.endpoints) && this.#proxy.targets.has(name);
  }

  #ofProxy({ view }: ViewCache, resource: ResourceKey): XdsResource | undefined {
    return view.kind === 'proxy' ? this.#proxy.get(resource) : undefined;
  }

  #ofService(cache: ViewCache, resource: ResourceKey): XdsResource | undefined {
    const owner = this.ownerOf(resource);
    const entry = owner === null ? undefined : this.#entries.get(owner);
    return owner === null || entry === undefined ? undefined : cache.get(owner, entry, resource);
  }

  #view(name: string): ViewCache {
    const cache = this.#views.get(name) ?? new ViewCache(viewNamed(name), this.#onFault);
    this.#views.delete(name);
    this.#views.set(name, cache);
    const [oldest = name] = this.#views.keys();
    if (this.#views.size > MAX_VIEWS) this.#views.delete(oldest);
    return cache;
  }

  /** Answers all keys of both. */
  #rename(
    key: ObjectKey,
    before: WorldEntry | undefined,
    now: WorldEntry | undefined,
  ): readonly ResourceKey[] {
    const old = before === undefined ? [] : keysOf(before.service);
    const next = now === undefined ? [] : keysOf(now.service);
    for (const resource of old) this.#disown(key, keyText(resource));
    for (const resource of next) this.#own(key, keyText(resource));
    return [...next, ...old];
  }

  #own(key: ObjectKey, text: string): void {
    const owners = this.#owners.get(text);
    if (owners === undefined) this.#owners.set(text, new Set([key]));
    else owners.add(key);
  }

  #disown(key: ObjectKey, text: string): void {
    const owners = this.#owners.get(text);
    owners?.delete(key);
    if (owners?.size === 0) this.#owners.delete(text);
  }

  #tell(changed: readonly ResourceKey[]): void {
    for (const listener of this.#listeners) listener(changed);
  }
}

/** Whether there is an assignment, with endpoints or without. */
function isKnown(entry: WorldEntry | undefined): boolean {
  return entry !== undefined && entry.endpoints !== null;
}

function keysOf(service: XdsServiceInput): readonly ResourceKey[] {
  const name = resourceName(service);
  return [
    ...listenerNames(service).map((listener) => ({ typeUrl: TYPE.listener, name: listener })),
    { typeUrl: TYPE.route, name },
    { typeUrl: TYPE.cluster, name },
    assignmentKey(service),
  ];
}

function assignmentKey(service: XdsServiceInput): ResourceKey {
  return { typeUrl: TYPE.endpoints, name: resourceName(service) };
}

function distinct(keys: readonly ResourceKey[]): readonly ResourceKey[] {
  return [...new Map(keys.map((resource) => [keyText(resource), resource])).values()];
}
