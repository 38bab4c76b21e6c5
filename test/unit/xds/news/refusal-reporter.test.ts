import assert from 'node:assert/strict';
import { KubeApiError } from '../../../../src/controller/kube-ports.ts';
import { noMachineryObserver } from '../../../../src/controller/machinery-observers.ts';
import { WorkQueue } from '../../../../src/controller/work-queue.ts';
import type { GrpcService, XdsReplicaStatus } from '../../../../src/model/grpcservice.ts';
import type { ObjectKey } from '../../../../src/model/key.ts';
import { RefusalLog } from '../../../../src/xds/news/refusal-log.ts';
import { RefusalReporter, type StatusApplier } from '../../../../src/xds/news/refusal-reporter.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { aGrpcService } from '../../../support/grpc-services.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import { aRefusal, aStream } from '../../../support/xds/streams.ts';

interface Call {
  readonly atMs: number;
  readonly name: string;
  readonly fieldManager: string;
  readonly replicas: readonly XdsReplicaStatus[];
}

/** A reporter of replica `rollcall-1` that runs; `stop` ends it. */
function bench(replica = 'rollcall-1') {
  const clock = new FakeClock();
  const calls: Call[] = [];
  const grpcServices = new Map<ObjectKey, GrpcService>([['shop/orders', aGrpcService()]]);
  const answers: Error[] = [];
  const client: StatusApplier = {
    applyStatus: ({ namespace, name, status }, fieldManager) => {
      const replicas = status?.xds?.replicas ?? [];
      calls.push({ atMs: clock.now(), name: `${namespace}/${name}`, fieldManager, replicas });
      const error = answers.shift();
      return error === undefined ? Promise.resolve(aGrpcService()) : Promise.reject(error);
    },
  };
  const log: RefusalLog = new RefusalLog(
    ({ name }) => (name === 'orders.shop' ? 'shop/orders' : `shop/${name}`),
    (key) => reporter.changed(key),
  );
  const reporter = new RefusalReporter({
    ...{ log, grpcServices, client, replica, clock },
    queue: new WorkQueue<ObjectKey>({
      ...{ name: 'xds-refusals', workers: 1, clock, random: () => 0.5 },
      ...{ logger: new RecordingLogger(), observer: noMachineryObserver },
    }),
  });
  const abort = new AbortController();
  const running = reporter.run(abort.signal);
  return {
    ...{ clock, calls, log, grpcServices, answers },
    stop: async () => {
      abort.abort(new Error('the test ends'));
      await running;
    },
  };
}

describe('the reporter of refusals', () => {
  it('writes the first refusal at once, as an entry of its own replica', async () => {
    const { clock, calls, log, stop } = bench();
    await clock.advance(5000);
    log.refused(aStream('web-1.shop'), aRefusal(['orders.shop']));
    await clock.advance(0);
    const [call] = calls;
    assert.ok(call);
    assert.equal(call.fieldManager, 'rollcall-xds-rollcall-1');
    assert.equal(call.name, 'shop/orders');
    assert.deepEqual(call.replicas, [
      {
        replica: 'rollcall-1',
        since: '2026-01-01T00:00:05Z',
        observedTime: '2026-01-01T00:00:05Z',
        clients: 1,
        refusals: [
          {
            ...{ type: 'Cluster', resource: 'orders.shop', version: 'v1' },
            ...{ reason: 'LRS is not supported', clients: 1, node: 'web-1.shop' },
          },
        ],
      },
    ]);
    await stop();
  });

  it('takes the entry out when all is withdrawn, and says nothing more', async () => {
    const { clock, calls, log, stop } = bench();
    const [stream, refusal] = [aStream(), aRefusal(['orders.shop'])];
    log.refused(stream, refusal);
    await clock.advance(2000);
    log.withdrawn(stream, refusal);
    await clock.advance(600_000);
    assert.deepEqual(
      calls.map(({ atMs, replicas }) => [atMs, replicas.length]),
      [
        [0, 1],
        [2000, 0],
      ],
    );
    await stop();
    assert.equal(calls.length, 2);
  });

  it('writes at most once a second, and then what is newest', async () => {
    const { clock, calls, log, stop } = bench();
    for (let count = 0; count < 50; count += 1) {
      const [stream, refusal] = [aStream(), aRefusal(['orders.shop'], { reason: `reason ${count}` })];
      log.refused(stream, refusal);
      await clock.advance(100);
      if (count < 49) log.withdrawn(stream, refusal);
    }
    await clock.advance(2000);
    const gaps = calls.slice(1).map(({ atMs }, index) => atMs - (calls[index]?.atMs ?? 0));
    assert.ok(calls.length >= 4 && calls.length <= 7, String(calls.length));
    assert.deepEqual(
      gaps.filter((gap) => gap < 1000),
      [],
    );
    assert.equal(calls.at(-1)?.replicas[0]?.refusals[0]?.reason, 'reason 49');
    await stop();
  });

  it('renews an entry that stands each minute, with the clients there are by then', async () => {
    const { clock, calls, log, stop } = bench();
    log.refused(aStream(), aRefusal(['orders.shop']));
    await clock.advance(10_000);
    log.refused(aStream(), aRefusal(['orders.shop']));
    await clock.advance(115_000);
    assert.deepEqual(
      calls.map(({ atMs, replicas: [entry] }) => [atMs, entry?.clients, entry?.since, entry?.observedTime]),
      [
        [0, 1, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
        [60_000, 2, '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'],
        [120_000, 2, '2026-01-01T00:00:00Z', '2026-01-01T00:02:00Z'],
      ],
    );
    await stop();
  });

  it('leaves the API server to slices where one client refuses everything there is', async () => {
    const { clock, calls, log, grpcServices, stop } = bench();
    const names = Array.from({ length: 300 }, (_, number) => `many-${number}`);
    for (const name of names) grpcServices.set(`shop/${name}`, aGrpcService({}, { name }));
    log.refused(aStream(), aRefusal(names));
    await clock.advance(500);
    assert.ok(calls.length >= 100 && calls.length <= 115, String(calls.length));
    await clock.advance(15_000);
    assert.equal(new Set(calls.map(({ name }) => name)).size, 300);
    await stop();
  });

  it('tries again when the API server fails, and leaves an object alone that has gone', async () => {
    const { clock, calls, log, answers, stop } = bench();
    answers.push(new KubeApiError(503, 'ServiceUnavailable', 'later'));
    answers.push(new KubeApiError(404, 'NotFound', 'gone'));
    log.refused(aStream(), aRefusal(['orders.shop']));
    await clock.advance(30_000);
    assert.equal(calls.length, 2);
    await stop();
  });

  it('writes to a GrpcService that was made anew, for it has no entry', async () => {
    const { clock, calls, log, grpcServices, stop } = bench();
    log.refused(aStream(), aRefusal(['orders.shop']));
    await clock.advance(30_000);
    grpcServices.set('shop/orders', aGrpcService({}, { uid: 'another' }));
    log.refused(aStream(), aRefusal(['orders.shop']));
    await clock.advance(0);
    assert.deepEqual(
      calls.map(({ atMs, replicas: [entry] }) => [atMs, entry?.since]),
      [
        [0, '2026-01-01T00:00:00Z'],
        [30_000, '2026-01-01T00:00:30Z'],
      ],
    );
    await stop();
  });

  it('takes its entries out when it stops: its streams end, too', async () => {
    const { clock, calls, log, stop } = bench();
    log.refused(aStream(), aRefusal(['orders.shop']));
    await clock.advance(0);
    await stop();
    assert.deepEqual(
      calls.map(({ replicas }) => replicas.length),
      [1, 0],
    );
  });

  it('has a field manager within the length that the API allows, and one that ends as the identity does', async () => {
    const { clock, calls, log, stop } = bench(`${'x'.repeat(200)}_unique`);
    log.refused(aStream(), aRefusal(['orders.shop']));
    await clock.advance(0);
    const manager = calls.at(0)?.fieldManager ?? '';
    assert.equal(manager.length, 128);
    assert.match(manager, /^rollcall-xds-x+_unique$/);
    await stop();
  });
});
