import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KubeApiError } from '../../../src/controller/kube-ports.ts';
import { RetryableError } from '../../../src/lib/errors.ts';
import { eventObject } from '../../../src/kube/event-object.ts';
import { ApiEventRecorder } from '../../../src/kube/event-recorder.ts';
import type { KubeEvent } from '../../../src/kube/kube-event.ts';
import type { KubeObject } from '../../../src/model/kube-objects.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeResourceClient } from '../../support/fake-resource-client.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

const orders: KubeObject = {
  apiVersion: 'rollcall.dev/v1alpha1',
  kind: 'GrpcService',
  metadata: { namespace: 'shop', name: 'orders', uid: 'u1', resourceVersion: '7' },
};

class Bench {
  readonly clock = new FakeClock();
  readonly client = new FakeResourceClient<KubeEvent>();
  readonly outcomes: string[] = [];
  readonly logger = new RecordingLogger();
  readonly stop = new AbortController();
  readonly recorder = new ApiEventRecorder({
    client: this.client,
    reportingInstance: 'rollcall-0',
    clock: this.clock,
    random: () => 0,
    logger: this.logger,
    observer: { eventRecorded: (outcome) => this.outcomes.push(outcome) },
  });
  readonly running = this.recorder.run(this.stop.signal);

  async end(): Promise<void> {
    this.stop.abort(new Error('stopping'));
    await this.clock.advance(5000);
    await this.running;
  }

  get stored(): readonly KubeEvent[] {
    return [...this.client.objects.values()];
  }

  count(outcome: string): number {
    return this.outcomes.filter((each) => each === outcome).length;
  }
}

describe('ApiEventRecorder', () => {
  it('writes an event that says which object it is about', async () => {
    const bench = new Bench();
    bench.recorder.event(orders, 'Warning', 'RowRejected', 'row o-1 has no address');
    await bench.clock.advance(0);
    const [event] = bench.stored;
    assert.deepEqual(event?.regarding, {
      apiVersion: 'rollcall.dev/v1alpha1',
      kind: 'GrpcService',
      namespace: 'shop',
      name: 'orders',
      uid: 'u1',
      resourceVersion: '7',
    });
    assert.equal(event.metadata.namespace, 'shop');
    assert.equal(event.eventTime, '2026-01-01T00:00:00.000000Z');
    assert.equal(event.note, 'row o-1 has no address');
    assert.equal(event.reportingInstance, 'rollcall-0');
    assert.equal(event.series, undefined);
    await bench.end();
  });

  it('counts equal events in one object: at once for the second, then once a minute', async () => {
    const bench = new Bench();
    for (let second = 0; second < 200; second += 1) {
      bench.recorder.event(orders, 'Warning', 'RowRejected', 'same');
      await bench.clock.advance(1000);
    }
    await bench.clock.advance(120_000);
    assert.equal(bench.stored.length, 1);
    assert.equal(bench.stored[0]?.series?.count, 200);
    assert.equal(bench.stored[0].series.lastObservedTime, '2026-01-01T00:03:19.000000Z');
    const writes = bench.client.calls.map(({ verb }) => verb);
    assert.deepEqual(writes, ['create', ...Array.from({ length: writes.length - 1 }, () => 'mergePatch')]);
    assert.ok(writes.length <= 6, `${writes.length} writes`);
    await bench.end();
  });

  it('begins a new event when the last equal one is long ago', async () => {
    const bench = new Bench();
    bench.recorder.event(orders, 'Normal', 'Published', 'same');
    await bench.clock.advance(7 * 60_000);
    bench.recorder.event(orders, 'Normal', 'Published', 'same');
    await bench.clock.advance(0);
    assert.equal(bench.stored.length, 2);
    await bench.end();
  });

  it('begins a new event when the API server has forgotten the series', async () => {
    const bench = new Bench();
    bench.recorder.event(orders, 'Normal', 'Published', 'same');
    await bench.clock.advance(0);
    bench.client.objects.clear();
    bench.recorder.event(orders, 'Normal', 'Published', 'same');
    await bench.clock.advance(0);
    assert.equal(bench.stored[0]?.series?.count, 2);
    await bench.end();
  });

  it('lets one flapping object write 25 events and then one in 5 minutes, and others as before', async () => {
    const bench = new Bench();
    for (let index = 0; index < 100; index += 1)
      bench.recorder.event(orders, 'Normal', 'Flap', `state ${index}`);
    bench.recorder.event({ ...orders, metadata: { ...orders.metadata, uid: 'u2' } }, 'Normal', 'Calm', 'one');
    for (let round = 0; round < 40; round += 1) await bench.clock.advance(10);
    assert.equal(bench.stored.length, 26);
    assert.equal(bench.count('dropped'), 75);
    await bench.clock.advance(300_000);
    bench.recorder.event(orders, 'Normal', 'Flap', 'later');
    bench.recorder.event(orders, 'Normal', 'Flap', 'too soon');
    await bench.clock.advance(0);
    assert.equal(bench.stored.length, 27);
    await bench.end();
  });

  it('tries again while the API server is away, and gives up in the end without harm', async () => {
    const bench = new Bench();
    let failures = 0;
    bench.client.before = () => {
      failures += 1;
      if (failures <= 2) throw new RetryableError('away');
    };
    bench.recorder.event(orders, 'Normal', 'Published', 'one');
    await bench.clock.advance(10_000);
    assert.equal(bench.stored.length, 1);
    bench.client.before = () => {
      throw new RetryableError('away');
    };
    bench.recorder.event(orders, 'Normal', 'Published', 'two');
    await bench.clock.advance(60_000);
    assert.equal(bench.count('failed'), 1);
    bench.client.before = () => undefined;
    bench.recorder.event(orders, 'Normal', 'Published', 'two');
    await bench.clock.advance(0);
    assert.equal(bench.stored.length, 2);
    await bench.end();
  });

  it('does not try again what the API server will not have', async () => {
    const bench = new Bench();
    bench.client.before = () => {
      throw new KubeApiError(403, 'Forbidden', 'the namespace is being terminated');
    };
    bench.recorder.event(orders, 'Normal', 'Published', 'one');
    await bench.clock.advance(60_000);
    assert.equal(bench.client.calls.length, 1);
    assert.equal(bench.count('failed'), 1);
    await bench.end();
  });

  it('takes an event for written when an earlier try whose answer was lost wrote it', async () => {
    const bench = new Bench();
    const create = bench.client.create.bind(bench.client);
    bench.client.create = async (event, signal) => {
      bench.client.create = create;
      await create(event, signal);
      throw new RetryableError('the answer was lost');
    };
    bench.recorder.event(orders, 'Normal', 'Published', 'one');
    await bench.clock.advance(10_000);
    assert.equal(bench.stored.length, 1);
    assert.deepEqual(bench.outcomes, ['sent']);
    await bench.end();
  });

  it('keeps a bounded number of events while nothing can be sent', async () => {
    const bench = new Bench();
    bench.client.before = (_call, signal) => bench.clock.sleep(3_600_000, signal);
    for (let index = 0; index < 1500; index += 1) {
      bench.recorder.event(
        { ...orders, metadata: { name: `o-${index}`, namespace: 'shop' } },
        'Normal',
        'X',
        'y',
      );
    }
    assert.equal(bench.count('dropped'), 500);
    await bench.end();
  });

  it('sends what is pending when it is stopped', async () => {
    const bench = new Bench();
    bench.recorder.event(orders, 'Normal', 'Stopping', 'one');
    bench.recorder.event(orders, 'Normal', 'Stopping', 'two');
    await bench.end();
    assert.equal(bench.stored.length, 2);
  });

  it('ends within the drain time although a request hangs', async () => {
    const bench = new Bench();
    bench.client.before = (_call, signal) => bench.clock.sleep(3_600_000, signal);
    bench.recorder.event(orders, 'Normal', 'Stopping', 'one');
    await bench.clock.advance(10);
    bench.stop.abort(new Error('stopping'));
    await bench.clock.advance(2000);
    await bench.running;
    assert.equal(bench.clock.now(), 2010);
  });
});

describe('eventObject', () => {
  it('never makes more than the API server takes, nor half a character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 3000 }),
        fc.stringMatching(/^[a-z]{1,253}$/),
        (message, name) => {
          const event = eventObject({
            about: { ...orders, metadata: { ...orders.metadata, name } },
            ...{ type: 'Normal', reason: 'R', message, reportingInstance: 'i'.repeat(200) },
            ...{ wallMs: 0, series: undefined },
          });
          assert.ok(Buffer.byteLength(event.note) <= 1024);
          assert.ok(event.metadata.name.length <= 253);
          assert.ok(event.reportingInstance.length <= 128);
          assert.equal(Buffer.from(event.note).toString(), event.note);
        },
      ),
    );
  });
});
