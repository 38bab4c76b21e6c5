import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { waitFor } from '../../local/lib/wait.ts';
import { framed } from './rpc-server.ts';

/** Types of frames (RFC 9113, 6). */
const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7, windowUpdate: 8 } as const;

/** A frame of HTTP/2 (RFC 9113, 4.1). */
function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The headers of a call in HPACK: POST, http, and literals for path, authority and content type. */
const REQUEST = Buffer.concat([
  Buffer.from([0x83, 0x86, 0x04, 6]),
  Buffer.from('/a.B/C'),
  Buffer.from([0x01, 9]),
  Buffer.from('localhost'),
  Buffer.from([0x0f, 0x10, 16]),
  Buffer.from('application/grpc'),
]);

const END_HEADERS = 4;

/** A client that sends frames as it likes: it acknowledges nothing, answers no PING, and never closes its side. */
export class RawHttp2 {
  readonly socket: Socket;
  #got = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
  }

  /** Connects and says who it is; `windowBytes`: how much it would take of a stream before it says more. */
  static async connect(port: number, windowBytes = 65_535): Promise<RawHttp2> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    const raw = new RawHttp2(socket);
    const setting = Buffer.alloc(6);
    setting.writeUInt16BE(4, 0);
    setting.writeUInt32BE(windowBytes, 2);
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(frame(FRAME.settings, 0, 0, setting));
    if (windowBytes > 65_535) raw.widen(windowBytes - 65_535);
    return raw;
  }

  /** Keeps what comes from now on. Without it nothing is read. */
  read(): this {
    this.socket.on('data', (chunk) => (this.#got = Buffer.concat([this.#got, chunk])));
    return this;
  }

  /** Opens calls, all at once. */
  open(...streams: readonly number[]): void {
    this.socket.write(
      Buffer.concat(streams.map((stream) => frame(FRAME.headers, END_HEADERS, stream, REQUEST))),
    );
  }

  /** A message on a call. */
  send(stream: number, body: string): void {
    this.write(stream, framed(body));
  }

  /** Bytes of the body of a call. */
  write(stream: number, bytes: Buffer): void {
    this.socket.write(frame(FRAME.data, 0, stream, bytes));
  }

  /** WINDOW_UPDATE of the connection. */
  widen(bytes: number): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(bytes);
    this.socket.write(frame(FRAME.windowUpdate, 0, 0, payload));
  }

  goaway(): void {
    this.socket.write(frame(FRAME.goaway, 0, 0, Buffer.alloc(8)));
  }

  /** Whether RST_STREAM with that code came for the call. */
  wasReset(stream: number, code: number): boolean {
    return this.#got.includes(frame(FRAME.reset, 0, stream, Buffer.from([0, 0, 0, code])));
  }

  /** Waits until the server has closed its side, or all of it. */
  async hungUp(): Promise<void> {
    await waitFor('the server to hang up', () => this.socket.closed || this.socket.readableEnded);
  }
}
