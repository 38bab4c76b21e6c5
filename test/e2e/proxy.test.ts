import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressRange } from '../../local/peers/greeter.ts';
import type { DatabaseServer } from '../../local/servers/database.ts';
import { waitFor } from '../../local/lib/wait.ts';
import type { ProxySpec } from '../../src/model/grpcservice.ts';
import { checkout } from '../support/manifests.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { freshAddress, needs } from '../support/testbed/index.ts';
import { startTestedDatabase } from '../support/testbed/tested-database.ts';
import { Callers, failuresOf, presentKinds, serversOf, type Mark } from './support/callers.ts';
import { type FrontProxy, startFrontProxy } from './support/front-proxy.ts';
import { GreeterService, type Home } from './support/greeter-service.ts';
import type { OperatorProcess } from './support/operator.ts';
import { ownDatabase } from './support/own-database.ts';
import { World } from './support/world.ts';

const rate = 40;
const greeter = 'rollcall.demo.v1.Greeter';
const port = 10_000;
const UNIMPLEMENTED = 12;

describe('clients through the Envoy of deploy/proxy, which knows nothing but the operator', function () {
  this.timeout(120_000);
  let home: Home;
  let server: DatabaseServer;
  /** The first one's Envoy is called but where another is named. */
  const operators: OperatorProcess[] = [];
  const proxies: FrontProxy[] = [];
  /** What ends each part, in the order of their starts: without Envoy there is none. */
  const ends: (() => Promise<unknown>)[] = [];
  const services: GreeterService[] = [];
  const callers: Callers[] = [];

  before(async function () {
    needs(this, 'envoy');
    server = await startTestedDatabase({ address: freshAddress() });
    ends.push(() => server.dispose());
    const world = await World.create();
    ends.push(() => world.dispose());
    const registry = await world.registryOn(await ownDatabase(server, 'registry'));
    home = { world, registry, namespace: await world.namespace('proxied') };
    await addReplica();
  });
  afterEach(async () => {
    await Promise.all(callers.splice(0).map((each) => each.stop()));
    for (const service of services.splice(0)) service.close();
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  /** An operator and an Envoy that asks it. In a cluster they would share the port; here each needs an address of its own. */
  const addReplica = async (): Promise<void> => {
    const address = freshAddress();
    const flags = ['--proxy-address', `${address}:${port}`];
    const operator = await home.world.operator(home.registry, { flags, untilReady: false });
    operators.push(operator);
    const envoy = await startFrontProxy(address, operator.xdsServer);
    proxies.push(envoy);
    ends.push(() => envoy.dispose());
    await waitFor('the listener that the operator makes', () => fetch(`http://${address}:${port}/healthz`));
  };
  const proxy = (index = 0): FrontProxy => {
    const found = proxies[index];
    assert.ok(found);
    return found;
  };
  const serve = async (
    name: string,
    spec: ProxySpec,
    addresses: readonly string[],
  ): Promise<GreeterService> => {
    const service = await GreeterService.start(home, name, addresses);
    services.push(service);
    await home.world.applyGrpcService(home.namespace, name, { proxy: spec });
    return service;
  };
  const call = (authority: string, target = `${proxy().address}:${port}`): Callers => {
    const each = new Callers({ target, rate, timeoutSeconds: 30, authority });
    callers.push(each);
    return each;
  };
  const failed = (each: Callers, since?: Mark): readonly string[] =>
    presentKinds.flatMap((kind) => failuresOf(each.results(kind, since)).map((text) => `${kind} ${text}`));
  /** Of all kinds together: two that call in turn by one thread of the proxy each get the same server every time. */
  const assertServers = (each: Callers, since: Mark, servers: readonly string[]): void => {
    const all = presentKinds.flatMap((kind) => each.results(kind, since));
    assert.deepEqual([...serversOf(all)].sort(), servers);
  };
  /** Of all kinds together, as above. */
  const untilSeen = async (each: Callers, servers: readonly string[], since?: Mark): Promise<void> => {
    const seen = (): ReadonlySet<string> =>
      serversOf(presentKinds.flatMap((kind) => each.results(kind, since)));
    await waitFor(`answers of ${servers.join(', ')}`, () => servers.every((server) => seen().has(server)));
  };
  /** The moment from which on all kinds of clients are answered, and each server has answered. */
  const routed = async (each: Callers, servers: readonly string[]): Promise<Mark> => {
    await each.until('an answer', (results) => results.some(({ ok }) => ok));
    await untilSeen(each, servers);
    return each.mark();
  };

  it('are refused with UNIMPLEMENTED until a GrpcService claims their host, then answered, with nothing between', async () => {
    const addresses = addressRange('10.77.180.1', 2);
    const calling = call('orders.example.com');
    await calling.untilMore(5);
    await serve('claimed', { hosts: ['orders.example.com'] }, addresses);
    await routed(calling, addresses);
    const others = failed(calling).filter((text) => !new RegExp(`^\\w+ ${UNIMPLEMENTED} `).test(text));
    assert.deepEqual(others, []);
    for (const kind of presentKinds) {
      const outcomes = calling.results(kind).map(({ ok }) => ok);
      assert.ok(
        !outcomes.slice(outcomes.indexOf(true)).includes(false),
        `${kind}: a call failed after the first answer`,
      );
    }
    const line = await waitFor('a line of the access log', () =>
      proxy()
        .accessLog()
        .findLast(({ grpcStatus }) => grpcStatus === 'OK'),
    );
    const { authority, path, cluster, endpoint } = line;
    assert.deepEqual(
      { authority, path, cluster },
      { authority: 'orders.example.com', path: `/${greeter}/SayHello`, cluster: `${home.namespace}/claimed` },
    );
    assert.ok(addresses.map((address) => `${address}:50051`).includes(String(endpoint)));
  });

  it('reach every server, a new one at once, and one that drains or is gone no more, without a failed call', async () => {
    const [first, second, third] = addressRange('10.77.181.1', 3) as [string, string, string];
    const service = await serve('moving', { hosts: ['moving.example.com'] }, [first, second]);
    const calling = call('moving.example.com');
    const since = await routed(calling, [first, second]);
    await service.add(third);
    await untilSeen(calling, [third], since);
    await service.withdraw('DRAINING', first);
    await calling.untilMore(20);
    const drained = calling.mark();
    await calling.untilMore(20, drained);
    assertServers(calling, drained, [second, third]);
    await service.withdraw('DOWN', first);
    await service.stop(first);
    await calling.untilMore(20);
    assert.deepEqual(failed(calling, since), []);
  });

  it('are routed by the name of the rpc service, and to the rest of the host no more once it is gone', async () => {
    const addresses = addressRange('10.77.182.1', 2);
    await serve('by-rpc', { rpcServices: [greeter] }, addresses);
    const calling = call('whatever.example.com');
    const since = await routed(calling, addresses);
    await calling.untilMore(10);
    assert.deepEqual(failed(calling, since), []);
    await home.world.delete('grpcservices', home.namespace, 'by-rpc');
    await calling.until('UNIMPLEMENTED', (results) => results.at(-1)?.code === UNIMPLEMENTED);
    const codes = presentKinds.flatMap((kind) => calling.results(kind, since).map(({ code }) => code ?? 0));
    assert.deepEqual([...new Set(codes)].sort(), [0, UNIMPLEMENTED]);
  });

  it('go on calling while the operator starts again and the database is away', async () => {
    const [first, second, third] = addressRange('10.77.183.1', 3) as [string, string, string];
    const service = await serve('outage', { hosts: ['outage.example.com'] }, [first, second]);
    const calling = call('outage.example.com');
    const since = await routed(calling, [first, second]);
    await operators[0]?.restart();
    await calling.untilMore(20);
    await server.stop();
    await operators[0]?.restart();
    await calling.untilMore(40);
    await server.start();
    const back = calling.mark();
    await service.add(third);
    await untilSeen(calling, [third], back);
    assert.deepEqual(failed(calling, since), []);
  });

  it('are sent to another replica by one that ends, without a failed call', async () => {
    await addReplica();
    const addresses = addressRange('10.77.184.1', 2);
    await serve('drained', { hosts: ['drained.example.com'] }, addresses);
    const behind = (index: number) => ({ host: proxy(index).address, port });
    const kubeProxy = await TcpProxy.start(behind(0), freshAddress());
    try {
      const { host, port: at } = kubeProxy.address;
      const calling = call('drained.example.com', `${host}:${at}`);
      const since = await routed(calling, addresses);
      // Each replica of the operator reads the registry by itself.
      const known = `cluster.${home.namespace}/drained.membership_healthy`;
      await waitFor('the other replica to know the servers', async () => (await proxy(1).stat(known)) === 2);
      // The pod is told to end: the Service takes it out, and its own drain begins.
      kubeProxy.lead(behind(1));
      const elsewhere = proxy(1).stat('http.proxy.downstream_rq_total');
      assert.equal((await proxy(0).status('/ready')).code, 200);
      const tookMs = await proxy(0).preStop();
      assert.ok(tookMs < 20_000, `${tookMs} ms: as long as idle clients would take`);
      assert.equal((await proxy(0).status('/ready')).code, 503);
      await proxy(0).stop();
      const ended = calling.mark();
      await calling.untilMore(20, ended);
      assert.deepEqual(failed(calling, since), []);
      assert.ok((await proxy(1).stat('http.proxy.downstream_rq_total')) > (await elsewhere));
    } finally {
      await kubeProxy.close();
    }
  });

  it('are counted where Prometheus reads, at a port that opens nothing else of the admin interface', async () => {
    const last = proxy(1);
    const metrics = await last.status('/stats/prometheus');
    const name = `${home.namespace}/drained`;
    const counted = new RegExp(
      `^envoy_cluster_upstream_rq_total\\{envoy_cluster_name="${name}"\\} [1-9]`,
      'm',
    );
    assert.ok(counted.test(metrics.text), `no calls of ${name}`);
    const docs = await readFile(join(checkout, 'docs/proxy.md'), 'utf8');
    const told = [...docs.matchAll(/`(envoy_\w+)`/g)].map(([, metric = '']) => metric);
    assert.ok(told.length > 5);
    for (const metric of told) assert.match(metrics.text, new RegExp(`^${metric}\\{`, 'm'), metric);
    assert.equal((await last.status('/livez')).code, 200);
    for (const path of ['/config_dump', '/quitquitquit', '/stats', '/'])
      assert.equal((await last.status(path)).code, 404, path);
    assert.equal((await last.status('/ready', 'POST')).code, 404);
  });
});
