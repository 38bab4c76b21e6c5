import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request as the proxy saw it. */
export interface ProxiedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** '' when there is none. */
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
  /** `performance.now()` when it was complete. */
  readonly atMs: number;
}

export type RequestMatch = (request: ProxiedRequest) => boolean;

/** What to answer in the API server's stead. */
export interface FakeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** metav1.Status fields; `kind` and `code` are added. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** The body as it stands, instead. */
  readonly text?: string;
}

/** A fault that is armed. */
export interface Fault {
  /** How many requests met it so far. */
  readonly met: number;
  /** The requests to come are let through again. */
  disarm(): void;
}

/** A fault that keeps requests back. */
export interface Hold extends Fault {
  /** Resolves when a request is held. */
  arrived(): Promise<void>;
  /** Lets the first held request through to the API server, whether or not its sender still waits; answers the status it got. */
  release(): Promise<number>;
}

export interface FaultProxyOptions {
  /** The API server, and the authority that signed its certificate. */
  readonly target: string;
  readonly ca: string;
  /** Default 127.0.0.1 and any free port. */
  readonly host?: string;
  readonly port?: number;
}

type Action = (request: ProxiedRequest, response: ServerResponse) => void;
interface Armed {
  readonly match: RequestMatch;
  readonly act: Action;
  left: number;
  met: number;
}

/**
 * A plain HTTP proxy in front of the real API server, which breaks what it is told to: connections, single answers, or the
 * order of things. Clients use {@link FaultProxy.url} as the server, with the credentials that they have.
 */
export class FaultProxy {
  /** Everything that came, in order. */
  readonly requests: ProxiedRequest[] = [];
  readonly #options: FaultProxyOptions;
  readonly #server: Server;
  readonly #agent: Agent;
  readonly #sockets = new Set<Socket>();
  readonly #armed: Armed[] = [];
  #frozen = false;
  #refusing = false;

  private constructor(options: FaultProxyOptions) {
    this.#options = options;
    this.#agent = new Agent({ keepAlive: true, ca: options.ca });
    this.#server = createServer(
      (request, response) => void this.#handle(request, response).catch(() => response.destroy()),
    );
    this.#server.keepAliveTimeout = 600_000;
    this.#server.on('connection', (socket) => {
      if (this.#refusing) {
        socket.resetAndDestroy();
        return;
      }
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
    });
    return proxy;
  }

  /** `http://host:port` */
  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  /** How many requests came that match. */
  count(match: RequestMatch): number {
    return this.requests.filter(match).length;
  }

  /** Answers the next `times` matching requests itself; they never reach the API server. */
  answer(match: RequestMatch, answer: FakeAnswer, times = 1): Fault {
    const { status, headers, body, text } = answer;
    return this.#arm(match, times, (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(
        text ??
          JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, ...body }),
      );
    });
  }

  /** Lets them reach the API server, then cuts the connection instead of answering: nobody knows what became of it. */
  swallowAnswer(match: RequestMatch, times = 1): Fault {
    return this.#arm(match, times, (request, response) => {
      this.#forward(request, undefined)
        .finally(() => response.socket?.destroy())
        .catch(() => undefined);
    });
  }

  /** Lets them through after `ms`. */
  delay(match: RequestMatch, ms: number, times = 1): Fault {
    return this.#arm(match, times, (request, response) => {
      setTimeout(() => void this.#forward(request, response).catch(() => response.destroy()), ms);
    });
  }

  /** Keeps them back until they are released one by one. */
  hold(match: RequestMatch, times = 1): Hold {
    const held: (() => Promise<number>)[] = [];
    let onArrival: (() => void)[] = [];
    const fault = this.#arm(match, times, (request, response) => {
      held.push(() => this.#forward(request, response.writable ? response : undefined));
      for (const arrived of onArrival) arrived();
      onArrival = [];
    });
    return {
      get met() {
        return fault.met;
      },
      disarm: () => fault.disarm(),
      arrived: async () => {
        if (held.length === 0) await new Promise<void>((resolve) => onArrival.push(resolve));
      },
      release: async () => {
        const send = held.shift();
        if (send === undefined) throw new Error('no request is held');
        return await send();
      },
    };
  }

  /** Breaks every connection of the clients. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Breaks every connection, and each new one too, until {@link accept}. */
  refuse(): void {
    this.#refusing = true;
    this.cut();
  }

  accept(): void {
    this.#refusing = false;
  }

  /** Half open: connections stay, new ones are made, and not a byte passes in either direction. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Bytes pass again, on new connections: what the old ones lost is lost, as with a router that forgot them. */
  thaw(): void {
    this.#frozen = false;
    this.cut();
  }

  async dispose(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cut();
    this.#agent.destroy();
    await closed;
  }

  #arm(match: RequestMatch, times: number, act: Action): Fault {
    const armed: Armed = { match, act, left: times, met: 0 };
    this.#armed.push(armed);
    return {
      get met() {
        return armed.met;
      },
      disarm: () => {
        armed.left = 0;
      },
    };
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await buffer(incoming)).toString('utf8');
    const { method = '', url = '', headers } = incoming;
    const request: ProxiedRequest = { method, url, headers, body, atMs: performance.now() };
    if (this.#frozen) return;
    this.requests.push(request);
    const fault = this.#armed.find((armed) => armed.left > 0 && armed.match(request));
    if (fault === undefined) {
      await this.#forward(request, response);
      return;
    }
    fault.left -= 1;
    fault.met += 1;
    fault.act(request, response);
  }

  /** Sends the request on; answers the status when the response has ended. Without a `response`, nobody hears of it. */
  #forward(request: ProxiedRequest, response: ServerResponse | undefined): Promise<number> {
    return new Promise((resolve, reject) => {
      const { method, headers } = request;
      const upstream = httpsRequest(new URL(request.url, this.#options.target), {
        method,
        agent: this.#agent,
        headers: { ...headers, host: new URL(this.#options.target).host },
      });
      const relay = (answer: IncomingMessage): void => {
        const status = answer.statusCode ?? 0;
        answer.on('error', reject);
        answer.on('end', () => {
          if (!this.#frozen) response?.end();
          resolve(status);
        });
        if (!this.#frozen) {
          response?.writeHead(status, answer.headers);
          response?.flushHeaders();
        }
        answer.on('data', (chunk: Buffer) => {
          if (!this.#frozen) response?.write(chunk);
        });
      };
      upstream.on('response', relay);
      upstream.on('error', reject);
      response?.on('close', () => {
        if (!response.writableFinished) upstream.destroy();
      });
      upstream.end(request.body);
    });
  }
}
