import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '../../bench/harness/statistics.ts';
import { waitFor } from '../../local/lib/wait.ts';
import type { Lease } from '../../src/kube/lease.ts';
import type { OperatorProcess } from './support/operator.ts';
import { Oracle } from './support/oracle.ts';
import { RandomWriter } from './support/random-writer.ts';
import { type TestRegistry, World } from './support/world.ts';

/** How often the operator is killed in each test; the soak sets more. */
const KILLS = Number(process.env.ROLLCALL_CHAOS_KILLS ?? 16);
/** Decides what is killed when and which rows change; printed, so that a run can be repeated as far as processes can. */
const SEED = Number(process.env.ROLLCALL_CHAOS_SEED ?? Math.floor(Math.random() * 1_000_000));
/** After so many kills everything has to settle once. */
const SETTLE_EVERY = 8;

/** Every way in which rows change meanwhile. */
const CHANGES = ['register', 'return', 'silence', 'DRAINING', 'DOWN'];

/** The shortest that the flags allow, about: else the run would wait for leases most of the time. */
const FLAGS = [
  ...['--leader-elect-lease-duration', '1s', '--leader-elect-renew-deadline', '700ms'],
  ...['--leader-elect-retry-period', '200ms', '--max-endpoints-per-slice', '5'],
];

describe(`an operator that is killed at ${2 * KILLS} random moments (ROLLCALL_CHAOS_SEED=${SEED})`, function () {
  this.timeout(60_000 + KILLS * 15_000);
  let world: World;
  let registry: TestRegistry;
  let namespace: string;
  let random: () => number;
  let run: Run;

  before(async () => {
    world = await World.create();
    registry = await world.registry();
    namespace = await world.namespace();
  });
  after(() => world.dispose());
  beforeEach(async () => {
    random = seeded(SEED);
    run = await Run.start(world, registry, namespace, random);
  });
  afterEach(() => run.dispose());

  const start = (identity: string): Promise<OperatorProcess> =>
    world.operator(registry, { flags: [...FLAGS, '--identity', identity] });

  it('never takes a live address away nor brings a dead one back, and ends with slices equal to rows', async () => {
    const operator = await start('the-one');
    await run.settled();
    for (let kill = 1; kill <= KILLS; kill += 1) {
      // Some of these moments are before it leads, some amid its first writes, some long after.
      await sleep(random() * 2500);
      await killAndStart(operator);
      if (kill % SETTLE_EVERY === 0 || kill === KILLS) await run.settled();
    }
    await run.end();
    await operator.stop();
  });

  for (const { end, how, times } of [
    { end: killAndStart, how: 'takes over from one that was killed', times: KILLS },
    // Each waits until both are up, which takes longest.
    { end: stopAndStart, how: 'is handed the lease', times: Math.ceil(KILLS / 4) },
  ]) {
    it(`nor when another replica ${how} each time`, async () => {
      const replicas = new Map([
        ['one', await start('one')],
        ['two', await start('two')],
      ]);
      await run.settled();
      for (let kill = 1; kill <= times; kill += 1) {
        const holder = await leader(world, replicas);
        await sleep(random() * 1500);
        await end(holder, replicas.values());
        if (kill % SETTLE_EVERY === 0 || kill === times) await run.settled();
      }
      await run.end();
      await Promise.all([...replicas.values()].map((replica) => replica.stop()));
    });
  }
});

const starting = new WeakMap<OperatorProcess, Promise<void>>();

/** kill -9, and a start that is not waited for: the next kill may come before it is up. */
async function killAndStart(operator: OperatorProcess): Promise<void> {
  await operator.kill();
  // A start that was cut short has to end by itself before the next.
  await starting.get(operator);
  const start = operator.start().catch((error: unknown) => {
    if (!String(error).includes('ended with SIGKILL')) throw error;
  });
  starting.set(operator, start);
}

/** A clean stop while the other is up: the lease is released, and it has it a moment later. */
async function stopAndStart(operator: OperatorProcess, replicas: Iterable<OperatorProcess>): Promise<void> {
  for (const replica of replicas) await starting.get(replica);
  await operator.stop();
  starting.set(operator, operator.start());
}

async function leader(
  world: World,
  replicas: ReadonlyMap<string, OperatorProcess>,
): Promise<OperatorProcess> {
  return await waitFor('a replica to lead', async () => {
    const lease = await world.get<Lease>('leases', 'rollcall-system', 'rollcall');
    const holder = replicas.get(lease?.spec?.holderIdentity ?? '');
    return holder?.pid === undefined ? undefined : holder;
  });
}

/** A service whose rows change all the time, with an oracle over its slices. */
class Run {
  readonly #world: World;
  readonly #namespace: string;
  readonly #name: string;
  readonly #oracle: Oracle;
  readonly #writer: RandomWriter;
  readonly #stop = new AbortController();
  readonly #writing: Promise<void>;

  private constructor(world: World, namespace: string, name: string, oracle: Oracle, writer: RandomWriter) {
    this.#world = world;
    this.#namespace = namespace;
    this.#name = name;
    this.#oracle = oracle;
    this.#writer = writer;
    this.#writing = writer.run(this.#stop.signal);
  }

  static async start(
    world: World,
    { table }: TestRegistry,
    namespace: string,
    random: () => number,
  ): Promise<Run> {
    const service = world.name('orders');
    const oracle = await Oracle.start(world, namespace, service);
    const rows = { fewest: 20, most: 40 };
    const writer = new RandomWriter({ table, oracle, service, random, rows, paceMs: 120 });
    await writer.fill();
    await world.applyGrpcService(namespace, service);
    return new Run(world, namespace, service, oracle, writer);
  }

  /** Lets the rows rest until the slices are equal to them, each address once and no slice left over. */
  async settled(): Promise<void> {
    await this.#writer.pause();
    await this.#oracle.settled();
    this.#writer.resume();
  }

  /** Nothing was violated, and the API server says the same as the watch; rows change until they have done so in every way. */
  async end(): Promise<void> {
    const { changes } = this.#writer;
    await waitFor(`rows to change in every way: ${JSON.stringify(changes)}`, () =>
      CHANGES.every((change) => (changes[change] ?? 0) > 0),
    );
    await this.#writer.pause();
    await this.#oracle.settled();
    const ready = await this.#world.ready(this.#namespace, this.#name);
    assert.deepEqual(ready, [...this.#oracle.live].sort());
    assert.ok(this.#oracle.judged > CHANGES.length, `the oracle judged ${this.#oracle.judged} events`);
    await this.#oracle.stop();
  }

  async dispose(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
    await this.#oracle.stop().catch(() => undefined);
    await this.#world.delete('grpcservices', this.#namespace, this.#name);
  }
}
