import type { DeltaDiscoveryRequest, DiscoveryRequest } from '../../../src/xds/discovery.ts';
import { XdsDecodeError } from '../../../src/xds/codec/wire.ts';
import type { XdsCodec } from '../../../src/xds/engine/codec.ts';
import type {
  Acceptance,
  Refusal,
  SentResponse,
  StreamIdentity,
  XdsObserver,
} from '../../../src/xds/engine/observer.ts';
import type { OpenRpc, RpcHandler, RpcStatus, RpcStream } from '../../../src/xds/rpc.ts';
import { aNode, urlOf, type Ask } from './engine.ts';

/** What a test reads of a response; the same for both kinds. */
export interface WireResponse {
  readonly typeUrl: string;
  readonly version: string;
  readonly nonce: string;
  /** `A@1` */
  readonly resources: readonly string[];
  readonly removed: readonly string[];
  readonly errors: readonly string[];
}

/** A codec whose bytes are JSON, so that tests of the engine do not depend on the real one. It counts what it encodes. */
export class JsonCodec implements XdsCodec {
  encoded = 0;

  decodeDiscoveryRequest(body: Uint8Array): DiscoveryRequest {
    return parse(body) as DiscoveryRequest;
  }

  decodeDeltaRequest(body: Uint8Array): DeltaDiscoveryRequest {
    const request = parse(body) as Omit<DeltaDiscoveryRequest, 'initialVersions'> & {
      readonly initialVersions: Readonly<Record<string, string>>;
    };
    return { ...request, initialVersions: new Map(Object.entries(request.initialVersions)) };
  }

  encodeResponse({
    typeUrl,
    versionInfo,
    nonce,
    resources,
    errors,
  }: Parameters<XdsCodec['encodeResponse']>[0]): Buffer {
    return this.#encode({ typeUrl, version: versionInfo, nonce, removed: [] }, resources, errors);
  }

  encodeDeltaResponse(response: Parameters<XdsCodec['encodeDeltaResponse']>[0]): Buffer {
    const { typeUrl, systemVersion, nonce, resources, removed, errors } = response;
    return this.#encode({ typeUrl, version: systemVersion, nonce, removed }, resources, errors);
  }

  #encode(
    head: Omit<WireResponse, 'resources' | 'errors'>,
    resources: readonly { readonly name: string; readonly version: string }[],
    errors: readonly { readonly name: string }[],
  ): Buffer {
    this.encoded += 1;
    const response: WireResponse = {
      ...head,
      resources: resources.map(({ name, version }) => `${name}@${version}`),
      errors: errors.map(({ name }) => name),
    };
    return Buffer.from(JSON.stringify(response));
  }
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch (error) {
    throw new XdsDecodeError('malformed', { cause: error });
  }
}

const ADS = '/envoy.service.discovery.v3.AggregatedDiscoveryService';

/** One call as the transport would make it: keeps the frames it is given. */
export class WireClient implements RpcStream {
  readonly method: string;
  readonly peer: string;
  readonly peerNames: readonly string[] = [];
  queuedBytes = 0;
  readonly frames: Buffer[] = [];
  status: RpcStatus | null = null;
  readonly #handler: RpcHandler;
  #read = 0;

  /** `method`: ADS, state of the world, by default. Throws what `open` throws. */
  constructor(open: OpenRpc, options: { readonly method?: string; readonly peer?: string } = {}) {
    this.method = options.method ?? `${ADS}/StreamAggregatedResources`;
    this.peer = options.peer ?? '10.0.0.9:4711';
    this.#handler = open(this);
  }

  send(frame: Buffer): void {
    if (this.status !== null) throw new Error('sent after the end');
    this.frames.push(frame);
  }

  end(status: RpcStatus): void {
    if (this.status !== null) return;
    this.status = status;
    this.#handler.ended();
  }

  /** The client goes away. */
  cancel(): void {
    this.#handler.ended();
  }

  halfClose(): void {
    this.#handler.halfClosed();
  }

  raw(bytes: Buffer): void {
    this.#handler.message(bytes);
  }

  ask(type: string, ask: Ask = {}): void {
    const request = {
      node: ask.node === undefined ? aNode() : ask.node,
      typeUrl: urlOf(type),
      responseNonce: ask.nonce ?? '',
      errorDetail: ask.refuse === undefined ? null : { code: 3, message: ask.refuse },
      ...(this.method.includes('/Delta')
        ? {
            subscribe: ask.subscribe ?? [],
            unsubscribe: ask.unsubscribe ?? [],
            initialVersions: ask.initial ?? {},
          }
        : { resourceNames: ask.names ?? [], versionInfo: ask.version ?? '' }),
    };
    this.raw(Buffer.from(JSON.stringify(request)));
  }

  /** What has arrived since it was called last. */
  responses(): WireResponse[] {
    const fresh = this.frames.slice(this.#read);
    this.#read = this.frames.length;
    return fresh.map((frame) => parse(frame) as WireResponse);
  }
}

/** Keeps what it is told, in order. */
export class RecordingObserver implements XdsObserver {
  readonly lines: string[] = [];
  readonly refusals: Refusal[] = [];
  readonly acceptances: Acceptance[] = [];

  opened({ id }: StreamIdentity): void {
    this.lines.push(`opened ${id}`);
  }

  sent({ id }: StreamIdentity, { resources, removed }: SentResponse): void {
    this.lines.push(`sent ${id} ${resources}+${removed}`);
  }

  accepted({ id }: StreamIdentity, acceptance: Acceptance): void {
    this.acceptances.push(acceptance);
    this.lines.push(`accepted ${id}`);
  }

  refused({ id }: StreamIdentity, refusal: Refusal): void {
    this.refusals.push(refusal);
    this.lines.push(`refused ${id} ${refusal.reason}`);
  }

  withdrawn({ id }: StreamIdentity, refusal: Refusal): void {
    this.lines.push(`withdrawn ${id} ${refusal.reason}`);
  }

  closed({ id }: StreamIdentity, status: RpcStatus | null): void {
    this.lines.push(`closed ${id} ${status === null ? 'by the client' : status.code}`);
  }
}
