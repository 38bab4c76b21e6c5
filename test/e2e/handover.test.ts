import assert from 'node:assert/strict';
import { waitFor } from '../../local/lib/wait.ts';
import type { EndpointSlice } from '../../src/model/kube-objects.ts';
import type { OperatorProcess } from './support/operator.ts';
import { Oracle } from './support/oracle.ts';
import { isLeaderWrite, type ProxiedOperator, sliceWrite, startProxied } from './support/proxied-operator.ts';
import { type TestRegistry, World } from './support/world.ts';
import { versions } from './support/written.ts';

/** Short enough for a test, long enough for a machine under load. */
const FAST = [
  ...['--leader-elect-lease-duration', '2s', '--leader-elect-renew-deadline', '1500ms'],
  ...['--leader-elect-retry-period', '250ms', '--max-endpoints-per-slice', '2'],
];

const row = (service: string, number: number) => ({
  service,
  instanceId: `i-${number}`,
  address: `10.77.41.${number}`,
});
const rows = (service: string, ...numbers: readonly number[]) =>
  numbers.map((number) => row(service, number));
const addresses = (...numbers: readonly number[]) => numbers.map((number) => row('', number).address);

describe('two replicas with the usual lease times', function () {
  this.timeout(120_000);
  let world: World;
  let namespace: string;
  let one: OperatorProcess;
  let two: OperatorProcess;

  before(async () => {
    world = await World.create();
    const registry = await world.registry();
    namespace = await world.namespace();
    await registry.table.register(...rows('orders', 1, 2, 3));
    await world.applyGrpcService(namespace, 'orders');
    one = await world.operator(registry);
    await world.untilReady(namespace, 'orders', addresses(1, 2, 3));
    await world.untilCondition(namespace, 'orders', 'Ready', 'True Published');
    two = await world.operator(registry);
  });
  after(() => world.dispose());

  const written = async () =>
    versions([...(await world.slices(namespace, 'orders')), await world.service(namespace, 'orders')]);

  it('are both ready, and one leads', async () => {
    assert.deepEqual([await one.isReady(), await two.isReady()], [true, true]);
    assert.deepEqual([await one.isLeader(), await two.isLeader()], [true, false]);
  });

  it('hand over within moments of a clean stop, and nothing is written for it', async () => {
    const before = await written();
    const stoppedMs = performance.now();
    await one.stop();
    await waitFor('the other replica to lead', () => two.isLeader());
    const tookMs = performance.now() - stoppedMs;
    assert.ok(tookMs < 15_000, `about 3 s are promised; it took ${Math.round(tookMs)} ms`);
    await untilIdle(two);
    assert.deepEqual(await written(), before);
  });

  it('take over within 20 s from a leader that is gone without a word, and nothing is written for it', async () => {
    await one.start();
    const before = await written();
    await two.kill();
    const killedMs = performance.now();
    await waitFor('the other replica to lead', () => one.isLeader());
    const tookMs = performance.now() - killedMs;
    assert.ok(tookMs < 20_000, `it took ${Math.round(tookMs)} ms`);
    await untilIdle(one);
    assert.deepEqual(await written(), before);
  });
});

/** Waits until a leader has looked at everything. */
async function untilIdle(operator: OperatorProcess): Promise<void> {
  await waitFor('the leader to have looked at everything', async () => {
    const metric = (name: string, label: string): Promise<number> =>
      operator.metric(name, { [label]: 'grpcservice' });
    const done = await metric('controller_runtime_reconcile_total', 'controller');
    const left =
      (await metric('workqueue_depth', 'name')) +
      (await metric('controller_runtime_active_workers', 'controller'));
    return done > 0 && left === 0;
  });
}

describe('a leader that is late (safety rule 6)', function () {
  this.timeout(120_000);
  let world: World;
  let registry: TestRegistry;
  let namespace: string;
  let replicas: ProxiedOperator[];

  before(async () => {
    world = await World.create();
    registry = await world.registry();
    namespace = await world.namespace();
    replicas = [await startProxied(world, registry, FAST), await startProxied(world, registry, FAST)];
  });
  after(async () => {
    await world.dispose();
    for (const { proxy } of replicas) await proxy.dispose();
  });

  const roles = async (): Promise<{ leader: ProxiedOperator; follower: ProxiedOperator }> =>
    await waitFor('one of the two to lead', async () => {
      const [a, b] = replicas;
      assert.ok(a !== undefined && b !== undefined);
      const [aLeads, bLeads] = await Promise.all([a.operator.isLeader(), b.operator.isLeader()]);
      if (aLeads === bLeads) return undefined;
      return aLeads ? { leader: a, follower: b } : { leader: b, follower: a };
    });

  /** Applies a GrpcService and waits until these rows are published. */
  const publish = async (service: string, ...numbers: readonly number[]): Promise<void> => {
    await registry.table.register(...rows(service, ...numbers));
    await world.applyGrpcService(namespace, service);
    await world.untilReady(namespace, service, addresses(...numbers));
    await world.untilCondition(namespace, service, 'Ready', 'True Published');
  };
  const slices = (service: string): Promise<readonly EndpointSlice[]> => world.slices(namespace, service);

  /** Wakes a frozen leader, waits until it knows that it no longer leads, and shows that it wrote nothing any more. */
  const wake = async ({ operator, proxy }: ProxiedOperator): Promise<void> => {
    const mark = proxy.requests.length;
    operator.signal('SIGCONT');
    await waitFor('the frozen replica to follow', async () => !(await operator.isLeader()));
    await waitFor('it to look at the Lease again', () =>
      proxy.requests.slice(mark).some(({ method, url }) => method === 'GET' && url.includes('/leases/')),
    );
    await waitFor('it to be ready', () => operator.isReady());
    assert.deepEqual(
      proxy.requests
        .slice(mark)
        .filter(isLeaderWrite)
        .map(({ method, url }) => `${method} ${url}`),
      [],
      'the woken replica wrote',
    );
  };

  it('followers never write anything but their candidacy', async () => {
    const { follower } = await roles();
    await publish('followed', 1, 2, 3);
    await registry.table.setStatus('followed', 'i-2', 'DOWN');
    await world.untilReady(namespace, 'followed', addresses(1, 3));
    assert.ok(follower.proxy.requests.length > 0);
    assert.deepEqual(follower.proxy.requests.filter(isLeaderWrite), []);
  });

  it('writes nothing once it wakes from a freeze that outlasted its lease, and can lead again', async () => {
    const { leader, follower } = await roles();
    await publish('frozen', 1, 2, 3);
    await publish('frozen-too', 1, 2, 3);
    // One write in flight, one more that its answer would lead to, and a queue behind them.
    const inFlight = leader.proxy.hold(sliceWrite('PUT', '/frozen-'), Infinity);
    await registry.table.setStatus('frozen', 'i-1', 'DOWN');
    await inFlight.arrived();
    await registry.table.setStatus('frozen-too', 'i-2', 'DOWN');
    leader.operator.signal('SIGSTOP');
    await waitFor('the follower to lead', () => follower.operator.isLeader());
    await registry.table.register(row('frozen', 4));
    await world.untilReady(namespace, 'frozen', addresses(2, 3, 4));
    await world.untilReady(namespace, 'frozen-too', addresses(1, 3));
    const before = versions([...(await slices('frozen')), ...(await slices('frozen-too'))]);

    assert.equal(await inFlight.release(), 409, 'the write that was in flight comes too late');
    inFlight.disarm();
    await wake(leader);
    assert.deepEqual(versions([...(await slices('frozen')), ...(await slices('frozen-too'))]), before);

    await follower.operator.stop();
    await waitFor('the woken replica to lead', () => leader.operator.isLeader());
    await registry.table.register(row('frozen', 5));
    await world.untilReady(namespace, 'frozen', addresses(2, 3, 4, 5));
    await follower.operator.start();
  });

  it('cannot create a second time what its successor created: names are the same on every replica', async () => {
    const { leader, follower } = await roles();
    await registry.table.register(...rows('created', 1, 2));
    const hold = leader.proxy.hold(sliceWrite('POST'));
    await world.applyGrpcService(namespace, 'created');
    await hold.arrived();
    leader.operator.signal('SIGSTOP');
    await waitFor('the follower to lead', () => follower.operator.isLeader());
    await registry.table.setStatus('created', 'i-1', 'DOWN');
    await world.untilReady(namespace, 'created', addresses(2));
    const before = versions(await slices('created'));

    assert.equal(await hold.release(), 409);
    await wake(leader);
    assert.deepEqual(versions(await slices('created')), before);
    assert.equal(Object.keys(before).length, 1);
  });

  it('cannot delete what its successor made anew under the same name', async () => {
    const { leader, follower } = await roles();
    await publish('deleted', 1, 2, 3, 4, 5, 6);
    const hold = leader.proxy.hold(sliceWrite('DELETE'));
    const doomed = (await slices('deleted'))[0];
    assert.ok(doomed !== undefined);
    const gone = (doomed.endpoints ?? []).map((endpoint) => Number(endpoint.addresses[0]?.split('.')[3]));
    for (const number of gone) await registry.table.setStatus('deleted', `i-${number}`, 'DOWN');
    await hold.arrived();
    leader.operator.signal('SIGSTOP');
    await waitFor('the follower to lead', () => follower.operator.isLeader());
    await waitFor('it to delete the slice', async () => (await slices('deleted')).length === 2);
    await registry.table.register(...rows('deleted', 7, 8));
    const there = [...[1, 2, 3, 4, 5, 6].filter((number) => !gone.includes(number)), 7, 8];
    await world.untilReady(namespace, 'deleted', addresses(...there));
    const anew = (await slices('deleted')).find(({ metadata }) => metadata.name === doomed.metadata.name);
    assert.ok(anew !== undefined, 'the name is used again');
    assert.notEqual(anew.metadata.uid, doomed.metadata.uid);

    assert.equal(await hold.release(), 409);
    await wake(leader);
    await world.untilReady(namespace, 'deleted', addresses(...there));
  });
});

describe('a replica that takes over with old knowledge of the registry', function () {
  this.timeout(120_000);
  let world: World;

  before(async () => {
    world = await World.create();
  });
  after(() => world.dispose());

  it('reads again before it changes what the last leader published', async () => {
    // So rarely that neither replica notices a change by itself within this test.
    const registry = await world.registry({
      feed: { type: 'Poll', poll: { interval: '1m', auditInterval: '1h' } },
    });
    const namespace = await world.namespace();
    const oracle = await Oracle.start(world, namespace, 'orders');
    await registry.table.register(...rows('orders', 1, 2, 3, 4, 5));
    await world.applyGrpcService(namespace, 'orders');
    const fresh = await world.operator(registry, { flags: FAST });
    await world.untilReady(namespace, 'orders', addresses(1, 2, 3, 4, 5));
    const stale = await world.operator(registry, { flags: FAST });

    // It sleeps while the other reads anew, leads, and publishes what it has read.
    stale.signal('SIGSTOP');
    await fresh.stop();
    await registry.table.register(row('orders', 6));
    await registry.table.setStatus('orders', 'i-1', 'DOWN');
    await fresh.start();
    await world.untilReady(namespace, 'orders', addresses(2, 3, 4, 5, 6), 30_000);
    for (const address of addresses(2, 3, 4, 5, 6)) oracle.lives(address);
    for (const address of addresses(1)) oracle.dies(address);
    await world.untilCondition(namespace, 'orders', 'Ready', 'True Published');
    const before = versions(await world.slices(namespace, 'orders'));
    stale.signal('SIGCONT');
    await waitFor('it to be awake', () => stale.isReady());
    await fresh.stop();
    await waitFor('the other replica to lead', () => stale.isLeader());
    await untilIdle(stale);
    assert.deepEqual(versions(await world.slices(namespace, 'orders')), before);
    await oracle.stop();
  });
});
