import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { waitFor } from '../../../../local/lib/wait.ts';
import { CanalFault } from '../../../../src/feeds/canal/canal-error.ts';
import { CanalConnection } from '../../../../src/feeds/canal/connection.ts';
import { decodePacket, encodeFrame, FrameReader, PACKET } from '../../../../src/feeds/canal/frames.ts';
import { decodeMessage, encodeMessage } from '../../../../src/feeds/canal/messages.ts';
import { systemClock } from '../../../../src/lib/clock.ts';

const greeting = encodeFrame(PACKET.handshake, encodeMessage('Handshake', { seeds: Buffer.alloc(8) }));
const accepted = ack(0, '');
const nothing = encodeFrame(PACKET.messages, encodeMessage('Messages', { batchId: -1 }));

function ack(errorCode: number, errorMessage: string): Uint8Array {
  return encodeFrame(PACKET.ack, encodeMessage('Ack', { errorCode, errorMessage }));
}

function open(port: number, signal: AbortSignal = AbortSignal.timeout(10_000)): Promise<CanalConnection> {
  const target = { host: '127.0.0.1', port, destination: 'registry', clientId: 1001 };
  const login = { username: '', password: '' };
  return CanalConnection.open({ target, login, filter: '', clock: systemClock }, signal);
}

/** A socket that says what a test has it say: its answer to each frame that it hears, and anything in between. */
class Scripted {
  socket: Socket | null = null;
  readonly #server: Server;
  readonly #answers: readonly Uint8Array[];

  constructor(answers: readonly Uint8Array[]) {
    this.#answers = answers;
    this.#server = createServer((socket) => {
      this.socket = socket;
      const frames = new FrameReader(1024);
      let heard = 0;
      socket.on('error', () => undefined).write(greeting);
      socket.on('data', (chunk) => {
        for (let count = frames.push(chunk).length; count > 0; count -= 1) {
          socket.write(this.#answers[heard] ?? new Uint8Array());
          heard += 1;
        }
      });
    });
  }

  async port(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async ended(): Promise<void> {
    const { socket } = this;
    if (socket?.closed === false) await once(socket, 'close');
  }

  close(): void {
    this.socket?.destroy();
    this.#server.close();
  }
}

/** A port that takes no connection: its queue is full, and nobody serves it. */
class FullPort {
  readonly #fillers: Socket[] = [];
  readonly #worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer();
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
    { eval: true },
  );

  async port(): Promise<number> {
    const [port] = (await once(this.#worker, 'message')) as [number];
    // Linux takes one more than it was told to.
    for (let count = 0; count < 2; count += 1) {
      const filler = connect({ host: '127.0.0.1', port });
      this.#fillers.push(filler.on('error', () => undefined));
      await once(filler, 'connect');
    }
    return port;
  }

  async close(): Promise<void> {
    for (const filler of this.#fillers) filler.destroy();
    await this.#worker.terminate();
  }
}

describe('a connection to a canal-server', () => {
  let server: Scripted | null = null;
  let connection: CanalConnection | null = null;

  const followed = async (...answers: readonly Uint8Array[]): Promise<CanalConnection> => {
    server = new Scripted([accepted, accepted, ...answers]);
    connection = await open(await server.port());
    await connection.subscribe();
    return connection;
  };
  const sockets = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  const isFault =
    (kind: string, message: RegExp) =>
    (error: unknown): boolean =>
      error instanceof CanalFault && error.kind === kind && message.test(error.message);

  afterEach(() => {
    connection?.close();
    server?.close();
    connection = null;
    server = null;
  });

  it('leaves nothing behind when it is given up before anybody takes it', async () => {
    const full = new FullPort();
    const stopping = new AbortController();
    try {
      const port = await full.port();
      const before = sockets();
      const opening = open(port, stopping.signal);
      assert.equal(sockets(), before + 1);
      stopping.abort(new Error('the test is over'));
      await assert.rejects(opening, isFault('unreachable', /was closed/));
      await waitFor('it to be gone', () => sockets() === before, { timeoutMs: 2000 });
    } finally {
      await full.close();
    }
  });

  it('is not opened when it is given up before', async () => {
    server = new Scripted([]);
    const port = await server.port();
    await assert.rejects(open(port, AbortSignal.abort(new Error('given up'))), /given up/);
    assert.equal(server.socket, null);
  });

  it('ends soon when the server takes nothing any more', async () => {
    const at = await followed();
    const before = sockets();
    server?.socket?.pause();
    // More than the buffers of two sockets hold.
    for (let count = 0; count < 400_000; count += 1) at.ack(1_000_000 + count);
    at.close();
    await waitFor('it to be gone', () => sockets() === before - 1, { timeoutMs: 5000 });
  });

  it('lets what was said last leave', async () => {
    const at = await followed();
    const frames = new FrameReader(1024);
    let heard = 0;
    server?.socket?.on('data', (chunk) => (heard += frames.push(chunk).length));
    at.rollback(7);
    at.close();
    await server?.ended();
    assert.equal(heard, 1);
  });

  it('ends with a packet that was not asked for, and keeps none of a flood of them', async () => {
    const at = await followed();
    const flood = Buffer.concat(Array.from({ length: 10_000 }, () => nothing));
    const ended = server?.ended();
    server?.socket?.write(flood);
    await ended;
    await assert.rejects(at.get(1), isFault('protocol', /type 7 that was not asked for/));
  });

  it('asks anew with each question, for as much as it is told to', async () => {
    const at = await followed(nothing, nothing, nothing);
    const frames = new FrameReader(1024);
    const asked: number[] = [];
    server?.socket?.on('data', (chunk) => {
      for (const frame of frames.push(chunk))
        asked.push(decodeMessage('Get', decodePacket(frame).body).fetchSize);
    });
    for (const fetchSize of [7, 7, 8]) assert.equal(await at.get(fetchSize), null);
    assert.deepEqual(asked, [7, 7, 8]);
    at.close();
  });

  it('ends with a second answer to one question', async () => {
    const at = await followed(Buffer.concat([nothing, nothing]));
    assert.equal(await at.get(1), null);
    await assert.rejects(at.get(1), isFault('protocol', /type 7 that was not asked for/));
  });

  it('knows a batch that is gone from a destination that was stopped', async () => {
    const gone = 'exception=com.alibaba.X: ack error , clientId:1001 batchId:3 is not exist , please check';
    const at = await followed(new Uint8Array(), Buffer.concat([ack(400, gone), nothing]));
    at.ack(3);
    await assert.rejects(at.get(1), isFault('batchGone', /batchId:3 is not exist/));
    at.close();
    server?.close();
    const stopped = await followed(
      ack(400, 'exception=com.alibaba.X: destination:registry should start first'),
    );
    await assert.rejects(stopped.get(1), isFault('refused', /^400 destination:registry should start first$/));
  });

  it('takes an answer that came with the end of the connection', async () => {
    server = new Scripted([ack(400, 'auth failed for user:canal')]);
    const port = await server.port();
    await assert.rejects(open(port), isFault('accessDenied', /auth failed for user:canal/));
  });
});
