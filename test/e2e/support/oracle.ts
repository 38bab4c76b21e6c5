import { createInterface } from 'node:readline';
import { Agent, request } from 'undici';
import { waitFor } from '../../../local/lib/wait.ts';
import type { EndpointSlice } from '../../../src/model/kube-objects.ts';
import type { World } from './world.ts';

/** What the writer of the rows says of one address. */
interface Life {
  /** `leaving`: a statement that ends it is under way, or its lease runs out; nothing is demanded then. */
  state: 'live' | 'leaving' | 'dead';
  /** `performance.now()` since when `state` is so. */
  sinceMs: number;
  /** It was published in this life, long enough after its beginning to be of this life. */
  published: boolean;
  /** It was published, died, and was taken away. */
  removed: boolean;
}

/**
 * An address that came back is demanded only after so long, in ms: until then the removal that it escaped may still be on its way. One that was
 * never there before is demanded from its first publication on.
 */
const REVIVAL_MS = 5000;

/**
 * Watches the EndpointSlices of one Service by a raw watch of its own, and judges at every event of it, over the union of the slices as
 * they are at that moment:
 *
 * | an address that is                    | must                                              |
 * |---------------------------------------|---------------------------------------------------|
 * | live, and was published in this life  | be there, in every state between any two writes   |
 * | dead, and was taken away              | not come back                                     |
 *
 * Whoever changes the rows says what is live: {@link leaves} before the statement that ends a life, {@link lives} and {@link dies} after theirs.
 */
export class Oracle {
  /** What must never have happened; empty when all is well. */
  readonly violations: string[] = [];
  /** How many events were judged. */
  judged = 0;
  readonly #lives = new Map<string, Life>();
  readonly #slices = new Map<string, EndpointSlice>();
  readonly #stop = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #fault: unknown;

  static async start(world: World, namespace: string, serviceName: string): Promise<Oracle> {
    const oracle = new Oracle();
    const selector = encodeURIComponent(`kubernetes.io/service-name=${serviceName}`);
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${selector}`;
    const list = await world.cluster.request<{
      metadata: { resourceVersion: string };
      items: EndpointSlice[];
    }>('GET', path);
    for (const slice of list.items) oracle.#slices.set(slice.metadata.name, slice);
    const { url, ca, token } = world.cluster.apiServer;
    const dispatcher = new Agent({ connect: { ca }, bodyTimeout: 0 });
    const { body } = await request(
      `${url}${path}&watch=true&resourceVersion=${list.metadata.resourceVersion}`,
      { dispatcher, headers: { authorization: `Bearer ${token}` }, signal: oracle.#stop.signal },
    );
    oracle.#ended = oracle.#read(body).finally(() => dispatcher.destroy());
    return oracle;
  }

  /** The row of `address` is committed, UP and alive. */
  lives(address: string): void {
    this.#set(address, 'live');
  }

  /** `address` may go from now on. */
  leaves(address: string): void {
    this.#set(address, 'leaving');
  }

  /** `address` is gone from the registry for certain. */
  dies(address: string): void {
    this.#set(address, 'dead');
  }

  get live(): readonly string[] {
    return [...this.#lives].filter(([, { state }]) => state === 'live').map(([address]) => address);
  }

  /** Waits until the live addresses, and no others, are published, each once and none in an empty slice beside others. */
  async settled(timeoutMs = 30_000): Promise<void> {
    let told = '';
    try {
      await waitFor('the slices to be equal to the rows', () => (told = this.#difference()) === '', {
        timeoutMs,
      });
    } catch (error) {
      throw new Error(`the slices are not equal to the rows: ${told}`, { cause: error });
    }
  }

  /** Ends the watch; throws what was violated, and anything that kept it from judging. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    if (this.#fault !== undefined) throw new Error('the oracle lost its watch', { cause: this.#fault });
    if (this.violations.length > 0) {
      throw new Error(`${this.violations.length} violations:\n${this.violations.slice(0, 20).join('\n')}`);
    }
  }

  #set(address: string, state: Life['state']): void {
    const before = this.#lives.get(address);
    if (state === 'live' && before?.state === 'live') return;
    const keepsPublished = state !== 'live' && before?.published === true;
    const removed = state === 'dead' && before?.state === 'dead' && before.removed;
    this.#lives.set(address, { state, sinceMs: performance.now(), published: keepsPublished, removed });
    if (state === 'live' && before === undefined) this.#judgeNew(address);
  }

  /** It may be published before the writer has heard of its own commit. */
  #judgeNew(address: string): void {
    const life = this.#lives.get(address);
    if (life === undefined) return;
    life.sinceMs = Number.NEGATIVE_INFINITY;
    life.published = this.#counts().has(address);
  }

  async #read(body: NodeJS.ReadableStream): Promise<void> {
    try {
      for await (const line of createInterface({ input: body })) {
        const { type, object } = JSON.parse(line) as { type: string; object: EndpointSlice };
        if (type === 'ERROR') throw new Error(line);
        if (type === 'DELETED') this.#slices.delete(object.metadata.name);
        else this.#slices.set(object.metadata.name, object);
        this.#judge(`${type} ${object.metadata.name} at ${object.metadata.resourceVersion ?? ''}`);
      }
      throw new Error('the API server ended the watch');
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#fault = error;
    }
  }

  #judge(event: string): void {
    this.judged += 1;
    const there = this.#counts();
    for (const [address, life] of this.#lives) {
      const violation = there.has(address) ? this.#present(life) : this.#absent(life);
      if (violation === null) continue;
      const ageMs = Math.round(performance.now() - life.sinceMs);
      this.violations.push(
        `${new Date().toISOString()} ${event}: ${address}, ${life.state} for ${ageMs} ms, ${violation}`,
      );
    }
  }

  #present(life: Life): string | null {
    if (life.state === 'live') {
      if (performance.now() - life.sinceMs >= REVIVAL_MS) life.published = true;
      return null;
    }
    life.published = true;
    if (!life.removed) return null;
    life.removed = false;
    return 'came back';
  }

  #absent(life: Life): string | null {
    if (life.state === 'dead' && life.published) life.removed = true;
    if (life.state !== 'live' || !life.published) return null;
    life.published = false;
    return 'is absent';
  }

  /** How often each address is published and ready. */
  #counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const slice of this.#slices.values()) {
      for (const { addresses, conditions } of slice.endpoints ?? []) {
        if (conditions?.ready === false) continue;
        for (const address of addresses) counts.set(address, (counts.get(address) ?? 0) + 1);
      }
    }
    return counts;
  }

  #difference(): string {
    if (this.#fault !== undefined) throw new Error('the oracle lost its watch', { cause: this.#fault });
    const counts = this.#counts();
    const live = new Set(this.live);
    const missing = [...live].filter((address) => !counts.has(address));
    const surplus = [...counts.keys()].filter((address) => !live.has(address));
    const doubled = [...counts].filter(([, count]) => count > 1).map(([address]) => address);
    const empty = [...this.#slices.values()].filter(({ endpoints }) => (endpoints ?? []).length === 0);
    const orphans = this.#slices.size > 1 ? empty.map(({ metadata }) => metadata.name) : [];
    return Object.entries({ missing, surplus, doubled, orphans })
      .filter(([, names]) => names.length > 0)
      .map(([what, names]) => `${what}: ${names.join(' ')}`)
      .join('; ');
  }
}
