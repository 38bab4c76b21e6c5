import assert from 'node:assert/strict';
import type { EngineLimits } from '../../../../src/xds/engine/limits.ts';
import { METHODS } from '../../../../src/xds/engine/protocol.ts';
import { createXdsService, type XdsService } from '../../../../src/xds/engine/service.ts';
import { RPC, RpcRefused } from '../../../../src/xds/rpc.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import { aNode, aResource, MemorySource } from '../../../support/xds/engine.ts';
import {
  JsonCodec,
  RecordingObserver,
  WireClient,
  type WireResponse,
} from '../../../support/xds/engine-wire.ts';

interface Bench {
  readonly source: MemorySource;
  readonly clock: FakeClock;
  readonly codec: JsonCodec;
  readonly observer: RecordingObserver;
  readonly logger: RecordingLogger;
  readonly service: XdsService;
  /** Lets everything that is due happen. */
  readonly turn: () => Promise<void>;
}

function bench(source: MemorySource, limits: Partial<EngineLimits> = {}): Bench {
  const clock = new FakeClock();
  const parts = {
    clock,
    codec: new JsonCodec(),
    observer: new RecordingObserver(),
    logger: new RecordingLogger(),
  };
  const service = createXdsService({ ...parts, source, limits });
  return { ...parts, source, service, turn: () => clock.advance(0) };
}

function only(responses: readonly WireResponse[]): WireResponse {
  const [first] = responses;
  assert.ok(first !== undefined && responses.length === 1, JSON.stringify(responses));
  return first;
}

function refusal(run: () => unknown): RpcRefused {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof RpcRefused);
    return error;
  }
  return assert.fail('was not refused');
}

describe('createXdsService', () => {
  it('serves ten methods, state of the world and incremental, aggregated and for each type', async () => {
    assert.equal(METHODS.size, 10);
    const types = ['cluster', 'endpoints', 'listener', 'route'];
    const { service, turn } = bench(new MemorySource(...types.map((type) => aResource(type, 'A'))));
    for (const [method, { kind, typeUrl }] of METHODS) {
      const client = new WireClient(service.open, { method });
      const type = typeUrl === null ? 'cluster' : '';
      client.ask(type, kind === 'sotw' ? { names: ['A'] } : { subscribe: ['A'] });
      await turn();
      assert.deepEqual(only(client.responses()).resources, ['A@1'], method);
    }
  });

  it('refuses a method that is none of them with UNIMPLEMENTED', () => {
    const { service } = bench(new MemorySource());
    const method = '/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets';
    assert.equal(refusal(() => new WireClient(service.open, { method })).code, RPC.unimplemented);
  });

  it('refuses streams with UNAVAILABLE before everything was read', () => {
    const source = new MemorySource();
    source.isReady = false;
    const { service } = bench(source);
    assert.equal(refusal(() => new WireClient(service.open)).code, RPC.unavailable);
    source.isReady = true;
    assert.ok(new WireClient(service.open));
  });

  it('ends a stream with INVALID_ARGUMENT whose bytes are no request, and no other', async () => {
    const { service, turn } = bench(new MemorySource(aResource('cluster', 'A')));
    const [bad, good] = [new WireClient(service.open), new WireClient(service.open)];
    bad.raw(Buffer.from('garbage'));
    good.ask('cluster');
    await turn();
    assert.equal(bad.status?.code, RPC.invalidArgument);
    assert.deepEqual([good.status, only(good.responses()).resources], [null, ['A@1']]);
  });

  it('ends a stream with OK when the client sends no more', () => {
    const { service } = bench(new MemorySource());
    const client = new WireClient(service.open);
    client.halfClose();
    assert.deepEqual(client.status, { code: RPC.ok, message: '' });
  });

  it('tells a change to those who want it, and to no one else', async () => {
    const { service, source, turn, observer } = bench(
      new MemorySource(aResource('endpoints', 'A'), aResource('endpoints', 'B')),
    );
    const [a, b] = [new WireClient(service.open), new WireClient(service.open)];
    a.ask('endpoints', { names: ['A'] });
    b.ask('endpoints', { names: ['B'] });
    await turn();
    a.ask('endpoints', { names: ['A'], nonce: only(a.responses()).nonce });
    b.ask('endpoints', { names: ['B'], nonce: only(b.responses()).nonce });
    await turn();
    observer.lines.length = 0;
    source.change([aResource('endpoints', 'A', '2')]);
    await turn();
    assert.deepEqual([only(a.responses()).resources, b.responses()], [['A@2'], []]);
    assert.deepEqual(observer.lines, ['sent 1 1+0']);
  });

  for (const kind of ['sotw', 'delta'] as const) {
    const method = `/envoy.service.discovery.v3.AggregatedDiscoveryService/${kind === 'sotw' ? 'Stream' : 'Delta'}AggregatedResources`;

    it(`encodes a resource once and hands the same bytes to every stream, with nonces that differ on each: ${kind}`, async () => {
      const { service, source, turn, codec } = bench(new MemorySource(aResource('endpoints', 'A')));
      const clients = Array.from({ length: 50 }, () => new WireClient(service.open, { method }));
      const ask = kind === 'sotw' ? { names: ['A'] } : { subscribe: ['A'] };
      for (const client of clients) client.ask('endpoints', ask);
      await turn();
      assert.equal(codec.encoded, 1);
      assert.equal(new Set(clients.map(({ frames }) => frames[0])).size, 1);
      for (const client of clients) {
        client.ask('endpoints', { ...ask, subscribe: [], nonce: only(client.responses()).nonce });
      }
      source.change([aResource('endpoints', 'A', '2')]);
      await turn();
      assert.equal(codec.encoded, 2);
      for (const { frames } of clients) assert.equal(frames[1], clients[0]?.frames[1]);
      assert.notEqual(clients[0]?.frames[0], clients[0]?.frames[1]);
    });
  }

  it('gives a stream a fresh nonce that is sent the same resource again', async () => {
    const { service, turn } = bench(new MemorySource(aResource('endpoints', 'A')));
    const method = '/envoy.service.endpoint.v3.EndpointDiscoveryService/DeltaEndpoints';
    const [client, other] = [
      new WireClient(service.open, { method }),
      new WireClient(service.open, { method }),
    ];
    client.ask('', { subscribe: ['A'] });
    await turn();
    const first = only(client.responses());
    client.ask('', { subscribe: ['A'], nonce: first.nonce });
    await turn();
    assert.ok(Number(only(client.responses()).nonce) > Number(first.nonce));
    other.ask('', { subscribe: ['A'] });
    await turn();
    assert.equal(other.frames[0], client.frames[1]);
  });

  it('shares a response of many resources, too, and gives it one version on every replica', async () => {
    const resources = ['A', 'B', 'C'].map((name) => aResource('cluster', name));
    const [one, two] = [
      bench(new MemorySource(...resources)),
      bench(new MemorySource(...resources.toReversed())),
    ];
    const clients = [one, one, two].map(({ service }) => new WireClient(service.open));
    for (const client of clients) client.ask('cluster');
    await one.turn();
    assert.equal(one.codec.encoded, 1);
    assert.equal(clients[0]?.frames[0], clients[1]?.frames[0]);
    const versions = clients.map((client) => only(client.responses()).version);
    assert.equal(new Set(versions).size, 1);
    one.source.change([aResource('cluster', 'C', '2')]);
    clients[0]?.ask('cluster', { nonce: '1' });
    await one.turn();
    assert.notEqual(clients[0] && only(clients[0].responses()).version, versions[0]);
  });

  it('ends a stream that has not read a response in time, and leaves one alone that reads but does not answer', async () => {
    const { service, clock, turn, observer } = bench(new MemorySource(aResource('endpoints', 'A')), {
      unreadMs: 60_000,
    });
    const [stuck, thinking] = [new WireClient(service.open), new WireClient(service.open)];
    for (const client of [stuck, thinking]) client.ask('endpoints', { names: ['A'] });
    await turn();
    stuck.queuedBytes = 29_600;
    await clock.advance(59_999);
    assert.deepEqual([stuck.status], [null]);
    await clock.advance(60_001);
    assert.equal(stuck.status?.code, RPC.deadlineExceeded);
    assert.match(stuck.status.message, /has not read.*29600 bytes/);
    assert.deepEqual([thinking.status], [null]);
    assert.deepEqual(observer.lines.at(-1), 'closed 1 4');
    thinking.cancel();
    assert.equal(clock.pending, 0);
  });

  it('never has more than one response of a type queued for a client that does not answer', async () => {
    const { service, source, turn } = bench(new MemorySource(aResource('endpoints', 'A')));
    const client = new WireClient(service.open);
    client.ask('endpoints', { names: ['A'] });
    await turn();
    for (let version = 2; version < 200; version += 1) {
      source.change([aResource('endpoints', 'A', String(version))]);
      await turn();
    }
    assert.equal(client.frames.length, 1);
    client.ask('endpoints', { names: ['A'], nonce: only(client.responses()).nonce });
    await turn();
    assert.deepEqual(only(client.responses()).resources, ['A@199']);
  });

  it('answers a stream that asks without end at a bounded rate, and the others as ever', async () => {
    const limits = { answersPerSecond: 10, answersBurst: 20 };
    const { service, clock } = bench(new MemorySource(aResource('endpoints', 'A')), limits);
    const method = '/envoy.service.endpoint.v3.EndpointDiscoveryService/DeltaEndpoints';
    const greedy = new WireClient(service.open, { method });
    let nonce = '';
    for (let round = 0; round < 1_000; round += 1) {
      greedy.ask('', { subscribe: ['A'], nonce });
      await clock.advance(1);
      nonce = greedy.responses().at(-1)?.nonce ?? nonce;
    }
    assert.ok(greedy.frames.length <= 20 + 10 + 1, String(greedy.frames.length));
    assert.ok(greedy.frames.length >= 20, 'it is not cut off');
    const other = new WireClient(service.open, { method });
    other.ask('', { subscribe: ['A'] });
    await clock.advance(0);
    assert.equal(other.frames.length, 1);
  });

  it('sends nothing more to a stream that has ended, whoever ended it', async () => {
    const { service, source, turn } = bench(new MemorySource(aResource('endpoints', 'A')));
    const client = new WireClient(service.open);
    client.ask('endpoints', { names: ['A'] });
    client.cancel();
    source.change([aResource('endpoints', 'A', '2')]);
    await turn();
    assert.deepEqual([client.frames, service.list()], [[], []]);
  });

  it('follows the source no more when it is stopped', async () => {
    const { service, source, turn } = bench(new MemorySource());
    const client = new WireClient(service.open);
    client.ask('endpoints', { names: ['A'] });
    await turn();
    client.ask('endpoints', { names: ['A'], nonce: only(client.responses()).nonce });
    service.stop();
    source.change([aResource('endpoints', 'A')]);
    await turn();
    assert.deepEqual(client.responses(), []);
  });

  it('tells of refusals, with the node in the log, and withdraws them when the stream ends', async () => {
    const { service, turn, observer, logger } = bench(new MemorySource(aResource('endpoints', 'A')));
    const client = new WireClient(service.open);
    client.ask('endpoints', { names: ['A'] });
    await turn();
    client.ask('endpoints', { names: ['A'], nonce: only(client.responses()).nonce, refuse: 'weight 0' });
    client.cancel();
    assert.deepEqual(observer.lines, [
      'opened 1',
      'sent 1 1+0',
      'refused 1 weight 0',
      'withdrawn 1 weight 0',
      'closed 1 by the client',
    ]);
    const [line] = logger.lines;
    assert.deepEqual(
      [line?.level, line?.fields.node, line?.fields.names, line?.fields.reason],
      ['warn', 'proxy-1.shop', ['A'], 'weight 0'],
    );
  });

  it('warns of a hundred refusals at once, and then of one a second: a client that refuses for ever cannot fill the log', async () => {
    const { service, clock, turn, logger, observer } = bench(new MemorySource(aResource('endpoints', 'A')));
    const client = new WireClient(service.open);
    let nonce = '';
    const refuse = async (): Promise<void> => {
      client.ask('endpoints', { names: ['A'], nonce });
      await turn();
      ({ nonce } = only(client.responses()));
      client.ask('endpoints', { names: [], nonce, refuse: 'no' });
    };
    for (let n = 0; n < 150; n += 1) await refuse();
    assert.equal(observer.lines.filter((line) => line.startsWith('refused')).length, 150);
    const count = (level: string): number => logger.lines.filter((line) => line.level === level).length;
    assert.deepEqual([count('warn'), count('debug')], [100, 50]);
    await clock.advance(1000);
    await refuse();
    assert.equal(count('warn'), 101);
  });

  it('lists the streams: who they are, what they want, have and refused, and since when', async () => {
    const { service, source, clock, turn } = bench(
      new MemorySource(aResource('endpoints', 'A'), aResource('endpoints', 'B')),
    );
    await clock.advance(5_000);
    const client = new WireClient(service.open, { peer: '10.1.2.3:55' });
    client.ask('endpoints', { names: ['A', 'B'], node: aNode({ id: 'pod.shop', cluster: 'view' }) });
    await turn();
    await clock.advance(30);
    client.ask('endpoints', { names: ['A', 'B'], nonce: only(client.responses()).nonce });
    source.change([aResource('endpoints', 'B', '2')]);
    await turn();
    client.ask('endpoints', { names: ['A', 'B'], nonce: only(client.responses()).nonce, refuse: 'B: bad' });
    source.change([aResource('endpoints', 'A', '2')]);
    await turn();
    await clock.advance(70);
    const [stream] = service.list();
    const at = (ms: number): number => clock.wallStartMs + ms;
    assert.deepEqual(
      { ...stream, node: stream?.node?.id },
      {
        id: 1,
        kind: 'sotw',
        method: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
        peer: '10.1.2.3:55',
        peerNames: [],
        node: 'pod.shop',
        view: 'view',
        sinceMs: at(5_000),
        types: [
          {
            typeUrl: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
            wildcard: false,
            names: ['A', 'B'],
            resources: [
              {
                name: 'A',
                sent: { version: '2', atMs: at(5_030) },
                acked: { version: '1', atMs: at(5_030) },
                refused: null,
              },
              {
                name: 'B',
                sent: { version: '2', atMs: at(5_030) },
                acked: { version: '1', atMs: at(5_030) },
                refused: { version: '2', reason: 'B: bad', atMs: at(5_030) },
              },
            ],
            lagMs: 70,
            latencyMs: 0,
          },
        ],
      },
    );
  });
});
