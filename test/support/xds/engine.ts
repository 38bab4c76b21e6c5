import type { DeltaDiscoveryRequest, DiscoveryRequest, XdsNode } from '../../../src/xds/discovery.ts';
import { ClientStream, type Received } from '../../../src/xds/engine/client-stream.ts';
import { DEFAULT_LIMITS, type EngineLimits } from '../../../src/xds/engine/limits.ts';
import type { Response } from '../../../src/xds/engine/plan.ts';
import type { Kind } from '../../../src/xds/engine/protocol.ts';
import type { News } from '../../../src/xds/engine/type-state.ts';
import type { ResourceKey, XdsResource } from '../../../src/xds/resource.ts';
import { TYPE } from '../../../src/xds/resource.ts';
import type { ResourceSource } from '../../../src/xds/resource-source.ts';

/** A client as Envoy introduces itself: one that may mean a wildcard by an empty list. */
export function aNode(fields: Partial<XdsNode> = {}): XdsNode {
  return {
    id: 'proxy-1.shop',
    cluster: 'proxy',
    locality: null,
    userAgentName: 'envoy',
    userAgentVersion: '1.40.0',
    metadata: {},
    clientFeatures: [],
    ...fields,
  };
}

/** The types by one word, in the order in which their responses leave. */
export const TYPES = ['cluster', 'endpoints', 'listener', 'route'] as const;

/** `cluster`, ... or a type_url as it is. */
export function urlOf(type: string): string {
  return type in TYPE ? TYPE[type as keyof typeof TYPE] : type;
}

function wordOf(typeUrl: string): string {
  return TYPES.find((type) => TYPE[type] === typeUrl) ?? typeUrl;
}

/** A resource whose content is its version. `needs`: `cluster/A`. */
export function aResource(
  type: string,
  name: string,
  version = '1',
  needs: readonly string[] = [],
): XdsResource {
  return {
    typeUrl: urlOf(type),
    name,
    version,
    body: Buffer.from(`${name}@${version}`),
    needs: needs.map(keyOf),
  };
}

function keyOf(text: string): ResourceKey {
  const [type = '', ...rest] = text.split('/');
  return { typeUrl: urlOf(type), name: rest.join('/') };
}

/** A source that a test fills; every client has the same view, named after its cluster. */
export class MemorySource implements ResourceSource {
  isReady = true;
  /** Nodes whose view was asked for. */
  readonly asked: XdsNode[] = [];
  readonly #byType = new Map<string, Map<string, XdsResource>>();
  readonly #listeners = new Set<(changed: readonly ResourceKey[]) => void>();

  constructor(...resources: readonly XdsResource[]) {
    this.#put(resources);
  }

  viewOf(node: XdsNode): string {
    this.asked.push(node);
    return node.cluster;
  }

  get(_view: string, { typeUrl, name }: ResourceKey): XdsResource | undefined {
    return this.#byType.get(typeUrl)?.get(name);
  }

  all(_view: string, typeUrl: string): readonly XdsResource[] {
    return [...(this.#byType.get(typeUrl)?.values() ?? [])];
  }

  subscribe(listener: (changed: readonly ResourceKey[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Adds or replaces, removes (keys, or `cluster/A`), and tells all of it as one change. */
  change(put: readonly XdsResource[], remove: readonly (string | ResourceKey)[] = []): void {
    this.#put(put);
    const gone = remove.map((one) => (typeof one === 'string' ? keyOf(one) : one));
    for (const { typeUrl, name } of gone) this.#byType.get(typeUrl)?.delete(name);
    const keys = [...put.map(({ typeUrl, name }) => ({ typeUrl, name })), ...gone];
    for (const listener of this.#listeners) listener(keys);
  }

  #put(resources: readonly XdsResource[]): void {
    for (const resource of resources) {
      const names = this.#byType.get(resource.typeUrl) ?? new Map<string, XdsResource>();
      this.#byType.set(resource.typeUrl, names);
      names.set(resource.name, resource);
    }
  }
}

/** A response in few words. */
export interface Got {
  readonly type: string;
  /** `A@1` */
  readonly resources: readonly string[];
  readonly removed: readonly string[];
  readonly missing: readonly string[];
  readonly nonce: string;
}

export interface Ask {
  readonly names?: readonly string[];
  readonly subscribe?: readonly string[];
  readonly unsubscribe?: readonly string[];
  readonly initial?: Readonly<Record<string, string>>;
  readonly nonce?: string;
  readonly refuse?: string;
  readonly version?: string;
  readonly node?: XdsNode | null;
}

export interface StreamSetup {
  readonly source: MemorySource;
  readonly kind: Kind;
  /** Of a per-type service; null, ADS, by default. */
  readonly only?: string;
  readonly node?: XdsNode;
  readonly limits?: Partial<EngineLimits>;
}

/** One stream of the engine without wire: what a test says goes in, what would be sent comes out, in words. */
export class StreamBench {
  readonly stream: ClientStream;
  /** The time that is handed in. */
  nowMs = 0;
  /** type/name of what the stream is interested in. */
  readonly interest = new Set<string>();
  readonly #kind: Kind;
  readonly #node: XdsNode;
  #nonce = 0;

  constructor({ source, kind, only, node = aNode(), limits = {} }: StreamSetup) {
    this.#kind = kind;
    this.#node = node;
    this.stream = new ClientStream({
      method: { kind, typeUrl: only === undefined ? null : urlOf(only) },
      source,
      limits: { ...DEFAULT_LIMITS, ...limits },
      interest: {
        add: (typeUrl, name) => void this.interest.add(`${wordOf(typeUrl)}/${name}`),
        remove: (typeUrl, name) => void this.interest.delete(`${wordOf(typeUrl)}/${name}`),
      },
    });
    source.subscribe((changed) => {
      for (const key of changed) this.stream.changed(key);
    });
  }

  /** Sends a request; the first one says who the client is. */
  ask(type: string, ask: Ask = {}): Received {
    const common = {
      node: ask.node === undefined ? this.#node : ask.node,
      typeUrl: urlOf(type),
      responseNonce: ask.nonce ?? '',
      errorDetail: ask.refuse === undefined ? null : { code: 3, message: ask.refuse },
    };
    const sotw: DiscoveryRequest = {
      ...common,
      resourceNames: ask.names ?? [],
      versionInfo: ask.version ?? '',
    };
    const delta: DeltaDiscoveryRequest = {
      ...common,
      subscribe: ask.subscribe ?? [],
      unsubscribe: ask.unsubscribe ?? [],
      initialVersions: new Map(Object.entries(ask.initial ?? {})),
    };
    return this.stream.receive(this.#kind === 'sotw' ? sotw : delta, this.nowMs);
  }

  /** All that is due now, sent. */
  get(): Got[] {
    const all: Got[] = [];
    for (let next = this.stream.next(); next !== null; next = this.stream.next()) all.push(this.#send(next));
    return all;
  }

  /** What is due now, without nonces: `cluster: A@1 B@1 -C ?D` (removed, missing). */
  texts(): string[] {
    return this.get().map(textOf);
  }

  news(): News[] {
    return this.stream.news.splice(0);
  }

  #send(response: Response): Got {
    this.#nonce += 1;
    const nonce = String(this.#nonce);
    this.stream.sent(response, nonce, this.nowMs);
    return {
      type: wordOf(response.typeUrl),
      resources: response.resources.map(({ name, version }) => `${name}@${version}`),
      removed: response.removed,
      missing: response.missing,
      nonce,
    };
  }
}

/** See {@link StreamBench.texts}. */
export function textOf({ type, resources, removed, missing }: Got): string {
  const words = [...resources, ...removed.map((name) => `-${name}`), ...missing.map((name) => `?${name}`)];
  return [`${type}:`, ...words].join(' ');
}
