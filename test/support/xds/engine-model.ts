import assert from 'node:assert/strict';
import type { XdsService } from '../../../src/xds/engine/service.ts';
import type { Kind } from '../../../src/xds/engine/protocol.ts';
import type { XdsResource } from '../../../src/xds/resource.ts';
import { aResource, type MemorySource, TYPES, urlOf } from './engine.ts';
import { WireClient, type WireResponse } from './engine-wire.ts';

export type Type = (typeof TYPES)[number];

const FULL: readonly string[] = ['cluster', 'listener'];
const NAMES: Readonly<Record<Type, readonly string[]>> = {
  cluster: ['c0', 'c1', 'c2'],
  endpoints: ['c0', 'c1', 'c2'],
  listener: ['l0', 'l1'],
  route: ['r0', 'r1'],
};

/** The nth name of a type. */
export function nameOf(type: Type, nth: number): string {
  return NAMES[type][nth % NAMES[type].length] ?? '';
}

/** A world of listeners, routes, clusters and endpoints in which every route refers to a cluster that exists. */
export class ModelWorld {
  readonly source: MemorySource;
  /** `route/r0@7` and what it needs, of all that ever was. */
  readonly needs = new Map<string, readonly string[]>();
  /** The cluster of each route. */
  readonly #targets = new Map<string, string>();
  #version = 0;

  constructor(source: MemorySource) {
    this.source = source;
    this.source.change([
      ...this.#cluster('c0'),
      ...['r0', 'r1'].map((name) => this.#route(name, 'c0')),
      ...['l0', 'l1'].map((name, index) => this.#make('listener', name, [`route/r${index}`])),
    ]);
  }

  has(type: string, name: string): boolean {
    return this.current(type, name) !== undefined;
  }

  current(type: string, name: string): XdsResource | undefined {
    return this.source.get('', { typeUrl: urlOf(type), name });
  }

  names(type: string): string[] {
    return this.source.all('', urlOf(type)).map(({ name }) => name);
  }

  /** New content, if it exists. */
  touch(type: Type, name: string): void {
    const old = this.current(type, name);
    if (old !== undefined) this.source.change([this.#again(type, name)]);
  }

  touchAll(): void {
    this.source.change(TYPES.flatMap((type) => this.names(type).map((name) => this.#again(type, name))));
  }

  addCluster(name: string): void {
    if (!this.has('cluster', name)) this.source.change(this.#cluster(name));
  }

  /** The route to another cluster, and the one that no route refers to any more out, as one change. */
  move(route: string, cluster: string, dropOld: boolean): void {
    const old = this.#targets.get(route) ?? '';
    const added = this.has('cluster', cluster) ? [] : this.#cluster(cluster);
    const moved = this.#route(route, cluster);
    const unused = dropOld && ![...this.#targets.values()].includes(old);
    this.source.change([...added, moved], unused ? [`cluster/${old}`, `endpoints/${old}`] : []);
  }

  removeListener(name: string): void {
    this.source.change([], [`listener/${name}`]);
  }

  addListener(name: string): void {
    this.source.change([this.#make('listener', name, [`route/r${name.slice(1)}`])]);
  }

  #cluster(name: string): XdsResource[] {
    return [this.#make('endpoints', name, []), this.#make('cluster', name, [`endpoints/${name}`])];
  }

  #route(name: string, cluster: string): XdsResource {
    this.#targets.set(name, cluster);
    return this.#make('route', name, [`cluster/${cluster}`, `endpoints/${cluster}`]);
  }

  #again(type: Type, name: string): XdsResource {
    const old = this.current(type, name);
    return this.#make(type, name, this.needs.get(`${type}/${name}@${old?.version ?? ''}`) ?? []);
  }

  #make(type: Type, name: string, needs: readonly string[]): XdsResource {
    this.#version += 1;
    this.needs.set(`${type}/${name}@${this.#version}`, needs);
    return aResource(type, name, String(this.#version), needs);
  }
}

/** What the reference client knows of one type. */
class ModelType {
  /** What it wants, and what the server was told of that. */
  names = new Set<string>();
  told = new Set<string>();
  started = false;
  /** Name to version. */
  readonly accepted = new Map<string, string>();
  /** Of these, what was accepted on this stream. */
  readonly known = new Set<string>();
  /** Refused, with a reason that named them. */
  readonly refused = new Set<string>();
  /** In a response that was refused: what is good of it may be in use. */
  readonly maybe = new Set<string>();
  open: WireResponse | null = null;
  nonce = '';
  /** Something is owed that may look as before. */
  owed = false;

  wants(name: string): boolean {
    return this.told.has('*') || this.told.has(name);
  }
}

/** A client that obeys the protocol to the letter, and checks that the server does. */
export class ModelClient {
  readonly kind: Kind;
  readonly #world: ModelWorld;
  readonly #service: XdsService;
  readonly #nonces = new Set<string>();
  readonly #types = new Map<Type, ModelType>(TYPES.map((type) => [type, new ModelType()]));
  #wire: WireClient;

  constructor(kind: Kind, world: ModelWorld, service: XdsService) {
    this.kind = kind;
    this.#world = world;
    this.#service = service;
    this.#wire = this.#connect();
  }

  /** Some response has not been answered. */
  get busy(): boolean {
    return [...this.#types.values()].some(({ open }) => open !== null);
  }

  subscribe(type: Type, name: string): void {
    const of = this.#of(type);
    const again = of.names.has(name);
    of.names.add(name);
    if (this.kind === 'sotw') this.#tellSotw(type);
    else this.#tellDelta(type, { subscribe: [name] }, again);
  }

  unsubscribe(type: Type, name: string): void {
    const of = this.#of(type);
    if (!of.names.delete(name)) return;
    if (this.kind === 'sotw') this.#tellSotw(type);
    // Below a wildcard this asks for the resource: it has to be answered.
    else this.#tellDelta(type, { unsubscribe: [name] }, of.names.has('*'));
  }

  /** Acknowledges what is open of a type; refuses it where `refuse` names what is bad. */
  answer(type: Type, refuse: boolean, telling: boolean): void {
    const of = this.#of(type);
    const { open } = of;
    if (open === null) return;
    of.open = null;
    of.nonce = open.nonce;
    const bad = open.resources[0]?.split('@')[0] ?? '';
    if (refuse) {
      if (telling && of.wants(bad) && this.#isNews(type, open.resources[0] ?? ''))
        of.refused.add(open.resources[0] ?? '');
      of.owed = true;
      this.#dropGone(type, open);
    } else this.#accept(type, open);
    const reason = refuse ? { refuse: telling ? `[${bad}] is bad` : 'bad' } : {};
    if (this.kind === 'sotw') this.#tellSotw(type, reason);
    else this.#wire.ask(type, { nonce: open.nonce, ...reason });
  }

  /** Its connection breaks, and it asks for all it wants anew. */
  reconnect(): void {
    this.#wire.cancel();
    this.#wire = this.#connect();
    this.#nonces.clear();
    for (const [type, of] of this.#types) {
      const started = of.started;
      Object.assign(of, { open: null, nonce: '', started: false, told: new Set<string>() });
      of.known.clear();
      of.refused.clear();
      if (!started) continue;
      for (const name of of.accepted.keys()) {
        if (!of.names.has('*') && !of.names.has(name)) of.accepted.delete(name);
      }
      if (this.kind === 'sotw') this.#tellSotw(type);
      else
        this.#tellDelta(type, { subscribe: [...of.names], initial: Object.fromEntries(of.accepted) }, true);
    }
  }

  /** Takes what has arrived, and judges it. */
  read(): void {
    for (const response of this.#wire.responses()) {
      const type = TYPES.find((word) => urlOf(word) === response.typeUrl);
      assert.ok(type !== undefined);
      const of = this.#of(type);
      assert.equal(of.open, null, `two responses of ${type} under way`);
      assert.ok(!this.#nonces.has(response.nonce), `nonce ${response.nonce} came twice`);
      this.#nonces.add(response.nonce);
      this.#checkCause(type, response);
      this.#checkParked(type, response);
      this.#checkMade(response, type);
      if (type === 'cluster') this.#checkNotBroken(response);
      of.open = response;
      of.owed = false;
    }
    assert.equal(this.#wire.status, null);
  }

  /** Everything was answered and nothing comes any more: the client has what the source has. */
  checkSettled(): void {
    for (const [type, of] of this.#types) {
      const existing = new Set(this.#world.names(type));
      const wanted = of.told.has('*') ? existing : new Set([...of.told].filter((name) => existing.has(name)));
      const expected = [...wanted].map((name) => `${name}@${this.#world.current(type, name)?.version ?? ''}`);
      // Nobody can take back endpoints or routes in the state-of-the-world kind.
      const lasting = this.kind === 'sotw' && !FULL.includes(type);
      const accepted = [...of.accepted]
        .filter(([name]) => !lasting || existing.has(name))
        .map(([name, version]) => `${name}@${version}`);
      assert.deepEqual(accepted.sort(), expected.sort(), `${this.kind} ${type}`);
    }
  }

  #connect(): WireClient {
    const method = `/envoy.service.discovery.v3.AggregatedDiscoveryService/${this.kind === 'sotw' ? 'Stream' : 'Delta'}AggregatedResources`;
    return new WireClient(this.#service.open, { method });
  }

  #of(type: Type): ModelType {
    const of = this.#types.get(type);
    assert.ok(of !== undefined);
    return of;
  }

  /** Names go with the answer while a response is open: the nonce would answer it. */
  #tellSotw(type: Type, answer: { readonly refuse?: string } = {}): void {
    const of = this.#of(type);
    if (of.open !== null) return;
    if (!of.started && of.names.size === 0) return;
    if ([...of.names].some((name) => !of.told.has(name))) of.owed = true;
    this.#told(of, new Set(of.names));
    this.#wire.ask(type, { names: [...of.names], nonce: of.nonce, ...answer });
  }

  #tellDelta(type: Type, ask: Parameters<WireClient['ask']>[1], again: boolean): void {
    const of = this.#of(type);
    if (again || of.names.size > 0) of.owed = true;
    if (again) for (const text of [...of.refused]) of.refused.delete(text);
    this.#told(of, new Set(of.names));
    this.#wire.ask(type, ask);
  }

  #told(of: ModelType, names: Set<string>): void {
    for (const text of [...of.refused]) {
      const name = text.split('@')[0] ?? '';
      if (!names.has('*') && !names.has(name)) of.refused.delete(text);
      else if (names.has(name) && !of.told.has(name)) of.refused.delete(text);
    }
    of.told = names;
    of.started = true;
    for (const name of [...of.accepted.keys()]) if (!of.wants(name)) this.#drop(of, name);
  }

  #drop(of: ModelType, name: string): void {
    of.accepted.delete(name);
    of.known.delete(name);
  }

  #accept(type: Type, response: WireResponse): void {
    const of = this.#of(type);
    const full = this.kind === 'sotw' && FULL.includes(type);
    if (full) for (const name of [...of.accepted.keys()]) this.#drop(of, name);
    if (full) of.maybe.clear();
    for (const name of response.removed) this.#drop(of, name);
    for (const text of response.resources) {
      const [name = '', version = ''] = text.split('@');
      if (type === 'cluster' && of.accepted.get(name) !== version) this.#of('endpoints').owed = true;
      if (!of.wants(name)) continue;
      of.accepted.set(name, version);
      of.known.add(name);
    }
    if (type === 'cluster') this.#of('endpoints').owed = true;
  }

  /** What is to be dropped is dropped, whatever the client thinks of the rest. */
  #dropGone(type: Type, response: WireResponse): void {
    const of = this.#of(type);
    const left = new Set(response.resources.map((text) => text.split('@')[0] ?? ''));
    const full = this.kind === 'sotw' && FULL.includes(type);
    if (full) for (const name of [...of.accepted.keys()]) if (!left.has(name)) this.#drop(of, name);
    for (const name of response.removed) this.#drop(of, name);
    for (const text of response.resources) of.maybe.add(text.split('@')[0] ?? '');
  }

  #isNews(type: Type, text: string): boolean {
    const [name = '', version = ''] = text.split('@');
    return this.#of(type).accepted.get(name) !== version;
  }

  #checkCause(type: Type, response: WireResponse): void {
    const of = this.#of(type);
    if (of.owed) return;
    const full = this.kind === 'sotw' && FULL.includes(type);
    // On a new stream of the state-of-the-world kind nobody knows what the client has.
    const unknown = (text: string): boolean =>
      this.kind === 'sotw' && !of.known.has(text.split('@')[0] ?? '');
    const changed = response.resources.some((text) => this.#isNews(type, text) || unknown(text));
    const left = new Set(response.resources.map((text) => text.split('@')[0] ?? ''));
    const fewer = full && [...of.accepted.keys(), ...of.maybe].some((name) => !left.has(name));
    const lacking = response.removed.length > 0 || response.errors.length > 0;
    assert.ok(changed || fewer || lacking, `${type}: a response without cause`);
  }

  #checkParked(type: Type, response: WireResponse): void {
    for (const text of response.resources) {
      assert.ok(!this.#of(type).refused.has(text), `${type}/${text} was refused, and is sent again`);
    }
  }

  /** Nothing comes whose cluster the client has asked for and not accepted. */
  #checkMade(response: WireResponse, type: Type): void {
    if (type !== 'route') return;
    for (const text of response.resources) {
      if (!this.#isNews(type, text)) continue;
      for (const need of this.#world.needs.get(`${type}/${text}`) ?? []) {
        const [needed = '', name = ''] = need.split('/');
        const of = this.#of(needed as Type);
        assert.ok(!of.wants(name) || of.accepted.has(name), `${type}/${text} came before ${need}`);
      }
    }
  }

  /** No cluster goes that a route which the client has, or has just been sent, still needs. */
  #checkNotBroken(response: WireResponse): void {
    const clusters = this.#of('cluster');
    const left = new Set(response.resources.map((text) => text.split('@')[0] ?? ''));
    const gone = (name: string): boolean =>
      this.kind === 'delta' ? response.removed.includes(name) : clusters.known.has(name) && !left.has(name);
    const routes = this.#of('route');
    const held = [...routes.accepted]
      .filter(([name]) => this.kind === 'delta' || routes.known.has(name))
      .map(([name, version]) => `${name}@${version}`);
    const open = (routes.open?.resources ?? []).filter((text) => routes.wants(text.split('@')[0] ?? ''));
    for (const text of [...held, ...open]) {
      for (const need of this.#world.needs.get(`route/${text}`) ?? []) {
        const [type, name = ''] = need.split('/');
        if (type !== 'cluster' || !clusters.accepted.has(name)) continue;
        assert.ok(!gone(name), `cluster ${name} was taken away from route ${text}`);
      }
    }
  }
}
