import assert from 'node:assert/strict';
import { waitFor } from '../../local/lib/wait.ts';
import type { RequestMatch } from '../support/fault-proxy.ts';
import { type ProxiedOperator, sliceWrite, startProxied } from './support/proxied-operator.ts';
import { type TestRegistry, World } from './support/world.ts';

const FAST = [
  ...['--leader-elect-lease-duration', '3s', '--leader-elect-renew-deadline', '2s'],
  ...['--leader-elect-retry-period', '300ms'],
];

const isWatch: RequestMatch = ({ url }) => url.includes('watch=true');
const isSliceWatch: RequestMatch = (request) => isWatch(request) && request.url.includes('/endpointslices');
const anyOf =
  (...matches: readonly RequestMatch[]): RequestMatch =>
  (request) =>
    matches.some((match) => match(request));
/** Every write of the slices of one service. */
const writesOf = (service: string): RequestMatch =>
  anyOf(
    // A create names the slice in its body only.
    (request) => sliceWrite('POST')(request) && request.body.includes(`"name":"${service}-4-`),
    sliceWrite('PUT', `/${service}-4-`),
    sliceWrite('DELETE', `/${service}-4-`),
  );

/** GrpcServices with rows that a test changes one at a time, and waits until each change is published. */
class Shop {
  readonly world: World;
  readonly registry: TestRegistry;
  readonly namespace: string;
  #numbers = 0;

  constructor(world: World, registry: TestRegistry, namespace: string) {
    this.world = world;
    this.registry = registry;
    this.namespace = namespace;
  }

  /** A GrpcService with one row more, published. */
  async open(service: string): Promise<void> {
    const address = await this.register(service);
    await this.world.applyGrpcService(this.namespace, service);
    await this.published(service, address);
    await this.world.untilCondition(this.namespace, service, 'Ready', 'True Published');
  }

  /** Registers one more instance; answers its address. */
  async register(service: string): Promise<string> {
    this.#numbers += 1;
    const address = `10.77.${50 + (this.#numbers >>> 8)}.${this.#numbers & 255}`;
    await this.registry.table.register({ service, instanceId: `i-${this.#numbers}`, address });
    return address;
  }

  /** Waits until the status tells of all that is published. */
  async told(service: string): Promise<void> {
    await waitFor(`the status of ${service}`, async () => {
      const ready = (await this.world.ready(this.namespace, service)).length;
      return (await this.world.grpcService(this.namespace, service))?.status?.endpoints?.ready === ready;
    });
  }

  async published(service: string, address: string, timeoutMs = 20_000): Promise<void> {
    await waitFor(
      `${address} to be published for ${service}`,
      async () => (await this.world.ready(this.namespace, service)).includes(address),
      { timeoutMs },
    );
  }
}

describe('faults between the operator and the API server', function () {
  this.timeout(60_000);
  let world: World;
  let shop: Shop;
  let replica: ProxiedOperator;

  before(async () => {
    world = await World.create();
    const registry = await world.registry({
      feed: { type: 'Poll', poll: { interval: '200ms', auditInterval: '30s' } },
    });
    shop = new Shop(world, registry, await world.namespace());
  });
  after(() => world.dispose());

  const start = async (): Promise<void> => {
    replica = await startProxied(world, shop.registry, FAST);
    await shop.open('hit');
    await shop.open('spared');
    await waitFor('it to lead', () => replica.operator.isLeader());
  };
  const stop = async (): Promise<void> => {
    await replica.operator.stop();
    await replica.proxy.dispose();
  };

  describe('in single answers', () => {
    before(start);
    after(stop);

    const refusals = [
      { name: '409 Conflict', status: 409, body: { reason: 'Conflict' }, times: 4 },
      { name: '500 InternalError', status: 500, body: { reason: 'InternalError' }, times: 6 },
      { name: '503 without a Status', status: 503, text: 'upstream connect error', times: 6 },
      { name: '504 Timeout', status: 504, body: { reason: 'Timeout' }, times: 4 },
    ];
    for (const { name, times, ...answer } of refusals) {
      it(`publishes what was refused ${times} times by ${name}, and everything else meanwhile`, async () => {
        const fault = replica.proxy.answer(writesOf('hit'), answer, times);
        const address = await shop.register('hit');
        await shop.published('spared', await shop.register('spared'));
        await shop.published('hit', address);
        assert.equal(fault.met, times, 'no try was given up');
        await world.untilCondition(shop.namespace, 'hit', 'Ready', 'True Published');
      });
    }

    it('waits as long as Retry-After says before it writes again', async () => {
      const { proxy } = replica;
      // Nothing else is due that would make it look earlier.
      await shop.told('hit');
      const mark = proxy.requests.length;
      proxy.answer(writesOf('hit'), { status: 429, headers: { 'retry-after': '2' }, text: 'busy' });
      const address = await shop.register('hit');
      await shop.published('spared', await shop.register('spared'));
      await shop.published('hit', address);
      const [refused, accepted] = proxy.requests.slice(mark).filter(writesOf('hit'));
      assert.ok(refused !== undefined && accepted !== undefined);
      const waitedMs = accepted.atMs - refused.atMs;
      assert.ok(waitedMs >= 1990, `it waited ${Math.round(waitedMs)} ms`);
    });

    it('writes a status that was refused again, and loses no address by it', async () => {
      const isStatus: RequestMatch = ({ method, url }) =>
        method === 'PUT' && url.includes('/grpcservices/hit/status');
      const fault = replica.proxy.answer(isStatus, { status: 500 }, 3);
      await shop.published('hit', await shop.register('hit'));
      await shop.told('hit');
      assert.equal(fault.met, 3);
    });

    it('does not repeat a write whose answer was lost, but looks first', async () => {
      const { proxy } = replica;
      const mark = proxy.requests.length;
      proxy.swallowAnswer(writesOf('hit'));
      const address = await shop.register('hit');
      await shop.published('hit', address);
      await waitFor('the operator to have settled', async () => {
        const writes = proxy.requests.slice(mark).filter(writesOf('hit'));
        // The second one, if any, met the version that the first had written: 409.
        return writes.length <= 2 && (await replica.operator.metric('workqueue_depth')) === 0;
      });
      const slices = await world.slices(shop.namespace, 'hit');
      const all = slices.flatMap((slice) => slice.endpoints ?? []).flatMap(({ addresses }) => addresses);
      assert.equal(new Set(all).size, all.length, 'nothing is doubled');
    });
  });

  describe('in watches', () => {
    // Each with a watch that has not failed before: the time until it is tried again grows with every fault.
    beforeEach(start);
    afterEach(stop);

    it('takes everything anew when the server has forgotten the place of a watch (410), and repairs what it missed', async () => {
      const { proxy } = replica;
      const slice = (await world.slices(shop.namespace, 'spared'))[0];
      assert.ok(slice !== undefined);
      // From the cut on the watch is refused, so that it does not see the delete.
      const gone = proxy.answer(
        isSliceWatch,
        { status: 410, body: { reason: 'Expired', message: 'too old resource version' } },
        3,
      );
      proxy.cut();
      await waitFor('the watch to be refused', () => gone.met > 0);
      await world.delete('endpointslices', shop.namespace, slice.metadata.name);
      await waitFor('the slice to be made anew', async () => {
        const [anew] = await world.slices(shop.namespace, 'spared');
        return anew !== undefined && anew.metadata.uid !== slice.metadata.uid;
      });
      await shop.published('spared', await shop.register('spared'));
    });

    it('publishes on while the watch of the slices is broken and somebody changes them', async () => {
      const { proxy } = replica;
      const broken = proxy.answer(isSliceWatch, { status: 503 }, Infinity);
      proxy.cut();
      await waitFor('the watch to be refused', () => broken.met > 0);
      const [slice] = await world.slices(shop.namespace, 'hit');
      assert.ok(slice !== undefined);
      const labels = { 'shop.example.com/seen': 'yes' };
      await world.mergePatch('endpointslices', shop.namespace, slice.metadata.name, { metadata: { labels } });
      await shop.published('hit', await shop.register('hit'), 5000);
      await world.delete('endpointslices', shop.namespace, slice.metadata.name);
      await shop.published('hit', await shop.register('hit'), 5000);
      broken.disarm();
    });
  });

  describe('in connections', () => {
    before(start);
    after(stop);

    it('follows on when all connections are cut again and again, without a hot loop', async () => {
      const { proxy } = replica;
      for (let cut = 0; cut < 3; cut += 1) {
        const mark = proxy.requests.length;
        const atMs = performance.now();
        proxy.cut();
        await shop.published('hit', await shop.register('hit'));
        await shop.published('spared', await shop.register('spared'));
        await waitFor(
          'the watches to be open again',
          () => proxy.requests.slice(mark).filter(isWatch).length >= 6,
        );
        const perSecond = proxy.requests.slice(mark).length / ((performance.now() - atMs) / 1000 + 1);
        assert.ok(perSecond < 60, `${Math.round(perSecond)} requests a second`);
      }
    });

    it('notices a connection that is half open, stops leading, and publishes what it missed once bytes pass again', async () => {
      const { proxy, operator } = replica;
      proxy.freeze();
      const address = await shop.register('hit');
      await waitFor('it to stop leading', async () => !(await operator.isLeader()));
      assert.equal(await operator.isReady(), true, 'what is synced stays ready');
      proxy.thaw();
      await waitFor('it to lead again', () => operator.isLeader());
      await shop.published('hit', address);
    });

    it('goes on when the API server could not be reached for longer than its lease', async () => {
      const { proxy, operator } = replica;
      proxy.refuse();
      const address = await shop.register('hit');
      await waitFor('it to stop leading', async () => !(await operator.isLeader()));
      proxy.accept();
      await shop.published('hit', address);
      await shop.published('spared', await shop.register('spared'));
    });
  });
});

describe('a poisoned GrpcService (safety rule 7)', function () {
  this.timeout(60_000);
  let world: World;
  let shop: Shop;
  let replica: ProxiedOperator;

  before(async () => {
    world = await World.create();
    const registry = await world.registry({
      feed: { type: 'Poll', poll: { interval: '200ms', auditInterval: '30s' } },
    });
    shop = new Shop(world, registry, await world.namespace());
    // One worker: whoever keeps it busy keeps everybody waiting.
    replica = await startProxied(world, registry, [...FAST, '--workers', '1']);
    await shop.open('healthy');
  });
  after(async () => {
    await world.cluster.kubectl([
      ...['delete', '--ignore-not-found', 'validatingadmissionpolicybinding,validatingadmissionpolicy'],
      'poison',
    ]);
    await world.dispose();
    await replica.proxy.dispose();
  });

  /** The others are published as ever while `poisoned` is not, and the poisoned one is tried ever more rarely. */
  const showsNoSlowness = async (poisoned: string, mark: number): Promise<void> => {
    await world.untilCondition(shop.namespace, poisoned, 'Ready', 'False WriteRefused');
    const tookMs: number[] = [];
    for (let change = 0; change < 10; change += 1) {
      const startMs = performance.now();
      await shop.published('healthy', await shop.register('healthy'));
      tookMs.push(performance.now() - startMs);
    }
    tookMs.sort((a, b) => a - b);
    const median = tookMs[tookMs.length >> 1] ?? Infinity;
    assert.ok(median < 1500, `a change of the others took ${Math.round(median)} ms at the median`);
    const tries = replica.proxy.requests.slice(mark).filter(writesOf(poisoned)).length;
    assert.ok(tries > 2 && tries < 40, `${tries} tries`);
  };

  it('whose writes an admission policy refuses does not slow the others, and heals when the policy goes', async () => {
    const mark = replica.proxy.requests.length;
    await world.cluster.kubectl(['apply', '-f', '-'], admissionPolicy);
    await waitFor('the policy to be in force', async () => !(await isAdmitted(world, shop.namespace)));
    const address = await shop.register('poisoned');
    await world.applyGrpcService(shop.namespace, 'poisoned');
    await showsNoSlowness('poisoned', mark);
    await world.cluster.kubectl(['delete', 'validatingadmissionpolicybinding', 'poison']);
    await shop.published('poisoned', address, 40_000);
    await world.untilCondition(shop.namespace, 'poisoned', 'Ready', 'True Published');
  });

  it('whose writes are forbidden does not slow the others either', async () => {
    const mark = replica.proxy.requests.length;
    const fault = replica.proxy.answer(
      writesOf('forbidden'),
      { status: 403, body: { reason: 'Forbidden', message: 'quota exceeded' } },
      Infinity,
    );
    const address = await shop.register('forbidden');
    await world.applyGrpcService(shop.namespace, 'forbidden');
    await showsNoSlowness('forbidden', mark);
    fault.disarm();
    await shop.published('forbidden', address, 40_000);
  });
});

/** Refuses the slices of one Service, as a policy of the cluster's owner might. */
const admissionPolicy = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'poison' },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['discovery.k8s.io'],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['endpointslices'],
            },
          ],
        },
        validations: [{ expression: "!object.metadata.name.startsWith('poisoned-')", message: 'poisoned' }],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'poison' },
      spec: { policyName: 'poison', validationActions: ['Deny'] },
    },
  ],
});

async function isAdmitted(world: World, namespace: string): Promise<boolean> {
  try {
    await world.cluster.request(
      'POST',
      `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?dryRun=All`,
      { metadata: { name: 'poisoned-probe' }, addressType: 'IPv4', endpoints: [] },
    );
    return true;
  } catch (error) {
    if (String(error).includes('poisoned')) return false;
    throw error;
  }
}

describe('a restart of the API server', function () {
  this.timeout(120_000);
  let world: World;

  before(async () => {
    world = await World.create({ ownClusterAt: '10.77.3.1' });
  });
  after(() => world.dispose());

  it('costs no address: what changed meanwhile is published as soon as it is back', async () => {
    const registry = await world.registry({
      feed: { type: 'Poll', poll: { interval: '200ms', auditInterval: '30s' } },
    });
    const shop = new Shop(world, registry, await world.namespace());
    const operator = await world.operator(registry, { flags: FAST });
    await shop.open('orders');
    await shop.open('payments');
    const { apiServer } = world.cluster;
    for (const stop of ['kill', 'stop'] as const) {
      const before = await world.ready(shop.namespace, 'orders');
      await apiServer[stop]();
      const address = await shop.register('orders');
      await waitFor('the operator to stop leading', async () => !(await operator.isLeader()));
      await apiServer.start();
      await shop.published('orders', address, 40_000);
      assert.deepEqual(await world.ready(shop.namespace, 'orders'), [...before, address].sort());
      await shop.published('payments', await shop.register('payments'));
    }
  });
});
