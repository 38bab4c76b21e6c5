import type { Clock } from '../../lib/clock.ts';
import { errorMessage } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import { within } from '../../lib/within.ts';
import type { DeltaDiscoveryRequest, DiscoveryRequest, XdsNode } from '../discovery.ts';
import type { XdsCodec } from '../engine/codec.ts';
import { METHODS } from '../engine/protocol.ts';
import type { OpenRpc, RpcStream } from '../rpc.ts';
import type { NodeLocator, Place } from './node-locator.ts';
import { PlaceCache } from './place-cache.ts';
import { WaitingCall } from './waiting-call.ts';

export interface LocatedStreamsOptions {
  readonly locator: NodeLocator;
  readonly codec: XdsCodec;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long the first answer of a stream may wait for the client's place, in ms: without a place calls are right, only not nearest. */
const PATIENCE_MS = 1000;
/** How long a place is believed, in ms: a pod stays where it is, and another one of its name has another address. */
const KEPT_MS = 600_000;
/** Clients that are remembered. */
const MAX_PLACES = 20_000;

type Request = DiscoveryRequest | DeltaDiscoveryRequest;

/**
 * Gives clients that do not say where they run the place that a {@link NodeLocator} finds. It stands before the engine, which takes a client's view from its
 * first request and keeps it: that request waits until the place is known, and what comes after it waits with it. The engine then decodes it by
 * {@link LocatedStreams.codec}, and finds the place in it as if the client had told.
 */
export class LocatedStreams {
  readonly codec: XdsCodec;
  readonly #options: LocatedStreamsOptions;
  readonly #places: PlaceCache;
  /** First requests that were given a place, by their bytes. */
  readonly #requests = new WeakMap<Uint8Array, Request>();

  constructor(options: LocatedStreamsOptions) {
    const { codec, clock } = options;
    this.#options = options;
    this.#places = new PlaceCache(clock, KEPT_MS, MAX_PLACES);
    this.codec = {
      encodeResponse: (response) => codec.encodeResponse(response),
      encodeDeltaResponse: (response) => codec.encodeDeltaResponse(response),
      decodeDiscoveryRequest: (body) =>
        (this.#requests.get(body) as DiscoveryRequest | undefined) ?? codec.decodeDiscoveryRequest(body),
      decodeDeltaRequest: (body) =>
        (this.#requests.get(body) as DeltaDiscoveryRequest | undefined) ?? codec.decodeDeltaRequest(body),
    };
  }

  /** The same calls, with places. */
  before(next: OpenRpc): OpenRpc {
    return (stream) => {
      const method = METHODS.get(stream.method);
      const handler = next(stream);
      if (method === undefined) return handler;
      const { codec, logger } = this.#options;
      const decode = (body: Uint8Array): Request =>
        method.kind === 'sotw' ? codec.decodeDiscoveryRequest(body) : codec.decodeDeltaRequest(body);
      return new WaitingCall(stream, handler, logger, (body, signal) =>
        this.#place(body, decode, stream, signal),
      );
    };
  }

  /** Null: the request is ready as it is. */
  #place(
    body: Buffer,
    decode: (body: Uint8Array) => Request,
    stream: RpcStream,
    signal: AbortSignal,
  ): Promise<void> | null {
    let request: Request;
    try {
      request = decode(body);
    } catch {
      // The engine decodes it once more, and says what is wrong with it.
      return null;
    }
    const { node } = request;
    if (node === null || hasPlace(node) || !this.#options.locator.knows(node.id)) return null;
    const key = `${node.id} ${hostOf(stream.peer)}`;
    const known = this.#places.get(key);
    if (known === undefined) {
      return this.#find(node.id, key, signal).then((place) => this.#put(body, request, node, place));
    }
    this.#put(body, request, node, known);
    return null;
  }

  #put(body: Buffer, request: Request, node: XdsNode, place: Place | null): void {
    if (place === null) return;
    const located = { ...node, locality: { ...place, subZone: node.locality?.subZone ?? '' } };
    this.#requests.set(body, { ...request, node: located });
  }

  /** Never rejects: a client without a place is served all the same. */
  async #find(nodeId: string, key: string, signal: AbortSignal): Promise<Place | null> {
    const { locator, clock, logger } = this.#options;
    try {
      const place = await within(clock, PATIENCE_MS, (ending) => locator.locate(nodeId, ending), signal);
      this.#places.set(key, place);
      return place;
    } catch (error) {
      if (!signal.aborted) {
        logger.warn('an xDS client could not be located', { node: nodeId, error: errorMessage(error) });
      }
      return null;
    }
  }
}

function hasPlace({ locality }: XdsNode): boolean {
  return locality !== null && (locality.region !== '' || locality.zone !== '');
}

function hostOf(peer: string): string {
  return peer.slice(0, peer.lastIndexOf(':'));
}
