import assert from 'node:assert/strict';
import { noMachineryObserver } from '../../../src/controller/machinery-observers.ts';
import type { ApiAccess } from '../../../src/kube/api-access.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import type { ReflectorOptions } from '../../../src/kube/reflector-options.ts';
import { ApiResourceClient, type WriteOptions } from '../../../src/kube/resource-client.ts';
import { ENDPOINT_SLICES } from '../../../src/kube/resources.ts';
import { Transport, type TransportOptions } from '../../../src/kube/transport.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { EndpointSlice } from '../../../src/model/kube-objects.ts';
import type { ApiServer } from '../../../local/servers/api-server.ts';
import { FaultProxy, type RequestMatch } from '../../support/fault-proxy.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

export const never = new AbortController().signal;

/** How long a test polls before it fails. */
const PATIENCE_MS = 8000;

/** A client of the API server, with a proxy in between that can break things. */
export class Bench {
  readonly logger = new RecordingLogger();
  readonly observed: string[] = [];
  readonly stop = new AbortController();
  readonly proxy: FaultProxy;
  readonly transport: Transport;
  readonly #running: Promise<void>[] = [];

  private constructor(proxy: FaultProxy, transport: Transport) {
    this.proxy = proxy;
    this.transport = transport;
  }

  static async start(apiServer: ApiServer, options: Partial<TransportOptions> = {}): Promise<Bench> {
    const proxy = await FaultProxy.start({ target: apiServer.url, ca: apiServer.ca });
    return new Bench(proxy, transport({ access: tokenAccess(proxy.url, apiServer.token), ...options }));
  }

  slices(writes: WriteOptions = {}): ApiResourceClient<EndpointSlice> {
    return new ApiResourceClient(this.transport, ENDPOINT_SLICES, writes);
  }

  readonly slicesResource = ENDPOINT_SLICES;

  /** A running reflector of EndpointSlices; it ends with the bench. */
  reflect(
    options: Partial<ReflectorOptions<EndpointSlice>> & { readonly namespaces: readonly string[] },
  ): Reflector<EndpointSlice> {
    const reflector = new Reflector<EndpointSlice>({
      transport: this.transport,
      resource: ENDPOINT_SLICES,
      clock: systemClock,
      random: () => 0,
      logger: this.logger,
      observer: {
        ...noMachineryObserver,
        listed: (_resource, by) => this.observed.push(`listed by ${by}`),
        watchEnded: (_resource, why) => this.observed.push(`watch ended: ${why}`),
      },
      ...options,
    });
    this.#running.push(reflector.run(this.stop.signal));
    return reflector;
  }

  async dispose(): Promise<void> {
    this.stop.abort(new Error('the test is over'));
    await Promise.all(this.#running);
    await this.transport.close();
    await this.proxy.dispose();
  }
}

export function transport(options: Pick<TransportOptions, 'access'> & Partial<TransportOptions>): Transport {
  return new Transport({
    userAgent: 'rollcall/test',
    clock: systemClock,
    random: () => 0,
    observer: noMachineryObserver,
    ...options,
  });
}

/** A server and a token, nothing that rotates. */
export function tokenAccess(server: string, token: string, ca?: string): ApiAccess {
  const credentials = {
    headers: { authorization: `Bearer ${token}` },
    tls: ca === undefined ? {} : { ca },
  };
  return {
    server: new URL(server),
    proxyUrl: undefined,
    namespace: undefined,
    credentials: () => Promise.resolve(credentials),
    rejected: () => undefined,
  };
}

/** A slice with one endpoint. */
export function slice(namespace: string, name: string, address = '10.77.9.1'): EndpointSlice {
  return {
    metadata: { namespace, name, labels: { 'kubernetes.io/service-name': 'orders' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [],
  };
}

export const isWatch: RequestMatch = ({ url }) => url.includes('watch=true');
export const isWatchList: RequestMatch = ({ url }) => url.includes('sendInitialEvents=true');
export const isList: RequestMatch = ({ method, url }) =>
  method === 'GET' && url.includes('limit=') && !url.includes('limit=1&');

/** Polls until `check` throws no more; fails with what it threw last. */
export async function eventually(check: () => void | Promise<void>, patienceMs = PATIENCE_MS): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await systemClock.sleep(10, never);
    }
  }
}

/** The names in a cache, sorted. */
export function names(cache: { values(): Iterable<EndpointSlice> }): readonly string[] {
  return [...cache.values()].map(({ metadata }) => metadata.name).sort();
}

/** Waits until a cache holds exactly these names. */
export async function holds(
  cache: { values(): Iterable<EndpointSlice> },
  expected: readonly string[],
): Promise<void> {
  await eventually(() => assert.deepEqual(names(cache), [...expected].sort()));
}
