import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { clientComponents, clientKinds, runClient, type ClientKind } from '../../local/peers/clients.ts';
import { addressRange } from '../../local/peers/greeter.ts';
import { skipBecause } from '../support/skip.ts';
import { needs } from '../support/testbed/index.ts';
import {
  callsUntilSeen,
  Callers,
  failuresOf,
  firstAnswer,
  presentKinds,
  serversOf,
  type Mark,
} from './support/callers.ts';
import { dnsQuestions, GreeterService, type Home, type ServerOptions } from './support/greeter-service.ts';
import { World } from './support/world.ts';

/** Between two questions to DNS; the default of every client. */
const FLOOR_MS = 30_000;
/** Of connections, where a server limits it; give or take 10 %. */
const AGE_MS = 4000;
/** What a slow machine may add to a time that a client promises. */
const SLACK_MS = 10_000;

describe('clients in the cluster, unmodified, by plain dns:/// names', function () {
  this.timeout(150_000);
  let home: Home;

  before(async () => {
    const world = await World.create();
    const registry = await world.registry();
    home = { world, registry, namespace: await world.namespace('callers') };
    await world.operator(registry);
  });
  after(() => home.world.dispose());

  /** One test for each client, skipped where the client cannot be had. */
  const forEachKind = (title: string, test: (kind: ClientKind) => void | Promise<void>): void => {
    for (const kind of clientKinds) {
      it(`${kind}: ${title}`, async function () {
        needs(this, ...clientComponents[kind]);
        await test(kind);
      });
    }
  };

  for (const count of [3, 150, 1000]) {
    describe(`and a service of ${count} instances`, () => {
      let service: GreeterService;
      let callers: Callers;
      let allSeen: Mark;

      before(async () => {
        const addresses = addressRange(`10.77.${100 + count / 50}.1`, count);
        service = await GreeterService.start(home, `reach-${count}`, addresses);
        callers = new Callers({ target: service.target, rate: 400, timeoutSeconds: 30 });
        await callers.untilSeen(addresses);
        allSeen = callers.mark();
        await callers.untilSeen(addresses, allSeen);
        await callers.stop();
      });
      after(() => service.close());

      forEachKind('reaches all of them, then all again in a few rounds, and no call fails', (kind) => {
        assert.deepEqual(failuresOf(callers.results(kind)), []);
        // One round would do, if answers came in the order of the calls.
        const calls = callsUntilSeen(callers.results(kind, allSeen), count);
        assert.ok(calls <= 4 * count + 400, `${calls} calls`);
      });

      if (count === 3) {
        forEachKind('reaches one only where it does not ask for round_robin', async (kind) => {
          const summary = await runClient(kind, { target: service.target, calls: 30, policy: 'pick_first' });
          assert.deepEqual(Object.values(summary.servers), [30]);
        });
      }
    });
  }

  describe('and a service with IPv4 and IPv6 addresses', () => {
    let service: GreeterService | undefined;
    const addresses = ['10.77.98.1', '10.77.98.2', 'fd77::98:1', 'fd77::98:2'];

    before(async function () {
      if (!existsSync('/proc/net/if_inet6')) skipBecause(this, 'this kernel has no IPv6');
      service = await GreeterService.start(home, 'dual', addresses);
    });
    after(() => service?.close());

    forEachKind('reaches the servers of both families', async (kind) => {
      const target = service?.target ?? '';
      const summary = await runClient(kind, { target, calls: 200, rate: 100 });
      assert.deepEqual(Object.keys(summary.servers).sort(), addresses);
    });
  });

  describe('with the default settings of every client', () => {
    const [steadyFirst, aged, swapped] = [
      addressRange('10.77.90.1', 4),
      addressRange('10.77.91.1', 4),
      addressRange('10.77.92.1', 4),
    ] as const;
    const [drained, killed, stays, joins] = steadyFirst as [string, string, string, string];
    const services: GreeterService[] = [];
    const seen = {} as Awaited<ReturnType<typeof watch>>;

    before(async () => {
      Object.assign(seen, await watch());
    });
    after(() => {
      for (const service of services) service.close();
    });

    const start = async (name: string, servers: readonly string[], options: ServerOptions = {}) => {
      const service = await GreeterService.start(home, name, servers, options);
      services.push(service);
      const callers = new Callers({ target: service.target, rate: 20, timeoutSeconds: 30 });
      await callers.untilSeen(servers);
      return { service, callers };
    };

    /** The first alone, as CoreDNS counts the questions of all; then three at once, as each takes half a minute. */
    async function watch() {
      const { service, callers } = await start('steady', [drained, killed, stays]);
      await service.add(joins);
      await service.withdraw('DRAINING', drained);
      const quiet = callers.mark();
      const questionsBefore = await dnsQuestions('A');
      await callers.untilMore(60, quiet);
      const questionsWhileQuiet = (await dnsQuestions('A')) - questionsBefore;

      const [broken, brokenAfter] = [callers.mark(), Date.now() - callers.startedAt];
      service.cut(killed);
      const caughtUp = async () => {
        await callers.untilSeen([joins], broken);
        await callers.untilMore(40);
        await callers.stop();
      };
      const [, age, swap] = await Promise.all([caughtUp(), watchAge(), watchSwap()]);
      return { steady: { callers, quiet, questionsWhileQuiet, broken, brokenAfter }, age, swap };
    }

    /** Servers that end their connections after 4 s, and a new one. */
    async function watchAge() {
      const { service, callers } = await start('aged', aged.slice(0, 3), { maxConnectionAgeMs: AGE_MS });
      await service.add(...aged.slice(3));
      const publishedAt = Date.now();
      await callers.untilSeen(aged.slice(3));
      await callers.untilMore(40);
      await callers.stop();
      return { callers, publishedAt };
    }

    /** All servers stop right after others were published, while the clients have just asked DNS. */
    async function watchSwap() {
      const { service, callers } = await start('swapped', swapped.slice(0, 2));
      await service.add(...swapped.slice(2));
      for (const address of swapped.slice(0, 2)) await service.stop(address);
      await callers.untilSeen(swapped.slice(2));
      const recovered = callers.mark();
      await callers.untilMore(40);
      await callers.stop();
      return { callers, recovered };
    }

    it('no client asks DNS while its connections are healthy', () => {
      assert.equal(seen.steady.questionsWhileQuiet, 0);
    });

    it('no client ever asks for SRV records, so that none learns a port', async () => {
      assert.equal(await dnsQuestions('SRV'), 0);
      assert.ok((await dnsQuestions('A')) >= presentKinds.length);
    });

    forEachKind('sees no new server, and goes on calling a drained one, while all is well', (kind) => {
      const { callers, quiet } = seen.steady;
      const results = callers.results(kind, quiet).slice(0, 60);
      assert.deepEqual(failuresOf(results), []);
      assert.deepEqual([...serversOf(results)].sort(), [drained, killed, stays].sort());
    });

    forEachKind('drops a killed server at once, and fails no call but those in flight on it', (kind) => {
      const { callers, broken } = seen.steady;
      const results = callers.results(kind, broken);
      const failures = failuresOf(results);
      assert.ok(failures.length <= 3, failures.join('\n'));
      // What it has answered may still be on its way.
      assert.ok(!serversOf(results.slice(20)).has(killed));
    });

    forEachKind('asks DNS after the break, but not before 30 s, and then follows it wholly', (kind) => {
      const { callers, broken, brokenAfter } = seen.steady;
      const after = firstAnswer(callers.results(kind, broken), joins) - callers.startedAt;
      assert.ok(after >= FLOOR_MS - 1000, `after ${after} ms`);
      assert.ok(after <= Math.max(FLOOR_MS, brokenAfter) + SLACK_MS, `after ${after} ms`);
      const last = callers.results(kind).slice(-10);
      assert.deepEqual([...serversOf(last)].sort(), [stays, joins].sort());
    });

    forEachKind('learns of a new server within the age of connections + 30 s', (kind) => {
      const { callers, publishedAt } = seen.age;
      const after = firstAnswer(callers.results(kind), aged[3] ?? '') - publishedAt;
      assert.ok(after <= AGE_MS * 1.1 + FLOOR_MS + SLACK_MS, `after ${after} ms`);
    });

    forEachKind(
      'loses no call to the age of connections, but for a few where the machine stands still',
      (kind) => {
        const results = seen.age.callers.results(kind);
        const failures = failuresOf(results);
        // gRPC sends a call again that a closing connection refused, but only once: what the second refuses, too, fails.
        assert.ok(failures.length <= results.length / 100, failures.join('\n'));
        assert.ok(
          failures.every((text) => text.startsWith('14 ')),
          failures.join('\n'),
        );
      },
    );

    forEachKind('fails for up to 30 s when all it knows is replaced at once', (kind) => {
      const { callers, recovered } = seen.swap;
      const failures = failuresOf(callers.results(kind));
      assert.ok(failures.length > 0 && failures.every((text) => text.startsWith('14 ')), failures[0]);
      const after = firstAnswer(callers.results(kind), swapped[2] ?? '') - callers.startedAt;
      assert.ok(after <= FLOOR_MS + SLACK_MS, `after ${after} ms`);
      assert.deepEqual(failuresOf(callers.results(kind, recovered)), []);
    });
  });
});
