import { Agent, DecoratorHandler, ProxyAgent, type Dispatcher } from 'undici';
import { NOT_LEADING } from '../controller/kube-ports.ts';
import { RetryableError } from '../lib/errors.ts';
import type { ApiAccess, TlsMaterial } from './api-access.ts';
import type { Deadline } from './deadline.ts';
import type { ApiRequest } from './api-request.ts';
import type { WriteGate } from './write-gate.ts';

/** Watches hold a connection each for as long as they live, so they must not use up those of the requests. */
export type Pool = 'requests' | 'streams';

const REQUEST_CONNECTIONS = 64;
/** The API server's idle timeout is longer; behind load balancers shorter ones are met. */
const IDLE_MS = 20_000;
/** TCP keepalive, as in client-go: a peer that is gone without a word is noticed by the kernel. */
const TCP_KEEPALIVE_MS = 30_000;
const CONNECT_MS = 10_000;

/** Keep-alive connections to the API server, made anew when the certificates change. */
export class Connections {
  readonly #access: ApiAccess;
  #tls: TlsMaterial | undefined;
  #pools: Readonly<Record<Pool, Dispatcher>> | undefined;

  constructor(access: ApiAccess) {
    this.#access = access;
  }

  /** Sends a request. What it throws is undici's, or the reason that `deadline` was ended with. */
  request(
    pool: Pool,
    tls: TlsMaterial,
    deadline: Deadline,
    request: ApiRequest,
    headers: Readonly<Record<string, string | string[]>>,
  ): Promise<Dispatcher.ResponseData> {
    const { method, gate, body } = request;
    const prefix = this.#access.server.pathname.replace(/\/$/, '');
    const dispatcher = this.#pool(pool, tls);
    const query = queryOf(request);
    return (gate === undefined ? dispatcher : dispatcher.compose(throughGate(gate, deadline))).request({
      origin: this.#access.server.origin,
      path: query === '' ? prefix + request.path : `${prefix}${request.path}?${query}`,
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: deadline.signal,
    });
  }

  async close(): Promise<void> {
    const pools = Object.values(this.#pools ?? {});
    this.#pools = undefined;
    this.#tls = undefined;
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #pool(pool: Pool, tls: TlsMaterial): Dispatcher {
    if (this.#pools === undefined || this.#tls === undefined || !sameTls(this.#tls, tls)) {
      // Requests under way end on the connections they have; a watch lives on them until the server ends it.
      for (const old of Object.values(this.#pools ?? {})) void old.close();
      this.#pools = { requests: this.#agent(tls, REQUEST_CONNECTIONS), streams: this.#agent(tls, null) };
      this.#tls = tls;
    }
    return this.#pools[pool];
  }

  #agent(tls: TlsMaterial, connections: number | null): Dispatcher {
    const { proxyUrl } = this.#access;
    const options = {
      connections,
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: IDLE_MS,
      // The transport has timeouts of its own, and a watch has none.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    if (proxyUrl !== undefined) return new ProxyAgent({ ...options, uri: proxyUrl, requestTls: tls });
    const connect = {
      ...tls,
      timeout: CONNECT_MS,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEPALIVE_MS,
    };
    return new Agent({ ...options, connect });
  }
}

/** A guarded write also tells the API server when to give up, so that it does not act long after we stopped listening. */
function queryOf({ query, gate }: ApiRequest): string {
  const parameters = new URLSearchParams(query);
  if (gate !== undefined) parameters.set('timeout', `${Math.max(1, Math.floor(gate.remainingMs()))}ms`);
  return parameters.toString();
}

/**
 * Asks the gate in the moment undici is about to write the request to its socket: `onRequestStart` runs in the same turn of
 * the event loop as the write (lib/dispatcher/client-h1.js), after any wait for a connection.
 */
function throughGate(gate: WriteGate, deadline: Deadline): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => dispatch(options, new GateHandler(handler, gate, deadline));
}

class GateHandler extends DecoratorHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #gate: WriteGate;
  readonly #deadline: Deadline;

  constructor(handler: Dispatcher.DispatchHandler, gate: WriteGate, deadline: Deadline) {
    super(handler);
    this.#handler = handler;
    this.#gate = gate;
    this.#deadline = deadline;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    const remainingMs = this.#gate.remainingMs();
    if (remainingMs <= 0) {
      controller.abort(closedGate());
      return;
    }
    this.#deadline.whenClosed(this.#gate.enter((reason) => this.#deadline.abort(reason)));
    this.#deadline.endIn(remainingMs, closedGate);
    this.#handler.onRequestStart?.(controller, context);
  }
}

function closedGate(): RetryableError {
  return new RetryableError('not written: this replica does not hold the lease', { reason: NOT_LEADING });
}

function sameTls(one: TlsMaterial, other: TlsMaterial): boolean {
  if (one === other) return true;
  const fields = ['ca', 'cert', 'key', 'servername', 'rejectUnauthorized'] as const;
  return fields.every((field) => one[field] === other[field]);
}
