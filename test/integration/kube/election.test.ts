import assert from 'node:assert/strict';
import type { ApiServer } from '../../../local/servers/api-server.ts';
import { noMachineryObserver } from '../../../src/controller/machinery-observers.ts';
import { LeaseElector, type LeaseElectorOptions } from '../../../src/kube/lease-elector.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import { ApiResourceClient } from '../../../src/kube/resource-client.ts';
import { LEASES } from '../../../src/kube/resources.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { RequestMatch } from '../../support/fault-proxy.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { testbed } from '../../support/testbed/index.ts';
import { Bench, eventually, never, slice } from './bench.ts';

let count = 0;

/** A replica with an elector, on a connection of its own that a test can break. */
class Replica {
  readonly stop = new AbortController();
  readonly startedAtMs: number[] = [];
  readonly stoppedAtMs: number[] = [];
  readonly elector: LeaseElector;
  readonly bench: Bench;
  readonly running: Promise<unknown>;

  private constructor(bench: Bench, lease: string, identity: string, options: Partial<LeaseElectorOptions>) {
    this.bench = bench;
    const shared = {
      clock: systemClock,
      random: Math.random,
      logger: new RecordingLogger(),
      observer: noMachineryObserver,
    };
    const cache = new Reflector({
      ...shared,
      transport: bench.transport,
      resource: LEASES,
      namespaces: ['default'],
      fieldSelector: `metadata.name=${lease}`,
    });
    this.elector = new LeaseElector({
      ...shared,
      namespace: 'default',
      name: lease,
      identity,
      leases: new ApiResourceClient(bench.transport, LEASES),
      cache,
      ...options,
    });
    const callbacks = {
      onStartedLeading: async (term: AbortSignal): Promise<void> => {
        this.startedAtMs.push(performance.now());
        await new Promise<void>((resolve) => term.addEventListener('abort', () => resolve(), { once: true }));
      },
      onStoppedLeading: (): void => void this.stoppedAtMs.push(performance.now()),
    };
    this.running = Promise.all([cache.run(this.stop.signal), this.elector.run(callbacks, this.stop.signal)]);
  }

  static async start(
    apiServer: ApiServer,
    lease: string,
    identity: string,
    options: Partial<LeaseElectorOptions> = {},
  ): Promise<Replica> {
    return new Replica(await Bench.start(apiServer), lease, identity, options);
  }

  async end(): Promise<void> {
    this.stop.abort(new Error('stopping'));
    await this.running;
  }
}

const isLease: RequestMatch = ({ url }) => url.includes('/leases/');
const isRenewal: RequestMatch = (request) => isLease(request) && request.method === 'PUT';

/** A tenth of the usual times, about. */
const fast = { leaseDurationMs: 2000, renewDeadlineMs: 1200, retryPeriodMs: 200 };
/** Long enough that a busy machine loses no lease by itself. */
const steady = { leaseDurationMs: 8000, renewDeadlineMs: 6000, retryPeriodMs: 200 };

describe('LeaseElector on a real Lease', function () {
  this.timeout(60_000);
  let apiServer: ApiServer;
  let lease: string;
  let replicas: Replica[];

  before(async () => {
    apiServer = (await testbed.cluster()).apiServer;
  });
  beforeEach(() => {
    count += 1;
    lease = `election-${count}`;
    replicas = [];
  });
  afterEach(async () => {
    for (const { bench } of replicas) bench.proxy.accept();
    await Promise.all(replicas.map((replica) => replica.end()));
    await Promise.all(replicas.map(({ bench }) => bench.dispose()));
  });

  const start = async (identity: string, options: Partial<LeaseElectorOptions> = {}): Promise<Replica> => {
    const replica = await Replica.start(apiServer, lease, identity, options);
    replicas.push(replica);
    return replica;
  };
  const spec = async () =>
    (
      await new ApiResourceClient(replicas[0]?.bench.transport ?? assert.fail(), LEASES).get(
        'default',
        lease,
        never,
      )
    )?.spec;

  it('hands over within moments of a clean stop, with the usual times', async () => {
    const one = await start('one');
    await eventually(() => assert.equal(one.elector.isLeader, true));
    const two = await start('two');
    await eventually(() => assert.ok(two.bench.proxy.requests.some(({ url }) => url.includes('watch=true'))));
    const stoppedMs = performance.now();
    await one.end();
    await eventually(() => assert.equal(two.elector.isLeader, true));
    const tookMs = (two.startedAtMs[0] ?? 0) - stoppedMs;
    // Well under a second on a quiet machine, and in any case without waiting for the lease to run out (15 s).
    assert.ok(tookMs < 5000, `${tookMs} ms`);
    const now = await spec();
    assert.equal(now?.holderIdentity, 'two');
    assert.equal(now.leaseTransitions, 1);
    assert.match(now.renewTime ?? '', /\.\d{6}Z$/);
  });

  it('takes over from a replica that is gone without a word, when its lease has run out', async () => {
    const one = await start('one', fast);
    await eventually(() => assert.equal(one.elector.isLeader, true));
    const two = await start('two', fast);
    await eventually(() => assert.ok(two.bench.proxy.count(isLease) > 0));
    one.bench.proxy.refuse();
    const cutMs = performance.now();
    await eventually(() => assert.equal(one.elector.isLeader, false));
    assert.equal(two.elector.isLeader, false, 'never both');
    await eventually(() => assert.equal(two.elector.isLeader, true));
    const tookMs = (two.startedAtMs[0] ?? 0) - cutMs;
    assert.ok(tookMs > 1500 && tookMs < 15_000, `${tookMs} ms`);
    assert.ok((one.stoppedAtMs[0] ?? 0) - cutMs < tookMs, 'the old leader stopped at its renew deadline');
  });

  it('stops the writes of a leader whose connection is half open, and lets none arrive late', async () => {
    const one = await start('one', steady);
    await eventually(() => assert.equal(one.elector.isLeader, true));
    const slices = one.bench.slices({ gate: one.elector });
    const made = await slices.create(slice('default', lease), never);
    const held = one.bench.proxy.hold(
      ({ method, url }) => method === 'PUT' && url.includes('endpointslices'),
    );
    const write = assert.rejects(slices.update({ ...made, endpoints: [] }, never), /lease/);
    await held.arrived();
    one.bench.proxy.freeze();
    await write;
    // A renewal between the write's start and the freeze: then it leads a moment longer than the write was allowed to take.
    await eventually(() => assert.equal(one.elector.isLeader, false));
    await assert.rejects(slices.update({ ...made, endpoints: [] }, never), /does not hold the lease/);
  });

  it('goes on leading through a restart of nothing but its connections', async () => {
    const one = await start('one', steady);
    await eventually(() => assert.equal(one.elector.isLeader, true));
    for (let index = 0; index < 5; index += 1) {
      one.bench.proxy.cut();
      const renewals = one.bench.proxy.count(isRenewal);
      await eventually(() => assert.ok(one.bench.proxy.count(isRenewal) > renewals + 1));
      assert.equal(one.elector.isLeader, true);
    }
    assert.equal(one.startedAtMs.length, 1);
  });
});
