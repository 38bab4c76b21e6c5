import type { ResourceKey, XdsResource } from '../resource.ts';
import { endpointsOf, parentTypes, warmedBy, warms } from './protocol.ts';
import type { Kind } from './protocol.ts';
import type { Entry, TypeState } from './type-state.ts';

/**
 * Make before break on one stream. What a resource needs goes first, where the stream has subscribed to it; what is needed by anything that the client
 * has, or may have, stays until that was replaced. Only the direction within a warming pair (Cluster and its endpoints, Listener and its routes) is the
 * other way round: there the client waits by itself, and a child that comes before its parent is lost on Envoy.
 */
export class Tree {
  readonly #types: ReadonlyMap<string, TypeState>;
  readonly #kind: Kind;
  readonly #get: (key: ResourceKey) => XdsResource | undefined;

  constructor(
    types: ReadonlyMap<string, TypeState>,
    kind: Kind,
    get: (key: ResourceKey) => XdsResource | undefined,
  ) {
    this.#types = types;
    this.#kind = kind;
    this.#get = get;
  }

  /** Whether the client has all that the resource needs, as far as it wants it; and the parent that warms by it is not still to be sent. */
  mayHave(resource: XdsResource): boolean {
    for (const need of resource.needs) {
      if (!warms(resource.typeUrl, need.typeUrl) && !this.#inPlace(need)) return false;
    }
    return !this.#awaitsParent(resource);
  }

  /** Accepted in some version, not on its way out, and the same for what it needs in turn. What is not subscribed counts as in place. */
  #inPlace(key: ResourceKey): boolean {
    const type = this.#types.get(key.typeUrl);
    if (type?.wants(key.name) !== true) return true;
    const entry = type.entries.get(key.name);
    if (entry?.acked == null || entry.leaving) return false;
    if (this.#get(key) === undefined) return false;
    return entry.acked.needs.every((need) => this.#inPlace(need));
  }

  /** A child that was never sent waits while the parent that brings it was never sent either, but is wanted and due. */
  #awaitsParent(resource: XdsResource): boolean {
    const parentType = warmedBy(resource.typeUrl);
    const parents = parentType === undefined ? undefined : this.#types.get(parentType);
    if (parents === undefined || this.#wasSent(resource)) return false;
    for (const name of parents.pending) {
      if (!parents.wants(name) || parents.entries.get(name)?.sent != null) continue;
      const parent = this.#get({ typeUrl: parents.typeUrl, name });
      if (parent !== undefined && brings(parent, resource)) return true;
    }
    return false;
  }

  #wasSent(resource: XdsResource): boolean {
    return this.#types.get(resource.typeUrl)?.entries.get(resource.name)?.sent != null;
  }

  /** The names of a type that something the client has, or may have, needs. */
  needed(typeUrl: string): ReadonlySet<string> {
    const found = new Set<string>();
    const seen = new Set<string>();
    const visit = (resource: XdsResource): void => {
      for (const need of resource.needs) {
        if (need.typeUrl === typeUrl) found.add(need.name);
        const id = `${need.typeUrl}\n${need.name}`;
        if (seen.has(id)) continue;
        seen.add(id);
        const next = this.#types.get(need.typeUrl)?.entries.get(need.name);
        if (next !== undefined) for (const held of holdings(next)) visit(held);
      }
    };
    for (const type of this.#types.values()) {
      for (const [name, entry] of type.entries) {
        if (this.#isRoot(type, name)) for (const held of holdings(entry)) visit(held);
      }
      // Also what was given up and asked for again while it was under way: it has no entry of its own any more.
      for (const { name, resource } of type.underWay?.marks ?? []) {
        if (resource !== null && type.wants(name) && this.#isRoot(type, name)) visit(resource);
      }
    }
    return found;
  }

  /** Something of a type that may refer to this one is known by its version alone: nobody can say what it refers to. */
  hasUnknownParents(typeUrl: string): boolean {
    for (const parent of parentTypes(typeUrl)) {
      const type = this.#types.get(parent);
      if (type === undefined) continue;
      for (const entry of type.entries.values()) if (entry.stub) return true;
    }
    return false;
  }

  /**
   * What the client has for sure. Nobody can take a route or endpoints back in the state-of-the-world kind: once they are no more, they live only as long
   * as something refers to them.
   */
  #isRoot(type: TypeState, name: string): boolean {
    if (this.#kind === 'delta' || type.fullState) return true;
    return this.#get({ typeUrl: type.typeUrl, name }) !== undefined;
  }
}

/** Every version of it that the client may be using: after a refusal, gRPC may have taken what was sent all the same (gRFC A46). */
function holdings({ acked, sent }: Entry): readonly XdsResource[] {
  return [acked, acked === sent ? null : sent].filter((resource) => resource !== null);
}

/** Whether the child is one that the parent warms by. */
function brings(parent: XdsResource, child: XdsResource): boolean {
  return [...parent.needs, ...endpointsOf(parent)].some((need) => same(need, child));
}

function same(left: ResourceKey, right: ResourceKey): boolean {
  return left.typeUrl === right.typeUrl && left.name === right.name;
}
