import assert from 'node:assert/strict';
import {
  credentials,
  makeGenericClientConstructor,
  Metadata,
  status,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { waitFor } from '../../../local/lib/wait.ts';
import { healthService } from '../../../local/peers/protos.ts';
import { RPC, RpcRefused } from '../../../src/xds/rpc.ts';
import { withHealth } from '../../../src/xds/server/health.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startRpcServer, type ServerBench, type ServerBenchOptions } from '../../support/rpc-server.ts';

const same = (body: Buffer): Buffer => body;
const kind = {
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};
const echoService: ServiceDefinition = {
  Echo: { path: '/test.Echo/Echo', requestStream: true, responseStream: true, ...kind },
  Missing: { path: '/test.Echo/Missing', requestStream: true, responseStream: true, ...kind },
};
const EchoClient = makeGenericClientConstructor(echoService, 'test.Echo');
const HealthClient = makeGenericClientConstructor(healthService, 'grpc.health.v1.Health');

type Duplex = ClientDuplexStream<Buffer, Buffer>;

describe('clients of @grpc/grpc-js at the RPC server', () => {
  let server: ServerBench;
  let serving = true;
  const closers: (() => void)[] = [];

  const start = async (options: ServerBenchOptions = {}): Promise<void> => {
    server = await startRpcServer({
      wrap: (open) =>
        withHealth({ services: ['ads'], serving: () => serving, next: open, clock: systemClock }),
      ...options,
    });
  };

  afterEach(async () => {
    for (const close of closers.splice(0)) close();
    await server.stop();
    serving = true;
  });

  const echo = (method = 'Echo', metadata = new Metadata(), deadline?: Date): Duplex => {
    const client = new EchoClient(`127.0.0.1:${server.port}`, credentials.createInsecure());
    closers.push(() => client.close());
    const open = client[method] ?? assert.fail();
    return open.call(client, metadata, deadline === undefined ? {} : { deadline }) as Duplex;
  };

  /** Gathers what a call receives, and how it ends. */
  const watch = (call: Duplex | ClientReadableStream<object>) => {
    const seen: { data: unknown[]; code: number | undefined; details: string } = {
      data: [],
      code: undefined,
      details: '',
    };
    call.on('data', (data: unknown) => seen.data.push(data));
    call.on('error', () => undefined);
    call.on('status', (got: { code: number; details: string }) => Object.assign(seen, got));
    return seen;
  };

  it('stream in both directions, small messages and large ones', async () => {
    await start();
    const call = echo();
    const seen = watch(call);
    const sizes = [0, 1, 16_384, 100_000, 3_000_000];
    for (const size of sizes) call.write(Buffer.alloc(size, 'x'));
    await waitFor('the echoes', () => seen.data.length === sizes.length);
    assert.deepEqual(
      seen.data.map((data) => (data as Buffer).length),
      sizes,
    );
    server.handlers[0]?.stream.end({ code: RPC.ok, message: '' });
    await waitFor('the status', () => seen.code === status.OK);
  });

  it('get codes and messages, from the opening and from later', async () => {
    await start({
      onOpen: ({ method }) => {
        if (method.endsWith('Missing')) throw new RpcRefused(RPC.unimplemented, `nichts für ${method}`);
      },
      onMessage: (stream) => stream.end({ code: RPC.failedPrecondition, message: 'später\nnicht' }),
    });
    const missing = watch(echo('Missing'));
    const call = echo();
    const later = watch(call);
    call.write(Buffer.from('x'));
    await waitFor('both', () => missing.code !== undefined && later.code !== undefined);
    assert.deepEqual(
      [missing.code, missing.details],
      [status.UNIMPLEMENTED, 'nichts für /test.Echo/Missing'],
    );
    assert.deepEqual([later.code, later.details], [status.FAILED_PRECONDITION, 'später\nnicht']);
  });

  it('are told RESOURCE_EXHAUSTED for a message above the limit', async () => {
    await start({ limits: { messageBytes: 1000 } });
    const call = echo();
    const seen = watch(call);
    call.write(Buffer.alloc(1001));
    await waitFor('the status', () => seen.code === status.RESOURCE_EXHAUSTED);
  });

  it('cancel, and have deadlines', async () => {
    await start();
    const call = echo();
    call.write(Buffer.from('x'));
    watch(call);
    const late = watch(echo('Echo', new Metadata(), new Date(Date.now() + 300)));
    await waitFor('both calls', () => server.handlers.length === 2);
    call.cancel();
    await waitFor('both ends', () => server.observer.closed.length === 2);
    await waitFor('the deadline', () => late.code === status.DEADLINE_EXCEEDED);
  });

  it('are sent away with UNAVAILABLE when the server stops', async () => {
    await start();
    const call = echo();
    const seen = watch(call);
    call.write(Buffer.from('x'));
    await waitFor('the echo', () => seen.data.length === 1);
    await server.stop();
    await waitFor('the status', () => seen.code === status.UNAVAILABLE);
    assert.match(seen.details, /the server stops/);
  });

  it('make a call elsewhere, by themselves, that comes when their connection is told to go', async () => {
    await start({ limits: { ageMs: 200, ageGraceMs: 5000 } });
    const client = new EchoClient(`127.0.0.1:${server.port}`, credentials.createInsecure());
    closers.push(() => client.close());
    const open = client.Echo ?? assert.fail();
    for (let count = 0; server.observer.ends.length < 4; count += 1) {
      const call = open.call(client, new Metadata(), {}) as Duplex;
      const seen = watch(call);
      call.write(Buffer.from('x'));
      await waitFor('the echo', () => seen.data.length === 1 || seen.code !== undefined, { intervalMs: 1 });
      assert.equal(seen.data.length, 1, `call ${count}: ${seen.code} ${seen.details}`);
      call.cancel();
    }
  });

  describe('asking for its health', () => {
    const client = () => {
      const made = new HealthClient(`127.0.0.1:${server.port}`, credentials.createInsecure());
      closers.push(() => made.close());
      return made;
    };
    const check = (service: string): Promise<string> =>
      new Promise((resolve) => {
        const made = client();
        const ask = made.Check as (
          request: object,
          done: (error: ServiceError | null, reply: { status: string }) => void,
        ) => void;
        ask.call(made, { service }, (error, reply) =>
          resolve(error === null ? reply.status : String(error.code)),
        );
      });
    const openWatch = (service: string) => {
      const made = client();
      const open = made.Watch as (request: object) => ClientReadableStream<{ status: string }>;
      return open.call(made, { service });
    };
    const watchHealth = (service: string) => watch(openWatch(service));

    it('hear of the server and of its service, and NOT_FOUND of others', async () => {
      await start();
      assert.deepEqual(await Promise.all(['', 'ads', 'other'].map(check)), [
        'SERVING',
        'SERVING',
        String(status.NOT_FOUND),
      ]);
      serving = false;
      assert.deepEqual(await Promise.all(['', 'ads'].map(check)), ['NOT_SERVING', 'NOT_SERVING']);
    });

    it('are told of each change while they watch, and of nothing else', async () => {
      await start();
      const [known, unknown] = [watchHealth('ads'), watchHealth('other')];
      await waitFor('the first status', () => known.data.length === 1 && unknown.data.length === 1);
      serving = false;
      await waitFor('the second', () => known.data.length === 2);
      serving = true;
      await waitFor('the third', () => known.data.length === 3);
      assert.deepEqual(
        known.data,
        ['SERVING', 'NOT_SERVING', 'SERVING'].map((name) => ({ status: name })),
      );
      assert.deepEqual(unknown.data, [{ status: 'SERVICE_UNKNOWN' }]);
    });

    it('cost nothing any more when they have stopped watching', async () => {
      const clock = new FakeClock();
      await start({
        wrap: (open) => withHealth({ services: ['ads'], serving: () => serving, next: open, clock }),
      });
      const call = openWatch('ads');
      const seen = watch(call);
      await waitFor('the status', () => seen.data.length === 1);
      assert.equal(clock.pending, 1);
      call.cancel();
      await waitFor('nothing to be left', () => clock.pending === 0);
    });

    it('are answered however many calls others open', async () => {
      await start({ limits: { newCalls: { qps: 0.001, burst: 1 } } });
      const [first, second] = [echo(), echo()];
      const seen = [watch(first), watch(second)];
      await waitFor('one to be refused', () => seen.some(({ code }) => code === status.RESOURCE_EXHAUSTED));
      assert.equal(await check(''), 'SERVING');
    });
  });
});
