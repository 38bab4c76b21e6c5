import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import type { TestRegistry, World } from './world.ts';

/**
 * A healthy GrpcService whose one instance moves to another address again and again, for as long as the test goes on
 * with whatever harms the others: rule 7 says that this one must not notice.
 */
export class Neighbour {
  readonly #world: World;
  readonly #registry: TestRegistry;
  readonly #namespace: string;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #longestMs = 0;
  #moves = 0;

  private constructor(world: World, registry: TestRegistry, namespace: string) {
    this.#world = world;
    this.#registry = registry;
    this.#namespace = namespace;
  }

  /** Applies it, waits until it is published and starts moving. `registryRef` is needed where the operator has no default. */
  static async start(world: World, registry: TestRegistry, namespace: string): Promise<Neighbour> {
    const neighbour = new Neighbour(world, registry, namespace);
    await neighbour.#move(0);
    await world.applyGrpcService(namespace, 'neighbour', {
      registryRef: { name: registry.name, namespace: 'rollcall-system' },
    });
    await world.untilReady(namespace, 'neighbour', [addressOf(0)]);
    neighbour.#running = neighbour.#run();
    // Its failure is told by end(); until then it must not count as nobody's.
    neighbour.#running.catch(() => undefined);
    return neighbour;
  }

  get hasEnded(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Moves so far. */
  get moves(): number {
    return this.#moves;
  }

  /** Ends it; fails where a change took longer than `withinMs`, or never came. */
  async end(withinMs: number): Promise<void> {
    this.#stop.abort();
    await this.#running;
    assert.ok(this.#moves > 0, 'the neighbour has moved');
    assert.ok(
      this.#longestMs < withinMs,
      `the neighbour waited ${Math.round(this.#longestMs)} ms for one of ${this.#moves} changes`,
    );
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const startedMs = performance.now();
      const address = await this.#move(this.#moves + 1);
      await waitFor(
        `the neighbour to move to ${address}`,
        async () => (await this.#world.ready(this.#namespace, 'neighbour')).join() === address,
        { timeoutMs: 30_000, intervalMs: 100 },
      );
      this.#longestMs = Math.max(this.#longestMs, performance.now() - startedMs);
      this.#moves += 1;
    }
  }

  async #move(to: number): Promise<string> {
    const address = addressOf(to);
    await this.#registry.table.register({ service: 'neighbour', instanceId: 'only', address });
    return address;
  }
}

function addressOf(move: number): string {
  return `10.78.${Math.floor(move / 200)}.${(move % 200) + 1}`;
}
