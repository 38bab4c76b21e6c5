import type { DeltaDiscoveryRequest, DiscoveryRequest } from '../discovery.ts';
import type { XdsResource } from '../resource.ts';
import { WILDCARD } from './protocol.ts';
import type { TypeState, UnderWay } from './type-state.ts';

/** What reading a request needs besides. */
export interface RequestContext {
  /** Whether an empty first request asks for everything: LDS and CDS, and no gRPC client. */
  readonly legacyWildcard: boolean;
  readonly nowMs: number;
  get(name: string): XdsResource | undefined;
  all(): readonly XdsResource[];
}

/** What a request brought. */
export interface RequestEffect {
  /** The response that it accepted. */
  readonly accepted: UnderWay | null;
  /** It asks for something that must be answered, or refuses: it counts against the stream's rate. */
  readonly asks: boolean;
}

const NOTHING: RequestEffect = { accepted: null, asks: false };

/**
 * Reads a state-of-the-world request: answers to a response by its nonce, and the names that are wanted from now on. A request with another nonce than
 * the last one of the type is stale and ignored: a newer one is on its way (first requests excepted, they may tell of another stream).
 */
export function readSotwRequest(
  state: TypeState,
  request: DiscoveryRequest,
  context: RequestContext,
): RequestEffect {
  const first = !state.started;
  if (!first && request.responseNonce !== state.lastNonce) return NOTHING;
  state.started = true;
  const answer = first ? NOTHING : readAnswer(state, request, context.nowMs);
  const owedBefore = state.owed.size;
  const names = new Set(request.resourceNames);
  if (names.size > 0) state.everNamed = true;
  const wildcard = names.delete(WILDCARD) || isLegacyWildcard(state, context, first);
  // In this order nothing is forgotten that is wanted before and after, by name or by the wildcard.
  for (const name of names) addSotwName(state, name);
  sotwWildcard(state, wildcard, context);
  for (const name of state.names) if (!names.has(name)) state.unsubscribe(name);
  return { accepted: answer.accepted, asks: answer.asks || state.owed.size > owedBefore || state.answerDue };
}

/** No name, from the first request on. */
function isLegacyWildcard(state: TypeState, context: RequestContext, first: boolean): boolean {
  return context.legacyWildcard && !state.everNamed && (first || state.wildcard);
}

function addSotwName(state: TypeState, name: string): void {
  if (state.names.has(name)) return;
  state.subscribe(name);
  state.owe(name);
}

/** Where everything is asked for at once, there has to be an answer even if there is nothing. */
function sotwWildcard(state: TypeState, on: boolean, context: RequestContext): void {
  if (on === state.wildcard) return;
  state.setWildcard(on);
  if (!on) return;
  state.answerDue = true;
  if (state.fullState) return;
  for (const { name } of context.all()) state.pending.add(name);
}

/**
 * Reads an incremental request. Subscriptions are honoured whatever the nonce says; it only tells which response is answered. Unsubscribing comes before
 * subscribing, so that a name in both lists is answered.
 */
export function readDeltaRequest(
  state: TypeState,
  request: DeltaDiscoveryRequest,
  context: RequestContext,
): RequestEffect {
  const first = !state.started;
  state.started = true;
  const answer = first ? NOTHING : readAnswer(state, request, context.nowMs);
  const owedBefore = state.owed.size;
  for (const name of request.unsubscribe) deltaUnsubscribe(state, name);
  const wildcard = request.subscribe.includes(WILDCARD) || (first && isLegacyDelta(request, context));
  const held = first ? request.initialVersions : NONE;
  if (wildcard) deltaWildcard(state, context, first);
  deltaSubscribe(state, request.subscribe, held);
  deltaEndWildcard(state, request);
  for (const [name, version] of held) if (state.wants(name)) remember(state, context, name, version);
  return { accepted: answer.accepted, asks: answer.asks || state.owed.size > owedBefore || state.answerDue };
}

function isLegacyDelta({ subscribe }: DeltaDiscoveryRequest, { legacyWildcard }: RequestContext): boolean {
  return legacyWildcard && subscribe.length === 0;
}

const NONE: ReadonlyMap<string, string> = new Map();

/** Everything is wanted: at first what the client lacks, later all of it again, for whoever asks again has forgotten. */
function deltaWildcard(state: TypeState, context: RequestContext, first: boolean): void {
  state.answerDue = true;
  const again = state.wildcard;
  state.setWildcard(true);
  for (const { name } of context.all()) {
    if (first || !again) state.pending.add(name);
    else state.owe(name);
  }
}

/** A name that is subscribed again is owed again; in a first request, only what the client does not hold. */
function deltaSubscribe(state: TypeState, names: readonly string[], held: ReadonlyMap<string, string>): void {
  for (const name of names) {
    if (name === WILDCARD) continue;
    state.subscribe(name);
    if (held.has(name)) state.pending.add(name);
    else state.owe(name);
  }
}

/** After the names, so that nothing is forgotten that is wanted before and after. */
function deltaEndWildcard(state: TypeState, { subscribe, unsubscribe }: DeltaDiscoveryRequest): void {
  if (unsubscribe.includes(WILDCARD) && !subscribe.includes(WILDCARD)) state.setWildcard(false);
}

function deltaUnsubscribe(state: TypeState, name: string): void {
  if (!state.names.has(name)) return;
  state.unsubscribe(name);
  // The client cannot tell whether the wildcard holds it: it has to be told.
  if (state.wildcard) state.owe(name);
}

/** The client has this from an earlier stream. */
function remember(state: TypeState, context: RequestContext, name: string, version: string): void {
  const current = context.get(name);
  const entry = state.entry(name);
  entry.stub = current?.version !== version;
  entry.acked =
    current?.version === version
      ? current
      : { typeUrl: state.typeUrl, name, version, body: new Uint8Array(), needs: [] };
  entry.ackedAtMs = context.nowMs;
  state.pending.add(name);
}

function readAnswer(
  state: TypeState,
  request: DiscoveryRequest | DeltaDiscoveryRequest,
  nowMs: number,
): RequestEffect {
  if (request.responseNonce === '' || request.responseNonce !== state.underWay?.nonce) return NOTHING;
  if (request.errorDetail === null) return { accepted: state.accept(nowMs), asks: false };
  state.refuse(request.errorDetail, nowMs);
  return { accepted: null, asks: true };
}
