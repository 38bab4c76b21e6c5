/**
 * The discovery requests of xDS as the engine sees them: decoded, with every field that it reads and no other. Source: envoy/service/discovery/v3/discovery.proto
 * and the xDS transport protocol (https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol).
 */

/** Who a client says that it is: `node` of its first request. Texts that it leaves out are ''. */
export interface XdsNode {
  readonly id: string;
  readonly cluster: string;
  /** Null when it sends none: grpc and Envoy send an empty one at least. */
  readonly locality: XdsLocality | null;
  /** `gRPC Go`, `gRPC Node Pure JS`, `gRPC C-core ...`, `envoy`, ... */
  readonly userAgentName: string;
  readonly userAgentVersion: string;
  /** google.protobuf.Struct as plain JSON. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly clientFeatures: readonly string[];
}

export interface XdsLocality {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

/** Why a client refused a response (google.rpc.Status). */
export interface ErrorDetail {
  readonly code: number;
  readonly message: string;
}

/** A state-of-the-world request. */
export interface DiscoveryRequest {
  /** Null where the client left it out, as it may after the first request of a stream. */
  readonly node: XdsNode | null;
  /** '' where it was left out: only the per-type services may. */
  readonly typeUrl: string;
  readonly resourceNames: readonly string[];
  /** A hint only: the version that the client holds, '' for none. */
  readonly versionInfo: string;
  /** Of the response that this acknowledges or refuses; '' for none. */
  readonly responseNonce: string;
  /** Set: the response was refused (a NACK). */
  readonly errorDetail: ErrorDetail | null;
}

/** An incremental request. */
export interface DeltaDiscoveryRequest {
  readonly node: XdsNode | null;
  readonly typeUrl: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** Name to version, of what the client holds from an earlier stream; in the first request of a type only. */
  readonly initialVersions: ReadonlyMap<string, string>;
  readonly responseNonce: string;
  readonly errorDetail: ErrorDetail | null;
}
