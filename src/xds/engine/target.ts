import type { ResourceKey, XdsResource } from '../resource.ts';
import type { Kind } from './protocol.ts';
import type { Tree } from './tree.ts';
import type { Entry, TypeState } from './type-state.ts';

/** What a plan is made from, besides the state of its type. */
export interface PlanContext {
  readonly kind: Kind;
  readonly tree: Tree;
  /** Bytes from which on the rest waits, where a response may be partial. */
  readonly responseBytes: number;
  get(key: ResourceKey): XdsResource | undefined;
  all(typeUrl: string): readonly XdsResource[];
}

/** What the client is to have of one name. */
export interface Target {
  readonly resource: XdsResource | null;
  /** Not what the source has: something else has to happen first. */
  readonly waits: boolean;
  /** There is none any more, and the client is to know. */
  readonly gone: boolean;
}

/** Whether a name may be taken away now. */
export type Removable = (name: string) => boolean;

/** What is needed is looked up at most once in a plan. */
export function removalGuard(state: TypeState, tree: Tree): Removable {
  let needed: ReadonlySet<string> | null = null;
  let unknown = false;
  return (name) => {
    if (needed === null) {
      needed = tree.needed(state.typeUrl);
      unknown = tree.hasUnknownParents(state.typeUrl);
    }
    return !unknown && !needed.has(name);
  };
}

/** What the source has; or what the client has, where it refused that, or where that has to wait. */
export function targetOf(state: TypeState, name: string, context: PlanContext, mayGo: Removable): Target {
  const entry = state.entries.get(name);
  const had = entry?.acked ?? null;
  const current = context.get({ typeUrl: state.typeUrl, name });
  if (current === undefined) return targetOfGone(state, name, mayGo);
  if (had?.version === current.version) return { resource: current, waits: false, gone: false };
  if (isParked(entry, current) && !state.owed.has(name)) return { resource: had, waits: false, gone: false };
  const waits = !context.tree.mayHave(current);
  return { resource: waits ? had : current, waits, gone: false };
}

function targetOfGone(state: TypeState, name: string, mayGo: Removable): Target {
  state.unpark(name);
  const entry = state.entries.get(name);
  const had = entry?.acked ?? null;
  const stays = had !== null && !mayGo(name);
  // What was sent and refused may be in use all the same.
  const gone = !stays && entry !== undefined && (had !== null || entry.sent !== null);
  if (entry !== undefined && !stays && !gone) state.entries.delete(name);
  return { resource: stays ? had : null, waits: stays, gone };
}

function isParked(entry: Entry | undefined, resource: XdsResource): boolean {
  return entry?.refused?.version === resource.version && entry.parked?.reopened !== true;
}
