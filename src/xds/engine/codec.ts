import type { DeltaDiscoveryRequest, DiscoveryRequest } from '../discovery.ts';
import type { XdsResource } from '../resource.ts';

/** What a client asked for and cannot have (gRFC A88): one `resource_errors` entry. */
export interface ResourceError {
  readonly name: string;
  readonly code: number;
  readonly message: string;
}

/** A state-of-the-world response. */
export interface ResponseMessage {
  readonly typeUrl: string;
  readonly versionInfo: string;
  readonly nonce: string;
  readonly resources: readonly XdsResource[];
  readonly errors: readonly ResourceError[];
}

/** An incremental response. */
export interface DeltaResponseMessage {
  readonly typeUrl: string;
  readonly systemVersion: string;
  readonly nonce: string;
  readonly resources: readonly XdsResource[];
  /** Names of what the client is to drop, or what does not exist. */
  readonly removed: readonly string[];
  readonly errors: readonly ResourceError[];
}

/** Bytes to messages and back (port). */
export interface XdsCodec {
  /** Throws XdsDecodeError, with the status that ends the call, for bytes that are no request or cost too much to read. */
  decodeDiscoveryRequest(body: Uint8Array): DiscoveryRequest;
  /** The same for the incremental kind. */
  decodeDeltaRequest(body: Uint8Array): DeltaDiscoveryRequest;
  /** A whole gRPC message with its five bytes of frame. */
  encodeResponse(response: ResponseMessage): Buffer;
  /** The same for the incremental kind. */
  encodeDeltaResponse(response: DeltaResponseMessage): Buffer;
}
