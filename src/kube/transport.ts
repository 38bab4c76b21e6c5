import type { Dispatcher } from 'undici';
import { KubeApiError } from '../controller/kube-ports.ts';
import type { ApiObserver } from '../controller/machinery-observers.ts';
import { backoffMs } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { RetryableError, TerminalError } from '../lib/errors.ts';
import { TokenBucket, type BucketOptions } from '../lib/token-bucket.ts';
import type { ApiAccess } from './api-access.ts';
import { apiError } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import { Connections } from './connections.ts';
import { Deadline } from './deadline.ts';

/** An answer that goes on: chunks as they come, until the server ends it or the signal is aborted. */
export type ApiStream = AsyncIterable<Buffer>;

export interface TransportOptions {
  readonly access: ApiAccess;
  /** `rollcall/VERSION`. */
  readonly userAgent: string;
  /** Limit on writes ({@link ApiRequest.limited}). Default 500 a second, 1000 at once; `qps` 0: none. */
  readonly writes?: BucketOptions;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: ApiObserver;
}

const TIMEOUT_MS = 30_000;
/**
 * A read is tried again at once, as nothing can go wrong by it. A write never is, but for a 401 (below): whether it was carried out is not
 * known when no answer came, and the next reconcile finds out by reading, which is also where Retry-After is waited for without holding a worker.
 */
const READ_RETRIES = 3;
const READ_BACKOFF = { baseMs: 100, maxMs: 2000, jitter: 0.5 };
/** A server that asks for more patience than this is not waited for here. */
const LONGEST_WAIT_MS = 5000;
const AGAIN = new Set([429, 500, 502, 503, 504]);

/**
 * Requests to the API server as raw JSON: no typed models, which cost six times the CPU and drop the fields that
 * this version does not know. Errors: {@link KubeApiError} for an answer that is one, RetryableError when none came,
 * the signal's reason when it was aborted.
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #connections: Connections;
  readonly #bucket: TokenBucket | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#connections = new Connections(options.access);
    const writes = options.writes ?? { qps: 500, burst: 1000 };
    if (writes.qps > 0) this.#bucket = new TokenBucket(writes, options.clock);
  }

  /** Sends a request and answers the parsed JSON of the response. */
  async request<T>(request: ApiRequest, signal: AbortSignal): Promise<T> {
    const { clock, random } = this.#options;
    if (request.limited === true) await this.#takeToken(signal);
    const retries = request.method === 'GET' ? READ_RETRIES : 0;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#exchange<T>(request, signal);
      } catch (error) {
        const waitMs = Math.max(backoffMs(attempt, READ_BACKOFF, random), retryAfterMs(error));
        if (signal.aborted || attempt >= retries || !canRepeat(error) || waitMs > LONGEST_WAIT_MS)
          throw error;
        await clock.sleep(waitMs, signal);
      }
    }
  }

  /**
   * Opens an answer that goes on (a watch). The request's timeout counts until the head of the response is there; after
   * that only `signal` ends it. Chunks wait for the reader: a slow one slows the server down.
   */
  async stream(request: ApiRequest, signal: AbortSignal): Promise<ApiStream> {
    const deadline = new Deadline(this.#options.clock, signal);
    deadline.endIn(request.timeoutMs ?? TIMEOUT_MS, () => noAnswer(request));
    try {
      const body = await this.#open(request, deadline, 'streams');
      deadline.lift();
      return chunks(body, request, deadline);
    } catch (error) {
      deadline.close();
      throw translate(error, request, signal);
    }
  }

  /** Closes the connections, those in use too. */
  close(): Promise<void> {
    return this.#connections.close();
  }

  async #takeToken(signal: AbortSignal): Promise<void> {
    const waitMs = this.#bucket?.reserveMs() ?? 0;
    if (waitMs > 0) await this.#options.clock.sleep(waitMs, signal);
  }

  async #exchange<T>(request: ApiRequest, signal: AbortSignal): Promise<T> {
    const deadline = new Deadline(this.#options.clock, signal);
    deadline.endIn(request.timeoutMs ?? TIMEOUT_MS, () => noAnswer(request));
    try {
      const body = await this.#open(request, deadline, 'requests');
      const text = await body.text();
      return (text === '' ? undefined : JSON.parse(text)) as T;
    } catch (error) {
      throw translate(error, request, signal);
    } finally {
      deadline.close();
    }
  }

  /** Sends the request and answers the body of a good response; credentials that were refused are tried once more, read anew. */
  async #open(
    request: ApiRequest,
    deadline: Deadline,
    pool: 'requests' | 'streams',
  ): Promise<Dispatcher.ResponseData['body']> {
    for (let attempt = 0; ; attempt += 1) {
      const response = await this.#send(request, deadline, pool);
      if (response.statusCode < 300) return response.body;
      const error = await apiError(describe(request), response);
      if (error.code !== 401 || attempt > 0) throw error;
      this.#options.access.rejected();
    }
  }

  async #send(
    request: ApiRequest,
    deadline: Deadline,
    pool: 'requests' | 'streams',
  ): Promise<Dispatcher.ResponseData> {
    const { access, clock, observer, userAgent } = this.#options;
    const startedMs = clock.now();
    let code = '<error>';
    try {
      const { headers, tls } = await access.credentials();
      const sent = this.#connections.request(pool, tls, deadline, request, {
        ...headers,
        accept: 'application/json',
        'user-agent': userAgent,
        ...(request.body !== undefined && { 'content-type': request.contentType ?? 'application/json' }),
      });
      const response = await deadline.guard(sent);
      code = String(response.statusCode);
      return response;
    } finally {
      observer.request(request.method, request.resource, code, (clock.now() - startedMs) / 1000);
    }
  }
}

async function* chunks(
  body: Dispatcher.ResponseData['body'],
  request: ApiRequest,
  deadline: Deadline,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) yield chunk as Buffer;
  } catch (error) {
    throw translate(error, request, deadline.outer);
  } finally {
    body.destroy();
    deadline.close();
  }
}

/** `PUT endpointslices /apis/...`: what messages call a request. */
function describe(request: ApiRequest): string {
  return `${request.method} ${request.path}`;
}

function noAnswer(request: ApiRequest): RetryableError {
  return new RetryableError(`${describe(request)}: no answer in time`);
}

/** Vendor errors end here. */
function translate(error: unknown, request: ApiRequest, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const ours = [KubeApiError, RetryableError, TerminalError];
  if (ours.some((kind) => error instanceof kind)) return error;
  return new RetryableError(`${describe(request)}: no answer`, { cause: error });
}

function canRepeat(error: unknown): boolean {
  if (error instanceof KubeApiError) return AGAIN.has(error.code);
  return error instanceof RetryableError;
}

function retryAfterMs(error: unknown): number {
  if (error instanceof KubeApiError || error instanceof RetryableError) return error.retryAfterMs ?? 0;
  return 0;
}
