import assert from 'node:assert/strict';
import { RPC } from '../../../../src/xds/rpc.ts';
import type { XdsNode } from '../../../../src/xds/discovery.ts';
import { createXdsService } from '../../../../src/xds/engine/service.ts';
import { LocatedStreams } from '../../../../src/xds/locality/located-streams.ts';
import type { NodeLocator, Place } from '../../../../src/xds/locality/node-locator.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import { aNode, aResource, MemorySource } from '../../../support/xds/engine.ts';
import { JsonCodec, RecordingObserver, WireClient } from '../../../support/xds/engine-wire.ts';

/** Answers when the test says so. */
class HeldLocator implements NodeLocator {
  readonly asked: string[] = [];
  readonly signals: AbortSignal[] = [];
  #answer: { resolve: (place: Place | null) => void; reject: (error: Error) => void }[] = [];

  knows(nodeId: string): boolean {
    return nodeId.includes('.');
  }

  locate(nodeId: string, signal: AbortSignal): Promise<Place | null> {
    this.asked.push(nodeId);
    this.signals.push(signal);
    return new Promise((resolve, reject) => this.#answer.push({ resolve, reject }));
  }

  answer(place: Place | null | Error): void {
    for (const { resolve, reject } of this.#answer.splice(0)) {
      if (place instanceof Error) reject(place);
      else resolve(place);
    }
  }
}

const EU = { region: 'eu-1', zone: 'eu-1a' };
const DELTA = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';

function bench() {
  const clock = new FakeClock();
  const source = new MemorySource(aResource('cluster', 'A'), aResource('endpoints', 'A'));
  const locator = new HeldLocator();
  const logger = new RecordingLogger();
  const located = new LocatedStreams({ locator, codec: new JsonCodec(), clock, logger });
  const observer = new RecordingObserver();
  const { open } = createXdsService({ source, clock, logger, observer, codec: located.codec });
  const calls = located.before(open);
  const client = (options: { method?: string; peer?: string } = {}) => new WireClient(calls, options);
  return { clock, source, locator, logger, client, turn: () => clock.advance(0) };
}

const gRpc = (fields: Partial<XdsNode> = {}) =>
  aNode({ id: 'cart-1.shop', userAgentName: 'gRPC Go', ...fields });

describe('streams of clients that do not say where they run', () => {
  for (const method of [undefined, DELTA]) {
    it(`wait for their place before the first answer, and what they ask meanwhile waits behind it (${method === undefined ? 'state of the world' : 'incremental'})`, async () => {
      const { source, locator, client, turn } = bench();
      const stream = client(method === undefined ? {} : { method });
      stream.ask('cluster', { node: gRpc(), names: ['A'], subscribe: ['A'] });
      stream.ask('endpoints', { node: null, names: ['A'], subscribe: ['A'] });
      await turn();
      assert.deepEqual([locator.asked, source.asked, stream.responses()], [['cart-1.shop'], [], []]);
      locator.answer(EU);
      await turn();
      assert.deepEqual(
        source.asked.map(({ locality }) => locality),
        [{ ...EU, subZone: '' }],
      );
      assert.deepEqual(
        stream.responses().map(({ resources }) => resources),
        [['A@1'], ['A@1']],
      );
    });
  }

  it('are answered at once when they say it, when nobody could know it, and when it is known already', async () => {
    const { source, locator, client, turn } = bench();
    const own = { region: '', zone: 'here', subZone: 's' };
    client().ask('cluster', { node: gRpc({ locality: own }), names: ['A'] });
    client().ask('cluster', { node: gRpc({ id: 'namespace:shop' }), names: ['A'] });
    await turn();
    assert.deepEqual([locator.asked, source.asked.map(({ locality }) => locality)], [[], [own, null]]);
    const empty = { region: '', zone: '', subZone: '' };
    client().ask('cluster', { node: gRpc({ locality: empty }), names: ['A'] });
    locator.answer(EU);
    await turn();
    const again = client();
    again.ask('cluster', { node: gRpc({ locality: empty }), names: ['A'] });
    await turn();
    assert.equal(locator.asked.length, 1);
    assert.deepEqual(source.asked.at(-1)?.locality, { ...EU, subZone: '' });
    assert.equal(again.responses().length, 1);
  });

  it('are looked up again from another address, as a pod that was moved has one, and after ten minutes', async () => {
    const { clock, locator, client, turn } = bench();
    for (const peer of ['10.0.0.1:1', '10.0.0.1:2', '10.0.0.2:1']) {
      client({ peer }).ask('cluster', { node: gRpc(), names: ['A'] });
      locator.answer(EU);
      await turn();
    }
    assert.equal(locator.asked.length, 2);
    await clock.advance(600_000);
    client({ peer: '10.0.0.2:3' }).ask('cluster', { node: gRpc(), names: ['A'] });
    assert.equal(locator.asked.length, 3);
  });

  it('are served without a place after a second, and when the API server fails; neither is remembered', async () => {
    const { clock, source, locator, logger, client, turn } = bench();
    const slow = client();
    slow.ask('cluster', { node: gRpc(), names: ['A'] });
    await clock.advance(999);
    assert.equal(slow.responses().length, 0);
    await clock.advance(1);
    assert.equal(slow.responses().length, 1);
    assert.equal(locator.signals[0]?.aborted, true);
    const failed = client();
    failed.ask('cluster', { node: gRpc(), names: ['A'] });
    locator.answer(new Error('no answer'));
    await turn();
    assert.equal(failed.responses().length, 1);
    assert.deepEqual(
      source.asked.map(({ locality }) => locality),
      [null, null],
    );
    assert.equal(logger.lines.filter(({ level }) => level === 'warn').length, 2);
    client().ask('cluster', { node: gRpc(), names: ['A'] });
    assert.equal(locator.asked.length, 3);
  });

  it('that go away while they wait take the look-up with them, silently', async () => {
    const { source, locator, logger, client, turn } = bench();
    const stream = client();
    stream.ask('cluster', { node: gRpc(), names: ['A'] });
    stream.cancel();
    assert.equal(locator.signals[0]?.aborted, true);
    locator.answer(EU);
    await turn();
    assert.deepEqual([source.asked, stream.frames, logger.lines], [[], [], []]);
  });

  it('that close their side while they wait are heard to the end first', async () => {
    const { source, locator, client, turn } = bench();
    const stream = client();
    stream.ask('cluster', { node: gRpc(), names: ['A'] });
    stream.halfClose();
    assert.deepEqual([stream.status], [null]);
    locator.answer(EU);
    await turn();
    assert.equal(source.asked.length, 1);
    assert.equal(stream.status?.code, RPC.ok);
  });

  it('cannot pile up requests while they wait', async () => {
    const { locator, client, turn } = bench();
    const stream = client();
    for (let n = 0; n <= 100 && stream.status === null; n += 1) {
      stream.ask('cluster', { node: gRpc(), names: [`A${n}`] });
    }
    assert.equal(stream.status?.code, RPC.resourceExhausted);
    locator.answer(EU);
    await turn();
    assert.deepEqual(stream.frames, []);
  });

  it('are told by the engine what is wrong with a request that cannot be read', () => {
    const { locator, client } = bench();
    const stream = client();
    stream.raw(Buffer.from('{'));
    assert.equal(stream.status?.code, RPC.invalidArgument);
    assert.deepEqual(locator.asked, []);
  });
});
