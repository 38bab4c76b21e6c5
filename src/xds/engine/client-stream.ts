import type { DeltaDiscoveryRequest, DiscoveryRequest, XdsNode } from '../discovery.ts';
import type { ResourceKey } from '../resource.ts';
import { TYPE } from '../resource.ts';
import type { ResourceSource } from '../resource-source.ts';
import { RPC, type RpcStatus } from '../rpc.ts';
import type { EngineLimits } from './limits.ts';
import { planResponse, type Response } from './plan.ts';
import { endpointsOf, isFullState, isGrpc, rank, type Method } from './protocol.ts';
import { readDeltaRequest, readSotwRequest, type RequestContext, type RequestEffect } from './requests.ts';
import type { PlanContext } from './target.ts';
import { Tree } from './tree.ts';
import { type Interest, type News, TypeState, type UnderWay } from './type-state.ts';

/** What reading a request led to. */
export interface Received {
  /** The call is to be ended with this. */
  readonly status: RpcStatus | null;
  /** It counts against the stream's rate. */
  readonly asks: boolean;
}

/** What a stream is made of. */
export interface ClientStreamOptions {
  readonly method: Method;
  readonly source: ResourceSource;
  readonly interest: Interest;
  readonly limits: EngineLimits;
}

/**
 * One stream, without its wire: requests and changed keys go in, responses and news come out. It has no clock and does no I/O; times are handed in. One
 * response of a type is under way at a time.
 */
export class ClientStream {
  /** Null until the first request was read. */
  node: XdsNode | null = null;
  view = '';
  readonly types = new Map<string, TypeState>();
  /** What has happened since it was taken out last. */
  readonly news: News[] = [];
  readonly #options: ClientStreamOptions;
  readonly #plan: PlanContext;
  /** Types in the order of sending. */
  #ordered: readonly TypeState[] = [];
  #responses = 0;

  constructor(options: ClientStreamOptions) {
    this.#options = options;
    const get = (key: ResourceKey) => options.source.get(this.view, key);
    this.#plan = {
      kind: options.method.kind,
      tree: new Tree(this.types, options.method.kind, get),
      responseBytes: options.limits.responseBytes,
      get,
      all: (typeUrl) => options.source.all(this.view, typeUrl),
    };
  }

  /** A request of the stream's kind. */
  receive(request: DiscoveryRequest | DeltaDiscoveryRequest, nowMs: number): Received {
    const state = this.#identify(request.node) ?? this.#typeOf(request.typeUrl);
    if (!(state instanceof TypeState)) return { status: state, asks: false };
    const names = 'subscribe' in request ? request.subscribe : request.resourceNames;
    const bad = this.#checkNames(names);
    if (bad !== null) return { status: bad, asks: false };
    const effect = this.#read(state, request, nowMs);
    if (effect.accepted !== null) this.#warm(state, effect.accepted);
    return { status: this.#checkCount(), asks: effect.asks };
  }

  /** A key that some view may see differently now. */
  changed(key: ResourceKey): void {
    const state = this.types.get(key.typeUrl);
    if (state?.wants(key.name) === true) state.pending.add(key.name);
  }

  /** The next response, made of what is newest; null for none. It must be sent, and told to {@link sent}. */
  next(): Response | null {
    for (const state of this.#ordered) {
      const response = planResponse(state, this.#plan);
      if (response !== null) return response;
    }
    return null;
  }

  /** A response left, with this nonce. */
  sent(response: Response, nonce: string, nowMs: number): void {
    this.#responses += 1;
    this.types.get(response.typeUrl)?.sent(nonce, this.#responses, response.marks, nowMs);
  }

  /** The nonce of the last response of a type; '' for none. */
  lastNonce(typeUrl: string): string {
    return this.types.get(typeUrl)?.lastNonce ?? '';
  }

  /** When the oldest response without an answer left; null for none. */
  get waitingSinceMs(): number | null {
    let oldest: number | null = null;
    for (const { underWay } of this.#ordered) {
      if (underWay !== null && (oldest === null || underWay.sentAtMs < oldest)) oldest = underWay.sentAtMs;
    }
    return oldest;
  }

  /** The stream is over. */
  close(): void {
    for (const state of this.#ordered) state.close();
  }

  /** The first request says who the client is; what later ones say of it is of no interest. */
  #identify(node: XdsNode | null): RpcStatus | null {
    if (this.node !== null) return null;
    if (node === null || node.id === '') {
      return invalid(
        'the first request has no node.id: set node.id in the bootstrap of gRPC (GRPC_XDS_BOOTSTRAP), or node.id or --service-node of Envoy',
      );
    }
    this.node = node;
    this.view = this.#options.source.viewOf(node);
    return null;
  }

  #typeOf(asked: string): TypeState | RpcStatus {
    const implied = this.#options.method.typeUrl;
    if (implied !== null && asked !== '' && asked !== implied) {
      return invalid(
        `type_url ${asked} on a stream that serves ${implied} alone: use the aggregated service for it`,
      );
    }
    const typeUrl = implied ?? asked;
    if (typeUrl === '') return invalid('type_url is empty: the aggregated service needs it in each request');
    const known = this.types.get(typeUrl);
    if (known !== undefined) return known;
    const { limits, interest } = this.#options;
    if (typeUrl.length > limits.nameLength) return invalid(`a type_url of ${typeUrl.length} characters`);
    if (this.types.size >= limits.types) return exhausted(`more than ${limits.types} types on one stream`);
    const state = new TypeState(typeUrl, interest, this.news);
    this.types.set(typeUrl, state);
    this.#ordered = [...this.types.values()].sort((left, right) => rank(left.typeUrl) - rank(right.typeUrl));
    return state;
  }

  #checkNames(names: readonly string[]): RpcStatus | null {
    const { limits } = this.#options;
    if (names.length > limits.names) return this.#tooMany(names.length);
    const long = names.find((name) => name.length > limits.nameLength);
    if (long === undefined) return null;
    return invalid(`a resource name of ${long.length} characters; at most ${limits.nameLength} are allowed`);
  }

  #checkCount(): RpcStatus | null {
    let count = 0;
    for (const state of this.#ordered) count += state.names.size;
    return count > this.#options.limits.names ? this.#tooMany(count) : null;
  }

  #tooMany(count: number): RpcStatus {
    return exhausted(
      `${count} names are subscribed on this stream, at most ${this.#options.limits.names} are allowed: subscribe to "*" or use several streams`,
    );
  }

  #read(state: TypeState, request: DiscoveryRequest | DeltaDiscoveryRequest, nowMs: number): RequestEffect {
    const { typeUrl } = state;
    const context: RequestContext = {
      legacyWildcard: isFullState(typeUrl) && this.node !== null && !isGrpc(this.node),
      nowMs,
      get: (name) => this.#plan.get({ typeUrl, name }),
      all: () => this.#plan.all(typeUrl),
    };
    return 'subscribe' in request
      ? readDeltaRequest(state, request, context)
      : readSotwRequest(state, request, context);
  }

  /**
   * A cluster that changed warms on Envoy until it is given its endpoints, even if those are as before: they are sent again, unless that was done after the
   * cluster had left (envoyproxy/envoy#13009).
   */
  #warm(parents: TypeState, accepted: UnderWay): void {
    if (parents.typeUrl !== TYPE.cluster) return;
    const children = this.types.get(TYPE.endpoints);
    if (children === undefined) return;
    const needs = accepted.marks.flatMap(({ resource, fresh }) =>
      fresh && resource !== null ? endpointsOf(resource) : [],
    );
    for (const { name } of needs) {
      const entry = children.wants(name) ? children.entries.get(name) : undefined;
      if (entry === undefined || entry.sentIn === 0 || entry.sentIn > accepted.number) continue;
      entry.again = true;
      children.pending.add(name);
    }
  }
}

function invalid(message: string): RpcStatus {
  return { code: RPC.invalidArgument, message };
}

function exhausted(message: string): RpcStatus {
  return { code: RPC.resourceExhausted, message };
}
