import { once } from 'node:events';
import {
  connect,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import { framed } from './rpc-server.ts';

/** What a raw call has seen. */
export interface RawCall {
  readonly stream: ClientHttp2Stream;
  /** The bodies of the messages that came. */
  readonly messages: readonly Buffer[];
  /** Of the first headers, and of the trailers (or of trailers-only). */
  readonly headers: () => IncomingHttpHeaders | undefined;
  readonly trailers: () => IncomingHttpHeaders | undefined;
  send(body: Buffer | string): void;
  /** Waits until the stream is closed. */
  readonly closed: Promise<void>;
}

/** Opens a connection and waits until it stands. */
export async function connectRaw(
  url: string,
  options: SecureClientSessionOptions = {},
): Promise<ClientHttp2Session> {
  const session = connect(url, options);
  await once(session, 'connect');
  session.on('error', () => undefined);
  return session;
}

/** Begins a call as gRPC's clients do; `headers` replace those that it sends. */
export function rawCall(
  session: ClientHttp2Session,
  method: string,
  headers: Record<string, string> = {},
): RawCall {
  const stream = session.request({
    ':method': 'POST',
    ':path': method,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  let first: IncomingHttpHeaders | undefined;
  let last: IncomingHttpHeaders | undefined;
  const messages: Buffer[] = [];
  let rest = Buffer.alloc(0);
  stream.on('error', () => undefined);
  stream.on('response', (got) => {
    first = got;
    if ('grpc-status' in got) last = got;
  });
  stream.on('trailers', (got: IncomingHttpHeaders) => {
    last = got;
  });
  stream.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      messages.push(rest.subarray(5, end));
      rest = rest.subarray(end);
    }
  });
  const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
  return {
    stream,
    messages,
    headers: () => first,
    trailers: () => last,
    send: (body) => void stream.write(framed(body)),
    closed,
  };
}
