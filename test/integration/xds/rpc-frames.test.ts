import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import { RPC } from '../../../src/xds/rpc.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RawHttp2 } from '../../support/raw-http2.ts';
import { connectRaw, rawCall } from '../../support/rpc-client.ts';
import {
  framed,
  startRpcServer,
  type ServerBench,
  type ServerBenchOptions,
} from '../../support/rpc-server.ts';

/** Wider than what the tests send. */
const WIDE = 2 ** 31 - 1;
const NEVER_MS = 10 * 3_600_000;

describe('the RPC server and a client that does as it likes', () => {
  let server: ServerBench;
  const clients: RawHttp2[] = [];

  const start = async (options: ServerBenchOptions = {}): Promise<void> => {
    server = await startRpcServer(options);
  };

  const connect = async (windowBytes?: number): Promise<RawHttp2> => {
    const client = await RawHttp2.connect(server.port, windowBytes);
    clients.push(client);
    return client;
  };

  const opened = (count = 1) => waitFor('the calls', () => server.handlers.length === count);
  const ended = () => waitFor('the end of the connection', () => server.observer.ends.length === 1);

  afterEach(async () => {
    for (const { socket } of clients.splice(0)) socket.destroy();
    await server.stop();
  });

  it('refuses a call that is sent before the client knows how many it may have', async () => {
    await start({ limits: { streamsPerConnection: 2 } });
    const client = (await connect()).read();
    client.open(1, 3, 5);
    await waitFor('REFUSED_STREAM for the third', () => client.wasReset(5, 7));
    await opened(2);
    assert.equal(client.wasReset(1, 7) || client.wasReset(3, 7), false);
  });

  it('keeps its connection while it sends anything, though it answers no PING', async () => {
    await start({ limits: { keepaliveMs: 50, keepaliveTimeoutMs: 400 } });
    const client = (await connect()).read();
    const startMs = performance.now();
    const timer = setInterval(() => client.widen(1), 50);
    try {
      await waitFor('longer than an answer may take', () => performance.now() - startMs > 1200);
      assert.deepEqual(server.observer.ends, []);
    } finally {
      clearInterval(timer);
    }
    await ended();
    assert.deepEqual(server.observer.ends, ['keepalive']);
  });

  it('resets the stream behind the status, where the client would send more', async () => {
    await start({
      onMessage: (stream, body) => {
        if (String(body) === 'answer') stream.send(framed('first'));
        stream.end({ code: RPC.aborted, message: '' });
      },
    });
    const client = (await connect()).read();
    client.open(1, 3);
    client.send(1, 'answer');
    client.send(3, 'refuse');
    await waitFor('both resets', () => client.wasReset(1, 0) && client.wasReset(3, 0));
  });

  it('closes an idle connection of a client that never closes its side', async () => {
    const clock = new FakeClock();
    await start({ clock, limits: { keepaliveMs: NEVER_MS, ageMs: NEVER_MS } });
    const client = (await connect()).read();
    await waitFor('the connection', () => server.observer.connections === 1);
    await clock.advance(5 * 60_000);
    await client.hungUp();
    await clock.advance(5000);
    await ended();
    assert.deepEqual(server.observer.ends, ['idle']);
  });

  it('closes an old connection of a client that never closes its side', async () => {
    const clock = new FakeClock();
    await start({ clock, limits: { keepaliveMs: NEVER_MS } });
    const client = (await connect()).read();
    client.open(1);
    await opened();
    await clock.advance(30 * 60_000);
    await clock.advance(10_000);
    await waitFor('the end of the call', () => server.observer.closed.length === 1);
    assert.deepEqual(server.observer.closed, ['/a.B/C 14']);
    await clock.advance(5000);
    await ended();
    assert.deepEqual(server.observer.ends, ['age']);
  });

  it('ends the calls of a client that has said goodbye and stays', async () => {
    const clock = new FakeClock();
    await start({ clock, limits: { keepaliveMs: NEVER_MS, ageMs: NEVER_MS } });
    const client = (await connect()).read();
    client.open(1);
    client.goaway();
    client.send(1, 'x');
    await waitFor('the message', () => server.handlers[0]?.told.includes('message 1'));
    await clock.advance(9999);
    assert.deepEqual(server.observer.closed, []);
    await clock.advance(1);
    await waitFor('the end of the call', () => server.observer.closed.length === 1);
    await clock.advance(5000);
    await ended();
  });

  it('lets go of what is queued for a call that was ended, though the socket takes nothing', async () => {
    await start({ limits: { lingerMs: 100, keepaliveMs: NEVER_MS } });
    const client = await connect(WIDE);
    client.open(1);
    await opened();
    const { stream } = server.handlers[0] ?? assert.fail();
    const frame = framed(Buffer.alloc(4_000_000));
    for (let count = 0; count < 10; count += 1) stream.send(frame);
    stream.end({ code: RPC.resourceExhausted, message: 'too slow' });
    assert.ok(stream.queuedBytes > 30_000_000);
    await waitFor('the queue to be gone', () => stream.queuedBytes === 0);
  });

  it('takes new calls on a connection for which much is queued', async () => {
    await start();
    const client = await connect();
    client.open(1, 3, 5);
    await opened(3);
    const frame = framed(Buffer.alloc(4_000_000));
    for (const { stream } of server.handlers) for (let count = 0; count < 4; count += 1) stream.send(frame);
    client.open(7);
    await opened(4);
  });

  it('forgets the pieces of messages of calls that are over', async () => {
    await start({ limits: { unfinishedBytes: 10_000, lingerMs: NEVER_MS } });
    const session = await connectRaw(`http://127.0.0.1:${server.port}`);
    const piece = framed(Buffer.alloc(9000)).subarray(0, 8000);
    const client = await connect();
    client.open(1);
    client.write(1, Buffer.concat([framed('x'), piece]));
    await waitFor('the message before it', () => server.handlers[0]?.told.includes('message 1'));
    client.socket.destroy();
    await waitFor('the end of the call', () => server.observer.closed.length === 1);
    const late = rawCall(session, '/a.B/C', { 'grpc-timeout': '200m' });
    late.stream.write(piece);
    await late.closed;
    assert.equal(late.trailers()?.['grpc-status'], '4');
    const whole = rawCall(session, '/a.B/C');
    whole.stream.write(piece);
    whole.stream.write(Buffer.alloc(1005));
    await waitFor('the echo', () => whole.messages.length === 1);
    session.destroy();
  });
});
