/** Names that other programs see. They are part of the contract: see docs/architecture.md. */
export const API_VERSION = 'rollcall.dev/v1alpha1';

/** EndpointSlice and Service labels (kubernetes.io/docs/reference/labels-annotations-taints). */
export const LABEL_SERVICE_NAME = 'kubernetes.io/service-name';
export const LABEL_MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
/** Without it, every kube-proxy would receive the slices (its informer excludes headless ones by this label). */
export const LABEL_HEADLESS = 'service.kubernetes.io/headless';
export const LABEL_GRPCSERVICE_UID = 'rollcall.dev/grpcservice-uid';
export const MANAGED_BY = 'rollcall.dev';

/** When the change that led to the slice was made; CoreDNS and kube-proxy turn it into latency metrics. */
export const ANNOTATION_TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
/** On a GrpcService, RFC 3339: instances whose lease ran out before it are no longer held. */
export const ANNOTATION_RELEASE_HELD = 'rollcall.dev/release-held';
/** On a Service adopted by a GrpcService: the UID of the adopter. */
export const ANNOTATION_ADOPTED_BY = 'rollcall.dev/adopted-by';
/** On a Service of ours: the names of the labels and annotations that spec.dns put there, so that they go when it no longer asks for them. */
export const ANNOTATION_APPLIED = 'rollcall.dev/applied';

/** Field manager of every write. */
export const FIELD_MANAGER = 'rollcall';

/** On a namespace: its clients get the bootstrap of xDS as a ConfigMap. */
export const LABEL_XDS_BOOTSTRAP = 'rollcall.dev/xds-bootstrap';
export const XDS_BOOTSTRAP_ENABLED = 'enabled';
/** That ConfigMap, and the file in it. */
export const XDS_CONFIG_MAP = 'rollcall-xds';
export const XDS_CONFIG_MAP_KEY = 'bootstrap.json';
/** On it: the namespace of the operator that made it. */
export const LABEL_OPERATOR_NAMESPACE = 'rollcall.dev/operator-namespace';

/** On nodes, and since Kubernetes 1.35 on pods. */
export const LABEL_REGION = 'topology.kubernetes.io/region';
export const LABEL_ZONE = 'topology.kubernetes.io/zone';
