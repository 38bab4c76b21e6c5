import type { ErrorDetail } from '../discovery.ts';
import type { XdsResource } from '../resource.ts';
import type { Acceptance, Refusal } from './observer.ts';
import { isFullState, WILDCARD } from './protocol.ts';
import { makeRefusal, type Mark, type Parked } from './refusal.ts';

/** What one client knows of one resource. */
export interface Entry {
  /** What it accepted last, and still has. */
  acked: XdsResource | null;
  ackedAtMs: number;
  /** What it was sent last, accepted or not. */
  sent: XdsResource | null;
  sentAtMs: number;
  /** The response that carried it, counted on the stream; 0 for none. */
  sentIn: number;
  /** A removal of it is under way. */
  leaving: boolean;
  /**
   * What is in force is to be sent again, though it may be unchanged: its parent warms anew, or it had vanished at the source where nobody can take it back.
   */
  again: boolean;
  /** `acked` is known by its version alone: the client brought it from another stream. */
  stub: boolean;
  /** What it refused, and has not replaced since. */
  refused: XdsResource | null;
  parked: Parked | null;
}

/** The response that is on its way. */
export interface UnderWay {
  readonly nonce: string;
  /** Counted on the stream. */
  readonly number: number;
  readonly sentAtMs: number;
  readonly marks: readonly Mark[];
}

/** Where subscriptions are told, so that a change costs only those who want it; {@link WILDCARD} stands for all. */
export interface Interest {
  add(typeUrl: string, name: string): void;
  remove(typeUrl: string, name: string): void;
}

export type News =
  | { readonly is: 'accepted'; readonly acceptance: Acceptance }
  | { readonly is: 'refused'; readonly refusal: Refusal }
  | { readonly is: 'withdrawn'; readonly refusal: Refusal };

/** What a stream's client wants of one type, has, and is owed. */
export class TypeState {
  readonly typeUrl: string;
  readonly fullState: boolean;
  /** Subscribed by name; the wildcard is apart. */
  readonly names = new Set<string>();
  readonly entries = new Map<string, Entry>();
  /** Names to look at before the next response: changed, asked for, or held back. */
  readonly pending = new Set<string>();
  /** Those of them that must be answered though they may be unchanged. */
  readonly owed = new Set<string>();
  wildcard = false;
  /** A name was subscribed once: an empty list is no wildcard any more. */
  everNamed = false;
  /** A request was read. */
  started = false;
  /** A response was sent. */
  answered = false;
  /** The next response is due even if it is empty. */
  answerDue = false;
  underWay: UnderWay | null = null;
  lastNonce = '';
  /** From sending to the answer, of the response before. */
  lastLatencyMs: number | null = null;
  readonly #interest: Interest;
  readonly #news: News[];
  /** The refusal of a response without resources. */
  #bare: Refusal | null = null;

  constructor(typeUrl: string, interest: Interest, news: News[]) {
    this.typeUrl = typeUrl;
    this.fullState = isFullState(typeUrl);
    this.#interest = interest;
    this.#news = news;
  }

  wants(name: string): boolean {
    return this.wildcard || this.names.has(name);
  }

  entry(name: string): Entry {
    let entry = this.entries.get(name);
    if (entry === undefined) {
      entry = {
        acked: null,
        ackedAtMs: 0,
        sent: null,
        sentAtMs: 0,
        sentIn: 0,
        leaving: false,
        again: false,
        stub: false,
        refused: null,
        parked: null,
      };
      this.entries.set(name, entry);
    }
    return entry;
  }

  /** The name must be answered, whatever the client was sent before. */
  owe(name: string): void {
    this.pending.add(name);
    this.owed.add(name);
  }

  subscribe(name: string): void {
    this.everNamed = true;
    if (this.names.has(name)) return;
    this.names.add(name);
    this.#interest.add(this.typeUrl, name);
  }

  unsubscribe(name: string): void {
    if (!this.names.delete(name)) return;
    this.#interest.remove(this.typeUrl, name);
    if (!this.wildcard) this.#forget(name);
  }

  setWildcard(on: boolean): void {
    if (this.wildcard === on) return;
    this.wildcard = on;
    if (on) this.#interest.add(this.typeUrl, WILDCARD);
    else this.#interest.remove(this.typeUrl, WILDCARD);
    if (on) return;
    for (const name of this.entries.keys()) if (!this.names.has(name)) this.#forget(name);
    for (const name of this.pending) if (!this.names.has(name)) this.settled(name);
  }

  /** Nothing is to be done for the name now. */
  settled(name: string): void {
    this.pending.delete(name);
    this.owed.delete(name);
  }

  /** A response with these marks left. */
  sent(nonce: string, number: number, marks: readonly Mark[], nowMs: number): void {
    this.underWay = { nonce, number, sentAtMs: nowMs, marks };
    this.lastNonce = nonce;
    this.answered = true;
    this.answerDue = false;
    for (const { name, resource, fresh } of marks) {
      if (resource === null) {
        const entry = this.entries.get(name);
        if (entry !== undefined && fresh) entry.leaving = true;
        continue;
      }
      const entry = this.entry(name);
      entry.sent = resource;
      entry.sentAtMs = nowMs;
      entry.sentIn = number;
      entry.again = false;
    }
  }

  /** The client took the response that is under way. Answers what it carried. */
  accept(nowMs: number): UnderWay | null {
    const underWay = this.#settle(nowMs);
    if (underWay === null) return null;
    this.#withdrawBare();
    const resources: XdsResource[] = [];
    const removed: string[] = [];
    for (const { name, resource, fresh } of underWay.marks) {
      if (resource === null) {
        if (fresh) removed.push(name);
        this.#gone(name);
        continue;
      }
      if (fresh) resources.push(resource);
      if (this.wants(name)) this.#take(name, resource, nowMs);
    }
    const latencyMs = nowMs - underWay.sentAtMs;
    this.#news.push({ is: 'accepted', acceptance: { typeUrl: this.typeUrl, resources, removed, latencyMs } });
    return underWay;
  }

  /** The client refused the response that is under way: its versions are parked, the rest goes on. */
  refuse(error: ErrorDetail, nowMs: number): void {
    const underWay = this.#settle(nowMs);
    if (underWay === null) return;
    this.#withdrawBare();
    const parked = makeRefusal(this.typeUrl, underWay.marks, error, nowMs);
    for (const mark of underWay.marks) {
      if (mark.resource === null) this.#gone(mark.name);
      else if (!this.wants(mark.name)) parked.open.delete(mark.name);
      else if (parked.open.has(mark.name)) this.#park(mark.name, mark.resource, parked);
      else if (mark.fresh) this.pending.add(mark.name);
    }
    this.#news.push({ is: 'refused', refusal: parked.refusal });
    if (parked.refusal.resources.length === 0) this.#bare = parked.refusal;
    else if (parked.open.size === 0) this.#news.push({ is: 'withdrawn', refusal: parked.refusal });
  }

  /** The resource is no more: what was refused of it is of no interest. */
  unpark(name: string): void {
    const entry = this.entries.get(name);
    if (entry?.parked == null) return;
    const { parked } = entry;
    entry.parked = null;
    entry.refused = null;
    parked.open.delete(name);
    if (parked.open.size === 0) this.#news.push({ is: 'withdrawn', refusal: parked.refusal });
  }

  /** The stream ends. */
  close(): void {
    this.#withdrawBare();
    for (const name of this.entries.keys()) this.unpark(name);
    for (const name of this.names) this.#interest.remove(this.typeUrl, name);
    if (this.wildcard) this.#interest.remove(this.typeUrl, WILDCARD);
  }

  #settle(nowMs: number): UnderWay | null {
    const { underWay } = this;
    this.underWay = null;
    if (underWay !== null) this.lastLatencyMs = nowMs - underWay.sentAtMs;
    return underWay;
  }

  #take(name: string, resource: XdsResource, nowMs: number): void {
    const entry = this.entry(name);
    const replaces = entry.acked?.version !== resource.version || entry.refused?.version === resource.version;
    if (replaces) this.unpark(name);
    // Given up and asked for again while it was under way: what happened in between was not followed.
    if (entry.sent !== resource) this.pending.add(name);
    entry.acked = resource;
    entry.ackedAtMs = nowMs;
    entry.stub = false;
    entry.leaving = false;
  }

  /** The client has it no more. Its entry goes: it may have been asked for again meanwhile, which makes a new one. */
  #gone(name: string): void {
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    entry.acked = null;
    entry.sent = null;
    if (!entry.leaving) return;
    this.unpark(name);
    this.entries.delete(name);
  }

  #park(name: string, resource: XdsResource, parked: Parked): void {
    this.unpark(name);
    const entry = this.entry(name);
    if (entry.sent !== resource) this.pending.add(name);
    entry.refused = resource;
    entry.parked = parked;
    // Asked for before it was refused: not again before it has changed.
    this.owed.delete(name);
  }

  #forget(name: string): void {
    this.unpark(name);
    this.entries.delete(name);
    this.settled(name);
  }

  #withdrawBare(): void {
    if (this.#bare === null) return;
    this.#news.push({ is: 'withdrawn', refusal: this.#bare });
    this.#bare = null;
  }
}
