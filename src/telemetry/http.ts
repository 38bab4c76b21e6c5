import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bindError } from '../lib/bind-error.ts';
import type { Logger } from '../lib/logger.ts';

/** What a path answers. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Answers GET (and HEAD) of one path; `query` is what stands behind the `?`. */
export type HttpRoute = (query: URLSearchParams) => HttpAnswer | Promise<HttpAnswer>;

export interface HttpEndpointOptions {
  /** Where it listens: '' is every address, port 0 lets the system choose. */
  readonly address: { readonly host: string; readonly port: number };
  /** How the person who starts the program names the address: "--metrics-address (ROLLCALL_METRICS_ADDRESS)". */
  readonly flag: string;
  readonly routes: ReadonlyMap<string, HttpRoute>;
  readonly log: Logger;
}

/**
 * A small HTTP server for metrics and health: plain text, GET and HEAD alone. A client that sends slowly or keeps its
 * connection open holds up nothing: not the others, and not the end of the program.
 */
export class HttpEndpoint {
  readonly #options: HttpEndpointOptions;
  readonly #server: Server;

  constructor(options: HttpEndpointOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: 10_000, headersTimeout: 5000, keepAliveTimeout: 30_000 });
    this.#server.on('request', (request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        options.log.error('answering an HTTP request failed', { path: request.url, error });
        if (response.headersSent) response.destroy();
        else send(request, response, plain(500, 'internal error\n'));
      });
    });
  }

  /** Starts to listen and answers where. Throws ConfigError, with the flag's name, where the address cannot be had. */
  async listen(): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port } = this.#options.address;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, ...(host === '' ? {} : { host }) }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error) => this.#options.log.error('HTTP server failed', { error }));
        resolve();
      });
    }).catch((error: unknown) => {
      throw bindError(this.#options.flag, this.#options.address, error);
    });
    const bound = this.#server.address() as AddressInfo;
    return { host: bound.address, port: bound.port };
  }

  /** Serves until `signal` is aborted, then answers what is under way, for at most `graceMs`. Call after {@link HttpEndpoint.listen}. */
  async run(signal: AbortSignal, graceMs = 1000): Promise<void> {
    if (!signal.aborted) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    }
    await this.close(graceMs);
  }

  /** Takes no more connections, closes the idle ones, and the others after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    if (!this.#server.listening) return;
    const force = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    clearTimeout(force);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      send(request, response, plain(405, 'only GET and HEAD\n'));
      return;
    }
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const route = this.#options.routes.get(path);
    const answer =
      route === undefined
        ? plain(404, `nothing here; try ${[...this.#options.routes.keys()].join(', ')}\n`)
        : await route(new URLSearchParams(query));
    send(request, response, answer);
  }
}

/** A plain-text answer. */
export function plain(status: number, body: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

function send(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): void {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, {
    'Content-Type': answer.contentType,
    'Content-Length': body.length,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
