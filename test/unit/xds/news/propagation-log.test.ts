import assert from 'node:assert/strict';
import type { StreamIdentity } from '../../../../src/xds/engine/observer.ts';
import { PropagationLog } from '../../../../src/xds/news/propagation-log.ts';
import { TYPE } from '../../../../src/xds/resource.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { anXdsResource, aStream } from '../../../support/xds/streams.ts';

const NAME = 'orders.shop';

/** A log on a clock that the database's follows exactly. */
function bench() {
  const clock = new FakeClock();
  const seen: number[] = [];
  const log = new PropagationLog(
    () => clock.now(),
    (seconds) => seen.push(seconds),
  );
  const nowUs = (): number => clock.now() * 1000;
  return {
    clock,
    seen,
    log,
    publish: (revision: number, changedAtUs = nowUs()) =>
      log.published(NAME, { revision, changedAtUs, nowUs }),
    acknowledge: (stream: StreamIdentity, latencyMs: number, typeUrl: string = TYPE.endpoints) =>
      log.accepted(stream, {
        ...{ typeUrl, latencyMs, removed: [] },
        resources: [anXdsResource(NAME, 'v', typeUrl)],
      }),
  };
}

describe('the propagation to xDS clients', () => {
  it('is from the change of the row to the acknowledgement, once for each client that had the assignment', async () => {
    const { clock, seen, publish, acknowledge } = bench();
    const streams = [aStream(), aStream()];
    publish(1);
    streams.forEach((stream) => acknowledge(stream, 0));
    await clock.advance(1000);
    publish(2, 950_000);
    await clock.advance(10);
    streams.forEach((stream) => acknowledge(stream, 5));
    assert.deepEqual(seen, [0.06, 0.06]);
    streams.forEach((stream) => acknowledge(stream, 1));
    assert.equal(seen.length, 2, 'whoever asks again is not counted again');
  });

  it('does not count a client that comes after the change', async () => {
    const { clock, seen, publish, acknowledge } = bench();
    publish(1);
    publish(2);
    await clock.advance(60_000);
    acknowledge(aStream(), 5);
    assert.deepEqual(seen, []);
  });

  it('does not count the acknowledgement of what was sent before the change', async () => {
    const { clock, seen, publish, acknowledge } = bench();
    const stream = aStream();
    publish(1);
    acknowledge(stream, 0);
    await clock.advance(100);
    publish(2);
    await clock.advance(10);
    acknowledge(stream, 20);
    assert.deepEqual(seen, [], 'it left 10 ms before');
    await clock.advance(10);
    acknowledge(stream, 5);
    assert.deepEqual(seen, [0.02]);
  });

  it('does not count what was no change of a row: a spec, or a lease that ended', async () => {
    const { clock, seen, publish, acknowledge } = bench();
    const stream = aStream();
    publish(1);
    acknowledge(stream, 0);
    await clock.advance(100);
    publish(1, 0);
    await clock.advance(10);
    acknowledge(stream, 5);
    assert.deepEqual(seen, []);
  });

  it('forgets the change of a row as soon as something else changed the assignment', async () => {
    const { clock, seen, publish, acknowledge } = bench();
    const stream = aStream();
    publish(1);
    acknowledge(stream, 0);
    await clock.advance(100);
    publish(2);
    await clock.advance(600_000);
    publish(2, 100_000);
    await clock.advance(10);
    acknowledge(stream, 5);
    assert.deepEqual(seen, [], 'or a row that changed nothing would count as ten minutes');
  });

  it('waits for the clients still when the same is published again at once', async () => {
    const { clock, seen, publish, acknowledge } = bench();
    const stream = aStream();
    publish(1);
    acknowledge(stream, 0);
    await clock.advance(100);
    publish(2);
    await clock.advance(10);
    publish(2, 100_000);
    acknowledge(stream, 5);
    assert.deepEqual(seen, [0.01]);
  });

  it('looks at assignments alone, and at none that is gone', async () => {
    const { clock, seen, log, publish, acknowledge } = bench();
    const stream = aStream();
    publish(1);
    acknowledge(stream, 0);
    await clock.advance(10);
    publish(2);
    acknowledge(stream, 0, TYPE.cluster);
    log.forget(NAME);
    acknowledge(stream, 0);
    assert.deepEqual(seen, []);
  });
});
