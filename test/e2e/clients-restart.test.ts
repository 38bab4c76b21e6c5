import assert from 'node:assert/strict';
import type { CallResult } from '../../local/peers/calls.ts';
import { clientComponents, clientKinds, type ClientKind } from '../../local/peers/clients.ts';
import { addressRange } from '../../local/peers/greeter.ts';
import { startGreeterProcess, type GreeterProcess } from '../../local/peers/servers.ts';
import { needs } from '../support/testbed/index.ts';
import { Callers, failuresOf, presentKinds, serversOf, type Mark } from './support/callers.ts';
import { GreeterService, type Home, type ServerOptions } from './support/greeter-service.ts';
import { World } from './support/world.ts';

/**
 * Here the 30 s between two questions to DNS are one second, by each client's own option, so that what depends on it can
 * be shown within seconds; clients.test.ts has the default.
 */
const minResolutionMs = 1000;
/** What docs/clients.md says to wait between publishing a server and stopping another: that second, and some more. */
const callsToWait = 50;
const rate = 25;
/** Of a call: a slow machine is no failure. */
const timeoutSeconds = 30;

describe('clients in the cluster, while servers stop, drain, fall ill and fall silent', function () {
  this.timeout(120_000);
  let home: Home;
  const services: GreeterService[] = [];
  const processes: GreeterProcess[] = [];

  const start = async (name: string, addresses: readonly string[], options: ServerOptions = {}) => {
    const service = await GreeterService.start(home, name, addresses, options);
    services.push(service);
    return service;
  };

  const seen = {} as {
    inPlace: Callers;
    replaced: Callers;
    emptied: Emptied;
    early: Callers;
    ill: Ill;
    silent: Silent;
  };

  before(async () => {
    const world = await World.create();
    const registry = await world.registry();
    home = { world, registry, namespace: await world.namespace('restarts') };
    await world.operator(registry);
    // Side by side, as they mostly wait; those that may fail no call while fewer processes start.
    const [inPlace, replaced] = await Promise.all([restartInPlace(), replaceOneByOne()]);
    const [emptied, early, ill, silent] = await Promise.all([
      emptyAndRefill(),
      dialBeforeItExists(),
      fallIll(),
      fallSilent(),
    ]);
    Object.assign(seen, { inPlace, replaced, emptied, early, ill, silent });
  });
  after(async () => {
    for (const service of services) service.close();
    await Promise.all(processes.map((each) => each.kill()));
    await home.world.dispose();
  });

  /** One test for each client, skipped where the client cannot be had. */
  const forEachKind = (title: string, test: (kind: ClientKind) => void): void => {
    for (const kind of clientKinds) {
      it(`${kind}: ${title}`, function () {
        needs(this, ...clientComponents[kind]);
        test(kind);
      });
    }
  };

  /** Each server in turn: DRAINING, a graceful stop with calls in flight, the same address again, UP, a wait. */
  async function restartInPlace(): Promise<Callers> {
    const addresses = addressRange('10.77.80.1', 3);
    const service = await start('in-place', addresses, { answerAfterMs: 100 });
    const callers = new Callers({ target: service.target, rate, minResolutionMs, timeoutSeconds });
    await callers.untilSeen(addresses);
    for (const address of addresses) {
      await service.withdraw('DRAINING', address);
      await service.stop(address);
      await service.add(address);
      await callers.untilMore(callsToWait);
    }
    await callers.stop();
    return callers;
  }

  /** All new servers first, a wait, and then the old ones in turn: DRAINING, a graceful stop, DOWN. */
  async function replaceOneByOne(): Promise<Callers> {
    const [old, fresh] = [addressRange('10.77.81.1', 3), addressRange('10.77.81.11', 3)];
    const service = await start('replaced', old, { answerAfterMs: 100 });
    const callers = new Callers({ target: service.target, rate, minResolutionMs, timeoutSeconds });
    await callers.untilSeen(old);
    await service.add(...fresh);
    await callers.untilMore(callsToWait);
    for (const address of old) {
      await service.withdraw('DRAINING', address);
      await service.stop(address);
      await service.withdraw('DOWN', address);
    }
    await callers.untilSeen(fresh);
    await callers.stop();
    return callers;
  }

  interface Emptied {
    readonly callers: Callers;
    readonly whileEmpty: Mark;
    readonly refilled: Mark;
  }

  /** Every row goes DOWN though the servers answer, one connection ends, and the rows come back. */
  async function emptyAndRefill(): Promise<Emptied> {
    const addresses = addressRange('10.77.82.1', 3);
    const [stopped = ''] = addresses;
    const service = await start('emptied', addresses);
    const callers = new Callers({ target: service.target, rate: 20, minResolutionMs, timeoutSeconds });
    await callers.untilSeen(addresses);
    await service.withdraw('DOWN', ...addresses);
    await callers.untilMore(30);
    await service.stop(stopped);
    await callers.untilMore(40);
    const whileEmpty = callers.mark();
    await callers.untilMore(20, whileEmpty);
    await service.register(...addresses.slice(1));
    await service.untilPublished();
    // Nobody asks again before their own backoff.
    await callers.until('nine answers in turn', (results) => results.slice(-9).every(({ ok }) => ok));
    const refilled = callers.mark();
    await callers.untilMore(20, refilled);
    await callers.stop();
    return { callers, whileEmpty, refilled };
  }

  /** Clients that start before the GrpcService is applied. */
  async function dialBeforeItExists(): Promise<Callers> {
    const addresses = addressRange('10.77.83.1', 2);
    const service = new GreeterService(home, 'early');
    services.push(service);
    const callers = new Callers({ target: service.target, rate: 20, minResolutionMs, timeoutSeconds });
    await callers.untilMore(40);
    await service.listen(...addresses);
    await service.register(...addresses);
    await service.apply();
    await callers.untilSeen(addresses);
    await callers.stop();
    return callers;
  }

  interface Ill {
    readonly callers: Callers;
    readonly illness: Mark;
    readonly patient: string;
  }

  /** A server says NOT_SERVING by grpc.health.v1; its row and its connections stay. */
  async function fallIll(): Promise<Ill> {
    const addresses = addressRange('10.77.84.1', 3);
    const [patient = ''] = addresses;
    const service = await start('ill', addresses);
    const callers = new Callers({ target: service.target, rate: 20, timeoutSeconds, healthCheck: true });
    await callers.untilSeen(addresses);
    service.server(patient).setServing(false);
    const leftOut = (results: readonly CallResult[]): boolean =>
      results.length >= 20 && !serversOf(results.slice(-20)).has(patient);
    await callers.until('it to be left out', leftOut, { since: callers.mark(), kinds: ['go', 'python'] });
    const illness = callers.mark();
    await callers.untilMore(30, illness);
    await callers.stop();
    return { callers, illness, patient };
  }

  interface Silent {
    readonly without: Callers;
    readonly with: Callers;
    readonly silence: Mark;
    readonly later: Mark;
  }

  /** A server stops answering while its connections stay open, as when a machine vanishes without a packet. */
  async function fallSilent(): Promise<Silent> {
    const addresses = addressRange('10.77.85.1', 2);
    const [frozen = '', live = ''] = addresses;
    const service = new GreeterService(home, 'silent');
    services.push(service);
    await service.listen(live);
    const silent = await startGreeterProcess({ address: frozen, id: frozen });
    processes.push(silent);
    await service.register(...addresses);
    await service.apply();
    await service.untilPublished();
    const options = { target: service.target, rate: 10, timeoutSeconds: 2 };
    const without = new Callers(options);
    const with_ = new Callers({ ...options, keepaliveMs: 10_000 });
    await Promise.all([without.untilSeen(addresses), with_.untilSeen(addresses)]);
    silent.signal('SIGSTOP');
    const silence = without.mark();
    await with_.until('answers only, after failures', healed, { since: with_.mark() });
    const later = without.mark();
    await without.untilMore(20, later);
    await Promise.all([without.stop(), with_.stop()]);
    return { without, with: with_, silence, later };
  }

  forEachKind('fails no call in a rolling restart, each server at its old address', (kind) => {
    const results = seen.inPlace.results(kind);
    assert.ok(results.length > 3 * callsToWait);
    assert.deepEqual(failuresOf(results), []);
  });

  forEachKind('fails no call while all servers are replaced, new ones first', (kind) => {
    const results = seen.replaced.results(kind);
    assert.deepEqual(failuresOf(results), []);
    assert.equal(serversOf(results).size, 6);
  });

  it('go: drops the healthy rest, too, when DNS answers with nothing; the others keep it', function () {
    needs(this, ...clientComponents.go);
    const { callers, whileEmpty } = seen.emptied;
    for (const kind of presentKinds) {
      const results = callers.results(kind, whileEmpty).slice(0, 20);
      assert.equal(failuresOf(results).length, kind === 'go' ? 20 : 0, kind);
    }
  });

  forEachKind('comes back by itself after DNS had nothing', (kind) => {
    assert.deepEqual(failuresOf(seen.emptied.callers.results(kind, seen.emptied.refilled)), []);
  });

  forEachKind('finds a name that did not exist when it was first dialled', (kind) => {
    assert.ok(failuresOf(seen.early.results(kind)).length > 0);
    assert.equal(serversOf(seen.early.results(kind)).size, 2);
  });

  for (const kind of ['go', 'python'] as const) {
    it(`${kind}: leaves out a server that is not SERVING, when asked to`, function () {
      needs(this, ...clientComponents[kind]);
      const results = seen.ill.callers.results(kind, seen.ill.illness);
      assert.deepEqual(failuresOf(results), []);
      assert.ok(!serversOf(results).has(seen.ill.patient));
    });
  }

  it('node: does not know client-side health checking', () => {
    assert.ok(serversOf(seen.ill.callers.results('node', seen.ill.illness)).has(seen.ill.patient));
  });

  forEachKind('goes on calling a server that has fallen silent, without keepalive', (kind) => {
    const failures = failuresOf(seen.silent.without.results(kind, seen.silent.later));
    assert.ok(failures.length > 0);
    assert.ok(
      failures.every((text) => text.startsWith('4 ')),
      failures[0],
    );
  });

  forEachKind('leaves it out after keepalive time and timeout', (kind) => {
    assert.ok(healed(seen.silent.with.results(kind)));
  });
});

/** Failures, and then none among the last twenty. */
function healed(results: readonly { readonly ok: boolean }[]): boolean {
  return results.some(({ ok }) => !ok) && results.slice(-20).every(({ ok }) => ok);
}
