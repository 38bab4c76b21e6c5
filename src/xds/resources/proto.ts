import type { ConfigSource, Duration, Messages, TypeUrl, UInt32Value } from '../codec/generated/messages.ts';
import type { ResourceKey } from '../resource.ts';

/** The messages that stand in responses. */
export type ServedMessage =
  | 'envoy.config.listener.v3.Listener'
  | 'envoy.config.route.v3.RouteConfiguration'
  | 'envoy.config.cluster.v3.Cluster'
  | 'envoy.config.endpoint.v3.ClusterLoadAssignment';

/** A resource before it is encoded: makeResource of the codec takes its fields. */
export interface ResourceDraft<N extends ServedMessage = ServedMessage> extends ResourceKey {
  readonly typeUrl: TypeUrl<N>;
  readonly message: Messages[N];
  /** See XdsResource.needs. */
  readonly needs: readonly ResourceKey[];
}

/** google.protobuf.Duration of milliseconds, whole nanoseconds. */
export function duration(ms: number): Duration {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1_000_000) };
}

export function uint32(value: number): UInt32Value {
  return { value };
}

/** "On this very stream": gRPC accepts nothing else (gRFC A27); the version is for Envoy, which refuses resources without it. */
export const OVER_ADS: ConfigSource = { ads: {}, resourceApiVersion: 'V3' };
