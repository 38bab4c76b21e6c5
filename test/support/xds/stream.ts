import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials, Metadata, type ClientDuplexStream, type StatusObject } from '@grpc/grpc-js';
import { decode, encode, nameIn } from './messages.ts';
import type { typeUrls } from './resources.ts';

/** One of the four types that are served. */
export type TypeName = keyof typeof typeUrls;

/** How resources are asked for. */
export interface Mode {
  readonly protocol: 'sotw' | 'delta';
  /** All types on one stream, or each on a stream of its own. */
  readonly service: 'ads' | 'own';
}

/** How long is waited for an answer that has to come, and for one that must not. */
export interface Patience {
  readonly answerMs: number;
  readonly quietMs: number;
}

/** A response of either protocol. */
export interface Response {
  readonly typeUrl: string;
  readonly nonce: string;
  /** version_info, or system_version_info. */
  readonly version: string;
  readonly resources: readonly ReceivedResource[];
  /** Delta only. */
  readonly removed: readonly string[];
}

/** One resource of a response. */
export interface ReceivedResource {
  /** By its content. */
  readonly name: string;
  /** As Delta's envelope has them; undefined in the state of the world. */
  readonly envelope: { readonly name: string; readonly version: string } | undefined;
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

const services = { listener: 'Listener', route: 'Route', cluster: 'Cluster', endpoints: 'Endpoint' } as const;

/** The path of one of the ten methods. */
export function methodOf({ protocol, service }: Mode, type: TypeName): string {
  const verb = protocol === 'sotw' ? 'Stream' : 'Delta';
  if (service === 'ads')
    return `/envoy.service.discovery.v3.AggregatedDiscoveryService/${verb}AggregatedResources`;
  const name = services[type];
  return `/envoy.service.${name.toLowerCase()}.v3.${name}DiscoveryService/${verb}${name}s`;
}

/** A stream to an xDS server on which anything can be said. */
export class XdsStream {
  readonly delta: boolean;
  readonly patience: Patience;
  readonly #client: Client;
  readonly #call: ClientDuplexStream<Buffer, Buffer>;
  readonly #queue: Response[] = [];
  #status: StatusObject | undefined;
  readonly #wake = new EventTarget();

  constructor(target: string, method: string, patience: Patience) {
    this.delta = method.includes('/Delta');
    this.patience = patience;
    // Each of its own connection: what one does to it is not what another feels.
    this.#client = new Client(target, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
    const asIs = (bytes: Buffer): Buffer => bytes;
    this.#call = this.#client.makeBidiStreamRequest(method, asIs, asIs, new Metadata());
    this.#call.on('data', (bytes: Buffer) => {
      this.#queue.push(this.delta ? deltaResponse(bytes) : sotwResponse(bytes));
      this.#wake.dispatchEvent(new Event('wake'));
    });
    // The status says the same.
    this.#call.on('error', () => undefined);
    this.#call.on('status', (status: StatusObject) => {
      this.#status = status;
      this.#wake.dispatchEvent(new Event('wake'));
    });
  }

  /** Sends a DiscoveryRequest or DeltaDiscoveryRequest, its fields in camel case. */
  send(fields: object): void {
    const name = this.delta ? 'DeltaDiscoveryRequest' : 'DiscoveryRequest';
    this.sendBytes(encode(`envoy.service.discovery.v3.${name}`, fields));
  }

  /** Sends bytes as a message. */
  sendBytes(bytes: Uint8Array): void {
    this.#call.write(Buffer.from(bytes));
  }

  /** The next response, of one type when that is given. Fails when none comes in time. */
  async next(typeUrl?: string): Promise<Response> {
    const find = (): number =>
      this.#queue.findIndex((response) => typeUrl === undefined || response.typeUrl === typeUrl);
    await this.#until(() => find() >= 0 || this.#status !== undefined, this.patience.answerMs);
    const index = find();
    if (index < 0)
      assert.fail(this.#status ? `the stream ended: ${told(this.#status)}` : 'no response came in time');
    return this.#queue.splice(index, 1)[0] ?? assert.fail();
  }

  /** Fails when a response comes, of one type when that is given, or when the stream ends. */
  async quiet(typeUrl?: string): Promise<void> {
    const broken = (): boolean =>
      this.#status !== undefined ||
      this.#queue.some((response) => typeUrl === undefined || response.typeUrl === typeUrl);
    await this.#until(broken, this.patience.quietMs);
    if (this.#status !== undefined) assert.fail(`the stream ended: ${told(this.#status)}`);
    if (broken())
      assert.fail(`a response came that has no cause: ${JSON.stringify(this.#queue.map(summary))}`);
  }

  /** What comes of one type within the time that a silence takes. */
  async heard(typeUrl: string): Promise<readonly Response[]> {
    await this.#until(() => this.#status !== undefined, this.patience.quietMs);
    const of = this.#queue.filter((response) => response.typeUrl === typeUrl);
    this.#queue.splice(0, Infinity, ...this.#queue.filter((response) => response.typeUrl !== typeUrl));
    return of;
  }

  /** How the stream ended. Fails when it does not in time. */
  async ended(): Promise<StatusObject> {
    await this.#until(() => this.#status !== undefined, this.patience.answerMs);
    return this.#status ?? assert.fail('the stream did not end');
  }

  close(): void {
    this.#call.cancel();
    this.#client.close();
  }

  async #until(isTrue: () => boolean, ms: number): Promise<void> {
    const late = new AbortController();
    const timer = sleep(ms, undefined, { signal: late.signal }).catch(() => undefined);
    const deadline = performance.now() + ms;
    while (!isTrue() && performance.now() < deadline)
      await Promise.race([timer, once(this.#wake, 'wake', { signal: late.signal }).catch(() => undefined)]);
    late.abort();
  }
}

function sotwResponse(bytes: Buffer): Response {
  const { typeUrl, nonce, versionInfo, resources } = decode(
    'envoy.service.discovery.v3.DiscoveryResponse',
    bytes,
  ) as {
    typeUrl: string;
    nonce: string;
    versionInfo: string;
    resources: { type_url: string; value: Uint8Array }[];
  };
  const received = resources.map(({ type_url, value }) => ({
    ...{ name: nameIn(value), envelope: undefined, typeUrl: type_url, value },
  }));
  return { typeUrl, nonce, version: versionInfo, resources: received, removed: [] };
}

function deltaResponse(bytes: Buffer): Response {
  const { typeUrl, nonce, systemVersionInfo, resources, removedResources } = decode(
    'envoy.service.discovery.v3.DeltaDiscoveryResponse',
    bytes,
  ) as {
    typeUrl: string;
    nonce: string;
    systemVersionInfo: string;
    resources: { name: string; version: string; resource: { type_url: string; value: Uint8Array } }[];
    removedResources: string[];
  };
  const received = resources.map(({ name, version, resource: { type_url, value } }) => ({
    ...{ name: nameIn(value), envelope: { name, version }, typeUrl: type_url, value },
  }));
  return { typeUrl, nonce, version: systemVersionInfo, resources: received, removed: removedResources };
}

const told = ({ code, details }: StatusObject): string => `${code} ${details}`;

/** What a failure shows of a response. */
function summary({ typeUrl, version, resources, removed }: Response): object {
  return { type: typeUrl.split('.').at(-1), version, resources: namesOf(resources), removed };
}

/** In order. */
export function namesOf(resources: readonly ReceivedResource[]): readonly string[] {
  return resources.map(({ name }) => name).sort();
}

/** What a resource says, whatever the order of its bytes; undefined for none. */
export function contentOf(
  resource: { readonly typeUrl: string; readonly value: Uint8Array } | undefined,
): unknown {
  return resource && decode(resource.typeUrl.replace('type.googleapis.com/', ''), resource.value);
}
