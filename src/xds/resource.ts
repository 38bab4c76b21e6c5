/** Names one resource of xDS. */
export interface ResourceKey {
  /** `type.googleapis.com/envoy.config.cluster.v3.Cluster` */
  readonly typeUrl: string;
  readonly name: string;
}

/** A resource as one view has it: opaque to the engine, encoded once, the same bytes for every stream. Immutable; equal content is the same object. */
export interface XdsResource extends ResourceKey {
  /** Hash of the content: the same on every replica, another one for any other content. */
  readonly version: string;
  /** The encoded message (google.protobuf.Any.value). */
  readonly body: Uint8Array;
  /** Resources that this one refers to: a client must have them before it is given this one, where it is given them at all (make before break). */
  readonly needs: readonly ResourceKey[];
}

/** The types that are served. */
export const TYPE = {
  listener: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  route: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
  cluster: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  endpoints: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
} as const;
