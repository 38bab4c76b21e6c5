import assert from 'node:assert/strict';
import { connect, type ClientHttp2Session } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { waitFor } from '../../../local/lib/wait.ts';
import { RPC } from '../../../src/xds/rpc.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { connectRaw, rawCall, type RawCall } from '../../support/rpc-client.ts';
import {
  framed,
  startRpcServer,
  type ServerBench,
  type ServerBenchOptions,
} from '../../support/rpc-server.ts';

describe('connections of the RPC server', () => {
  let server: ServerBench;
  const sessions: ClientHttp2Session[] = [];

  const start = async (options: ServerBenchOptions = {}): Promise<void> => {
    server = await startRpcServer(options);
  };

  afterEach(async () => {
    for (const session of sessions.splice(0)) session.destroy();
    await server.stop();
  });

  /** A connection, what GOAWAYs it was sent (code, last stream, words), and its socket. */
  const open = async () => {
    let socket: Socket | undefined;
    const createConnection = () => (socket = connectTcp(server.port, '127.0.0.1'));
    const session = await connectRaw(`http://127.0.0.1:${server.port}`, {
      createConnection,
      maxOutstandingPings: 1000,
    });
    sessions.push(session);
    const goaways: { code: number; last: number; words: string }[] = [];
    session.on('goaway', (code: number, last: number, words?: Buffer) => {
      goaways.push({ code, last, words: String(words ?? '') });
    });
    return { session, goaways, socket: socket ?? assert.fail() };
  };

  const call = (session: ClientHttp2Session): RawCall => rawCall(session, '/a.B/C');

  const echoed = async (one: RawCall): Promise<void> => {
    const before = one.messages.length;
    one.send('x');
    await waitFor('the echo', () => one.messages.length > before);
  };

  const status = (one: RawCall) => Number(one.trailers()?.['grpc-status']);

  describe('whose client does not answer', () => {
    it('are dropped, with their calls, though nothing was sent to them', async () => {
      await start({ limits: { keepaliveMs: 50, keepaliveTimeoutMs: 100 } });
      const dead = await open();
      const live = await open();
      await echoed(call(dead.session));
      const good = call(live.session);
      await echoed(good);
      // Half-open: the socket stands, and nobody is behind it.
      dead.socket.pause();
      dead.socket.removeAllListeners('data');
      (dead.socket as unknown as { _handle: { readStop(): void } })._handle.readStop();
      await waitFor('the drop', () => server.observer.ends.includes('keepalive'));
      assert.equal(server.observer.connections, 1);
      await waitFor('the end of the call', () => server.observer.closed.length === 1);
      assert.deepEqual(server.observer.closed, ['/a.B/C 1']);
      await echoed(good);
    });

    it('are dropped with all that is queued for them, where the window is wide and the socket takes nothing', async () => {
      await start({ limits: { keepaliveMs: 100, keepaliveTimeoutMs: 200 } });
      const socket = connectTcp(server.port, '127.0.0.1');
      const session = connect(`http://127.0.0.1:${server.port}`, {
        createConnection: () => socket,
        settings: { initialWindowSize: 2 ** 31 - 1 },
      });
      sessions.push(session);
      session.on('error', () => undefined);
      session.on('connect', () => session.setLocalWindowSize(2 ** 31 - 1));
      const slow = call(session);
      await echoed(slow);
      (socket as unknown as { _handle: { readStop(): void } })._handle.readStop();
      const { stream, told } = server.handlers[0] ?? assert.fail();
      const frame = framed(Buffer.alloc(4_000_000));
      for (let count = 0; count < 10; count += 1) stream.send(frame);
      assert.ok(stream.queuedBytes > 30_000_000);
      await waitFor('the end', () => told.includes('ended'));
      assert.equal(stream.queuedBytes, 0);
      await waitFor('the close', () => server.observer.ends.length === 1);
      assert.deepEqual(server.observer.ends, ['keepalive']);
    });

    it('stay as long as they answer', async () => {
      await start({ limits: { keepaliveMs: 5, keepaliveTimeoutMs: 5000 } });
      const { session } = await open();
      let pings = 0;
      session.on('ping', () => (pings += 1));
      const one = call(session);
      await waitFor('ten pings', () => pings >= 10);
      await echoed(one);
    });
  });

  describe('whose client pings', () => {
    const ping = (session: ClientHttp2Session): Promise<boolean> =>
      new Promise((resolve) => {
        if (session.destroyed || session.closed) resolve(false);
        else session.ping((error) => resolve(error === null));
      });

    it('too often are closed as gRPC closes them', async () => {
      await start({ limits: { pingStrikes: 3 } });
      const { session, goaways } = await open();
      let answered = 0;
      while (answered < 100 && (await ping(session))) answered += 1;
      assert.ok(answered >= 3 && answered <= 4, `${answered} answered`);
      await waitFor('the end', () => server.observer.ends.length === 1);
      assert.deepEqual(server.observer.ends, ['pings']);
      assert.deepEqual([goaways[0]?.code, goaways[0]?.words], [11, 'too_many_pings']);
    });

    it('while they receive are left alone', async () => {
      await start({ limits: { pingStrikes: 3 } });
      const { session } = await open();
      const one = call(session);
      for (let round = 0; round < 10; round += 1) {
        await echoed(one);
        assert.equal(await ping(session), true);
        assert.equal(await ping(session), true);
      }
    });
  });

  describe('that reach their age', () => {
    it('are told to go, end their calls after a grace, and are closed', async () => {
      const clock = new FakeClock();
      await start({ clock, limits: { keepaliveMs: 3_600_000 } });
      const { session, goaways } = await open();
      const one = call(session);
      await echoed(one);
      await clock.advance(30 * 60_000 - 1);
      assert.equal(session.closed, false);
      await clock.advance(1);
      await waitFor('a GOAWAY', () => goaways.length > 0);
      assert.deepEqual(goaways[0], { code: 0, last: one.stream.id ?? 0, words: 'max_age' });
      await echoed(one);
      await clock.advance(10_000 - 1);
      await echoed(one);
      await clock.advance(1);
      await one.closed;
      assert.equal(status(one), RPC.unavailable);
      await waitFor('the close', () => server.observer.ends.length === 1);
      assert.deepEqual(server.observer.ends, ['age']);
    });

    it('do not all reach it at once', async () => {
      const clock = new FakeClock();
      const chances = [0, 0.5, 0.999];
      await start({
        clock,
        random: () => chances.shift() ?? 0.5,
        limits: { keepaliveMs: 3_600_000, idleMs: 7_200_000 },
      });
      for (const atMinutes of [27, 30, 33]) {
        const { goaways } = await open();
        await waitFor('the connection', () => server.observer.connections === 1);
        await clock.advance((atMinutes - 0.1) * 60_000);
        assert.equal(goaways.length, 0);
        await clock.advance(0.1 * 60_000);
        await waitFor('the close', () => server.observer.connections === 0);
      }
    });
  });

  it('are closed after a while without calls, and not while there is one', async () => {
    const clock = new FakeClock();
    await start({ clock, limits: { keepaliveMs: 3_600_000 } });
    const [idle, busy] = [await open(), await open()];
    const short = call(idle.session);
    const long = call(busy.session);
    await Promise.all([echoed(short), echoed(long)]);
    await clock.advance(6 * 60_000);
    await Promise.all([echoed(short), echoed(long)]);
    short.stream.close(8);
    await waitFor('the cancel', () => server.observer.closed.length === 1);
    await clock.advance(5 * 60_000 - 1);
    assert.deepEqual(server.observer.ends, []);
    await clock.advance(1);
    await waitFor('the close', () => server.observer.ends.length === 1);
    assert.deepEqual(server.observer.ends, ['idle']);
    assert.equal(idle.goaways[0]?.code, 0);
    await echoed(long);
  });

  it('are closed when they never say a word', async () => {
    const clock = new FakeClock();
    await start({ clock });
    const silent = connectTcp(server.port, '127.0.0.1');
    silent.resume();
    await waitFor('the connection', () => server.observer.connections === 1);
    await clock.advance(40_000);
    await waitFor('the close', () => silent.closed);
  });

  describe('that ask for too much', () => {
    it('learn how many calls they may have, and one more than that waits', async () => {
      await start({ limits: { streamsPerConnection: 2 } });
      const { session } = await open();
      await waitFor('the settings', () => session.remoteSettings.maxConcurrentStreams === 2);
      const calls = [call(session), call(session)];
      await Promise.all(calls.map(echoed));
      // nghttp2, as every client of gRPC, keeps to it by itself.
      call(session).send('x');
      await Promise.all(calls.map(echoed));
      assert.equal(server.handlers.length, 2);
    });

    it('are closed at once when there are too many of them', async () => {
      await start({ limits: { connections: 1 } });
      const first = await open();
      const one = call(first.session);
      await echoed(one);
      const second = connectTcp(server.port, '127.0.0.1');
      second.resume();
      await waitFor('the close', () => second.closed);
      assert.equal(server.observer.refusedConnections, 1);
      await echoed(one);
      first.session.destroy();
      await waitFor('room', async () => {
        const again = call((await open()).session);
        again.send('x');
        await waitFor('the echo', () => again.messages.length === 1, { timeoutMs: 200 });
        return true;
      });
    });

    it('are told to try again where more calls are opened than the server takes', async () => {
      await start({ limits: { newCalls: { qps: 0.001, burst: 2 } } });
      const { session } = await open();
      const calls = [call(session), call(session), call(session)];
      await calls[2]?.closed;
      assert.equal(calls[2] && status(calls[2]), RPC.resourceExhausted);
      assert.match(String(calls[2]?.trailers()?.['grpc-message']), /try again/);
      await Promise.all(calls.slice(0, 2).map(echoed));
    });

    it('have a header list refused that is too large, and nothing else', async () => {
      await start({ limits: { headerListBytes: 4096 } });
      const { session } = await open();
      await waitFor('the settings', () => session.remoteSettings.maxHeaderListSize === 4096);
      const good = call(session);
      await echoed(good);
      const bad = rawCall(session, '/a.B/C', { 'x-large': 'x'.repeat(5000) });
      await bad.closed;
      assert.notEqual(bad.stream.rstCode, 0);
      assert.equal(server.handlers.length, 1);
      await echoed(good);
    });
  });

  describe('when the server stops', () => {
    it('are told to go, their calls end with UNAVAILABLE, and new ones are not taken', async () => {
      await start();
      const { session, goaways } = await open();
      const one = call(session);
      await echoed(one);
      await server.stop();
      await one.closed;
      assert.equal(status(one), RPC.unavailable);
      assert.equal(one.trailers()?.['grpc-message'], 'the server stops; connect to another');
      assert.equal(goaways[0]?.code, 0);
      assert.deepEqual(server.observer.ends, ['stop']);
      assert.equal(server.handlers[0]?.told.at(-1), 'ended');
      await assert.rejects(connectRaw(`http://127.0.0.1:${server.port}`));
    });

    it('are gone within a bound, though the client takes nothing', async () => {
      await start({ limits: { lingerMs: 60_000, stopMs: 100 } });
      const { session } = await open();
      const one = call(session);
      await echoed(one);
      one.stream.pause();
      server.handlers[0]?.stream.send(framed(Buffer.alloc(1_000_000)));
      await server.stop();
      assert.equal(server.observer.connections, 0);
    });
  });
});
