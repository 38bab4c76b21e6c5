import fc from 'fast-check';
import { createXdsService } from '../../../../src/xds/engine/service.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import { MemorySource, TYPES } from '../../../support/xds/engine.ts';
import { ModelClient, ModelWorld, nameOf, type Type } from '../../../support/xds/engine-model.ts';
import { JsonCodec, RecordingObserver } from '../../../support/xds/engine-wire.ts';

/** One thing that happens: to the world, or done by one of the clients. What a word does not need is ignored. */
interface Step {
  readonly act: (typeof ACTS)[number][1];
  readonly client: number;
  readonly type: Type;
  readonly nth: number;
  /** The cluster that a route moves to. */
  readonly to: number;
  readonly flag: boolean;
}

/** How often, and what. */
const ACTS = [
  [5, 'touch'],
  [6, 'move'],
  [1, 'addCluster'],
  [2, 'listener'],
  [8, 'subscribe'],
  [2, 'wildcard'],
  [4, 'unsubscribe'],
  [18, 'accept'],
  [4, 'refuse'],
  [1, 'reconnect'],
] as const;

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    act: fc.oneof(...ACTS.map(([weight, act]) => ({ weight, arbitrary: fc.constant(act) }))),
    client: fc.nat(3),
    type: fc.constantFrom<Type[]>(...TYPES),
    nth: fc.nat(2),
    to: fc.nat(2),
    flag: fc.boolean(),
  }),
  { maxLength: 120, size: 'max' },
);

function take(step: Step, world: ModelWorld, client: ModelClient): void {
  const { act, type, flag } = step;
  const name = nameOf(type, step.nth);
  switch (act) {
    case 'touch': {
      world.touch(type, name);
      return;
    }
    case 'move': {
      world.move(nameOf('route', step.nth), nameOf('cluster', step.to), flag);
      return;
    }
    case 'addCluster': {
      world.addCluster(nameOf('cluster', step.nth));
      return;
    }
    case 'listener': {
      flag
        ? world.addListener(nameOf('listener', step.nth))
        : world.removeListener(nameOf('listener', step.nth));
      return;
    }
    case 'subscribe': {
      client.subscribe(type, name);
      return;
    }
    case 'wildcard': {
      client.subscribe(type, '*');
      return;
    }
    case 'unsubscribe': {
      client.unsubscribe(type, flag ? '*' : name);
      return;
    }
    case 'accept': {
      client.answer(type, false, flag);
      return;
    }
    case 'refuse': {
      client.answer(type, true, flag);
      return;
    }
    case 'reconnect': {
      client.reconnect();
      return;
    }
    default:
      return act satisfies never;
  }
}

async function play(all: readonly Step[]): Promise<void> {
  const clock = new FakeClock();
  const source = new MemorySource();
  const world = new ModelWorld(source);
  const parts = { codec: new JsonCodec(), observer: new RecordingObserver(), logger: new RecordingLogger() };
  const service = createXdsService({ ...parts, source, clock });
  const kinds = ['sotw', 'delta', 'sotw', 'delta'] as const;
  const clients = kinds.map((kind) => new ModelClient(kind, world, service));
  const turn = async (): Promise<void> => {
    await clock.advance(0);
    for (const client of clients) client.read();
  };
  for (const step of all) {
    const client = clients[step.client];
    if (client !== undefined) take(step, world, client);
    await turn();
  }
  await settle(clients, turn);
  // Whatever was refused has been mended.
  world.touchAll();
  await turn();
  await settle(clients, turn);
  for (const client of clients) client.checkSettled();
}

/** All clients accept all that comes, until nothing comes any more. */
async function settle(clients: readonly ModelClient[], turn: () => Promise<void>): Promise<void> {
  for (let round = 0; clients.some(({ busy }) => busy); round += 1) {
    if (round > 200) throw new Error('responses without end');
    for (const client of clients) for (const type of TYPES) client.answer(type, false, false);
    await turn();
  }
}

describe('the engine against a reference client, in any order of requests, changes, acknowledgements and refusals', () => {
  it('has one response a type under way, with causes and nonces of their own, makes before it breaks, never repeats what was refused, and ends with what the source has', async function () {
    this.timeout(60_000);
    await fc.assert(fc.asyncProperty(steps, play), { numRuns: 200 });
  });
});
