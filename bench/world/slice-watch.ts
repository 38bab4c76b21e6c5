import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import type { ApiServer } from '../../local/servers/api-server.ts';
import type { EndpointSlice } from '../../src/model/kube-objects.ts';

/** One change of a slice as the API server told it. */
export interface SliceEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** Addresses that are ready in it now; none after its deletion. */
  readonly ready: ReadonlySet<string>;
  readonly before: ReadonlySet<string>;
  /** By performance.now(), when the line had come. */
  readonly atMs: number;
}

/** How many slices were written since the watch was opened, or since {@link SliceWatch.resetWrites}. */
export interface SliceWrites {
  create: number;
  update: number;
  delete: number;
}

interface WatchLine {
  readonly type: SliceEvent['type'] | 'BOOKMARK' | 'ERROR';
  readonly object: EndpointSlice;
}

const none: ReadonlySet<string> = new Set();

/**
 * The benchmark's own view of all EndpointSlices, by a watch: the witness for both sides. Every write shows as one event,
 * but for those that change nothing.
 */
export class SliceWatch {
  readonly #agent: Agent;
  readonly #slices = new Map<string, ReadonlySet<string>>();
  /** In how many slices an address is ready. */
  readonly #holders = new Map<string, number>();
  readonly #listeners = new Set<(event: SliceEvent) => void>();
  readonly #closing = new AbortController();
  #failure: Error | undefined;
  #lastEventAtMs = performance.now();
  writes: SliceWrites = { create: 0, update: 0, delete: 0 };

  private constructor(ca: string) {
    this.#agent = new Agent({ connect: { ca }, bodyTimeout: 0 });
  }

  /** Lists, then watches until {@link close}. */
  static async open({ url, ca, token }: Pick<ApiServer, 'url' | 'ca' | 'token'>): Promise<SliceWatch> {
    const watch = new SliceWatch(ca);
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
    const options = { dispatcher: watch.#agent, headers, signal: watch.#closing.signal };
    const path = `${url}/apis/discovery.k8s.io/v1/endpointslices`;
    const list = (await (await request(path, options)).body.json()) as {
      metadata: { resourceVersion: string };
      items: EndpointSlice[];
    };
    for (const slice of list.items) watch.#take('ADDED', slice);
    watch.resetWrites();
    const query = `?watch=true&resourceVersion=${list.metadata.resourceVersion}`;
    const { statusCode, body } = await request(path + query, options);
    if (statusCode !== 200) throw new Error(`watching slices: ${statusCode} ${await body.text()}`);
    void watch.#follow(body);
    return watch;
  }

  /** How many addresses are ready in at least one slice. */
  get addresses(): number {
    return this.#holders.size;
  }

  /** How many slices there are. */
  get slices(): number {
    return this.#slices.size;
  }

  has(address: string): boolean {
    return this.#holders.has(address);
  }

  /** Names of the slices that hold at least one of the addresses. */
  holding(addresses: Iterable<string>): Set<string> {
    const wanted = [...addresses];
    const found = [...this.#slices].filter(([, ready]) => wanted.some((address) => ready.has(address)));
    return new Set(found.map(([name]) => name));
  }

  resetWrites(): void {
    this.writes = { create: 0, update: 0, delete: 0 };
  }

  get totalWrites(): number {
    return this.writes.create + this.writes.update + this.writes.delete;
  }

  /** Called at every event; gives the function that ends it. */
  listen(listener: (event: SliceEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves at the event that makes `holds` true, in the same turn of the event loop. */
  async until(what: string, holds: () => boolean, timeoutMs = 60_000): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void) => {
        stop();
        clearTimeout(timer);
        clearInterval(broken);
        settle();
      };
      const fail = (error: Error) => end(() => reject(error));
      const timer = setTimeout(
        () => fail(new Error(`waited ${timeoutMs} ms for ${what}; ${this.addresses} addresses are there`)),
        timeoutMs,
      );
      const broken = setInterval(() => this.#failure && fail(this.#failure), 200);
      const stop = this.listen(() => holds() && end(resolve));
    });
  }

  /** Resolves when no slice has changed for `quietMs`. */
  async quiet(quietMs: number): Promise<void> {
    for (;;) {
      if (this.#failure) throw this.#failure;
      const left = this.#lastEventAtMs + quietMs - performance.now();
      if (left <= 0) return;
      await new Promise((resolve) => setTimeout(resolve, left));
    }
  }

  /** The quiet of {@link quiet} is counted from now on at the earliest. */
  restartQuiet(): void {
    this.#lastEventAtMs = performance.now();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#agent.destroy();
  }

  async #follow(body: Readable): Promise<void> {
    try {
      for await (const line of createInterface({ input: body })) {
        const { type, object } = JSON.parse(line) as WatchLine;
        if (type === 'ERROR') throw new Error(`the watch of slices failed: ${line}`);
        if (type !== 'BOOKMARK') this.#take(type, object);
      }
      throw new Error('the watch of slices ended');
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#failure = new Error('the watch broke', { cause: error });
    }
  }

  #take(type: SliceEvent['type'], slice: EndpointSlice): void {
    const atMs = performance.now();
    const name = `${slice.metadata.namespace}/${slice.metadata.name}`;
    const before = this.#slices.get(name) ?? none;
    const ready = type === 'DELETED' ? none : readyAddresses(slice);
    for (const address of ready) if (!before.has(address)) this.#hold(address, 1);
    for (const address of before) if (!ready.has(address)) this.#hold(address, -1);
    if (type === 'DELETED') this.#slices.delete(name);
    else this.#slices.set(name, ready);
    this.writes[type === 'ADDED' ? 'create' : type === 'MODIFIED' ? 'update' : 'delete'] += 1;
    this.#lastEventAtMs = atMs;
    for (const listener of [...this.#listeners]) listener({ type, ready, before, atMs });
  }

  #hold(address: string, change: number): void {
    const holders = (this.#holders.get(address) ?? 0) + change;
    if (holders === 0) this.#holders.delete(address);
    else this.#holders.set(address, holders);
  }
}

function readyAddresses({ endpoints }: EndpointSlice): Set<string> {
  const ready = endpoints?.filter(({ conditions }) => conditions?.ready !== false) ?? [];
  return new Set(ready.flatMap(({ addresses }) => addresses));
}
