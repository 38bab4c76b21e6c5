import type { XdsResource } from '../resource.ts';
import type { Kind } from './protocol.ts';
import type { Mark } from './refusal.ts';
import { removalGuard, targetOf, type PlanContext, type Removable, type Target } from './target.ts';
import type { Entry, TypeState } from './type-state.ts';

/** A response to be sent. */
export interface Response {
  readonly kind: Kind;
  readonly typeUrl: string;
  readonly resources: readonly XdsResource[];
  /** Incremental kind only: to be dropped, or not existing. */
  readonly removed: readonly string[];
  /** Asked for just now, and not existing. */
  readonly missing: readonly string[];
  readonly marks: readonly Mark[];
}

/** The next response of a type, from what is newest now; null for none. Takes what is dealt with out of `state.pending`. */
export function planResponse(state: TypeState, context: PlanContext): Response | null {
  if (state.underWay !== null || (state.pending.size === 0 && !state.answerDue)) return null;
  reopen(state, context);
  return context.kind === 'sotw' && state.fullState ? planFull(state, context) : planPartial(state, context);
}

/** Of a refusal that does not tell the bad resource, all may be tried again as soon as one has changed. */
function reopen(state: TypeState, context: PlanContext): void {
  for (const name of [...state.pending]) {
    const entry = state.entries.get(name);
    if (entry?.parked == null || entry.parked.refusal.told) continue;
    const current = context.get({ typeUrl: state.typeUrl, name });
    if (current === undefined || current.version === entry.refused?.version) continue;
    entry.parked.reopened = true;
    for (const other of entry.parked.open) state.pending.add(other);
  }
}

/** A full response in the making. */
interface Full {
  readonly marks: Mark[];
  readonly waiting: string[];
  readonly missing: string[];
  changed: boolean;
}

/**
 * Everything that is subscribed and exists, for absence is deletion. While the first answer cannot be whole it is not given: what the client has from
 * earlier is not known, and would be deleted.
 */
function planFull(state: TypeState, context: PlanContext): Response | null {
  const mayGo = removalGuard(state, context.tree);
  const full: Full = { marks: [], waiting: [], missing: [], changed: state.answerDue };
  for (const name of fullNames(state, context)) {
    addToFull(full, state, name, targetOf(state, name, context, mayGo));
  }
  const { marks, waiting, missing, changed } = full;
  if (!state.answered && waiting.length > 0) return null;
  keepWaiting(state, waiting, changed);
  if (!changed) return null;
  const resources = marks.map((mark) => mark.resource).filter((resource) => resource !== null);
  return { kind: 'sotw', typeUrl: state.typeUrl, resources, removed: [], missing, marks };
}

function addToFull(full: Full, state: TypeState, name: string, { resource, waits, gone }: Target): void {
  const owed = state.owed.has(name);
  const absent = resource === null;
  if (waits) full.waiting.push(name);
  else if (owed && absent) full.missing.push(name);
  const fresh = owed || gone || isNews(state.entries.get(name), resource);
  if (fresh && !(waits && absent)) full.changed = true;
  if (!absent || state.entries.has(name)) full.marks.push({ name, resource, fresh });
}

/** Whether it is another one than the client has. */
function isNews(entry: Entry | undefined, resource: XdsResource | null): boolean {
  return entry?.acked?.version !== resource?.version;
}

/** In one order, so that all streams that get the same share a frame, and all replicas have one version for it. */
function fullNames(state: TypeState, context: PlanContext): readonly string[] {
  const names = new Set<string>();
  if (state.wildcard) for (const { name } of context.all(state.typeUrl)) names.add(name);
  for (const name of state.names) names.add(name);
  for (const name of state.entries.keys()) names.add(name);
  return [...names].sort();
}

function keepWaiting(state: TypeState, waiting: readonly string[], answered: boolean): void {
  const stillOwed = answered ? [] : waiting.filter((name) => state.owed.has(name));
  state.pending.clear();
  state.owed.clear();
  for (const name of waiting) state.pending.add(name);
  for (const name of stillOwed) state.owed.add(name);
}

/** How often a name that does not exist stands in a response: as removed, as an error, and in its message. */
const NAMED = 3;

/** Only what differs from what the client has, or what it is owed; absence means nothing. */
function planPartial(state: TypeState, context: PlanContext): Response | null {
  // Nothing is taken away by partial responses of the state-of-the-world kind, so nothing has to be kept there either.
  const mayGo = context.kind === 'delta' ? removalGuard(state, context.tree) : (): boolean => true;
  const marks: Mark[] = [];
  let bytes = 0;
  for (const name of [...state.pending]) {
    if (bytes >= context.responseBytes) break;
    const mark = partialMark(state, name, context, mayGo);
    if (mark === null) continue;
    marks.push(mark);
    bytes += mark.resource?.body.length ?? NAMED * name.length;
  }
  if (marks.length === 0 && !state.answerDue) return null;
  marks.sort((left, right) => (left.name < right.name ? -1 : 1));
  const gone = marks.filter(({ resource }) => resource === null).map(({ name }) => name);
  return {
    kind: context.kind,
    typeUrl: state.typeUrl,
    resources: marks.map(({ resource }) => resource).filter((resource) => resource !== null),
    removed: context.kind === 'delta' ? gone : [],
    missing: gone.filter((name) => state.entries.get(name)?.acked == null),
    marks,
  };
}

function partialMark(state: TypeState, name: string, context: PlanContext, mayGo: Removable): Mark | null {
  const owed = state.owed.has(name);
  const entry = state.entries.get(name);
  const target = targetOf(state, name, context, mayGo);
  if (target.waits) return owed ? inForce(state, name, entry) : null;
  state.settled(name);
  if (owed) return { name, resource: target.resource, fresh: true };
  return isDue(context.kind, entry, target) ? { name, resource: target.resource, fresh: true } : null;
}

/** Whoever asks again has forgotten what it had: that is in force until the newer one may come. */
function inForce(state: TypeState, name: string, entry: Entry | undefined): Mark | null {
  if (entry?.acked == null || entry.stub) return null;
  state.owed.delete(name);
  return { name, resource: entry.acked, fresh: true };
}

function isDue(kind: Kind, entry: Entry | undefined, { resource, gone }: Target): boolean {
  if (resource === null && kind === 'sotw') {
    if (entry !== undefined && gone) entry.again = true;
    return false;
  }
  return gone || (resource !== null && entry?.again === true) || isNews(entry, resource);
}
