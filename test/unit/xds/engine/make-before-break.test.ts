import assert from 'node:assert/strict';
import type { Kind } from '../../../../src/xds/engine/protocol.ts';
import type { XdsResource } from '../../../../src/xds/resource.ts';
import { aResource, MemorySource, StreamBench, textOf, type Ask } from '../../../support/xds/engine.ts';

const route = (version: string, cluster: string): XdsResource =>
  aResource('route', 'R', version, [`cluster/${cluster}`, `endpoints/${cluster}`]);
const cluster = (name: string, version = '1'): XdsResource =>
  aResource('cluster', name, version, [`endpoints/${name}`]);
const endpoints = (name: string, version = '1'): XdsResource => aResource('endpoints', name, version);

/** Subscribed to clusters by wildcard and to `R`; endpoints by name, as Envoy does. Remembers what it wants, and answers. */
class Envoy {
  readonly #bench: StreamBench;
  readonly #kind: Kind;
  readonly #names = new Map<string, string[]>();
  readonly #nonces = new Map<string, string>();

  constructor(source: MemorySource, kind: Kind) {
    this.#bench = new StreamBench({ source, kind });
    this.#kind = kind;
  }

  want(type: string, ...names: string[]): void {
    this.#names.set(type, names);
    const ask: Ask =
      this.#kind === 'sotw' ? { names, nonce: this.#nonces.get(type) ?? '' } : { subscribe: names };
    this.#bench.ask(type, ask);
  }

  /** What arrives now, in words. */
  get(): string[] {
    return this.#bench.get().map((got) => {
      this.#nonces.set(got.type, got.nonce);
      return textOf(got);
    });
  }

  ack(type: string, refuse?: string): void {
    const names = this.#kind === 'sotw' ? { names: this.#names.get(type) ?? [] } : {};
    const answer = refuse === undefined ? {} : { refuse };
    this.#bench.ask(type, { ...names, ...answer, nonce: this.#nonces.get(type) ?? '' });
  }

  /** Acknowledges until nothing comes any more; answers all that came. */
  settle(): string[] {
    const all: string[] = [];
    for (let got = this.get(); got.length > 0; got = this.get()) {
      all.push(...got);
      for (const text of got) this.ack(text.split(':')[0] ?? '');
    }
    return all;
  }
}

/** An Envoy that has clusters C1 and its route to it. */
function running(kind: Kind): { source: MemorySource; envoy: Envoy } {
  const source = new MemorySource(cluster('C1'), endpoints('C1'), route('1', 'C1'));
  const envoy = new Envoy(source, kind);
  envoy.want('cluster');
  envoy.want('endpoints', 'C1');
  envoy.want('route', 'R');
  envoy.settle();
  return { source, envoy };
}

for (const kind of ['sotw', 'delta'] as const) {
  describe(`make before break, ${kind}`, () => {
    it('sends what is due together in the order clusters, endpoints, listeners, routes', () => {
      const source = new MemorySource(
        aResource('route', 'R'),
        aResource('listener', 'L'),
        aResource('endpoints', 'C'),
        aResource('cluster', 'C'),
      );
      const envoy = new Envoy(source, kind);
      for (const [type, name] of [
        ['route', 'R'],
        ['listener', 'L'],
        ['endpoints', 'C'],
        ['cluster', 'C'],
      ] as const) {
        envoy.want(type, name);
      }
      assert.deepEqual(
        envoy.get().map((text) => text.split(':')[0]),
        ['cluster', 'endpoints', 'listener', 'route'],
      );
    });

    it('gives a route only when its cluster and then its endpoints were acknowledged', () => {
      const { source, envoy } = running(kind);
      source.change([cluster('C2'), endpoints('C2'), route('2', 'C2')]);
      assert.deepEqual(envoy.get(), [kind === 'sotw' ? 'cluster: C1@1 C2@1' : 'cluster: C2@1']);
      envoy.want('endpoints', 'C1', 'C2');
      assert.equal(envoy.get().join().startsWith('endpoints:'), true);
      envoy.ack('cluster');
      assert.deepEqual(envoy.get(), [], 'the endpoints are not acknowledged');
      envoy.ack('endpoints');
      assert.deepEqual(envoy.get(), ['route: R@2']);
    });

    it('keeps a cluster that is gone until the route that needs it was replaced and acknowledged', () => {
      const { source, envoy } = running(kind);
      source.change([cluster('C2'), endpoints('C2'), route('2', 'C2')], ['cluster/C1', 'endpoints/C1']);
      assert.deepEqual(envoy.get(), [kind === 'sotw' ? 'cluster: C1@1 C2@1' : 'cluster: C2@1']);
      envoy.want('endpoints', 'C1', 'C2');
      envoy.get();
      envoy.ack('cluster');
      envoy.ack('endpoints');
      assert.deepEqual(envoy.get(), ['route: R@2']);
      envoy.ack('route');
      const last = envoy.get();
      assert.equal(last[0], kind === 'sotw' ? 'cluster: C2@1' : 'cluster: -C1');
    });

    it('keeps the last good tree of a client that refuses the new cluster', () => {
      const { source, envoy } = running(kind);
      source.change([cluster('C2'), endpoints('C2'), route('2', 'C2')], ['cluster/C1', 'endpoints/C1']);
      envoy.get();
      envoy.ack('cluster', 'C2: no such policy');
      assert.deepEqual(envoy.settle(), []);
      source.change([cluster('C2', '2')]);
      const [first] = envoy.get();
      assert.equal(first, kind === 'sotw' ? 'cluster: C1@1 C2@2' : 'cluster: C2@2');
    });

    it('keeps a cluster that is needed by a route under way, and by one that was refused', () => {
      const { source, envoy } = running(kind);
      source.change([route('2', 'C1')]);
      assert.deepEqual(envoy.get(), ['route: R@2']);
      source.change([], ['cluster/C1']);
      assert.deepEqual(envoy.get(), []);
      envoy.ack('route', 'R: no');
      assert.deepEqual(envoy.settle(), []);
    });

    it('gives a route at once to a client that has not subscribed to its cluster', () => {
      const source = new MemorySource(route('1', 'C1'), cluster('C1'), cluster('C2'));
      const grpc = new Envoy(source, kind);
      grpc.want('route', 'R');
      assert.deepEqual(grpc.settle(), ['route: R@1']);
      grpc.want('cluster', 'C1');
      grpc.settle();
      source.change([route('2', 'C2')]);
      assert.deepEqual(grpc.settle(), ['route: R@2']);
    });

    it('sends the endpoints of a cluster again that has changed, though they are as before', () => {
      const { source, envoy } = running(kind);
      source.change([cluster('C1', '2')]);
      assert.deepEqual(envoy.get(), ['cluster: C1@2']);
      envoy.ack('cluster');
      assert.deepEqual(envoy.settle(), ['endpoints: C1@1']);
    });

    it('does not send endpoints again that left after their cluster', () => {
      const { source, envoy } = running(kind);
      source.change([cluster('C1', '2'), endpoints('C1', '2')]);
      assert.deepEqual(envoy.settle(), ['cluster: C1@2', 'endpoints: C1@2']);
    });

    it('never sends endpoints before the new cluster that brings them', () => {
      const source = new MemorySource(cluster('C1'), endpoints('C1'));
      const envoy = new Envoy(source, kind);
      envoy.want('cluster');
      envoy.want('endpoints', 'C1', 'C2');
      envoy.get();
      source.change([cluster('C2'), endpoints('C2')]);
      envoy.ack('endpoints');
      assert.deepEqual(envoy.get(), [], 'clusters are under way: the new one cannot leave yet');
      envoy.ack('cluster');
      assert.deepEqual(envoy.get(), [
        kind === 'sotw' ? 'cluster: C1@1 C2@1' : 'cluster: C2@1',
        'endpoints: C2@1',
      ]);
    });
  });
}

describe('make before break', () => {
  it('does not answer a wildcard of listeners in part: what is left out would be deleted', () => {
    const listener = aResource('listener', 'L', '1', ['cluster/C1']);
    const source = new MemorySource(listener, aResource('listener', 'M'), cluster('C1'));
    const envoy = new Envoy(source, 'sotw');
    envoy.want('cluster');
    envoy.want('listener');
    assert.deepEqual(envoy.get(), ['cluster: C1@1']);
    envoy.ack('cluster');
    assert.deepEqual(envoy.get(), ['listener: L@1 M@1']);
  });

  it('keeps a gone cluster, while a route from another stream that may need it is not replaced (incremental)', () => {
    const source = new MemorySource(route('2', 'C2'), cluster('C2'));
    const client = new StreamBench({ source, kind: 'delta' });
    client.ask('cluster', { subscribe: ['*'], initial: { C1: '1', C2: '1' } });
    client.ask('route', { subscribe: ['R'], initial: { R: '1' } });
    const [answer, replaced] = client.get();
    assert.deepEqual(
      [answer, replaced].map((got) => got && textOf(got)),
      ['cluster:', 'route: R@2'],
    );
    client.ask('cluster', { nonce: answer?.nonce ?? '' });
    assert.deepEqual(client.texts(), []);
    client.ask('route', { nonce: replaced?.nonce ?? '' });
    assert.deepEqual(client.texts(), ['cluster: -C1']);
  });

  it('resends the version in force to who asks again while the newer one has to wait (incremental)', () => {
    const source = new MemorySource(route('1', 'C1'), cluster('C1'));
    const client = new StreamBench({ source, kind: 'delta' });
    client.ask('cluster', { subscribe: ['*'] });
    client.ask('cluster', { nonce: client.get()[0]?.nonce ?? '' });
    client.ask('route', { subscribe: ['R'] });
    client.ask('route', { nonce: client.get()[0]?.nonce ?? '' });
    source.change([cluster('C2'), route('2', 'C2')]);
    assert.deepEqual(client.texts(), ['cluster: C2@1']);
    client.ask('route', { subscribe: ['R'] });
    assert.deepEqual(client.texts(), ['route: R@1']);
  });
});
