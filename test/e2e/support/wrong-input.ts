import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import type { Condition } from '../../../src/model/kube-objects.ts';
import type { GrpcServiceSpec } from '../../../src/model/grpcservice.ts';
import type { RegistrySpec } from '../../../src/model/registry.ts';
import { Neighbour } from './neighbour.ts';
import type { OperatorProcess } from './operator.ts';
import { type TestRegistry, World } from './world.ts';

export const SYSTEM = 'rollcall-system';
export const SPEC: Partial<RegistrySpec> = {
  feed: { type: 'Poll', poll: { interval: '200ms', auditInterval: '1s' } },
};
/** Somebody who mends a registry waits 15 s at most; see the retries of the syncer. */
export const MENDED_MS = 25_000;

/**
 * What the tests of wrong input have in common: an operator without a default registry, a registry with one instance of
 * service `orders`, and a healthy neighbour that must be served whatever is done wrong beside it.
 */
export class WrongInput {
  readonly world: World;
  readonly registry: TestRegistry;
  readonly operator: OperatorProcess;
  readonly namespace: string;
  readonly #neighbour: Neighbour;

  private constructor(
    world: World,
    registry: TestRegistry,
    operator: OperatorProcess,
    namespace: string,
    neighbour: Neighbour,
  ) {
    this.world = world;
    this.registry = registry;
    this.operator = operator;
    this.namespace = namespace;
    this.#neighbour = neighbour;
  }

  static async start(): Promise<WrongInput> {
    const world = await World.create();
    const registry = await world.registry(SPEC);
    const namespace = await world.namespace();
    const operator = await world.operator(null);
    await registry.table.register({ service: 'orders', instanceId: 'a', address: '10.77.70.1' });
    const neighbour = await Neighbour.start(world, registry, namespace);
    return new WrongInput(world, registry, operator, namespace, neighbour);
  }

  /** Waits for two of the neighbour's moves: one may have been under way when the harm was done. */
  async neighbourMoves(): Promise<void> {
    const neighbour = this.#neighbour;
    const { moves } = neighbour;
    if (neighbour.hasEnded) return;
    await waitFor('the neighbour to move', () => neighbour.moves >= moves + 2, { timeoutMs: 10_000 });
  }

  /** Fails where any change of the neighbour has waited for more than a few seconds. */
  async neighbourWasServed(): Promise<void> {
    await this.#neighbour.end(5_000);
  }

  /** Names a Registry, for the spec of a GrpcService. */
  ref(name: string): Pick<GrpcServiceSpec, 'registryRef'> {
    return { registryRef: { name, namespace: SYSTEM } };
  }

  /** Applies a GrpcService for service `orders` of a Registry. */
  async apply(name: string, registryName: string): Promise<void> {
    await this.world.applyGrpcService(this.namespace, name, { service: 'orders', ...this.ref(registryName) });
  }

  async isPublished(name: string): Promise<void> {
    const { world, namespace } = this;
    await world.untilCondition(namespace, name, 'Ready', 'True Published', { timeoutMs: MENDED_MS });
    await world.untilCondition(namespace, name, 'RegistryAvailable', 'True Connected');
    assert.deepEqual(await world.ready(namespace, name), ['10.77.70.1']);
  }

  /** Waits for Ready False and RegistryAvailable False with this reason. */
  async refused(name: string, reason: string): Promise<Condition> {
    await this.world.untilCondition(this.namespace, name, 'RegistryAvailable', `False ${reason}`);
    return await this.world.untilCondition(this.namespace, name, 'Ready', `False ${reason}`);
  }

  /**
   * One fault seen from both sides: from the Registry, and from a GrpcService of the same name that uses it. Answers the
   * Registry's message; the GrpcService's says the same, and of which Registry.
   */
  async unreadable(name: string, reason: string): Promise<string> {
    await this.apply(name, name);
    const connected = await this.world.untilCondition(SYSTEM, name, 'Connected', `False ${reason}`, {
      plural: 'registries',
    });
    const { message } = await this.refused(name, reason);
    assert.ok(
      message.includes(`Registry ${SYSTEM}/${name} `) && message.includes(connected.message),
      message,
    );
    return connected.message;
  }

  /** The Registry is ready again, and so is the GrpcService of its name. */
  async isRead(name: string): Promise<void> {
    await this.world.untilCondition(SYSTEM, name, 'Ready', 'True Synced', {
      plural: 'registries',
      timeoutMs: MENDED_MS,
    });
    await this.isPublished(name);
  }
}

/**
 * A suite of tests of wrong input on a bench of its own, which `take` is given when it has started. After every test the neighbour
 * must still be served, and at the end no change of it may have waited for long.
 */
export function describeWrongInput(what: string, take: (bench: WrongInput) => void, tests: () => void): void {
  describe(`${what} is said in a condition, mends by itself, and costs the others nothing`, function () {
    this.timeout(90_000);
    let bench: WrongInput;

    before(async () => {
      bench = await WrongInput.start();
      take(bench);
    });
    after(() => bench.world.dispose());
    afterEach('the neighbour is served', () => bench.neighbourMoves());

    tests();

    describe('the healthy neighbour,', () => {
      it('all the while, has waited for no change of its own for more than a few seconds', async () => {
        await bench.neighbourWasServed();
      });
    });
  });
}
