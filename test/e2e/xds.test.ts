import assert from 'node:assert/strict';
import type { DatabaseServer } from '../../local/servers/database.ts';
import { addressRange } from '../../local/peers/greeter.ts';
import { writeXdsBootstrap } from '../../local/peers/xds-bootstrap.ts';
import { Callers, failuresOf, presentXdsKinds, serversOf, type Mark } from './support/callers.ts';
import { GreeterService, type Home } from './support/greeter-service.ts';
import { freshAddress } from '../support/testbed/index.ts';
import { startTestedDatabase } from '../support/testbed/tested-database.ts';
import { ownDatabase } from './support/own-database.ts';
import type { OperatorProcess } from './support/operator.ts';
import { World } from './support/world.ts';

const rate = 50;
/** Of a call: a slow machine is no failure. */
const timeoutSeconds = 30;

describe('clients, unmodified, by xds:/// names', function () {
  this.timeout(180_000);
  let home: Home;
  let server: DatabaseServer;
  const operators: OperatorProcess[] = [];
  const services: GreeterService[] = [];
  const callers: Callers[] = [];

  before(async () => {
    const world = await World.create();
    server = await startTestedDatabase({ address: freshAddress() });
    const registry = await world.registryOn(await ownDatabase(server, 'registry'));
    home = { world, registry, namespace: await world.namespace('xds') };
    // Ready or not: they are started while the database is away, too.
    for (let replica = 0; replica < 2; replica += 1)
      operators.push(await world.operator(registry, { untilReady: false }));
  });
  afterEach(async () => {
    await Promise.all(callers.splice(0).map((each) => each.stop()));
    for (const service of services.splice(0)) service.close();
  });
  after(async () => {
    await home.world.dispose();
    await server.dispose();
  });

  const serve = async (name: string, addresses: readonly string[]): Promise<GreeterService> => {
    const service = await GreeterService.start(home, name, addresses);
    services.push(service);
    return service;
  };
  const call = (name: string, zone = ''): Callers => {
    const xdsBootstrap = writeXdsBootstrap({
      servers: operators.map(({ xdsServer }) => xdsServer),
      nodeId: `caller.${home.namespace}`,
      locality: { region: '', zone },
    });
    const target = `xds:///${name}.${home.namespace}`;
    const each = new Callers({ target, rate, timeoutSeconds, xdsBootstrap }, presentXdsKinds);
    callers.push(each);
    return each;
  };
  const assertNoFailures = (each: Callers): void => {
    for (const kind of presentXdsKinds) assert.deepEqual(failuresOf(each.results(kind)), [], kind);
  };
  const assertServers = (each: Callers, since: Mark, servers: readonly string[]): void => {
    for (const kind of presentXdsKinds)
      assert.deepEqual([...serversOf(each.results(kind, since))].sort(), servers, kind);
  };

  it('reach every server, a new one at once, and one that drains no more, without a failed call', async () => {
    const [first, second, third] = addressRange('10.77.160.1', 3) as [string, string, string];
    const service = await serve('moving', [first, second]);
    const calling = call('moving');
    await calling.untilSeen([first, second]);
    const added = calling.mark();
    await service.add(third);
    await calling.untilSeen([third], added);
    await service.withdraw('DRAINING', first);
    await calling.untilMore(20);
    const drained = calling.mark();
    await calling.untilMore(30, drained);
    assertServers(calling, drained, [second, third]);
    assertNoFailures(calling);
  });

  it('see all servers replaced, one after the other, without a failed call', async () => {
    const old = addressRange('10.77.161.1', 4);
    const fresh = addressRange('10.77.162.1', 4);
    const service = await serve('rolling', old);
    const calling = call('rolling');
    await calling.untilSeen(old);
    for (const [index, address] of fresh.entries()) {
      const leaving = old[index] ?? '';
      const before = calling.mark();
      await service.listen(address);
      await service.register(address);
      await calling.untilSeen([address], before);
      await home.registry.table.setStatus('rolling', leaving, 'DRAINING');
      await calling.untilMore(20);
      await service.stop(leaving);
      await home.registry.table.setStatus('rolling', leaving, 'DOWN');
    }
    const replaced = calling.mark();
    await calling.untilSeen(fresh, replaced);
    assertServers(calling, replaced, [...fresh].sort());
    assertNoFailures(calling);
  });

  it('reach servers on several ports, which DNS cannot carry', async () => {
    const [first, second] = addressRange('10.77.163.1', 2) as [string, string];
    const service = await serve('ports', [first]);
    await service.listenOn(50_052, second);
    const port = 50_052;
    await home.registry.table.register({ service: 'ports', instanceId: second, address: second, port });
    const calling = call('ports');
    await calling.untilSeen([first, second]);
    assertNoFailures(calling);
  });

  it('stay in their own zone while it has a server, and go elsewhere when it has none', async () => {
    const [near, far] = addressRange('10.77.164.1', 2) as [string, string];
    const service = await serve('zones', [near, far]);
    await home.registry.table.register(
      ...[near, far].map((address, index) => ({
        ...{ service: 'zones', instanceId: address, address, zone: index === 0 ? 'a' : 'b' },
      })),
    );
    await home.world.applyGrpcService(home.namespace, 'zones', {
      xds: { locality: { mode: 'PreferSameZone' } },
    });
    const calling = call('zones', 'a');
    await calling.untilSeen([near]);
    await calling.untilMore(50);
    const settled = calling.mark();
    await calling.untilMore(50, settled);
    assertServers(calling, settled, [near]);
    await service.withdraw('DRAINING', near);
    await calling.untilSeen([far], settled);
    const failedOver = calling.mark();
    await calling.untilMore(50, failedOver);
    assertServers(calling, failedOver, [far]);
    assertNoFailures(calling);
  });

  it('go on calling while the operators start again, one by one, and while the database is away', async () => {
    const [first, second, third] = addressRange('10.77.165.1', 3) as [string, string, string];
    const service = await serve('outage', [first, second]);
    const calling = call('outage');
    await calling.untilSeen([first, second]);
    for (const operator of operators) {
      await operator.restart();
      await calling.untilMore(20);
    }
    await server.stop();
    const away = calling.mark();
    for (const operator of operators) await operator.restart();
    await calling.untilMore(100, away);
    assertServers(calling, away, [first, second]);
    await server.start();
    const back = calling.mark();
    await service.add(third);
    await calling.untilSeen([third], back);
    assertNoFailures(calling);
  });

  it('reach all of a thousand servers', async () => {
    const addresses = addressRange('10.77.166.1', 1000);
    await serve('thousand', addresses);
    const calling = call('thousand');
    await calling.untilSeen(addresses);
    assertNoFailures(calling);
  });
});
