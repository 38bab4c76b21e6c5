import type { ObjectKey } from '../../model/key.ts';
import type { Refusal, StreamIdentity } from '../engine/observer.ts';
import type { ResourceKey } from '../resource.ts';

/** One resource that one client refuses. */
export interface StandingRefusal {
  /** Of {@link StreamIdentity}: one client with two streams is two. */
  readonly stream: number;
  /** node.id; the address of a client without. */
  readonly node: string;
  readonly typeUrl: string;
  readonly resource: string;
  readonly version: string;
  readonly reason: string;
}

/** The GrpcService that a resource is of; null: of none. */
export type OwnerOf = (resource: ResourceKey) => ObjectKey | null;

/**
 * What clients of this replica refuse at present, by GrpcService. Whose a resource is is asked when it is refused: it may have gone since. Refusals of
 * responses without resources, and of resources of nobody, are in the log and in the metrics only.
 */
export class RefusalLog {
  readonly #ownerOf: OwnerOf;
  readonly #changed: (key: ObjectKey) => void;
  readonly #standing = new Map<ObjectKey, Map<Refusal, readonly StandingRefusal[]>>();
  readonly #owners = new Map<Refusal, readonly ObjectKey[]>();

  /** `changed` is told of each GrpcService of which other things are refused than before. */
  constructor(ownerOf: OwnerOf, changed: (key: ObjectKey) => void) {
    this.#ownerOf = ownerOf;
    this.#changed = changed;
  }

  /** In the order in which they came. */
  of(key: ObjectKey): readonly StandingRefusal[] {
    return [...(this.#standing.get(key)?.values() ?? [])].flat();
  }

  /** See {@link XdsObserver}. */
  refused(stream: StreamIdentity, refusal: Refusal): void {
    const byOwner = new Map<ObjectKey, StandingRefusal[]>();
    for (const { typeUrl, name: resource, version } of refusal.resources) {
      const owner = this.#ownerOf({ typeUrl, name: resource });
      if (owner === null) continue;
      const mine = byOwner.get(owner) ?? [];
      byOwner.set(owner, mine);
      const node = stream.node?.id ?? stream.peer;
      mine.push({ ...{ stream: stream.id, node, typeUrl, resource, version }, reason: refusal.reason });
    }
    if (byOwner.size === 0) return;
    this.#owners.set(refusal, [...byOwner.keys()]);
    for (const [owner, refusals] of byOwner) {
      const standing = this.#standing.get(owner) ?? new Map<Refusal, readonly StandingRefusal[]>();
      this.#standing.set(owner, standing);
      standing.set(refusal, refusals);
      this.#changed(owner);
    }
  }

  /** See {@link XdsObserver}. */
  withdrawn(_stream: StreamIdentity, refusal: Refusal): void {
    for (const owner of this.#owners.get(refusal) ?? []) {
      const standing = this.#standing.get(owner);
      standing?.delete(refusal);
      if (standing?.size === 0) this.#standing.delete(owner);
      this.#changed(owner);
    }
    this.#owners.delete(refusal);
  }
}
