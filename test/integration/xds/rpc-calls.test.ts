import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import type { ClientHttp2Session } from 'node:http2';
import { waitFor } from '../../../local/lib/wait.ts';
import { RPC, RpcRefused } from '../../../src/xds/rpc.ts';
import { connectRaw, rawCall, type RawCall } from '../../support/rpc-client.ts';
import {
  framed,
  OK,
  startRpcServer,
  type ServerBench,
  type ServerBenchOptions,
} from '../../support/rpc-server.ts';

describe('a call of the RPC server', () => {
  let server: ServerBench;
  let session: ClientHttp2Session;

  const start = async (options: ServerBenchOptions = {}): Promise<void> => {
    server = await startRpcServer(options);
    session = await connectRaw(`http://127.0.0.1:${server.port}`);
  };

  afterEach(async () => {
    session.destroy();
    await server.stop();
  });

  const call = (headers: Record<string, string> = {}): RawCall => rawCall(session, '/a.B/C', headers);

  /** Status and message, wherever they stand. */
  const statusOf = ({ trailers }: RawCall) => [
    Number(trailers()?.['grpc-status']),
    decodeURIComponent(String(trailers()?.['grpc-message'] ?? '')),
  ];

  it('takes messages and gives them, and ends with its status in trailers', async () => {
    await start({
      onMessage: (stream, body) => {
        stream.send(framed(body));
        if (String(body) === 'last') stream.end({ code: RPC.aborted, message: 'genug für heute: 100 %' });
      },
    });
    const one = call();
    one.send('first');
    one.send('last');
    await one.closed;
    assert.deepEqual(one.messages.map(String), ['first', 'last']);
    assert.equal(one.headers()?.[':status'], 200);
    assert.equal(one.headers()?.['content-type'], 'application/grpc');
    assert.equal(one.headers()?.['grpc-status'], undefined);
    assert.deepEqual(statusOf(one), [RPC.aborted, 'genug für heute: 100 %']);
    assert.equal(one.stream.rstCode, 0);
    await waitFor('the call to be closed', () => server.observer.closed.length === 1);
    assert.deepEqual(
      server.handlers[0]?.told.filter((what) => what !== 'drained'),
      ['message 5', 'message 4', 'ended'],
    );
    assert.deepEqual(server.observer.closed, ['/a.B/C 10']);
  });

  it('tells of a half-close, and goes on sending after it', async () => {
    await start();
    const one = call();
    one.stream.end(framed('request'));
    await waitFor('the half-close', () => server.handlers[0]?.told.includes('halfClosed'));
    server.handlers[0]?.stream.send(framed('after it'));
    server.handlers[0]?.stream.end(OK);
    await one.closed;
    assert.deepEqual(one.messages.map(String), ['request', 'after it']);
    assert.deepEqual(statusOf(one), [0, '']);
  });

  it('refuses by a status alone, before any headers', async () => {
    await start({
      onOpen: ({ method }) => {
        throw new RpcRefused(RPC.unimplemented, `${method} is not served here`);
      },
    });
    const one = call();
    await one.closed;
    assert.equal(one.headers()?.['grpc-status'], '12');
    assert.deepEqual(statusOf(one), [RPC.unimplemented, '/a.B/C is not served here']);
    assert.deepEqual(server.observer.refused, [RPC.unimplemented]);
    assert.equal(server.observer.openCalls, 0);
  });

  it('ends in the handler of its opening, if need be', async () => {
    await start({ onOpen: (stream) => stream.end({ code: RPC.notFound, message: 'no' }) });
    const one = call();
    await one.closed;
    assert.deepEqual(statusOf(one), [RPC.notFound, 'no']);
    assert.deepEqual(server.handlers[0]?.told, ['ended']);
  });

  it('answers 415 and 405 to who does not speak gRPC, and harms nobody else', async () => {
    await start();
    const good = call();
    const web = call({ 'content-type': 'application/grpc-web' });
    const get = call({ ':method': 'GET' });
    await Promise.all([web.closed, get.closed]);
    assert.equal(web.headers()?.[':status'], 415);
    assert.equal(get.headers()?.[':status'], 405);
    good.send('still there');
    await waitFor('the echo', () => good.messages.length === 1);
  });

  it('refuses a compression and says which it takes', async () => {
    await start();
    const one = call({ 'grpc-encoding': 'gzip' });
    await one.closed;
    assert.equal(statusOf(one)[0], RPC.unimplemented);
    assert.equal(one.headers()?.['grpc-accept-encoding'], 'identity');
  });

  const faults: readonly { name: string; bytes: Buffer; end: boolean; code: number }[] = [
    {
      name: 'a message that says that it is compressed',
      bytes: Buffer.from([1, 0, 0, 0, 1, 0]),
      end: false,
      code: RPC.internal,
    },
    {
      name: 'a length above the limit',
      bytes: Buffer.from([0, 0, 0, 4, 1]),
      end: false,
      code: RPC.resourceExhausted,
    },
    {
      name: 'a body that ends inside a message',
      bytes: framed('abc').subarray(0, 6),
      end: true,
      code: RPC.internal,
    },
    {
      name: 'a body that ends inside the head of one',
      bytes: Buffer.from([0, 0]),
      end: true,
      code: RPC.internal,
    },
  ];
  for (const { name, bytes, end, code } of faults) {
    it(`answers ${name} by status ${code}, and takes other calls of that connection`, async () => {
      await start({ limits: { messageBytes: 1024 } });
      const bad = call();
      if (end) bad.stream.end(bytes);
      else bad.stream.write(bytes);
      await bad.closed;
      assert.equal(statusOf(bad)[0], code);
      const good = call();
      good.send(Buffer.alloc(1024));
      await waitFor('the echo', () => good.messages.length === 1);
    });
  }

  it('ends at the deadline that the client set', async () => {
    await start();
    const one = call({ 'grpc-timeout': '50m' });
    await one.closed;
    assert.equal(statusOf(one)[0], RPC.deadlineExceeded);
    await waitFor('the end', () => server.handlers[0]?.told.includes('ended'));
    assert.deepEqual(server.observer.closed, ['/a.B/C 4']);
  });

  it('lets a call without a deadline, and one of years, live', async () => {
    await start();
    const calls = [call(), call({ 'grpc-timeout': '99999999H' })];
    for (const one of calls) one.send('x');
    await waitFor('both echoes', () => calls.every(({ messages }) => messages.length === 1));
    // A timer that is set further than it can wait fires at once.
    for (const one of calls) one.send('y');
    await waitFor('both echoes', () => calls.every(({ messages }) => messages.length === 2));
    assert.deepEqual(server.observer.closed, []);
  });

  it('tells the handler once when the client cancels, and when its connection breaks', async () => {
    await start();
    const cancelled = call();
    cancelled.send('x');
    await waitFor('the echo', () => cancelled.messages.length === 1);
    cancelled.stream.close(8);
    await waitFor('the end', () => server.observer.closed.length === 1);
    const broken = call();
    broken.send('x');
    await waitFor('the echo', () => broken.messages.length === 1);
    session.destroy();
    await waitFor('the end', () => server.observer.closed.length === 2);
    assert.deepEqual(server.observer.closed, ['/a.B/C 1', '/a.B/C 1']);
    for (const { told } of server.handlers) assert.equal(told.filter((what) => what === 'ended').length, 1);
    assert.deepEqual(server.logger.messages('error'), []);
  });

  it('sends nothing after its end, and ends once', async () => {
    await start({
      onMessage: (stream) => {
        stream.end({ code: RPC.aborted, message: 'first' });
        stream.send(framed('too late'));
        stream.end({ code: RPC.ok, message: 'second' });
      },
    });
    const one = call();
    one.send('a');
    one.send('b');
    await one.closed;
    assert.deepEqual(one.messages, []);
    assert.deepEqual(statusOf(one), [RPC.aborted, 'first']);
    assert.equal(server.observer.bytesOut, 0);
    assert.deepEqual(server.handlers[0]?.told, ['message 1', 'ended']);
  });

  it('turns a mistake of the handler into INTERNAL, logs it, and harms no other call', async () => {
    await start({
      onMessage: (stream, body) => {
        if (String(body) === 'poison') throw new Error('a secret of the stack');
        stream.send(framed(body));
      },
    });
    const [bad, good] = [call(), call()];
    bad.send('poison');
    await bad.closed;
    assert.equal(statusOf(bad)[0], RPC.internal);
    assert.doesNotMatch(String(statusOf(bad)[1]), /secret/);
    assert.deepEqual(server.logger.messages('error'), ['a call failed']);
    good.send('x');
    await waitFor('the echo', () => good.messages.length === 1);
  });

  it('counts what the client has not taken, and tells when all has left', async () => {
    await start({ onMessage: () => undefined });
    session.setLocalWindowSize(1 << 20);
    const one = call();
    one.stream.pause();
    one.send('begin');
    await waitFor('the call', () => server.handlers[0]?.told.includes('message 5'));
    const { stream, told } = server.handlers[0] ?? assert.fail();
    const frame = framed(Buffer.alloc(200_000));
    stream.send(frame);
    stream.send(frame);
    assert.equal(stream.queuedBytes, 2 * frame.length);
    // The client's window is 64 kB: the first message cannot leave whole.
    const other = call();
    other.send('x');
    await waitFor('the other call', () => server.handlers.length === 2);
    assert.equal(stream.queuedBytes, 2 * frame.length);
    assert.equal(told.includes('drained'), false);
    one.stream.resume();
    await waitFor('all messages', () => one.messages.length === 2);
    await waitFor('drained', () => told.includes('drained'));
    assert.equal(stream.queuedBytes, 0);
    assert.equal(told.filter((what) => what === 'drained').length, 1);
    assert.deepEqual(
      one.messages.map(({ length }) => length),
      [200_000, 200_000],
    );
  });

  it('resets a call that was ended and whose rest the client does not take, and the others feel nothing', async () => {
    await start({ limits: { lingerMs: 100 } });
    const slow = call();
    slow.stream.pause();
    slow.send('x');
    const good = call();
    good.send('x');
    await waitFor('both calls', () => server.handlers.length === 2);
    const { stream } = server.handlers[0] ?? assert.fail();
    stream.send(framed(Buffer.alloc(500_000)));
    stream.end({ code: RPC.resourceExhausted, message: 'too slow' });
    await waitFor('the reset', () => slow.stream.rstCode === 11 && stream.queuedBytes === 0);
    good.send('y');
    await waitFor('the echo', () => good.messages.length === 2);
  });

  it('gives the trailers to a client that takes the rest late, but in time', async () => {
    await start();
    const late = call();
    late.stream.pause();
    late.send('x');
    await waitFor('the call', () => server.handlers[0]?.told.includes('message 1'));
    const { stream } = server.handlers[0] ?? assert.fail();
    stream.send(framed(Buffer.alloc(200_000)));
    stream.end({ code: RPC.aborted, message: 'the end' });
    await waitFor('the rest to be stuck', () => stream.queuedBytes > 0);
    late.stream.resume();
    await late.closed;
    assert.equal(late.messages.length, 2);
    assert.deepEqual(statusOf(late), [RPC.aborted, 'the end']);
  });

  it('is not harmed by garbage on other connections', async () => {
    await start();
    const one = call();
    for (const garbage of [
      'GET / HTTP/1.1\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff',
      '\0'.repeat(100),
    ]) {
      const socket = connectTcp(server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      socket.write(garbage, 'latin1');
      await waitFor('the server to hang up', () => socket.closed);
      socket.destroy();
    }
    one.send('still there');
    await waitFor('the echo', () => one.messages.length === 1);
    assert.deepEqual(server.logger.messages('error'), []);
  });
});
