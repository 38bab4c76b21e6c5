// Made from proto/vendor by npm run generate. Change that, not this.
/** The messages that stand by themselves, by full name. */
export interface Messages {
  readonly 'envoy.config.listener.v3.Listener': Listener;
  readonly 'envoy.config.route.v3.RouteConfiguration': RouteConfiguration;
  readonly 'envoy.config.cluster.v3.Cluster': Cluster;
  readonly 'envoy.config.endpoint.v3.ClusterLoadAssignment': ClusterLoadAssignment;
  readonly 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager': HttpConnectionManager;
  readonly 'envoy.extensions.filters.http.router.v3.Router': Router;
  readonly 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': HttpHttpProtocolOptions;
  readonly 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext': UpstreamTlsContext;
  readonly 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext': DownstreamTlsContext;
  readonly 'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog': StdoutAccessLog;
  readonly 'envoy.extensions.access_loggers.file.v3.FileAccessLog': FileAccessLog;
  readonly 'envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin': RoundRobin;
  readonly 'envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest': LeastRequest;
  readonly 'envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash': RingHash;
  readonly 'envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality': WrrLocality;
  readonly 'envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin': ClientSideWeightedRoundRobin;
  readonly 'envoy.extensions.load_balancing_policies.pick_first.v3.PickFirst': PickFirst;
  readonly 'envoy.service.status.v3.ClientStatusRequest': ClientStatusRequest;
  readonly 'envoy.service.status.v3.ClientStatusResponse': ClientStatusResponse;
}

/** google.protobuf.Any: encoded already, or the message itself with the URL of its type. */
export type Any =
  { readonly '@type'?: never; readonly typeUrl: string; readonly value: Uint8Array } | PackedMessage;

/** One of the messages that the codec packs into an Any. */
export type PackedMessage = {
  readonly [N in keyof Messages]: { readonly '@type': TypeUrl<N> } & Messages[N];
}[keyof Messages];

/** `type.googleapis.com/envoy.config.cluster.v3.Cluster` */
export type TypeUrl<N extends keyof Messages = keyof Messages> = `type.googleapis.com/${N}`;

/** google.protobuf.Struct as plain JSON. */
export type Struct = Readonly<Record<string, unknown>>;

/** envoy.admin.v3.ClustersConfigDump */
export interface ClustersConfigDump {
  readonly versionInfo?: string | undefined;
  readonly staticClusters?: readonly ClustersConfigDumpStaticCluster[] | undefined;
  readonly dynamicActiveClusters?: readonly ClustersConfigDumpDynamicCluster[] | undefined;
  readonly dynamicWarmingClusters?: readonly ClustersConfigDumpDynamicCluster[] | undefined;
}

/** envoy.admin.v3.ClustersConfigDump.DynamicCluster */
export interface ClustersConfigDumpDynamicCluster {
  readonly versionInfo?: string | undefined;
  readonly cluster?: Any | undefined;
  readonly lastUpdated?: Timestamp | undefined;
  readonly errorState?: UpdateFailureState | undefined;
  readonly clientStatus?: ClientResourceStatus | undefined;
}

/** envoy.admin.v3.ClustersConfigDump.StaticCluster */
export interface ClustersConfigDumpStaticCluster {
  readonly cluster?: Any | undefined;
  readonly lastUpdated?: Timestamp | undefined;
}

/** envoy.admin.v3.EndpointsConfigDump */
export interface EndpointsConfigDump {
  readonly staticEndpointConfigs?: readonly EndpointsConfigDumpStaticEndpointConfig[] | undefined;
  readonly dynamicEndpointConfigs?: readonly EndpointsConfigDumpDynamicEndpointConfig[] | undefined;
}

/** envoy.admin.v3.EndpointsConfigDump.DynamicEndpointConfig */
export interface EndpointsConfigDumpDynamicEndpointConfig {
  readonly versionInfo?: string | undefined;
  readonly endpointConfig?: Any | undefined;
  readonly lastUpdated?: Timestamp | undefined;
  readonly errorState?: UpdateFailureState | undefined;
  readonly clientStatus?: ClientResourceStatus | undefined;
}

/** envoy.admin.v3.EndpointsConfigDump.StaticEndpointConfig */
export interface EndpointsConfigDumpStaticEndpointConfig {
  readonly endpointConfig?: Any | undefined;
  readonly lastUpdated?: Timestamp | undefined;
}

/** envoy.admin.v3.ListenersConfigDump */
export interface ListenersConfigDump {
  readonly versionInfo?: string | undefined;
  readonly staticListeners?: readonly ListenersConfigDumpStaticListener[] | undefined;
  readonly dynamicListeners?: readonly ListenersConfigDumpDynamicListener[] | undefined;
}

/** envoy.admin.v3.ListenersConfigDump.DynamicListener */
export interface ListenersConfigDumpDynamicListener {
  readonly name?: string | undefined;
  readonly activeState?: ListenersConfigDumpDynamicListenerState | undefined;
  readonly warmingState?: ListenersConfigDumpDynamicListenerState | undefined;
  readonly drainingState?: ListenersConfigDumpDynamicListenerState | undefined;
  readonly errorState?: UpdateFailureState | undefined;
  readonly clientStatus?: ClientResourceStatus | undefined;
}

/** envoy.admin.v3.ListenersConfigDump.DynamicListenerState */
export interface ListenersConfigDumpDynamicListenerState {
  readonly versionInfo?: string | undefined;
  readonly listener?: Any | undefined;
  readonly lastUpdated?: Timestamp | undefined;
}

/** envoy.admin.v3.ListenersConfigDump.StaticListener */
export interface ListenersConfigDumpStaticListener {
  readonly listener?: Any | undefined;
  readonly lastUpdated?: Timestamp | undefined;
}

/** envoy.admin.v3.RoutesConfigDump */
export interface RoutesConfigDump {
  readonly staticRouteConfigs?: readonly RoutesConfigDumpStaticRouteConfig[] | undefined;
  readonly dynamicRouteConfigs?: readonly RoutesConfigDumpDynamicRouteConfig[] | undefined;
}

/** envoy.admin.v3.RoutesConfigDump.DynamicRouteConfig */
export interface RoutesConfigDumpDynamicRouteConfig {
  readonly versionInfo?: string | undefined;
  readonly routeConfig?: Any | undefined;
  readonly lastUpdated?: Timestamp | undefined;
  readonly errorState?: UpdateFailureState | undefined;
  readonly clientStatus?: ClientResourceStatus | undefined;
}

/** envoy.admin.v3.RoutesConfigDump.StaticRouteConfig */
export interface RoutesConfigDumpStaticRouteConfig {
  readonly routeConfig?: Any | undefined;
  readonly lastUpdated?: Timestamp | undefined;
}

/** envoy.admin.v3.ScopedRoutesConfigDump */
export interface ScopedRoutesConfigDump {
  readonly inlineScopedRouteConfigs?: readonly ScopedRoutesConfigDumpInlineScopedRouteConfigs[] | undefined;
  readonly dynamicScopedRouteConfigs?: readonly ScopedRoutesConfigDumpDynamicScopedRouteConfigs[] | undefined;
}

/** envoy.admin.v3.ScopedRoutesConfigDump.DynamicScopedRouteConfigs */
export interface ScopedRoutesConfigDumpDynamicScopedRouteConfigs {
  readonly name?: string | undefined;
  readonly versionInfo?: string | undefined;
  readonly scopedRouteConfigs?: readonly Any[] | undefined;
  readonly lastUpdated?: Timestamp | undefined;
  readonly errorState?: UpdateFailureState | undefined;
  readonly clientStatus?: ClientResourceStatus | undefined;
}

/** envoy.admin.v3.ScopedRoutesConfigDump.InlineScopedRouteConfigs */
export interface ScopedRoutesConfigDumpInlineScopedRouteConfigs {
  readonly name?: string | undefined;
  readonly scopedRouteConfigs?: readonly Any[] | undefined;
  readonly lastUpdated?: Timestamp | undefined;
}

/** envoy.admin.v3.UpdateFailureState */
export interface UpdateFailureState {
  readonly failedConfiguration?: Any | undefined;
  readonly lastUpdateAttempt?: Timestamp | undefined;
  readonly details?: string | undefined;
  readonly versionInfo?: string | undefined;
}

/** envoy.config.accesslog.v3.AccessLog */
export interface AccessLog {
  readonly name?: string | undefined;
  readonly filter?: AccessLogFilter | undefined;
  readonly typedConfig?: Any | undefined;
}

/** envoy.config.accesslog.v3.AccessLogFilter */
export interface AccessLogFilter {
  readonly statusCodeFilter?: StatusCodeFilter | undefined;
  readonly durationFilter?: DurationFilter | undefined;
  readonly notHealthCheckFilter?: NotHealthCheckFilter | undefined;
  readonly traceableFilter?: TraceableFilter | undefined;
  readonly runtimeFilter?: RuntimeFilter | undefined;
  readonly andFilter?: AndFilter | undefined;
  readonly orFilter?: OrFilter | undefined;
  readonly headerFilter?: HeaderFilter | undefined;
  readonly responseFlagFilter?: ResponseFlagFilter | undefined;
  readonly grpcStatusFilter?: GrpcStatusFilter | undefined;
  readonly extensionFilter?: ExtensionFilter | undefined;
  readonly metadataFilter?: MetadataFilter | undefined;
  readonly logTypeFilter?: LogTypeFilter | undefined;
}

/** envoy.config.accesslog.v3.AndFilter */
export interface AndFilter {
  readonly filters?: readonly AccessLogFilter[] | undefined;
}

/** envoy.config.accesslog.v3.ComparisonFilter */
export interface ComparisonFilter {
  readonly op?: ComparisonFilterOp | undefined;
  readonly value?: RuntimeUInt32 | undefined;
}

/** envoy.config.accesslog.v3.DurationFilter */
export interface DurationFilter {
  readonly comparison?: ComparisonFilter | undefined;
}

/** envoy.config.accesslog.v3.ExtensionFilter */
export interface ExtensionFilter {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
}

/** envoy.config.accesslog.v3.GrpcStatusFilter */
export interface GrpcStatusFilter {
  readonly statuses?: readonly GrpcStatusFilterStatus[] | undefined;
  readonly exclude?: boolean | undefined;
}

/** envoy.config.accesslog.v3.HeaderFilter */
export interface HeaderFilter {
  readonly header?: HeaderMatcher | undefined;
}

/** envoy.config.accesslog.v3.LogTypeFilter */
export interface LogTypeFilter {
  readonly types?: readonly AccessLogType[] | undefined;
  readonly exclude?: boolean | undefined;
}

/** envoy.config.accesslog.v3.MetadataFilter */
export interface MetadataFilter {
  readonly matcher?: MetadataMatcher | undefined;
  readonly matchIfKeyNotFound?: BoolValue | undefined;
}

/** envoy.config.accesslog.v3.NotHealthCheckFilter */
export interface NotHealthCheckFilter {
  readonly '@type'?: string;
}

/** envoy.config.accesslog.v3.OrFilter */
export interface OrFilter {
  readonly filters?: readonly AccessLogFilter[] | undefined;
}

/** envoy.config.accesslog.v3.ResponseFlagFilter */
export interface ResponseFlagFilter {
  readonly flags?: readonly string[] | undefined;
}

/** envoy.config.accesslog.v3.RuntimeFilter */
export interface RuntimeFilter {
  readonly runtimeKey?: string | undefined;
  readonly percentSampled?: FractionalPercent | undefined;
  readonly useIndependentRandomness?: boolean | undefined;
}

/** envoy.config.accesslog.v3.StatusCodeFilter */
export interface StatusCodeFilter {
  readonly comparison?: ComparisonFilter | undefined;
}

/** envoy.config.accesslog.v3.TraceableFilter */
export interface TraceableFilter {
  readonly '@type'?: string;
}

/** envoy.config.cluster.v3.CircuitBreakers */
export interface CircuitBreakers {
  readonly thresholds?: readonly CircuitBreakersThresholds[] | undefined;
  readonly perHostThresholds?: readonly CircuitBreakersThresholds[] | undefined;
}

/** envoy.config.cluster.v3.CircuitBreakers.Thresholds */
export interface CircuitBreakersThresholds {
  readonly priority?: RoutingPriority | undefined;
  readonly maxConnections?: UInt32Value | undefined;
  readonly maxPendingRequests?: UInt32Value | undefined;
  readonly maxRequests?: UInt32Value | undefined;
  readonly maxRetries?: UInt32Value | undefined;
  readonly trackRemaining?: boolean | undefined;
  readonly maxConnectionPools?: UInt32Value | undefined;
  readonly retryBudget?: CircuitBreakersThresholdsRetryBudget | undefined;
}

/** envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget */
export interface CircuitBreakersThresholdsRetryBudget {
  readonly budgetPercent?: Percent | undefined;
  readonly minRetryConcurrency?: UInt32Value | undefined;
}

/** envoy.config.cluster.v3.Cluster */
export interface Cluster {
  readonly name?: string | undefined;
  readonly type?: ClusterDiscoveryType | undefined;
  readonly edsClusterConfig?: ClusterEdsClusterConfig | undefined;
  readonly connectTimeout?: Duration | undefined;
  readonly perConnectionBufferLimitBytes?: UInt32Value | undefined;
  readonly lbPolicy?: ClusterLbPolicy | undefined;
  readonly healthChecks?: readonly HealthCheck[] | undefined;
  readonly maxRequestsPerConnection?: UInt32Value | undefined;
  readonly circuitBreakers?: CircuitBreakers | undefined;
  readonly httpProtocolOptions?: Http1ProtocolOptions | undefined;
  readonly http2ProtocolOptions?: Http2ProtocolOptions | undefined;
  readonly dnsRefreshRate?: Duration | undefined;
  readonly dnsLookupFamily?: ClusterDnsLookupFamily | undefined;
  readonly dnsResolvers?: readonly Address[] | undefined;
  readonly outlierDetection?: OutlierDetection | undefined;
  readonly cleanupInterval?: Duration | undefined;
  readonly upstreamBindConfig?: BindConfig | undefined;
  readonly lbSubsetConfig?: ClusterLbSubsetConfig | undefined;
  readonly ringHashLbConfig?: ClusterRingHashLbConfig | undefined;
  readonly transportSocket?: TransportSocket | undefined;
  readonly metadata?: Metadata | undefined;
  readonly protocolSelection?: ClusterClusterProtocolSelection | undefined;
  readonly commonLbConfig?: ClusterCommonLbConfig | undefined;
  readonly altStatName?: string | undefined;
  readonly commonHttpProtocolOptions?: CoreHttpProtocolOptions | undefined;
  readonly upstreamConnectionOptions?: UpstreamConnectionOptions | undefined;
  readonly closeConnectionsOnHostHealthFailure?: boolean | undefined;
  readonly ignoreHealthOnHostRemoval?: boolean | undefined;
  readonly loadAssignment?: ClusterLoadAssignment | undefined;
  readonly originalDstLbConfig?: ClusterOriginalDstLbConfig | undefined;
  readonly typedExtensionProtocolOptions?: Readonly<Record<string, Any>> | undefined;
  readonly leastRequestLbConfig?: ClusterLeastRequestLbConfig | undefined;
  readonly clusterType?: ClusterCustomClusterType | undefined;
  readonly respectDnsTtl?: boolean | undefined;
  readonly filters?: readonly ClusterFilter[] | undefined;
  readonly loadBalancingPolicy?: LoadBalancingPolicy | undefined;
  readonly lrsServer?: ConfigSource | undefined;
  readonly transportSocketMatches?: readonly ClusterTransportSocketMatch[] | undefined;
  readonly dnsFailureRefreshRate?: ClusterRefreshRate | undefined;
  readonly useTcpForDnsLookups?: boolean | undefined;
  readonly upstreamHttpProtocolOptions?: UpstreamHttpProtocolOptions | undefined;
  readonly trackTimeoutBudgets?: boolean | undefined;
  readonly upstreamConfig?: EnvoyConfigCoreTypedExtensionConfig | undefined;
  readonly trackClusterStats?: TrackClusterStats | undefined;
  readonly preconnectPolicy?: ClusterPreconnectPolicy | undefined;
  readonly connectionPoolPerDownstreamConnection?: boolean | undefined;
  readonly maglevLbConfig?: ClusterMaglevLbConfig | undefined;
  readonly dnsResolutionConfig?: DnsResolutionConfig | undefined;
  readonly waitForWarmOnInit?: BoolValue | undefined;
  readonly typedDnsResolverConfig?: EnvoyConfigCoreTypedExtensionConfig | undefined;
  readonly roundRobinLbConfig?: ClusterRoundRobinLbConfig | undefined;
  readonly lrsReportEndpointMetrics?: readonly string[] | undefined;
}

/** envoy.config.cluster.v3.Cluster.CommonLbConfig */
export interface ClusterCommonLbConfig {
  readonly healthyPanicThreshold?: Percent | undefined;
  readonly zoneAwareLbConfig?: ClusterCommonLbConfigZoneAwareLbConfig | undefined;
  readonly localityWeightedLbConfig?: ClusterCommonLbConfigLocalityWeightedLbConfig | undefined;
  readonly updateMergeWindow?: Duration | undefined;
  readonly ignoreNewHostsUntilFirstHc?: boolean | undefined;
  readonly closeConnectionsOnHostSetChange?: boolean | undefined;
  readonly consistentHashingLbConfig?: ClusterCommonLbConfigConsistentHashingLbConfig | undefined;
  readonly overrideHostStatus?: HealthStatusSet | undefined;
}

/** envoy.config.cluster.v3.Cluster.CommonLbConfig.ConsistentHashingLbConfig */
export interface ClusterCommonLbConfigConsistentHashingLbConfig {
  readonly useHostnameForHashing?: boolean | undefined;
  readonly hashBalanceFactor?: UInt32Value | undefined;
}

/** envoy.config.cluster.v3.Cluster.CommonLbConfig.LocalityWeightedLbConfig */
export interface ClusterCommonLbConfigLocalityWeightedLbConfig {
  readonly '@type'?: string;
}

/** envoy.config.cluster.v3.Cluster.CommonLbConfig.ZoneAwareLbConfig */
export interface ClusterCommonLbConfigZoneAwareLbConfig {
  readonly routingEnabled?: Percent | undefined;
  readonly minClusterSize?: UInt64Value | undefined;
  readonly failTrafficOnPanic?: boolean | undefined;
}

/** envoy.config.cluster.v3.Cluster.CustomClusterType */
export interface ClusterCustomClusterType {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
}

/** envoy.config.cluster.v3.Cluster.EdsClusterConfig */
export interface ClusterEdsClusterConfig {
  readonly edsConfig?: ConfigSource | undefined;
  readonly serviceName?: string | undefined;
}

/** envoy.config.cluster.v3.Cluster.LbSubsetConfig */
export interface ClusterLbSubsetConfig {
  readonly fallbackPolicy?: ClusterLbSubsetConfigLbSubsetFallbackPolicy | undefined;
  readonly defaultSubset?: Struct | undefined;
  readonly subsetSelectors?: readonly ClusterLbSubsetConfigLbSubsetSelector[] | undefined;
  readonly localityWeightAware?: boolean | undefined;
  readonly scaleLocalityWeight?: boolean | undefined;
  readonly panicModeAny?: boolean | undefined;
  readonly listAsAny?: boolean | undefined;
  readonly metadataFallbackPolicy?: ClusterLbSubsetConfigLbSubsetMetadataFallbackPolicy | undefined;
}

/** envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector */
export interface ClusterLbSubsetConfigLbSubsetSelector {
  readonly keys?: readonly string[] | undefined;
  readonly fallbackPolicy?: ClusterLbSubsetConfigLbSubsetSelectorLbSubsetSelectorFallbackPolicy | undefined;
  readonly fallbackKeysSubset?: readonly string[] | undefined;
  readonly singleHostPerSubset?: boolean | undefined;
}

/** envoy.config.cluster.v3.Cluster.LeastRequestLbConfig */
export interface ClusterLeastRequestLbConfig {
  readonly choiceCount?: UInt32Value | undefined;
  readonly activeRequestBias?: RuntimeDouble | undefined;
  readonly slowStartConfig?: ClusterSlowStartConfig | undefined;
}

/** envoy.config.cluster.v3.Cluster.MaglevLbConfig */
export interface ClusterMaglevLbConfig {
  readonly tableSize?: UInt64Value | undefined;
}

/** envoy.config.cluster.v3.Cluster.OriginalDstLbConfig */
export interface ClusterOriginalDstLbConfig {
  readonly useHttpHeader?: boolean | undefined;
  readonly httpHeaderName?: string | undefined;
  readonly upstreamPortOverride?: UInt32Value | undefined;
  readonly metadataKey?: MetadataKey | undefined;
}

/** envoy.config.cluster.v3.Cluster.PreconnectPolicy */
export interface ClusterPreconnectPolicy {
  readonly perUpstreamPreconnectRatio?: DoubleValue | undefined;
  readonly predictivePreconnectRatio?: DoubleValue | undefined;
}

/** envoy.config.cluster.v3.Cluster.RefreshRate */
export interface ClusterRefreshRate {
  readonly baseInterval?: Duration | undefined;
  readonly maxInterval?: Duration | undefined;
}

/** envoy.config.cluster.v3.Cluster.RingHashLbConfig */
export interface ClusterRingHashLbConfig {
  readonly minimumRingSize?: UInt64Value | undefined;
  readonly hashFunction?: ClusterRingHashLbConfigHashFunction | undefined;
  readonly maximumRingSize?: UInt64Value | undefined;
}

/** envoy.config.cluster.v3.Cluster.RoundRobinLbConfig */
export interface ClusterRoundRobinLbConfig {
  readonly slowStartConfig?: ClusterSlowStartConfig | undefined;
}

/** envoy.config.cluster.v3.Cluster.SlowStartConfig */
export interface ClusterSlowStartConfig {
  readonly slowStartWindow?: Duration | undefined;
  readonly aggression?: RuntimeDouble | undefined;
  readonly minWeightPercent?: Percent | undefined;
}

/** envoy.config.cluster.v3.Cluster.TransportSocketMatch */
export interface ClusterTransportSocketMatch {
  readonly name?: string | undefined;
  readonly match?: Struct | undefined;
  readonly transportSocket?: TransportSocket | undefined;
}

/** envoy.config.cluster.v3.Filter */
export interface ClusterFilter {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
  readonly configDiscovery?: ExtensionConfigSource | undefined;
}

/** envoy.config.cluster.v3.LoadBalancingPolicy */
export interface LoadBalancingPolicy {
  readonly policies?: readonly LoadBalancingPolicyPolicy[] | undefined;
}

/** envoy.config.cluster.v3.LoadBalancingPolicy.Policy */
export interface LoadBalancingPolicyPolicy {
  readonly typedExtensionConfig?: EnvoyConfigCoreTypedExtensionConfig | undefined;
}

/** envoy.config.cluster.v3.OutlierDetection */
export interface OutlierDetection {
  readonly consecutive_5xx?: UInt32Value | undefined;
  readonly interval?: Duration | undefined;
  readonly baseEjectionTime?: Duration | undefined;
  readonly maxEjectionPercent?: UInt32Value | undefined;
  readonly enforcingConsecutive_5xx?: UInt32Value | undefined;
  readonly enforcingSuccessRate?: UInt32Value | undefined;
  readonly successRateMinimumHosts?: UInt32Value | undefined;
  readonly successRateRequestVolume?: UInt32Value | undefined;
  readonly successRateStdevFactor?: UInt32Value | undefined;
  readonly consecutiveGatewayFailure?: UInt32Value | undefined;
  readonly enforcingConsecutiveGatewayFailure?: UInt32Value | undefined;
  readonly splitExternalLocalOriginErrors?: boolean | undefined;
  readonly consecutiveLocalOriginFailure?: UInt32Value | undefined;
  readonly enforcingConsecutiveLocalOriginFailure?: UInt32Value | undefined;
  readonly enforcingLocalOriginSuccessRate?: UInt32Value | undefined;
  readonly failurePercentageThreshold?: UInt32Value | undefined;
  readonly enforcingFailurePercentage?: UInt32Value | undefined;
  readonly enforcingFailurePercentageLocalOrigin?: UInt32Value | undefined;
  readonly failurePercentageMinimumHosts?: UInt32Value | undefined;
  readonly failurePercentageRequestVolume?: UInt32Value | undefined;
  readonly maxEjectionTime?: Duration | undefined;
  readonly maxEjectionTimeJitter?: Duration | undefined;
  readonly successfulActiveHealthCheckUnejectHost?: BoolValue | undefined;
  readonly monitors?: readonly EnvoyConfigCoreTypedExtensionConfig[] | undefined;
  readonly alwaysEjectOneHost?: BoolValue | undefined;
}

/** envoy.config.cluster.v3.TrackClusterStats */
export interface TrackClusterStats {
  readonly timeoutBudgets?: boolean | undefined;
  readonly requestResponseSizes?: boolean | undefined;
  readonly perEndpointStats?: boolean | undefined;
}

/** envoy.config.cluster.v3.UpstreamConnectionOptions */
export interface UpstreamConnectionOptions {
  readonly tcpKeepalive?: TcpKeepalive | undefined;
  readonly setLocalInterfaceNameOnUpstreamConnections?: boolean | undefined;
  readonly happyEyeballsConfig?: UpstreamConnectionOptionsHappyEyeballsConfig | undefined;
}

/** envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig */
export interface UpstreamConnectionOptionsHappyEyeballsConfig {
  readonly firstAddressFamilyVersion?: UpstreamConnectionOptionsFirstAddressFamilyVersion | undefined;
  readonly firstAddressFamilyCount?: UInt32Value | undefined;
}

/** envoy.config.core.v3.Address */
export interface Address {
  readonly socketAddress?: SocketAddress | undefined;
  readonly pipe?: Pipe | undefined;
  readonly envoyInternalAddress?: EnvoyInternalAddress | undefined;
}

/** envoy.config.core.v3.AggregatedConfigSource */
export interface AggregatedConfigSource {
  readonly '@type'?: string;
}

/** envoy.config.core.v3.AlternateProtocolsCacheOptions */
export interface AlternateProtocolsCacheOptions {
  readonly name?: string | undefined;
  readonly maxEntries?: UInt32Value | undefined;
  readonly keyValueStoreConfig?: EnvoyConfigCoreTypedExtensionConfig | undefined;
  readonly prepopulatedEntries?:
    readonly AlternateProtocolsCacheOptionsAlternateProtocolsCacheEntry[] | undefined;
  readonly canonicalSuffixes?: readonly string[] | undefined;
}

/** envoy.config.core.v3.AlternateProtocolsCacheOptions.AlternateProtocolsCacheEntry */
export interface AlternateProtocolsCacheOptionsAlternateProtocolsCacheEntry {
  readonly hostname?: string | undefined;
  readonly port?: number | undefined;
}

/** envoy.config.core.v3.ApiConfigSource */
export interface ApiConfigSource {
  readonly apiType?: ApiConfigSourceApiType | undefined;
  readonly clusterNames?: readonly string[] | undefined;
  readonly refreshDelay?: Duration | undefined;
  readonly grpcServices?: readonly GrpcService[] | undefined;
  readonly requestTimeout?: Duration | undefined;
  readonly rateLimitSettings?: RateLimitSettings | undefined;
  readonly setNodeOnFirstMessageOnly?: boolean | undefined;
  readonly transportApiVersion?: ApiVersion | undefined;
  readonly configValidators?: readonly EnvoyConfigCoreTypedExtensionConfig[] | undefined;
}

/** envoy.config.core.v3.BackoffStrategy */
export interface BackoffStrategy {
  readonly baseInterval?: Duration | undefined;
  readonly maxInterval?: Duration | undefined;
}

/** envoy.config.core.v3.BindConfig */
export interface BindConfig {
  readonly sourceAddress?: SocketAddress | undefined;
  readonly freebind?: BoolValue | undefined;
  readonly socketOptions?: readonly SocketOption[] | undefined;
  readonly additionalSourceAddresses?: readonly SocketAddress[] | undefined;
  readonly extraSourceAddresses?: readonly ExtraSourceAddress[] | undefined;
  readonly localAddressSelector?: EnvoyConfigCoreTypedExtensionConfig | undefined;
}

/** envoy.config.core.v3.BuildVersion */
export interface BuildVersion {
  readonly version?: SemanticVersion | undefined;
  readonly metadata?: Struct | undefined;
}

/** envoy.config.core.v3.CidrRange */
export interface CidrRange {
  readonly addressPrefix?: string | undefined;
  readonly prefixLen?: UInt32Value | undefined;
}

/** envoy.config.core.v3.ConfigSource */
export interface ConfigSource {
  readonly path?: string | undefined;
  readonly apiConfigSource?: ApiConfigSource | undefined;
  readonly ads?: AggregatedConfigSource | undefined;
  readonly initialFetchTimeout?: Duration | undefined;
  readonly self?: SelfConfigSource | undefined;
  readonly resourceApiVersion?: ApiVersion | undefined;
  readonly authorities?: readonly Authority[] | undefined;
  readonly pathConfigSource?: PathConfigSource | undefined;
}

/** envoy.config.core.v3.DataSource */
export interface DataSource {
  readonly filename?: string | undefined;
  readonly inlineBytes?: Uint8Array | undefined;
  readonly inlineString?: string | undefined;
  readonly environmentVariable?: string | undefined;
  readonly watchedDirectory?: WatchedDirectory | undefined;
}

/** envoy.config.core.v3.DnsResolutionConfig */
export interface DnsResolutionConfig {
  readonly resolvers?: readonly Address[] | undefined;
  readonly dnsResolverOptions?: DnsResolverOptions | undefined;
}

/** envoy.config.core.v3.DnsResolverOptions */
export interface DnsResolverOptions {
  readonly useTcpForDnsLookups?: boolean | undefined;
  readonly noDefaultSearchDomain?: boolean | undefined;
}

/** envoy.config.core.v3.EnvoyInternalAddress */
export interface EnvoyInternalAddress {
  readonly serverListenerName?: string | undefined;
  readonly endpointId?: string | undefined;
}

/** envoy.config.core.v3.EventServiceConfig */
export interface EventServiceConfig {
  readonly grpcService?: GrpcService | undefined;
}

/** envoy.config.core.v3.Extension */
export interface Extension {
  readonly name?: string | undefined;
  readonly category?: string | undefined;
  readonly typeDescriptor?: string | undefined;
  readonly version?: BuildVersion | undefined;
  readonly disabled?: boolean | undefined;
  readonly typeUrls?: readonly string[] | undefined;
}

/** envoy.config.core.v3.ExtensionConfigSource */
export interface ExtensionConfigSource {
  readonly configSource?: ConfigSource | undefined;
  readonly defaultConfig?: Any | undefined;
  readonly applyDefaultConfigWithoutWarming?: boolean | undefined;
  readonly typeUrls?: readonly string[] | undefined;
}

/** envoy.config.core.v3.ExtraSourceAddress */
export interface ExtraSourceAddress {
  readonly address?: SocketAddress | undefined;
  readonly socketOptions?: SocketOptionsOverride | undefined;
}

/** envoy.config.core.v3.GrpcService */
export interface GrpcService {
  readonly envoyGrpc?: GrpcServiceEnvoyGrpc | undefined;
  readonly googleGrpc?: GrpcServiceGoogleGrpc | undefined;
  readonly timeout?: Duration | undefined;
  readonly initialMetadata?: readonly HeaderValue[] | undefined;
  readonly retryPolicy?: CoreRetryPolicy | undefined;
}

/** envoy.config.core.v3.GrpcService.EnvoyGrpc */
export interface GrpcServiceEnvoyGrpc {
  readonly clusterName?: string | undefined;
  readonly authority?: string | undefined;
  readonly retryPolicy?: CoreRetryPolicy | undefined;
  readonly maxReceiveMessageLength?: UInt32Value | undefined;
  readonly skipEnvoyHeaders?: boolean | undefined;
}

/** envoy.config.core.v3.GrpcService.GoogleGrpc */
export interface GrpcServiceGoogleGrpc {
  readonly targetUri?: string | undefined;
  readonly channelCredentials?: GrpcServiceGoogleGrpcChannelCredentials | undefined;
  readonly callCredentials?: readonly GrpcServiceGoogleGrpcCallCredentials[] | undefined;
  readonly statPrefix?: string | undefined;
  readonly credentialsFactoryName?: string | undefined;
  readonly config?: Struct | undefined;
  readonly perStreamBufferLimitBytes?: UInt32Value | undefined;
  readonly channelArgs?: GrpcServiceGoogleGrpcChannelArgs | undefined;
}

/** envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials */
export interface GrpcServiceGoogleGrpcCallCredentials {
  readonly accessToken?: string | undefined;
  readonly googleComputeEngine?: Empty | undefined;
  readonly googleRefreshToken?: string | undefined;
  readonly serviceAccountJwtAccess?:
    GrpcServiceGoogleGrpcCallCredentialsServiceAccountJWTAccessCredentials | undefined;
  readonly googleIam?: GrpcServiceGoogleGrpcCallCredentialsGoogleIAMCredentials | undefined;
  readonly fromPlugin?: GrpcServiceGoogleGrpcCallCredentialsMetadataCredentialsFromPlugin | undefined;
  readonly stsService?: GrpcServiceGoogleGrpcCallCredentialsStsService | undefined;
}

/** envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.GoogleIAMCredentials */
export interface GrpcServiceGoogleGrpcCallCredentialsGoogleIAMCredentials {
  readonly authorizationToken?: string | undefined;
  readonly authoritySelector?: string | undefined;
}

/** envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.MetadataCredentialsFromPlugin */
export interface GrpcServiceGoogleGrpcCallCredentialsMetadataCredentialsFromPlugin {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
}

/** envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.ServiceAccountJWTAccessCredentials */
export interface GrpcServiceGoogleGrpcCallCredentialsServiceAccountJWTAccessCredentials {
  readonly jsonKey?: string | undefined;
  readonly tokenLifetimeSeconds?: number | string | undefined;
}

/** envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.StsService */
export interface GrpcServiceGoogleGrpcCallCredentialsStsService {
  readonly tokenExchangeServiceUri?: string | undefined;
  readonly resource?: string | undefined;
  readonly audience?: string | undefined;
  readonly scope?: string | undefined;
  readonly requestedTokenType?: string | undefined;
  readonly subjectTokenPath?: string | undefined;
  readonly subjectTokenType?: string | undefined;
  readonly actorTokenPath?: string | undefined;
  readonly actorTokenType?: string | undefined;
}

/** envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelArgs */
export interface GrpcServiceGoogleGrpcChannelArgs {
  readonly args?: Readonly<Record<string, GrpcServiceGoogleGrpcChannelArgsValue>> | undefined;
}

/** envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelArgs.Value */
export interface GrpcServiceGoogleGrpcChannelArgsValue {
  readonly stringValue?: string | undefined;
  readonly intValue?: number | string | undefined;
}

/** envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelCredentials */
export interface GrpcServiceGoogleGrpcChannelCredentials {
  readonly sslCredentials?: GrpcServiceGoogleGrpcSslCredentials | undefined;
  readonly googleDefault?: Empty | undefined;
  readonly localCredentials?: GrpcServiceGoogleGrpcGoogleLocalCredentials | undefined;
}

/** envoy.config.core.v3.GrpcService.GoogleGrpc.GoogleLocalCredentials */
export interface GrpcServiceGoogleGrpcGoogleLocalCredentials {
  readonly '@type'?: string;
}

/** envoy.config.core.v3.GrpcService.GoogleGrpc.SslCredentials */
export interface GrpcServiceGoogleGrpcSslCredentials {
  readonly rootCerts?: DataSource | undefined;
  readonly privateKey?: DataSource | undefined;
  readonly certChain?: DataSource | undefined;
}

/** envoy.config.core.v3.HeaderValue */
export interface HeaderValue {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
  readonly rawValue?: Uint8Array | undefined;
}

/** envoy.config.core.v3.HeaderValueOption */
export interface HeaderValueOption {
  readonly header?: HeaderValue | undefined;
  readonly append?: BoolValue | undefined;
  readonly appendAction?: HeaderValueOptionHeaderAppendAction | undefined;
  readonly keepEmptyValue?: boolean | undefined;
}

/** envoy.config.core.v3.HealthCheck */
export interface HealthCheck {
  readonly timeout?: Duration | undefined;
  readonly interval?: Duration | undefined;
  readonly intervalJitter?: Duration | undefined;
  readonly unhealthyThreshold?: UInt32Value | undefined;
  readonly healthyThreshold?: UInt32Value | undefined;
  readonly altPort?: UInt32Value | undefined;
  readonly reuseConnection?: BoolValue | undefined;
  readonly httpHealthCheck?: HealthCheckHttpHealthCheck | undefined;
  readonly tcpHealthCheck?: HealthCheckTcpHealthCheck | undefined;
  readonly grpcHealthCheck?: HealthCheckGrpcHealthCheck | undefined;
  readonly noTrafficInterval?: Duration | undefined;
  readonly customHealthCheck?: HealthCheckCustomHealthCheck | undefined;
  readonly unhealthyInterval?: Duration | undefined;
  readonly unhealthyEdgeInterval?: Duration | undefined;
  readonly healthyEdgeInterval?: Duration | undefined;
  readonly eventLogPath?: string | undefined;
  readonly intervalJitterPercent?: number | undefined;
  readonly alwaysLogHealthCheckFailures?: boolean | undefined;
  readonly initialJitter?: Duration | undefined;
  readonly tlsOptions?: HealthCheckTlsOptions | undefined;
  readonly eventService?: EventServiceConfig | undefined;
  readonly transportSocketMatchCriteria?: Struct | undefined;
  readonly noTrafficHealthyInterval?: Duration | undefined;
  readonly eventLogger?: readonly EnvoyConfigCoreTypedExtensionConfig[] | undefined;
  readonly alwaysLogHealthCheckSuccess?: boolean | undefined;
}

/** envoy.config.core.v3.HealthCheck.CustomHealthCheck */
export interface HealthCheckCustomHealthCheck {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
}

/** envoy.config.core.v3.HealthCheck.GrpcHealthCheck */
export interface HealthCheckGrpcHealthCheck {
  readonly serviceName?: string | undefined;
  readonly authority?: string | undefined;
  readonly initialMetadata?: readonly HeaderValueOption[] | undefined;
}

/** envoy.config.core.v3.HealthCheck.HttpHealthCheck */
export interface HealthCheckHttpHealthCheck {
  readonly host?: string | undefined;
  readonly path?: string | undefined;
  readonly send?: HealthCheckPayload | undefined;
  readonly receive?: readonly HealthCheckPayload[] | undefined;
  readonly requestHeadersToAdd?: readonly HeaderValueOption[] | undefined;
  readonly requestHeadersToRemove?: readonly string[] | undefined;
  readonly expectedStatuses?: readonly Int64Range[] | undefined;
  readonly codecClientType?: CodecClientType | undefined;
  readonly serviceNameMatcher?: EnvoyTypeMatcherStringMatcher | undefined;
  readonly retriableStatuses?: readonly Int64Range[] | undefined;
  readonly method?: RequestMethod | undefined;
  readonly responseBufferSize?: UInt64Value | undefined;
}

/** envoy.config.core.v3.HealthCheck.Payload */
export interface HealthCheckPayload {
  readonly text?: string | undefined;
  readonly binary?: Uint8Array | undefined;
}

/** envoy.config.core.v3.HealthCheck.TcpHealthCheck */
export interface HealthCheckTcpHealthCheck {
  readonly send?: HealthCheckPayload | undefined;
  readonly receive?: readonly HealthCheckPayload[] | undefined;
  readonly proxyProtocolConfig?: ProxyProtocolConfig | undefined;
}

/** envoy.config.core.v3.HealthCheck.TlsOptions */
export interface HealthCheckTlsOptions {
  readonly alpnProtocols?: readonly string[] | undefined;
}

/** envoy.config.core.v3.HealthStatusSet */
export interface HealthStatusSet {
  readonly statuses?: readonly HealthStatus[] | undefined;
}

/** envoy.config.core.v3.Http1ProtocolOptions */
export interface Http1ProtocolOptions {
  readonly allowAbsoluteUrl?: BoolValue | undefined;
  readonly acceptHttp_10?: boolean | undefined;
  readonly defaultHostForHttp_10?: string | undefined;
  readonly headerKeyFormat?: Http1ProtocolOptionsHeaderKeyFormat | undefined;
  readonly enableTrailers?: boolean | undefined;
  readonly allowChunkedLength?: boolean | undefined;
  readonly overrideStreamErrorOnInvalidHttpMessage?: BoolValue | undefined;
  readonly sendFullyQualifiedUrl?: boolean | undefined;
  readonly useBalsaParser?: BoolValue | undefined;
  readonly allowCustomMethods?: boolean | undefined;
}

/** envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat */
export interface Http1ProtocolOptionsHeaderKeyFormat {
  readonly properCaseWords?: Http1ProtocolOptionsHeaderKeyFormatProperCaseWords | undefined;
  readonly statefulFormatter?: EnvoyConfigCoreTypedExtensionConfig | undefined;
}

/** envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords */
export interface Http1ProtocolOptionsHeaderKeyFormatProperCaseWords {
  readonly '@type'?: string;
}

/** envoy.config.core.v3.Http2ProtocolOptions */
export interface Http2ProtocolOptions {
  readonly hpackTableSize?: UInt32Value | undefined;
  readonly maxConcurrentStreams?: UInt32Value | undefined;
  readonly initialStreamWindowSize?: UInt32Value | undefined;
  readonly initialConnectionWindowSize?: UInt32Value | undefined;
  readonly allowConnect?: boolean | undefined;
  readonly allowMetadata?: boolean | undefined;
  readonly maxOutboundFrames?: UInt32Value | undefined;
  readonly maxOutboundControlFrames?: UInt32Value | undefined;
  readonly maxConsecutiveInboundFramesWithEmptyPayload?: UInt32Value | undefined;
  readonly maxInboundPriorityFramesPerStream?: UInt32Value | undefined;
  readonly maxInboundWindowUpdateFramesPerDataFrameSent?: UInt32Value | undefined;
  readonly streamErrorOnInvalidHttpMessaging?: boolean | undefined;
  readonly customSettingsParameters?: readonly Http2ProtocolOptionsSettingsParameter[] | undefined;
  readonly overrideStreamErrorOnInvalidHttpMessage?: BoolValue | undefined;
  readonly connectionKeepalive?: KeepaliveSettings | undefined;
  readonly useOghttp2Codec?: BoolValue | undefined;
}

/** envoy.config.core.v3.Http2ProtocolOptions.SettingsParameter */
export interface Http2ProtocolOptionsSettingsParameter {
  readonly identifier?: UInt32Value | undefined;
  readonly value?: UInt32Value | undefined;
}

/** envoy.config.core.v3.Http3ProtocolOptions */
export interface Http3ProtocolOptions {
  readonly quicProtocolOptions?: CoreQuicProtocolOptions | undefined;
  readonly overrideStreamErrorOnInvalidHttpMessage?: BoolValue | undefined;
  readonly allowExtendedConnect?: boolean | undefined;
  readonly allowMetadata?: boolean | undefined;
}

/** envoy.config.core.v3.HttpProtocolOptions */
export interface CoreHttpProtocolOptions {
  readonly idleTimeout?: Duration | undefined;
  readonly maxHeadersCount?: UInt32Value | undefined;
  readonly maxConnectionDuration?: Duration | undefined;
  readonly maxStreamDuration?: Duration | undefined;
  readonly headersWithUnderscoresAction?: HttpProtocolOptionsHeadersWithUnderscoresAction | undefined;
  readonly maxRequestsPerConnection?: UInt32Value | undefined;
}

/** envoy.config.core.v3.JsonFormatOptions */
export interface JsonFormatOptions {
  readonly sortProperties?: boolean | undefined;
}

/** envoy.config.core.v3.KeepaliveSettings */
export interface KeepaliveSettings {
  readonly interval?: Duration | undefined;
  readonly timeout?: Duration | undefined;
  readonly intervalJitter?: Percent | undefined;
  readonly connectionIdleInterval?: Duration | undefined;
}

/** envoy.config.core.v3.Locality */
export interface Locality {
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
  readonly subZone?: string | undefined;
}

/** envoy.config.core.v3.Metadata */
export interface Metadata {
  readonly filterMetadata?: Readonly<Record<string, Struct>> | undefined;
  readonly typedFilterMetadata?: Readonly<Record<string, Any>> | undefined;
}

/** envoy.config.core.v3.Node */
export interface Node {
  readonly id?: string | undefined;
  readonly cluster?: string | undefined;
  readonly metadata?: Struct | undefined;
  readonly locality?: Locality | undefined;
  readonly userAgentName?: string | undefined;
  readonly userAgentVersion?: string | undefined;
  readonly userAgentBuildVersion?: BuildVersion | undefined;
  readonly extensions?: readonly Extension[] | undefined;
  readonly clientFeatures?: readonly string[] | undefined;
  readonly listeningAddresses?: readonly Address[] | undefined;
  readonly dynamicParameters?: Readonly<Record<string, ContextParams>> | undefined;
}

/** envoy.config.core.v3.PathConfigSource */
export interface PathConfigSource {
  readonly path?: string | undefined;
  readonly watchedDirectory?: WatchedDirectory | undefined;
}

/** envoy.config.core.v3.Pipe */
export interface Pipe {
  readonly path?: string | undefined;
  readonly mode?: number | undefined;
}

/** envoy.config.core.v3.ProxyProtocolConfig */
export interface ProxyProtocolConfig {
  readonly version?: ProxyProtocolConfigVersion | undefined;
  readonly passThroughTlvs?: ProxyProtocolPassThroughTLVs | undefined;
}

/** envoy.config.core.v3.ProxyProtocolPassThroughTLVs */
export interface ProxyProtocolPassThroughTLVs {
  readonly matchType?: ProxyProtocolPassThroughTLVsPassTLVsMatchType | undefined;
  readonly tlvType?: readonly number[] | undefined;
}

/** envoy.config.core.v3.QuicKeepAliveSettings */
export interface QuicKeepAliveSettings {
  readonly maxInterval?: Duration | undefined;
  readonly initialInterval?: Duration | undefined;
}

/** envoy.config.core.v3.QuicProtocolOptions */
export interface CoreQuicProtocolOptions {
  readonly maxConcurrentStreams?: UInt32Value | undefined;
  readonly initialStreamWindowSize?: UInt32Value | undefined;
  readonly initialConnectionWindowSize?: UInt32Value | undefined;
  readonly numTimeoutsToTriggerPortMigration?: UInt32Value | undefined;
  readonly connectionKeepalive?: QuicKeepAliveSettings | undefined;
  readonly connectionOptions?: string | undefined;
  readonly clientConnectionOptions?: string | undefined;
  readonly idleNetworkTimeout?: Duration | undefined;
}

/** envoy.config.core.v3.RateLimitSettings */
export interface RateLimitSettings {
  readonly maxTokens?: UInt32Value | undefined;
  readonly fillRate?: DoubleValue | undefined;
}

/** envoy.config.core.v3.RetryPolicy */
export interface CoreRetryPolicy {
  readonly retryBackOff?: BackoffStrategy | undefined;
  readonly numRetries?: UInt32Value | undefined;
  readonly retryOn?: string | undefined;
  readonly retryPriority?: CoreRetryPolicyRetryPriority | undefined;
  readonly retryHostPredicate?: readonly CoreRetryPolicyRetryHostPredicate[] | undefined;
  readonly hostSelectionRetryMaxAttempts?: number | string | undefined;
}

/** envoy.config.core.v3.RetryPolicy.RetryHostPredicate */
export interface CoreRetryPolicyRetryHostPredicate {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
}

/** envoy.config.core.v3.RetryPolicy.RetryPriority */
export interface CoreRetryPolicyRetryPriority {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
}

/** envoy.config.core.v3.RuntimeDouble */
export interface RuntimeDouble {
  readonly defaultValue?: number | undefined;
  readonly runtimeKey?: string | undefined;
}

/** envoy.config.core.v3.RuntimeFeatureFlag */
export interface RuntimeFeatureFlag {
  readonly defaultValue?: BoolValue | undefined;
  readonly runtimeKey?: string | undefined;
}

/** envoy.config.core.v3.RuntimeFractionalPercent */
export interface RuntimeFractionalPercent {
  readonly defaultValue?: FractionalPercent | undefined;
  readonly runtimeKey?: string | undefined;
}

/** envoy.config.core.v3.RuntimeUInt32 */
export interface RuntimeUInt32 {
  readonly defaultValue?: number | undefined;
  readonly runtimeKey?: string | undefined;
}

/** envoy.config.core.v3.SchemeHeaderTransformation */
export interface SchemeHeaderTransformation {
  readonly schemeToOverwrite?: string | undefined;
  readonly matchUpstream?: boolean | undefined;
}

/** envoy.config.core.v3.SelfConfigSource */
export interface SelfConfigSource {
  readonly transportApiVersion?: ApiVersion | undefined;
}

/** envoy.config.core.v3.SocketAddress */
export interface SocketAddress {
  readonly protocol?: SocketAddressProtocol | undefined;
  readonly address?: string | undefined;
  readonly portValue?: number | undefined;
  readonly namedPort?: string | undefined;
  readonly resolverName?: string | undefined;
  readonly ipv4Compat?: boolean | undefined;
}

/** envoy.config.core.v3.SocketOption */
export interface SocketOption {
  readonly description?: string | undefined;
  readonly level?: number | string | undefined;
  readonly name?: number | string | undefined;
  readonly intValue?: number | string | undefined;
  readonly bufValue?: Uint8Array | undefined;
  readonly state?: SocketOptionSocketState | undefined;
}

/** envoy.config.core.v3.SocketOptionsOverride */
export interface SocketOptionsOverride {
  readonly socketOptions?: readonly SocketOption[] | undefined;
}

/** envoy.config.core.v3.SubstitutionFormatString */
export interface SubstitutionFormatString {
  readonly textFormat?: string | undefined;
  readonly jsonFormat?: Struct | undefined;
  readonly omitEmptyValues?: boolean | undefined;
  readonly contentType?: string | undefined;
  readonly textFormatSource?: DataSource | undefined;
  readonly formatters?: readonly EnvoyConfigCoreTypedExtensionConfig[] | undefined;
  readonly jsonFormatOptions?: JsonFormatOptions | undefined;
}

/** envoy.config.core.v3.TcpKeepalive */
export interface TcpKeepalive {
  readonly keepaliveProbes?: UInt32Value | undefined;
  readonly keepaliveTime?: UInt32Value | undefined;
  readonly keepaliveInterval?: UInt32Value | undefined;
}

/** envoy.config.core.v3.TransportSocket */
export interface TransportSocket {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
}

/** envoy.config.core.v3.TypedExtensionConfig */
export interface EnvoyConfigCoreTypedExtensionConfig {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
}

/** envoy.config.core.v3.UdpSocketConfig */
export interface UdpSocketConfig {
  readonly maxRxDatagramSize?: UInt64Value | undefined;
  readonly preferGro?: BoolValue | undefined;
}

/** envoy.config.core.v3.UpstreamHttpProtocolOptions */
export interface UpstreamHttpProtocolOptions {
  readonly autoSni?: boolean | undefined;
  readonly autoSanValidation?: boolean | undefined;
  readonly overrideAutoSniHeader?: string | undefined;
}

/** envoy.config.core.v3.WatchedDirectory */
export interface WatchedDirectory {
  readonly path?: string | undefined;
}

/** envoy.config.endpoint.v3.ClusterLoadAssignment */
export interface ClusterLoadAssignment {
  readonly clusterName?: string | undefined;
  readonly endpoints?: readonly LocalityLbEndpoints[] | undefined;
  readonly policy?: ClusterLoadAssignmentPolicy | undefined;
  readonly namedEndpoints?: Readonly<Record<string, Endpoint>> | undefined;
}

/** envoy.config.endpoint.v3.ClusterLoadAssignment.Policy */
export interface ClusterLoadAssignmentPolicy {
  readonly dropOverloads?: readonly ClusterLoadAssignmentPolicyDropOverload[] | undefined;
  readonly overprovisioningFactor?: UInt32Value | undefined;
  readonly endpointStaleAfter?: Duration | undefined;
  readonly weightedPriorityHealth?: boolean | undefined;
}

/** envoy.config.endpoint.v3.ClusterLoadAssignment.Policy.DropOverload */
export interface ClusterLoadAssignmentPolicyDropOverload {
  readonly category?: string | undefined;
  readonly dropPercentage?: FractionalPercent | undefined;
}

/** envoy.config.endpoint.v3.Endpoint */
export interface Endpoint {
  readonly address?: Address | undefined;
  readonly healthCheckConfig?: EndpointHealthCheckConfig | undefined;
  readonly hostname?: string | undefined;
  readonly additionalAddresses?: readonly EndpointAdditionalAddress[] | undefined;
}

/** envoy.config.endpoint.v3.Endpoint.AdditionalAddress */
export interface EndpointAdditionalAddress {
  readonly address?: Address | undefined;
}

/** envoy.config.endpoint.v3.Endpoint.HealthCheckConfig */
export interface EndpointHealthCheckConfig {
  readonly portValue?: number | undefined;
  readonly hostname?: string | undefined;
  readonly address?: Address | undefined;
  readonly disableActiveHealthCheck?: boolean | undefined;
}

/** envoy.config.endpoint.v3.LbEndpoint */
export interface LbEndpoint {
  readonly endpoint?: Endpoint | undefined;
  readonly healthStatus?: HealthStatus | undefined;
  readonly metadata?: Metadata | undefined;
  readonly loadBalancingWeight?: UInt32Value | undefined;
  readonly endpointName?: string | undefined;
}

/** envoy.config.endpoint.v3.LedsClusterLocalityConfig */
export interface LedsClusterLocalityConfig {
  readonly ledsConfig?: ConfigSource | undefined;
  readonly ledsCollectionName?: string | undefined;
}

/** envoy.config.endpoint.v3.LocalityLbEndpoints */
export interface LocalityLbEndpoints {
  readonly locality?: Locality | undefined;
  readonly lbEndpoints?: readonly LbEndpoint[] | undefined;
  readonly loadBalancingWeight?: UInt32Value | undefined;
  readonly priority?: number | undefined;
  readonly proximity?: UInt32Value | undefined;
  readonly loadBalancerEndpoints?: LocalityLbEndpointsLbEndpointList | undefined;
  readonly ledsClusterLocalityConfig?: LedsClusterLocalityConfig | undefined;
  readonly metadata?: Metadata | undefined;
}

/** envoy.config.endpoint.v3.LocalityLbEndpoints.LbEndpointList */
export interface LocalityLbEndpointsLbEndpointList {
  readonly lbEndpoints?: readonly LbEndpoint[] | undefined;
}

/** envoy.config.listener.v3.AdditionalAddress */
export interface AdditionalAddress {
  readonly address?: Address | undefined;
  readonly socketOptions?: SocketOptionsOverride | undefined;
}

/** envoy.config.listener.v3.ApiListener */
export interface ApiListener {
  readonly apiListener?: Any | undefined;
}

/** envoy.config.listener.v3.Filter */
export interface EnvoyConfigListenerFilter {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
  readonly configDiscovery?: ExtensionConfigSource | undefined;
}

/** envoy.config.listener.v3.FilterChain */
export interface FilterChain {
  readonly filterChainMatch?: FilterChainMatch | undefined;
  readonly filters?: readonly EnvoyConfigListenerFilter[] | undefined;
  readonly useProxyProto?: BoolValue | undefined;
  readonly metadata?: Metadata | undefined;
  readonly transportSocket?: TransportSocket | undefined;
  readonly name?: string | undefined;
  readonly onDemandConfiguration?: FilterChainOnDemandConfiguration | undefined;
  readonly transportSocketConnectTimeout?: Duration | undefined;
}

/** envoy.config.listener.v3.FilterChain.OnDemandConfiguration */
export interface FilterChainOnDemandConfiguration {
  readonly rebuildTimeout?: Duration | undefined;
}

/** envoy.config.listener.v3.FilterChainMatch */
export interface FilterChainMatch {
  readonly prefixRanges?: readonly CidrRange[] | undefined;
  readonly addressSuffix?: string | undefined;
  readonly suffixLen?: UInt32Value | undefined;
  readonly sourcePrefixRanges?: readonly CidrRange[] | undefined;
  readonly sourcePorts?: readonly number[] | undefined;
  readonly destinationPort?: UInt32Value | undefined;
  readonly transportProtocol?: string | undefined;
  readonly applicationProtocols?: readonly string[] | undefined;
  readonly serverNames?: readonly string[] | undefined;
  readonly sourceType?: FilterChainMatchConnectionSourceType | undefined;
  readonly directSourcePrefixRanges?: readonly CidrRange[] | undefined;
}

/** envoy.config.listener.v3.Listener */
export interface Listener {
  readonly name?: string | undefined;
  readonly address?: Address | undefined;
  readonly filterChains?: readonly FilterChain[] | undefined;
  readonly useOriginalDst?: BoolValue | undefined;
  readonly perConnectionBufferLimitBytes?: UInt32Value | undefined;
  readonly metadata?: Metadata | undefined;
  readonly deprecatedV1?: ListenerDeprecatedV1 | undefined;
  readonly drainType?: ListenerDrainType | undefined;
  readonly listenerFilters?: readonly ListenerFilter[] | undefined;
  readonly transparent?: BoolValue | undefined;
  readonly freebind?: BoolValue | undefined;
  readonly tcpFastOpenQueueLength?: UInt32Value | undefined;
  readonly socketOptions?: readonly SocketOption[] | undefined;
  readonly listenerFiltersTimeout?: Duration | undefined;
  readonly trafficDirection?: TrafficDirection | undefined;
  readonly continueOnListenerFiltersTimeout?: boolean | undefined;
  readonly udpListenerConfig?: UdpListenerConfig | undefined;
  readonly apiListener?: ApiListener | undefined;
  readonly connectionBalanceConfig?: ListenerConnectionBalanceConfig | undefined;
  readonly reusePort?: boolean | undefined;
  readonly accessLog?: readonly AccessLog[] | undefined;
  readonly tcpBacklogSize?: UInt32Value | undefined;
  readonly defaultFilterChain?: FilterChain | undefined;
  readonly bindToPort?: BoolValue | undefined;
  readonly internalListener?: ListenerInternalListenerConfig | undefined;
  readonly statPrefix?: string | undefined;
  readonly enableReusePort?: BoolValue | undefined;
  readonly enableMptcp?: boolean | undefined;
  readonly ignoreGlobalConnLimit?: boolean | undefined;
  readonly filterChainMatcher?: Matcher | undefined;
  readonly additionalAddresses?: readonly AdditionalAddress[] | undefined;
  readonly maxConnectionsToAcceptPerSocketEvent?: UInt32Value | undefined;
  readonly bypassOverloadManager?: boolean | undefined;
}

/** envoy.config.listener.v3.Listener.ConnectionBalanceConfig */
export interface ListenerConnectionBalanceConfig {
  readonly exactBalance?: ListenerConnectionBalanceConfigExactBalance | undefined;
  readonly extendBalance?: EnvoyConfigCoreTypedExtensionConfig | undefined;
}

/** envoy.config.listener.v3.Listener.ConnectionBalanceConfig.ExactBalance */
export interface ListenerConnectionBalanceConfigExactBalance {
  readonly '@type'?: string;
}

/** envoy.config.listener.v3.Listener.DeprecatedV1 */
export interface ListenerDeprecatedV1 {
  readonly bindToPort?: BoolValue | undefined;
}

/** envoy.config.listener.v3.Listener.InternalListenerConfig */
export interface ListenerInternalListenerConfig {
  readonly '@type'?: string;
}

/** envoy.config.listener.v3.ListenerFilter */
export interface ListenerFilter {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
  readonly filterDisabled?: ListenerFilterChainMatchPredicate | undefined;
  readonly configDiscovery?: ExtensionConfigSource | undefined;
}

/** envoy.config.listener.v3.ListenerFilterChainMatchPredicate */
export interface ListenerFilterChainMatchPredicate {
  readonly orMatch?: ListenerFilterChainMatchPredicateMatchSet | undefined;
  readonly andMatch?: ListenerFilterChainMatchPredicateMatchSet | undefined;
  readonly notMatch?: ListenerFilterChainMatchPredicate | undefined;
  readonly anyMatch?: boolean | undefined;
  readonly destinationPortRange?: Int32Range | undefined;
}

/** envoy.config.listener.v3.ListenerFilterChainMatchPredicate.MatchSet */
export interface ListenerFilterChainMatchPredicateMatchSet {
  readonly rules?: readonly ListenerFilterChainMatchPredicate[] | undefined;
}

/** envoy.config.listener.v3.QuicProtocolOptions */
export interface ListenerQuicProtocolOptions {
  readonly quicProtocolOptions?: CoreQuicProtocolOptions | undefined;
  readonly idleTimeout?: Duration | undefined;
  readonly cryptoHandshakeTimeout?: Duration | undefined;
  readonly enabled?: RuntimeFeatureFlag | undefined;
  readonly packetsToReadToConnectionCountRatio?: UInt32Value | undefined;
  readonly cryptoStreamConfig?: EnvoyConfigCoreTypedExtensionConfig | undefined;
  readonly proofSourceConfig?: EnvoyConfigCoreTypedExtensionConfig | undefined;
  readonly connectionIdGeneratorConfig?: EnvoyConfigCoreTypedExtensionConfig | undefined;
  readonly serverPreferredAddressConfig?: EnvoyConfigCoreTypedExtensionConfig | undefined;
  readonly sendDisableActiveMigration?: BoolValue | undefined;
  readonly connectionDebugVisitorConfig?: EnvoyConfigCoreTypedExtensionConfig | undefined;
}

/** envoy.config.listener.v3.UdpListenerConfig */
export interface UdpListenerConfig {
  readonly downstreamSocketConfig?: UdpSocketConfig | undefined;
  readonly quicOptions?: ListenerQuicProtocolOptions | undefined;
  readonly udpPacketPacketWriterConfig?: EnvoyConfigCoreTypedExtensionConfig | undefined;
}

/** envoy.config.route.v3.ClusterSpecifierPlugin */
export interface ClusterSpecifierPlugin {
  readonly extension?: EnvoyConfigCoreTypedExtensionConfig | undefined;
  readonly isOptional?: boolean | undefined;
}

/** envoy.config.route.v3.CorsPolicy */
export interface CorsPolicy {
  readonly allowMethods?: string | undefined;
  readonly allowHeaders?: string | undefined;
  readonly exposeHeaders?: string | undefined;
  readonly maxAge?: string | undefined;
  readonly allowCredentials?: BoolValue | undefined;
  readonly filterEnabled?: RuntimeFractionalPercent | undefined;
  readonly shadowEnabled?: RuntimeFractionalPercent | undefined;
  readonly allowOriginStringMatch?: readonly EnvoyTypeMatcherStringMatcher[] | undefined;
  readonly allowPrivateNetworkAccess?: BoolValue | undefined;
  readonly forwardNotMatchingPreflights?: BoolValue | undefined;
}

/** envoy.config.route.v3.Decorator */
export interface Decorator {
  readonly operation?: string | undefined;
  readonly propagate?: BoolValue | undefined;
}

/** envoy.config.route.v3.DirectResponseAction */
export interface DirectResponseAction {
  readonly status?: number | undefined;
  readonly body?: DataSource | undefined;
}

/** envoy.config.route.v3.FilterAction */
export interface FilterAction {
  readonly action?: Any | undefined;
}

/** envoy.config.route.v3.HeaderMatcher */
export interface HeaderMatcher {
  readonly name?: string | undefined;
  readonly exactMatch?: string | undefined;
  readonly rangeMatch?: Int64Range | undefined;
  readonly presentMatch?: boolean | undefined;
  readonly invertMatch?: boolean | undefined;
  readonly prefixMatch?: string | undefined;
  readonly suffixMatch?: string | undefined;
  readonly safeRegexMatch?: EnvoyTypeMatcherRegexMatcher | undefined;
  readonly containsMatch?: string | undefined;
  readonly stringMatch?: EnvoyTypeMatcherStringMatcher | undefined;
  readonly treatMissingHeaderAsEmpty?: boolean | undefined;
}

/** envoy.config.route.v3.HedgePolicy */
export interface HedgePolicy {
  readonly initialRequests?: UInt32Value | undefined;
  readonly additionalRequestChance?: FractionalPercent | undefined;
  readonly hedgeOnPerTryTimeout?: boolean | undefined;
}

/** envoy.config.route.v3.InternalRedirectPolicy */
export interface InternalRedirectPolicy {
  readonly maxInternalRedirects?: UInt32Value | undefined;
  readonly redirectResponseCodes?: readonly number[] | undefined;
  readonly predicates?: readonly EnvoyConfigCoreTypedExtensionConfig[] | undefined;
  readonly allowCrossSchemeRedirect?: boolean | undefined;
  readonly responseHeadersToCopy?: readonly string[] | undefined;
}

/** envoy.config.route.v3.NonForwardingAction */
export interface NonForwardingAction {
  readonly '@type'?: string;
}

/** envoy.config.route.v3.QueryParameterMatcher */
export interface QueryParameterMatcher {
  readonly name?: string | undefined;
  readonly stringMatch?: EnvoyTypeMatcherStringMatcher | undefined;
  readonly presentMatch?: boolean | undefined;
}

/** envoy.config.route.v3.RateLimit */
export interface RateLimit {
  readonly stage?: UInt32Value | undefined;
  readonly disableKey?: string | undefined;
  readonly actions?: readonly RateLimitAction[] | undefined;
  readonly limit?: RateLimitOverride | undefined;
}

/** envoy.config.route.v3.RateLimit.Action */
export interface RateLimitAction {
  readonly sourceCluster?: RateLimitActionSourceCluster | undefined;
  readonly destinationCluster?: RateLimitActionDestinationCluster | undefined;
  readonly requestHeaders?: RateLimitActionRequestHeaders | undefined;
  readonly remoteAddress?: RateLimitActionRemoteAddress | undefined;
  readonly genericKey?: RateLimitActionGenericKey | undefined;
  readonly headerValueMatch?: RateLimitActionHeaderValueMatch | undefined;
  readonly dynamicMetadata?: RateLimitActionDynamicMetaData | undefined;
  readonly metadata?: RateLimitActionMetaData | undefined;
  readonly extension?: EnvoyConfigCoreTypedExtensionConfig | undefined;
  readonly maskedRemoteAddress?: RateLimitActionMaskedRemoteAddress | undefined;
  readonly queryParameterValueMatch?: RateLimitActionQueryParameterValueMatch | undefined;
}

/** envoy.config.route.v3.RateLimit.Action.DestinationCluster */
export interface RateLimitActionDestinationCluster {
  readonly '@type'?: string;
}

/** envoy.config.route.v3.RateLimit.Action.DynamicMetaData */
export interface RateLimitActionDynamicMetaData {
  readonly descriptorKey?: string | undefined;
  readonly metadataKey?: MetadataKey | undefined;
  readonly defaultValue?: string | undefined;
}

/** envoy.config.route.v3.RateLimit.Action.GenericKey */
export interface RateLimitActionGenericKey {
  readonly descriptorValue?: string | undefined;
  readonly descriptorKey?: string | undefined;
}

/** envoy.config.route.v3.RateLimit.Action.HeaderValueMatch */
export interface RateLimitActionHeaderValueMatch {
  readonly descriptorValue?: string | undefined;
  readonly expectMatch?: BoolValue | undefined;
  readonly headers?: readonly HeaderMatcher[] | undefined;
  readonly descriptorKey?: string | undefined;
}

/** envoy.config.route.v3.RateLimit.Action.MaskedRemoteAddress */
export interface RateLimitActionMaskedRemoteAddress {
  readonly v4PrefixMaskLen?: UInt32Value | undefined;
  readonly v6PrefixMaskLen?: UInt32Value | undefined;
}

/** envoy.config.route.v3.RateLimit.Action.MetaData */
export interface RateLimitActionMetaData {
  readonly descriptorKey?: string | undefined;
  readonly metadataKey?: MetadataKey | undefined;
  readonly defaultValue?: string | undefined;
  readonly source?: RateLimitActionMetaDataSource | undefined;
  readonly skipIfAbsent?: boolean | undefined;
}

/** envoy.config.route.v3.RateLimit.Action.QueryParameterValueMatch */
export interface RateLimitActionQueryParameterValueMatch {
  readonly descriptorValue?: string | undefined;
  readonly expectMatch?: BoolValue | undefined;
  readonly queryParameters?: readonly QueryParameterMatcher[] | undefined;
  readonly descriptorKey?: string | undefined;
}

/** envoy.config.route.v3.RateLimit.Action.RemoteAddress */
export interface RateLimitActionRemoteAddress {
  readonly '@type'?: string;
}

/** envoy.config.route.v3.RateLimit.Action.RequestHeaders */
export interface RateLimitActionRequestHeaders {
  readonly headerName?: string | undefined;
  readonly descriptorKey?: string | undefined;
  readonly skipIfAbsent?: boolean | undefined;
}

/** envoy.config.route.v3.RateLimit.Action.SourceCluster */
export interface RateLimitActionSourceCluster {
  readonly '@type'?: string;
}

/** envoy.config.route.v3.RateLimit.Override */
export interface RateLimitOverride {
  readonly dynamicMetadata?: RateLimitOverrideDynamicMetadata | undefined;
}

/** envoy.config.route.v3.RateLimit.Override.DynamicMetadata */
export interface RateLimitOverrideDynamicMetadata {
  readonly metadataKey?: MetadataKey | undefined;
}

/** envoy.config.route.v3.RedirectAction */
export interface RedirectAction {
  readonly hostRedirect?: string | undefined;
  readonly pathRedirect?: string | undefined;
  readonly responseCode?: RedirectActionRedirectResponseCode | undefined;
  readonly httpsRedirect?: boolean | undefined;
  readonly prefixRewrite?: string | undefined;
  readonly stripQuery?: boolean | undefined;
  readonly schemeRedirect?: string | undefined;
  readonly portRedirect?: number | undefined;
  readonly regexRewrite?: RegexMatchAndSubstitute | undefined;
}

/** envoy.config.route.v3.RetryPolicy */
export interface RouteRetryPolicy {
  readonly retryOn?: string | undefined;
  readonly numRetries?: UInt32Value | undefined;
  readonly perTryTimeout?: Duration | undefined;
  readonly retryPriority?: RouteRetryPolicyRetryPriority | undefined;
  readonly retryHostPredicate?: readonly RouteRetryPolicyRetryHostPredicate[] | undefined;
  readonly hostSelectionRetryMaxAttempts?: number | string | undefined;
  readonly retriableStatusCodes?: readonly number[] | undefined;
  readonly retryBackOff?: RetryPolicyRetryBackOff | undefined;
  readonly retriableHeaders?: readonly HeaderMatcher[] | undefined;
  readonly retriableRequestHeaders?: readonly HeaderMatcher[] | undefined;
  readonly rateLimitedRetryBackOff?: RetryPolicyRateLimitedRetryBackOff | undefined;
  readonly retryOptionsPredicates?: readonly EnvoyConfigCoreTypedExtensionConfig[] | undefined;
  readonly perTryIdleTimeout?: Duration | undefined;
}

/** envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff */
export interface RetryPolicyRateLimitedRetryBackOff {
  readonly resetHeaders?: readonly RetryPolicyResetHeader[] | undefined;
  readonly maxInterval?: Duration | undefined;
}

/** envoy.config.route.v3.RetryPolicy.ResetHeader */
export interface RetryPolicyResetHeader {
  readonly name?: string | undefined;
  readonly format?: RetryPolicyResetHeaderFormat | undefined;
}

/** envoy.config.route.v3.RetryPolicy.RetryBackOff */
export interface RetryPolicyRetryBackOff {
  readonly baseInterval?: Duration | undefined;
  readonly maxInterval?: Duration | undefined;
}

/** envoy.config.route.v3.RetryPolicy.RetryHostPredicate */
export interface RouteRetryPolicyRetryHostPredicate {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
}

/** envoy.config.route.v3.RetryPolicy.RetryPriority */
export interface RouteRetryPolicyRetryPriority {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
}

/** envoy.config.route.v3.Route */
export interface Route {
  readonly match?: RouteMatch | undefined;
  readonly route?: RouteAction | undefined;
  readonly redirect?: RedirectAction | undefined;
  readonly metadata?: Metadata | undefined;
  readonly decorator?: Decorator | undefined;
  readonly directResponse?: DirectResponseAction | undefined;
  readonly requestHeadersToAdd?: readonly HeaderValueOption[] | undefined;
  readonly responseHeadersToAdd?: readonly HeaderValueOption[] | undefined;
  readonly responseHeadersToRemove?: readonly string[] | undefined;
  readonly requestHeadersToRemove?: readonly string[] | undefined;
  readonly typedPerFilterConfig?: Readonly<Record<string, Any>> | undefined;
  readonly name?: string | undefined;
  readonly tracing?: Tracing | undefined;
  readonly perRequestBufferLimitBytes?: UInt32Value | undefined;
  readonly filterAction?: FilterAction | undefined;
  readonly nonForwardingAction?: NonForwardingAction | undefined;
  readonly statPrefix?: string | undefined;
}

/** envoy.config.route.v3.RouteAction */
export interface RouteAction {
  readonly cluster?: string | undefined;
  readonly clusterHeader?: string | undefined;
  readonly weightedClusters?: WeightedCluster | undefined;
  readonly metadataMatch?: Metadata | undefined;
  readonly prefixRewrite?: string | undefined;
  readonly hostRewriteLiteral?: string | undefined;
  readonly autoHostRewrite?: BoolValue | undefined;
  readonly timeout?: Duration | undefined;
  readonly retryPolicy?: RouteRetryPolicy | undefined;
  readonly priority?: RoutingPriority | undefined;
  readonly rateLimits?: readonly RateLimit[] | undefined;
  readonly includeVhRateLimits?: BoolValue | undefined;
  readonly hashPolicy?: readonly RouteActionHashPolicy[] | undefined;
  readonly cors?: CorsPolicy | undefined;
  readonly clusterNotFoundResponseCode?: RouteActionClusterNotFoundResponseCode | undefined;
  readonly maxGrpcTimeout?: Duration | undefined;
  readonly idleTimeout?: Duration | undefined;
  readonly upgradeConfigs?: readonly RouteActionUpgradeConfig[] | undefined;
  readonly internalRedirectAction?: RouteActionInternalRedirectAction | undefined;
  readonly hedgePolicy?: HedgePolicy | undefined;
  readonly grpcTimeoutOffset?: Duration | undefined;
  readonly hostRewriteHeader?: string | undefined;
  readonly requestMirrorPolicies?: readonly RouteActionRequestMirrorPolicy[] | undefined;
  readonly maxInternalRedirects?: UInt32Value | undefined;
  readonly regexRewrite?: RegexMatchAndSubstitute | undefined;
  readonly retryPolicyTypedConfig?: Any | undefined;
  readonly internalRedirectPolicy?: InternalRedirectPolicy | undefined;
  readonly hostRewritePathRegex?: RegexMatchAndSubstitute | undefined;
  readonly maxStreamDuration?: RouteActionMaxStreamDuration | undefined;
  readonly clusterSpecifierPlugin?: string | undefined;
  readonly appendXForwardedHost?: boolean | undefined;
  readonly inlineClusterSpecifierPlugin?: ClusterSpecifierPlugin | undefined;
  readonly earlyDataPolicy?: EnvoyConfigCoreTypedExtensionConfig | undefined;
  readonly pathRewritePolicy?: EnvoyConfigCoreTypedExtensionConfig | undefined;
}

/** envoy.config.route.v3.RouteAction.HashPolicy */
export interface RouteActionHashPolicy {
  readonly header?: RouteActionHashPolicyHeader | undefined;
  readonly cookie?: RouteActionHashPolicyCookie | undefined;
  readonly connectionProperties?: RouteActionHashPolicyConnectionProperties | undefined;
  readonly terminal?: boolean | undefined;
  readonly queryParameter?: RouteActionHashPolicyQueryParameter | undefined;
  readonly filterState?: RouteActionHashPolicyFilterState | undefined;
}

/** envoy.config.route.v3.RouteAction.HashPolicy.ConnectionProperties */
export interface RouteActionHashPolicyConnectionProperties {
  readonly sourceIp?: boolean | undefined;
}

/** envoy.config.route.v3.RouteAction.HashPolicy.Cookie */
export interface RouteActionHashPolicyCookie {
  readonly name?: string | undefined;
  readonly ttl?: Duration | undefined;
  readonly path?: string | undefined;
  readonly attributes?: readonly RouteActionHashPolicyCookieAttribute[] | undefined;
}

/** envoy.config.route.v3.RouteAction.HashPolicy.CookieAttribute */
export interface RouteActionHashPolicyCookieAttribute {
  readonly name?: string | undefined;
  readonly value?: string | undefined;
}

/** envoy.config.route.v3.RouteAction.HashPolicy.FilterState */
export interface RouteActionHashPolicyFilterState {
  readonly key?: string | undefined;
}

/** envoy.config.route.v3.RouteAction.HashPolicy.Header */
export interface RouteActionHashPolicyHeader {
  readonly headerName?: string | undefined;
  readonly regexRewrite?: RegexMatchAndSubstitute | undefined;
}

/** envoy.config.route.v3.RouteAction.HashPolicy.QueryParameter */
export interface RouteActionHashPolicyQueryParameter {
  readonly name?: string | undefined;
}

/** envoy.config.route.v3.RouteAction.MaxStreamDuration */
export interface RouteActionMaxStreamDuration {
  readonly maxStreamDuration?: Duration | undefined;
  readonly grpcTimeoutHeaderMax?: Duration | undefined;
  readonly grpcTimeoutHeaderOffset?: Duration | undefined;
}

/** envoy.config.route.v3.RouteAction.RequestMirrorPolicy */
export interface RouteActionRequestMirrorPolicy {
  readonly cluster?: string | undefined;
  readonly runtimeFraction?: RuntimeFractionalPercent | undefined;
  readonly traceSampled?: BoolValue | undefined;
  readonly clusterHeader?: string | undefined;
  readonly disableShadowHostSuffixAppend?: boolean | undefined;
}

/** envoy.config.route.v3.RouteAction.UpgradeConfig */
export interface RouteActionUpgradeConfig {
  readonly upgradeType?: string | undefined;
  readonly enabled?: BoolValue | undefined;
  readonly connectConfig?: RouteActionUpgradeConfigConnectConfig | undefined;
}

/** envoy.config.route.v3.RouteAction.UpgradeConfig.ConnectConfig */
export interface RouteActionUpgradeConfigConnectConfig {
  readonly proxyProtocolConfig?: ProxyProtocolConfig | undefined;
  readonly allowPost?: boolean | undefined;
}

/** envoy.config.route.v3.RouteConfiguration */
export interface RouteConfiguration {
  readonly name?: string | undefined;
  readonly virtualHosts?: readonly VirtualHost[] | undefined;
  readonly internalOnlyHeaders?: readonly string[] | undefined;
  readonly responseHeadersToAdd?: readonly HeaderValueOption[] | undefined;
  readonly responseHeadersToRemove?: readonly string[] | undefined;
  readonly requestHeadersToAdd?: readonly HeaderValueOption[] | undefined;
  readonly validateClusters?: BoolValue | undefined;
  readonly requestHeadersToRemove?: readonly string[] | undefined;
  readonly vhds?: Vhds | undefined;
  readonly mostSpecificHeaderMutationsWins?: boolean | undefined;
  readonly maxDirectResponseBodySizeBytes?: UInt32Value | undefined;
  readonly clusterSpecifierPlugins?: readonly ClusterSpecifierPlugin[] | undefined;
  readonly requestMirrorPolicies?: readonly RouteActionRequestMirrorPolicy[] | undefined;
  readonly ignorePortInHostMatching?: boolean | undefined;
  readonly ignorePathParametersInPathMatching?: boolean | undefined;
  readonly typedPerFilterConfig?: Readonly<Record<string, Any>> | undefined;
  readonly metadata?: Metadata | undefined;
}

/** envoy.config.route.v3.RouteMatch */
export interface RouteMatch {
  readonly prefix?: string | undefined;
  readonly path?: string | undefined;
  readonly caseSensitive?: BoolValue | undefined;
  readonly headers?: readonly HeaderMatcher[] | undefined;
  readonly queryParameters?: readonly QueryParameterMatcher[] | undefined;
  readonly grpc?: RouteMatchGrpcRouteMatchOptions | undefined;
  readonly runtimeFraction?: RuntimeFractionalPercent | undefined;
  readonly safeRegex?: EnvoyTypeMatcherRegexMatcher | undefined;
  readonly tlsContext?: RouteMatchTlsContextMatchOptions | undefined;
  readonly connectMatcher?: RouteMatchConnectMatcher | undefined;
  readonly dynamicMetadata?: readonly MetadataMatcher[] | undefined;
  readonly pathSeparatedPrefix?: string | undefined;
  readonly pathMatchPolicy?: EnvoyConfigCoreTypedExtensionConfig | undefined;
}

/** envoy.config.route.v3.RouteMatch.ConnectMatcher */
export interface RouteMatchConnectMatcher {
  readonly '@type'?: string;
}

/** envoy.config.route.v3.RouteMatch.GrpcRouteMatchOptions */
export interface RouteMatchGrpcRouteMatchOptions {
  readonly '@type'?: string;
}

/** envoy.config.route.v3.RouteMatch.TlsContextMatchOptions */
export interface RouteMatchTlsContextMatchOptions {
  readonly presented?: BoolValue | undefined;
  readonly validated?: BoolValue | undefined;
}

/** envoy.config.route.v3.ScopedRouteConfiguration */
export interface ScopedRouteConfiguration {
  readonly name?: string | undefined;
  readonly routeConfigurationName?: string | undefined;
  readonly key?: ScopedRouteConfigurationKey | undefined;
  readonly onDemand?: boolean | undefined;
  readonly routeConfiguration?: RouteConfiguration | undefined;
}

/** envoy.config.route.v3.ScopedRouteConfiguration.Key */
export interface ScopedRouteConfigurationKey {
  readonly fragments?: readonly ScopedRouteConfigurationKeyFragment[] | undefined;
}

/** envoy.config.route.v3.ScopedRouteConfiguration.Key.Fragment */
export interface ScopedRouteConfigurationKeyFragment {
  readonly stringKey?: string | undefined;
}

/** envoy.config.route.v3.Tracing */
export interface Tracing {
  readonly clientSampling?: FractionalPercent | undefined;
  readonly randomSampling?: FractionalPercent | undefined;
  readonly overallSampling?: FractionalPercent | undefined;
  readonly customTags?: readonly CustomTag[] | undefined;
}

/** envoy.config.route.v3.Vhds */
export interface Vhds {
  readonly configSource?: ConfigSource | undefined;
}

/** envoy.config.route.v3.VirtualCluster */
export interface VirtualCluster {
  readonly name?: string | undefined;
  readonly headers?: readonly HeaderMatcher[] | undefined;
}

/** envoy.config.route.v3.VirtualHost */
export interface VirtualHost {
  readonly name?: string | undefined;
  readonly domains?: readonly string[] | undefined;
  readonly routes?: readonly Route[] | undefined;
  readonly requireTls?: VirtualHostTlsRequirementType | undefined;
  readonly virtualClusters?: readonly VirtualCluster[] | undefined;
  readonly rateLimits?: readonly RateLimit[] | undefined;
  readonly requestHeadersToAdd?: readonly HeaderValueOption[] | undefined;
  readonly cors?: CorsPolicy | undefined;
  readonly responseHeadersToAdd?: readonly HeaderValueOption[] | undefined;
  readonly responseHeadersToRemove?: readonly string[] | undefined;
  readonly requestHeadersToRemove?: readonly string[] | undefined;
  readonly includeRequestAttemptCount?: boolean | undefined;
  readonly typedPerFilterConfig?: Readonly<Record<string, Any>> | undefined;
  readonly retryPolicy?: RouteRetryPolicy | undefined;
  readonly hedgePolicy?: HedgePolicy | undefined;
  readonly perRequestBufferLimitBytes?: UInt32Value | undefined;
  readonly includeAttemptCountInResponse?: boolean | undefined;
  readonly retryPolicyTypedConfig?: Any | undefined;
  readonly matcher?: Matcher | undefined;
  readonly requestMirrorPolicies?: readonly RouteActionRequestMirrorPolicy[] | undefined;
  readonly includeIsTimeoutRetryHeader?: boolean | undefined;
  readonly metadata?: Metadata | undefined;
}

/** envoy.config.route.v3.WeightedCluster */
export interface WeightedCluster {
  readonly clusters?: readonly WeightedClusterClusterWeight[] | undefined;
  readonly runtimeKeyPrefix?: string | undefined;
  readonly totalWeight?: UInt32Value | undefined;
  readonly headerName?: string | undefined;
}

/** envoy.config.route.v3.WeightedCluster.ClusterWeight */
export interface WeightedClusterClusterWeight {
  readonly name?: string | undefined;
  readonly weight?: UInt32Value | undefined;
  readonly metadataMatch?: Metadata | undefined;
  readonly requestHeadersToAdd?: readonly HeaderValueOption[] | undefined;
  readonly responseHeadersToAdd?: readonly HeaderValueOption[] | undefined;
  readonly responseHeadersToRemove?: readonly string[] | undefined;
  readonly requestHeadersToRemove?: readonly string[] | undefined;
  readonly typedPerFilterConfig?: Readonly<Record<string, Any>> | undefined;
  readonly hostRewriteLiteral?: string | undefined;
  readonly clusterHeader?: string | undefined;
}

/** envoy.config.trace.v3.Tracing.Http */
export interface TracingHttp {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
}

/** envoy.extensions.access_loggers.file.v3.FileAccessLog */
export interface FileAccessLog {
  readonly path?: string | undefined;
  readonly format?: string | undefined;
  readonly jsonFormat?: Struct | undefined;
  readonly typedJsonFormat?: Struct | undefined;
  readonly logFormat?: SubstitutionFormatString | undefined;
}

/** envoy.extensions.access_loggers.stream.v3.StdoutAccessLog */
export interface StdoutAccessLog {
  readonly logFormat?: SubstitutionFormatString | undefined;
}

/** envoy.extensions.filters.http.router.v3.Router */
export interface Router {
  readonly dynamicStats?: BoolValue | undefined;
  readonly startChildSpan?: boolean | undefined;
  readonly upstreamLog?: readonly AccessLog[] | undefined;
  readonly suppressEnvoyHeaders?: boolean | undefined;
  readonly strictCheckHeaders?: readonly string[] | undefined;
  readonly respectExpectedRqTimeout?: boolean | undefined;
  readonly suppressGrpcRequestFailureCodeStats?: boolean | undefined;
  readonly upstreamHttpFilters?: readonly HttpFilter[] | undefined;
  readonly upstreamLogOptions?: RouterUpstreamAccessLogOptions | undefined;
}

/** envoy.extensions.filters.http.router.v3.Router.UpstreamAccessLogOptions */
export interface RouterUpstreamAccessLogOptions {
  readonly flushUpstreamLogOnUpstreamStream?: boolean | undefined;
  readonly upstreamLogFlushInterval?: Duration | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager */
export interface HttpConnectionManager {
  readonly codecType?: HttpConnectionManagerCodecType | undefined;
  readonly statPrefix?: string | undefined;
  readonly rds?: Rds | undefined;
  readonly routeConfig?: RouteConfiguration | undefined;
  readonly httpFilters?: readonly HttpFilter[] | undefined;
  readonly addUserAgent?: BoolValue | undefined;
  readonly tracing?: HttpConnectionManagerTracing | undefined;
  readonly httpProtocolOptions?: Http1ProtocolOptions | undefined;
  readonly http2ProtocolOptions?: Http2ProtocolOptions | undefined;
  readonly serverName?: string | undefined;
  readonly drainTimeout?: Duration | undefined;
  readonly accessLog?: readonly AccessLog[] | undefined;
  readonly useRemoteAddress?: BoolValue | undefined;
  readonly generateRequestId?: BoolValue | undefined;
  readonly forwardClientCertDetails?: HttpConnectionManagerForwardClientCertDetails | undefined;
  readonly setCurrentClientCertDetails?: HttpConnectionManagerSetCurrentClientCertDetails | undefined;
  readonly proxy_100Continue?: boolean | undefined;
  readonly xffNumTrustedHops?: number | undefined;
  readonly representIpv4RemoteAddressAsIpv4MappedIpv6?: boolean | undefined;
  readonly skipXffAppend?: boolean | undefined;
  readonly via?: string | undefined;
  readonly upgradeConfigs?: readonly HttpConnectionManagerUpgradeConfig[] | undefined;
  readonly streamIdleTimeout?: Duration | undefined;
  readonly internalAddressConfig?: HttpConnectionManagerInternalAddressConfig | undefined;
  readonly delayedCloseTimeout?: Duration | undefined;
  readonly requestTimeout?: Duration | undefined;
  readonly maxRequestHeadersKb?: UInt32Value | undefined;
  readonly normalizePath?: BoolValue | undefined;
  readonly scopedRoutes?: ScopedRoutes | undefined;
  readonly preserveExternalRequestId?: boolean | undefined;
  readonly mergeSlashes?: boolean | undefined;
  readonly serverHeaderTransformation?: HttpConnectionManagerServerHeaderTransformation | undefined;
  readonly commonHttpProtocolOptions?: CoreHttpProtocolOptions | undefined;
  readonly requestIdExtension?: RequestIDExtension | undefined;
  readonly alwaysSetRequestIdInResponse?: boolean | undefined;
  readonly localReplyConfig?: LocalReplyConfig | undefined;
  readonly stripMatchingHostPort?: boolean | undefined;
  readonly streamErrorOnInvalidHttpMessage?: BoolValue | undefined;
  readonly requestHeadersTimeout?: Duration | undefined;
  readonly stripAnyHostPort?: boolean | undefined;
  readonly pathNormalizationOptions?: HttpConnectionManagerPathNormalizationOptions | undefined;
  readonly http3ProtocolOptions?: Http3ProtocolOptions | undefined;
  readonly pathWithEscapedSlashesAction?: HttpConnectionManagerPathWithEscapedSlashesAction | undefined;
  readonly originalIpDetectionExtensions?: readonly EnvoyConfigCoreTypedExtensionConfig[] | undefined;
  readonly stripTrailingHostDot?: boolean | undefined;
  readonly schemeHeaderTransformation?: SchemeHeaderTransformation | undefined;
  readonly proxyStatusConfig?: HttpConnectionManagerProxyStatusConfig | undefined;
  readonly typedHeaderValidationConfig?: EnvoyConfigCoreTypedExtensionConfig | undefined;
  readonly appendXForwardedPort?: boolean | undefined;
  readonly earlyHeaderMutationExtensions?: readonly EnvoyConfigCoreTypedExtensionConfig[] | undefined;
  readonly addProxyProtocolConnectionState?: BoolValue | undefined;
  readonly accessLogFlushInterval?: Duration | undefined;
  readonly flushAccessLogOnNewRequest?: boolean | undefined;
  readonly accessLogOptions?: HttpConnectionManagerHcmAccessLogOptions | undefined;
  readonly appendLocalOverload?: boolean | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.HcmAccessLogOptions */
export interface HttpConnectionManagerHcmAccessLogOptions {
  readonly accessLogFlushInterval?: Duration | undefined;
  readonly flushAccessLogOnNewRequest?: boolean | undefined;
  readonly flushLogOnTunnelSuccessfullyEstablished?: boolean | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.InternalAddressConfig */
export interface HttpConnectionManagerInternalAddressConfig {
  readonly unixSockets?: boolean | undefined;
  readonly cidrRanges?: readonly CidrRange[] | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.PathNormalizationOptions */
export interface HttpConnectionManagerPathNormalizationOptions {
  readonly forwardingTransformation?: PathTransformation | undefined;
  readonly httpFilterTransformation?: PathTransformation | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ProxyStatusConfig */
export interface HttpConnectionManagerProxyStatusConfig {
  readonly removeDetails?: boolean | undefined;
  readonly removeConnectionTerminationDetails?: boolean | undefined;
  readonly removeResponseFlags?: boolean | undefined;
  readonly setRecommendedResponseCode?: boolean | undefined;
  readonly useNodeId?: boolean | undefined;
  readonly literalProxyName?: string | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.SetCurrentClientCertDetails */
export interface HttpConnectionManagerSetCurrentClientCertDetails {
  readonly subject?: BoolValue | undefined;
  readonly cert?: boolean | undefined;
  readonly dns?: boolean | undefined;
  readonly uri?: boolean | undefined;
  readonly chain?: boolean | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing */
export interface HttpConnectionManagerTracing {
  readonly clientSampling?: Percent | undefined;
  readonly randomSampling?: Percent | undefined;
  readonly overallSampling?: Percent | undefined;
  readonly verbose?: boolean | undefined;
  readonly maxPathTagLength?: UInt32Value | undefined;
  readonly customTags?: readonly CustomTag[] | undefined;
  readonly provider?: TracingHttp | undefined;
  readonly spawnUpstreamSpan?: BoolValue | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig */
export interface HttpConnectionManagerUpgradeConfig {
  readonly upgradeType?: string | undefined;
  readonly filters?: readonly HttpFilter[] | undefined;
  readonly enabled?: BoolValue | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter */
export interface HttpFilter {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
  readonly configDiscovery?: ExtensionConfigSource | undefined;
  readonly isOptional?: boolean | undefined;
  readonly disabled?: boolean | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig */
export interface LocalReplyConfig {
  readonly mappers?: readonly ResponseMapper[] | undefined;
  readonly bodyFormat?: SubstitutionFormatString | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.Rds */
export interface Rds {
  readonly configSource?: ConfigSource | undefined;
  readonly routeConfigName?: string | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension */
export interface RequestIDExtension {
  readonly typedConfig?: Any | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper */
export interface ResponseMapper {
  readonly filter?: AccessLogFilter | undefined;
  readonly statusCode?: UInt32Value | undefined;
  readonly body?: DataSource | undefined;
  readonly bodyFormatOverride?: SubstitutionFormatString | undefined;
  readonly headersToAdd?: readonly HeaderValueOption[] | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.ScopedRds */
export interface ScopedRds {
  readonly scopedRdsConfigSource?: ConfigSource | undefined;
  readonly srdsResourcesLocator?: string | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.ScopedRouteConfigurationsList */
export interface ScopedRouteConfigurationsList {
  readonly scopedRouteConfigurations?: readonly ScopedRouteConfiguration[] | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes */
export interface ScopedRoutes {
  readonly name?: string | undefined;
  readonly scopeKeyBuilder?: ScopedRoutesScopeKeyBuilder | undefined;
  readonly rdsConfigSource?: ConfigSource | undefined;
  readonly scopedRouteConfigurationsList?: ScopedRouteConfigurationsList | undefined;
  readonly scopedRds?: ScopedRds | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder */
export interface ScopedRoutesScopeKeyBuilder {
  readonly fragments?: readonly ScopedRoutesScopeKeyBuilderFragmentBuilder[] | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder */
export interface ScopedRoutesScopeKeyBuilderFragmentBuilder {
  readonly headerValueExtractor?: ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractor | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor */
export interface ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractor {
  readonly name?: string | undefined;
  readonly elementSeparator?: string | undefined;
  readonly index?: number | undefined;
  readonly element?: ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractorKvElement | undefined;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor.KvElement */
export interface ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractorKvElement {
  readonly separator?: string | undefined;
  readonly key?: string | undefined;
}

/** envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin */
export interface ClientSideWeightedRoundRobin {
  readonly enableOobLoadReport?: BoolValue | undefined;
  readonly oobReportingPeriod?: Duration | undefined;
  readonly blackoutPeriod?: Duration | undefined;
  readonly weightExpirationPeriod?: Duration | undefined;
  readonly weightUpdatePeriod?: Duration | undefined;
  readonly errorUtilizationPenalty?: FloatValue | undefined;
}

/** envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig */
export interface ConsistentHashingLbConfig {
  readonly useHostnameForHashing?: boolean | undefined;
  readonly hashBalanceFactor?: UInt32Value | undefined;
}

/** envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig */
export interface LocalityLbConfig {
  readonly zoneAwareLbConfig?: LocalityLbConfigZoneAwareLbConfig | undefined;
  readonly localityWeightedLbConfig?: LocalityLbConfigLocalityWeightedLbConfig | undefined;
}

/** envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.LocalityWeightedLbConfig */
export interface LocalityLbConfigLocalityWeightedLbConfig {
  readonly '@type'?: string;
}

/** envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.ZoneAwareLbConfig */
export interface LocalityLbConfigZoneAwareLbConfig {
  readonly routingEnabled?: Percent | undefined;
  readonly minClusterSize?: UInt64Value | undefined;
  readonly failTrafficOnPanic?: boolean | undefined;
}

/** envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig */
export interface SlowStartConfig {
  readonly slowStartWindow?: Duration | undefined;
  readonly aggression?: RuntimeDouble | undefined;
  readonly minWeightPercent?: Percent | undefined;
}

/** envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest */
export interface LeastRequest {
  readonly choiceCount?: UInt32Value | undefined;
  readonly activeRequestBias?: RuntimeDouble | undefined;
  readonly slowStartConfig?: SlowStartConfig | undefined;
  readonly localityLbConfig?: LocalityLbConfig | undefined;
  readonly enableFullScan?: BoolValue | undefined;
  readonly selectionMethod?: LeastRequestSelectionMethod | undefined;
}

/** envoy.extensions.load_balancing_policies.pick_first.v3.PickFirst */
export interface PickFirst {
  readonly shuffleAddressList?: boolean | undefined;
}

/** envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash */
export interface RingHash {
  readonly hashFunction?: RingHashHashFunction | undefined;
  readonly minimumRingSize?: UInt64Value | undefined;
  readonly maximumRingSize?: UInt64Value | undefined;
  readonly useHostnameForHashing?: boolean | undefined;
  readonly hashBalanceFactor?: UInt32Value | undefined;
  readonly consistentHashingLbConfig?: ConsistentHashingLbConfig | undefined;
  readonly localityWeightedLbConfig?: LocalityLbConfigLocalityWeightedLbConfig | undefined;
}

/** envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin */
export interface RoundRobin {
  readonly slowStartConfig?: SlowStartConfig | undefined;
  readonly localityLbConfig?: LocalityLbConfig | undefined;
}

/** envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality */
export interface WrrLocality {
  readonly endpointPickingPolicy?: LoadBalancingPolicy | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.CertificateProviderPluginInstance */
export interface CertificateProviderPluginInstance {
  readonly instanceName?: string | undefined;
  readonly certificateName?: string | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext */
export interface CertificateValidationContext {
  readonly trustedCa?: DataSource | undefined;
  readonly verifyCertificateHash?: readonly string[] | undefined;
  readonly verifyCertificateSpki?: readonly string[] | undefined;
  readonly requireSignedCertificateTimestamp?: BoolValue | undefined;
  readonly crl?: DataSource | undefined;
  readonly allowExpiredCertificate?: boolean | undefined;
  readonly matchSubjectAltNames?: readonly EnvoyTypeMatcherStringMatcher[] | undefined;
  readonly trustChainVerification?: CertificateValidationContextTrustChainVerification | undefined;
  readonly watchedDirectory?: WatchedDirectory | undefined;
  readonly customValidatorConfig?: EnvoyConfigCoreTypedExtensionConfig | undefined;
  readonly caCertificateProviderInstance?: CertificateProviderPluginInstance | undefined;
  readonly onlyVerifyLeafCertCrl?: boolean | undefined;
  readonly matchTypedSubjectAltNames?: readonly SubjectAltNameMatcher[] | undefined;
  readonly maxVerifyDepth?: UInt32Value | undefined;
  readonly systemRootCerts?: CertificateValidationContextSystemRootCerts | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.SystemRootCerts */
export interface CertificateValidationContextSystemRootCerts {
  readonly '@type'?: string;
}

/** envoy.extensions.transport_sockets.tls.v3.CommonTlsContext */
export interface CommonTlsContext {
  readonly tlsParams?: TlsParameters | undefined;
  readonly tlsCertificates?: readonly TlsCertificate[] | undefined;
  readonly validationContext?: CertificateValidationContext | undefined;
  readonly alpnProtocols?: readonly string[] | undefined;
  readonly tlsCertificateSdsSecretConfigs?: readonly SdsSecretConfig[] | undefined;
  readonly validationContextSdsSecretConfig?: SdsSecretConfig | undefined;
  readonly combinedValidationContext?: CommonTlsContextCombinedCertificateValidationContext | undefined;
  readonly tlsCertificateCertificateProvider?: CommonTlsContextCertificateProvider | undefined;
  readonly validationContextCertificateProvider?: CommonTlsContextCertificateProvider | undefined;
  readonly tlsCertificateCertificateProviderInstance?:
    CommonTlsContextCertificateProviderInstance | undefined;
  readonly validationContextCertificateProviderInstance?:
    CommonTlsContextCertificateProviderInstance | undefined;
  readonly customHandshaker?: EnvoyConfigCoreTypedExtensionConfig | undefined;
  readonly tlsCertificateProviderInstance?: CertificateProviderPluginInstance | undefined;
  readonly keyLog?: TlsKeyLog | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CertificateProvider */
export interface CommonTlsContextCertificateProvider {
  readonly name?: string | undefined;
  readonly typedConfig?: EnvoyConfigCoreTypedExtensionConfig | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CertificateProviderInstance */
export interface CommonTlsContextCertificateProviderInstance {
  readonly instanceName?: string | undefined;
  readonly certificateName?: string | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext */
export interface CommonTlsContextCombinedCertificateValidationContext {
  readonly defaultValidationContext?: CertificateValidationContext | undefined;
  readonly validationContextSdsSecretConfig?: SdsSecretConfig | undefined;
  readonly validationContextCertificateProvider?: CommonTlsContextCertificateProvider | undefined;
  readonly validationContextCertificateProviderInstance?:
    CommonTlsContextCertificateProviderInstance | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext */
export interface DownstreamTlsContext {
  readonly commonTlsContext?: CommonTlsContext | undefined;
  readonly requireClientCertificate?: BoolValue | undefined;
  readonly requireSni?: BoolValue | undefined;
  readonly sessionTicketKeys?: TlsSessionTicketKeys | undefined;
  readonly sessionTicketKeysSdsSecretConfig?: SdsSecretConfig | undefined;
  readonly sessionTimeout?: Duration | undefined;
  readonly disableStatelessSessionResumption?: boolean | undefined;
  readonly ocspStaplePolicy?: DownstreamTlsContextOcspStaplePolicy | undefined;
  readonly fullScanCertsOnSniMismatch?: BoolValue | undefined;
  readonly disableStatefulSessionResumption?: boolean | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.PrivateKeyProvider */
export interface PrivateKeyProvider {
  readonly providerName?: string | undefined;
  readonly typedConfig?: Any | undefined;
  readonly fallback?: boolean | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig */
export interface SdsSecretConfig {
  readonly name?: string | undefined;
  readonly sdsConfig?: ConfigSource | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher */
export interface SubjectAltNameMatcher {
  readonly sanType?: SubjectAltNameMatcherSanType | undefined;
  readonly matcher?: EnvoyTypeMatcherStringMatcher | undefined;
  readonly oid?: string | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.TlsCertificate */
export interface TlsCertificate {
  readonly certificateChain?: DataSource | undefined;
  readonly privateKey?: DataSource | undefined;
  readonly password?: DataSource | undefined;
  readonly ocspStaple?: DataSource | undefined;
  readonly signedCertificateTimestamp?: readonly DataSource[] | undefined;
  readonly privateKeyProvider?: PrivateKeyProvider | undefined;
  readonly watchedDirectory?: WatchedDirectory | undefined;
  readonly pkcs12?: DataSource | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.TlsKeyLog */
export interface TlsKeyLog {
  readonly path?: string | undefined;
  readonly localAddressRange?: readonly CidrRange[] | undefined;
  readonly remoteAddressRange?: readonly CidrRange[] | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.TlsParameters */
export interface TlsParameters {
  readonly tlsMinimumProtocolVersion?: TlsParametersTlsProtocol | undefined;
  readonly tlsMaximumProtocolVersion?: TlsParametersTlsProtocol | undefined;
  readonly cipherSuites?: readonly string[] | undefined;
  readonly ecdhCurves?: readonly string[] | undefined;
  readonly signatureAlgorithms?: readonly string[] | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys */
export interface TlsSessionTicketKeys {
  readonly keys?: readonly DataSource[] | undefined;
}

/** envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext */
export interface UpstreamTlsContext {
  readonly commonTlsContext?: CommonTlsContext | undefined;
  readonly sni?: string | undefined;
  readonly allowRenegotiation?: boolean | undefined;
  readonly maxSessionKeys?: UInt32Value | undefined;
  readonly enforceRsaKeyUsage?: BoolValue | undefined;
}

/** envoy.extensions.upstreams.http.v3.HttpProtocolOptions */
export interface HttpHttpProtocolOptions {
  readonly commonHttpProtocolOptions?: CoreHttpProtocolOptions | undefined;
  readonly upstreamHttpProtocolOptions?: UpstreamHttpProtocolOptions | undefined;
  readonly explicitHttpConfig?: HttpProtocolOptionsExplicitHttpConfig | undefined;
  readonly useDownstreamProtocolConfig?: HttpProtocolOptionsUseDownstreamHttpConfig | undefined;
  readonly autoConfig?: HttpProtocolOptionsAutoHttpConfig | undefined;
  readonly httpFilters?: readonly HttpFilter[] | undefined;
  readonly headerValidationConfig?: EnvoyConfigCoreTypedExtensionConfig | undefined;
}

/** envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig */
export interface HttpProtocolOptionsAutoHttpConfig {
  readonly httpProtocolOptions?: Http1ProtocolOptions | undefined;
  readonly http2ProtocolOptions?: Http2ProtocolOptions | undefined;
  readonly http3ProtocolOptions?: Http3ProtocolOptions | undefined;
  readonly alternateProtocolsCacheOptions?: AlternateProtocolsCacheOptions | undefined;
}

/** envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig */
export interface HttpProtocolOptionsExplicitHttpConfig {
  readonly httpProtocolOptions?: Http1ProtocolOptions | undefined;
  readonly http2ProtocolOptions?: Http2ProtocolOptions | undefined;
  readonly http3ProtocolOptions?: Http3ProtocolOptions | undefined;
}

/** envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig */
export interface HttpProtocolOptionsUseDownstreamHttpConfig {
  readonly httpProtocolOptions?: Http1ProtocolOptions | undefined;
  readonly http2ProtocolOptions?: Http2ProtocolOptions | undefined;
  readonly http3ProtocolOptions?: Http3ProtocolOptions | undefined;
}

/** envoy.service.status.v3.ClientConfig */
export interface ClientConfig {
  readonly node?: Node | undefined;
  readonly xdsConfig?: readonly PerXdsConfig[] | undefined;
  readonly genericXdsConfigs?: readonly ClientConfigGenericXdsConfig[] | undefined;
  readonly clientScope?: string | undefined;
}

/** envoy.service.status.v3.ClientConfig.GenericXdsConfig */
export interface ClientConfigGenericXdsConfig {
  readonly typeUrl?: string | undefined;
  readonly name?: string | undefined;
  readonly versionInfo?: string | undefined;
  readonly xdsConfig?: Any | undefined;
  readonly lastUpdated?: Timestamp | undefined;
  readonly configStatus?: ConfigStatus | undefined;
  readonly clientStatus?: ClientResourceStatus | undefined;
  readonly errorState?: UpdateFailureState | undefined;
  readonly isStaticResource?: boolean | undefined;
}

/** envoy.service.status.v3.ClientStatusRequest */
export interface ClientStatusRequest {
  readonly nodeMatchers?: readonly NodeMatcher[] | undefined;
  readonly node?: Node | undefined;
  readonly excludeResourceContents?: boolean | undefined;
}

/** envoy.service.status.v3.ClientStatusResponse */
export interface ClientStatusResponse {
  readonly config?: readonly ClientConfig[] | undefined;
}

/** envoy.service.status.v3.PerXdsConfig */
export interface PerXdsConfig {
  readonly status?: ConfigStatus | undefined;
  readonly listenerConfig?: ListenersConfigDump | undefined;
  readonly clusterConfig?: ClustersConfigDump | undefined;
  readonly routeConfig?: RoutesConfigDump | undefined;
  readonly scopedRouteConfig?: ScopedRoutesConfigDump | undefined;
  readonly endpointConfig?: EndpointsConfigDump | undefined;
  readonly clientStatus?: ClientConfigStatus | undefined;
}

/** envoy.type.http.v3.PathTransformation */
export interface PathTransformation {
  readonly operations?: readonly PathTransformationOperation[] | undefined;
}

/** envoy.type.http.v3.PathTransformation.Operation */
export interface PathTransformationOperation {
  readonly normalizePathRfc_3986?: PathTransformationOperationNormalizePathRFC3986 | undefined;
  readonly mergeSlashes?: PathTransformationOperationMergeSlashes | undefined;
}

/** envoy.type.http.v3.PathTransformation.Operation.MergeSlashes */
export interface PathTransformationOperationMergeSlashes {
  readonly '@type'?: string;
}

/** envoy.type.http.v3.PathTransformation.Operation.NormalizePathRFC3986 */
export interface PathTransformationOperationNormalizePathRFC3986 {
  readonly '@type'?: string;
}

/** envoy.type.matcher.v3.DoubleMatcher */
export interface DoubleMatcher {
  readonly range?: DoubleRange | undefined;
  readonly exact?: number | undefined;
}

/** envoy.type.matcher.v3.ListMatcher */
export interface ListMatcher {
  readonly oneOf?: ValueMatcher | undefined;
}

/** envoy.type.matcher.v3.MetadataMatcher */
export interface MetadataMatcher {
  readonly filter?: string | undefined;
  readonly path?: readonly MetadataMatcherPathSegment[] | undefined;
  readonly value?: ValueMatcher | undefined;
  readonly invert?: boolean | undefined;
}

/** envoy.type.matcher.v3.MetadataMatcher.PathSegment */
export interface MetadataMatcherPathSegment {
  readonly key?: string | undefined;
}

/** envoy.type.matcher.v3.NodeMatcher */
export interface NodeMatcher {
  readonly nodeId?: EnvoyTypeMatcherStringMatcher | undefined;
  readonly nodeMetadatas?: readonly StructMatcher[] | undefined;
}

/** envoy.type.matcher.v3.OrMatcher */
export interface OrMatcher {
  readonly valueMatchers?: readonly ValueMatcher[] | undefined;
}

/** envoy.type.matcher.v3.RegexMatchAndSubstitute */
export interface RegexMatchAndSubstitute {
  readonly pattern?: EnvoyTypeMatcherRegexMatcher | undefined;
  readonly substitution?: string | undefined;
}

/** envoy.type.matcher.v3.RegexMatcher */
export interface EnvoyTypeMatcherRegexMatcher {
  readonly googleRe2?: EnvoyTypeMatcherRegexMatcherGoogleRE2 | undefined;
  readonly regex?: string | undefined;
}

/** envoy.type.matcher.v3.RegexMatcher.GoogleRE2 */
export interface EnvoyTypeMatcherRegexMatcherGoogleRE2 {
  readonly maxProgramSize?: UInt32Value | undefined;
}

/** envoy.type.matcher.v3.StringMatcher */
export interface EnvoyTypeMatcherStringMatcher {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  readonly safeRegex?: EnvoyTypeMatcherRegexMatcher | undefined;
  readonly ignoreCase?: boolean | undefined;
  readonly contains?: string | undefined;
  readonly custom?: XdsCoreTypedExtensionConfig | undefined;
}

/** envoy.type.matcher.v3.StructMatcher */
export interface StructMatcher {
  readonly path?: readonly StructMatcherPathSegment[] | undefined;
  readonly value?: ValueMatcher | undefined;
}

/** envoy.type.matcher.v3.StructMatcher.PathSegment */
export interface StructMatcherPathSegment {
  readonly key?: string | undefined;
}

/** envoy.type.matcher.v3.ValueMatcher */
export interface ValueMatcher {
  readonly nullMatch?: ValueMatcherNullMatch | undefined;
  readonly doubleMatch?: DoubleMatcher | undefined;
  readonly stringMatch?: EnvoyTypeMatcherStringMatcher | undefined;
  readonly boolMatch?: boolean | undefined;
  readonly presentMatch?: boolean | undefined;
  readonly listMatch?: ListMatcher | undefined;
  readonly orMatch?: OrMatcher | undefined;
}

/** envoy.type.matcher.v3.ValueMatcher.NullMatch */
export interface ValueMatcherNullMatch {
  readonly '@type'?: string;
}

/** envoy.type.metadata.v3.MetadataKey */
export interface MetadataKey {
  readonly key?: string | undefined;
  readonly path?: readonly MetadataKeyPathSegment[] | undefined;
}

/** envoy.type.metadata.v3.MetadataKey.PathSegment */
export interface MetadataKeyPathSegment {
  readonly key?: string | undefined;
}

/** envoy.type.metadata.v3.MetadataKind */
export interface MetadataKind {
  readonly request?: MetadataKindRequest | undefined;
  readonly route?: MetadataKindRoute | undefined;
  readonly cluster?: MetadataKindCluster | undefined;
  readonly host?: MetadataKindHost | undefined;
}

/** envoy.type.metadata.v3.MetadataKind.Cluster */
export interface MetadataKindCluster {
  readonly '@type'?: string;
}

/** envoy.type.metadata.v3.MetadataKind.Host */
export interface MetadataKindHost {
  readonly '@type'?: string;
}

/** envoy.type.metadata.v3.MetadataKind.Request */
export interface MetadataKindRequest {
  readonly '@type'?: string;
}

/** envoy.type.metadata.v3.MetadataKind.Route */
export interface MetadataKindRoute {
  readonly '@type'?: string;
}

/** envoy.type.tracing.v3.CustomTag */
export interface CustomTag {
  readonly tag?: string | undefined;
  readonly literal?: CustomTagLiteral | undefined;
  readonly environment?: CustomTagEnvironment | undefined;
  readonly requestHeader?: CustomTagHeader | undefined;
  readonly metadata?: CustomTagMetadata | undefined;
}

/** envoy.type.tracing.v3.CustomTag.Environment */
export interface CustomTagEnvironment {
  readonly name?: string | undefined;
  readonly defaultValue?: string | undefined;
}

/** envoy.type.tracing.v3.CustomTag.Header */
export interface CustomTagHeader {
  readonly name?: string | undefined;
  readonly defaultValue?: string | undefined;
}

/** envoy.type.tracing.v3.CustomTag.Literal */
export interface CustomTagLiteral {
  readonly value?: string | undefined;
}

/** envoy.type.tracing.v3.CustomTag.Metadata */
export interface CustomTagMetadata {
  readonly kind?: MetadataKind | undefined;
  readonly metadataKey?: MetadataKey | undefined;
  readonly defaultValue?: string | undefined;
}

/** envoy.type.v3.DoubleRange */
export interface DoubleRange {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

/** envoy.type.v3.FractionalPercent */
export interface FractionalPercent {
  readonly numerator?: number | undefined;
  readonly denominator?: FractionalPercentDenominatorType | undefined;
}

/** envoy.type.v3.Int32Range */
export interface Int32Range {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

/** envoy.type.v3.Int64Range */
export interface Int64Range {
  readonly start?: number | string | undefined;
  readonly end?: number | string | undefined;
}

/** envoy.type.v3.Percent */
export interface Percent {
  readonly value?: number | undefined;
}

/** envoy.type.v3.SemanticVersion */
export interface SemanticVersion {
  readonly majorNumber?: number | undefined;
  readonly minorNumber?: number | undefined;
  readonly patch?: number | undefined;
}

/** google.protobuf.BoolValue */
export interface BoolValue {
  readonly value?: boolean | undefined;
}

/** google.protobuf.DoubleValue */
export interface DoubleValue {
  readonly value?: number | undefined;
}

/** google.protobuf.Duration */
export interface Duration {
  readonly seconds?: number | string | undefined;
  readonly nanos?: number | undefined;
}

/** google.protobuf.Empty */
export interface Empty {
  readonly '@type'?: string;
}

/** google.protobuf.FloatValue */
export interface FloatValue {
  readonly value?: number | undefined;
}

/** google.protobuf.Timestamp */
export interface Timestamp {
  readonly seconds?: number | string | undefined;
  readonly nanos?: number | undefined;
}

/** google.protobuf.UInt32Value */
export interface UInt32Value {
  readonly value?: number | undefined;
}

/** google.protobuf.UInt64Value */
export interface UInt64Value {
  readonly value?: number | string | undefined;
}

/** xds.core.v3.Authority */
export interface Authority {
  readonly name?: string | undefined;
}

/** xds.core.v3.ContextParams */
export interface ContextParams {
  readonly params?: Readonly<Record<string, string>> | undefined;
}

/** xds.core.v3.TypedExtensionConfig */
export interface XdsCoreTypedExtensionConfig {
  readonly name?: string | undefined;
  readonly typedConfig?: Any | undefined;
}

/** xds.type.matcher.v3.Matcher */
export interface Matcher {
  readonly matcherList?: MatcherMatcherList | undefined;
  readonly matcherTree?: MatcherMatcherTree | undefined;
  readonly onNoMatch?: MatcherOnMatch | undefined;
}

/** xds.type.matcher.v3.Matcher.MatcherList */
export interface MatcherMatcherList {
  readonly matchers?: readonly MatcherMatcherListFieldMatcher[] | undefined;
}

/** xds.type.matcher.v3.Matcher.MatcherList.FieldMatcher */
export interface MatcherMatcherListFieldMatcher {
  readonly predicate?: MatcherMatcherListPredicate | undefined;
  readonly onMatch?: MatcherOnMatch | undefined;
}

/** xds.type.matcher.v3.Matcher.MatcherList.Predicate */
export interface MatcherMatcherListPredicate {
  readonly singlePredicate?: MatcherMatcherListPredicateSinglePredicate | undefined;
  readonly orMatcher?: MatcherMatcherListPredicatePredicateList | undefined;
  readonly andMatcher?: MatcherMatcherListPredicatePredicateList | undefined;
  readonly notMatcher?: MatcherMatcherListPredicate | undefined;
}

/** xds.type.matcher.v3.Matcher.MatcherList.Predicate.PredicateList */
export interface MatcherMatcherListPredicatePredicateList {
  readonly predicate?: readonly MatcherMatcherListPredicate[] | undefined;
}

/** xds.type.matcher.v3.Matcher.MatcherList.Predicate.SinglePredicate */
export interface MatcherMatcherListPredicateSinglePredicate {
  readonly input?: XdsCoreTypedExtensionConfig | undefined;
  readonly valueMatch?: XdsTypeMatcherStringMatcher | undefined;
  readonly customMatch?: XdsCoreTypedExtensionConfig | undefined;
}

/** xds.type.matcher.v3.Matcher.MatcherTree */
export interface MatcherMatcherTree {
  readonly input?: XdsCoreTypedExtensionConfig | undefined;
  readonly exactMatchMap?: MatcherMatcherTreeMatchMap | undefined;
  readonly prefixMatchMap?: MatcherMatcherTreeMatchMap | undefined;
  readonly customMatch?: XdsCoreTypedExtensionConfig | undefined;
}

/** xds.type.matcher.v3.Matcher.MatcherTree.MatchMap */
export interface MatcherMatcherTreeMatchMap {
  readonly map?: Readonly<Record<string, MatcherOnMatch>> | undefined;
}

/** xds.type.matcher.v3.Matcher.OnMatch */
export interface MatcherOnMatch {
  readonly matcher?: Matcher | undefined;
  readonly action?: XdsCoreTypedExtensionConfig | undefined;
}

/** xds.type.matcher.v3.RegexMatcher */
export interface XdsTypeMatcherRegexMatcher {
  readonly googleRe2?: XdsTypeMatcherRegexMatcherGoogleRE2 | undefined;
  readonly regex?: string | undefined;
}

/** xds.type.matcher.v3.RegexMatcher.GoogleRE2 */
export interface XdsTypeMatcherRegexMatcherGoogleRE2 {
  readonly '@type'?: string;
}

/** xds.type.matcher.v3.StringMatcher */
export interface XdsTypeMatcherStringMatcher {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  readonly safeRegex?: XdsTypeMatcherRegexMatcher | undefined;
  readonly ignoreCase?: boolean | undefined;
  readonly contains?: string | undefined;
}

/** envoy.admin.v3.ClientResourceStatus */
export type ClientResourceStatus = 'UNKNOWN' | 'REQUESTED' | 'DOES_NOT_EXIST' | 'ACKED' | 'NACKED';

/** envoy.config.accesslog.v3.ComparisonFilter.Op */
export type ComparisonFilterOp = 'EQ' | 'GE' | 'LE';

/** envoy.config.accesslog.v3.GrpcStatusFilter.Status */
export type GrpcStatusFilterStatus =
  | 'OK'
  | 'CANCELED'
  | 'UNKNOWN'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'OUT_OF_RANGE'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'DATA_LOSS'
  | 'UNAUTHENTICATED';

/** envoy.config.cluster.v3.Cluster.ClusterProtocolSelection */
export type ClusterClusterProtocolSelection = 'USE_CONFIGURED_PROTOCOL' | 'USE_DOWNSTREAM_PROTOCOL';

/** envoy.config.cluster.v3.Cluster.DiscoveryType */
export type ClusterDiscoveryType = 'STATIC' | 'STRICT_DNS' | 'LOGICAL_DNS' | 'EDS' | 'ORIGINAL_DST';

/** envoy.config.cluster.v3.Cluster.DnsLookupFamily */
export type ClusterDnsLookupFamily = 'AUTO' | 'V4_ONLY' | 'V6_ONLY' | 'V4_PREFERRED' | 'ALL';

/** envoy.config.cluster.v3.Cluster.LbPolicy */
export type ClusterLbPolicy =
  | 'ROUND_ROBIN'
  | 'LEAST_REQUEST'
  | 'RING_HASH'
  | 'RANDOM'
  | 'MAGLEV'
  | 'CLUSTER_PROVIDED'
  | 'LOAD_BALANCING_POLICY_CONFIG';

/** envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetFallbackPolicy */
export type ClusterLbSubsetConfigLbSubsetFallbackPolicy = 'NO_FALLBACK' | 'ANY_ENDPOINT' | 'DEFAULT_SUBSET';

/** envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetMetadataFallbackPolicy */
export type ClusterLbSubsetConfigLbSubsetMetadataFallbackPolicy = 'METADATA_NO_FALLBACK' | 'FALLBACK_LIST';

/** envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector.LbSubsetSelectorFallbackPolicy */
export type ClusterLbSubsetConfigLbSubsetSelectorLbSubsetSelectorFallbackPolicy =
  'NOT_DEFINED' | 'NO_FALLBACK' | 'ANY_ENDPOINT' | 'DEFAULT_SUBSET' | 'KEYS_SUBSET';

/** envoy.config.cluster.v3.Cluster.RingHashLbConfig.HashFunction */
export type ClusterRingHashLbConfigHashFunction = 'XX_HASH' | 'MURMUR_HASH_2';

/** envoy.config.cluster.v3.UpstreamConnectionOptions.FirstAddressFamilyVersion */
export type UpstreamConnectionOptionsFirstAddressFamilyVersion = 'DEFAULT' | 'V4' | 'V6';

/** envoy.config.core.v3.ApiConfigSource.ApiType */
export type ApiConfigSourceApiType =
  | 'DEPRECATED_AND_UNAVAILABLE_DO_NOT_USE'
  | 'REST'
  | 'GRPC'
  | 'DELTA_GRPC'
  | 'AGGREGATED_GRPC'
  | 'AGGREGATED_DELTA_GRPC';

/** envoy.config.core.v3.ApiVersion */
export type ApiVersion = 'AUTO' | 'V2' | 'V3';

/** envoy.config.core.v3.HeaderValueOption.HeaderAppendAction */
export type HeaderValueOptionHeaderAppendAction =
  'APPEND_IF_EXISTS_OR_ADD' | 'ADD_IF_ABSENT' | 'OVERWRITE_IF_EXISTS_OR_ADD' | 'OVERWRITE_IF_EXISTS';

/** envoy.config.core.v3.HealthStatus */
export type HealthStatus = 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY' | 'DRAINING' | 'TIMEOUT' | 'DEGRADED';

/** envoy.config.core.v3.HttpProtocolOptions.HeadersWithUnderscoresAction */
export type HttpProtocolOptionsHeadersWithUnderscoresAction = 'ALLOW' | 'REJECT_REQUEST' | 'DROP_HEADER';

/** envoy.config.core.v3.ProxyProtocolConfig.Version */
export type ProxyProtocolConfigVersion = 'V1' | 'V2';

/** envoy.config.core.v3.ProxyProtocolPassThroughTLVs.PassTLVsMatchType */
export type ProxyProtocolPassThroughTLVsPassTLVsMatchType = 'INCLUDE_ALL' | 'INCLUDE';

/** envoy.config.core.v3.RequestMethod */
export type RequestMethod =
  | 'METHOD_UNSPECIFIED'
  | 'GET'
  | 'HEAD'
  | 'POST'
  | 'PUT'
  | 'DELETE'
  | 'CONNECT'
  | 'OPTIONS'
  | 'TRACE'
  | 'PATCH';

/** envoy.config.core.v3.RoutingPriority */
export type RoutingPriority = 'DEFAULT' | 'HIGH';

/** envoy.config.core.v3.SocketAddress.Protocol */
export type SocketAddressProtocol = 'TCP' | 'UDP';

/** envoy.config.core.v3.SocketOption.SocketState */
export type SocketOptionSocketState = 'STATE_PREBIND' | 'STATE_BOUND' | 'STATE_LISTENING';

/** envoy.config.core.v3.TrafficDirection */
export type TrafficDirection = 'UNSPECIFIED' | 'INBOUND' | 'OUTBOUND';

/** envoy.config.listener.v3.FilterChainMatch.ConnectionSourceType */
export type FilterChainMatchConnectionSourceType = 'ANY' | 'SAME_IP_OR_LOOPBACK' | 'EXTERNAL';

/** envoy.config.listener.v3.Listener.DrainType */
export type ListenerDrainType = 'DEFAULT' | 'MODIFY_ONLY';

/** envoy.config.route.v3.RateLimit.Action.MetaData.Source */
export type RateLimitActionMetaDataSource = 'DYNAMIC' | 'ROUTE_ENTRY';

/** envoy.config.route.v3.RedirectAction.RedirectResponseCode */
export type RedirectActionRedirectResponseCode =
  'MOVED_PERMANENTLY' | 'FOUND' | 'SEE_OTHER' | 'TEMPORARY_REDIRECT' | 'PERMANENT_REDIRECT';

/** envoy.config.route.v3.RetryPolicy.ResetHeaderFormat */
export type RetryPolicyResetHeaderFormat = 'SECONDS' | 'UNIX_TIMESTAMP';

/** envoy.config.route.v3.RouteAction.ClusterNotFoundResponseCode */
export type RouteActionClusterNotFoundResponseCode =
  'SERVICE_UNAVAILABLE' | 'NOT_FOUND' | 'INTERNAL_SERVER_ERROR';

/** envoy.config.route.v3.RouteAction.InternalRedirectAction */
export type RouteActionInternalRedirectAction = 'PASS_THROUGH_INTERNAL_REDIRECT' | 'HANDLE_INTERNAL_REDIRECT';

/** envoy.config.route.v3.VirtualHost.TlsRequirementType */
export type VirtualHostTlsRequirementType = 'NONE' | 'EXTERNAL_ONLY' | 'ALL';

/** envoy.data.accesslog.v3.AccessLogType */
export type AccessLogType =
  | 'NotSet'
  | 'TcpUpstreamConnected'
  | 'TcpPeriodic'
  | 'TcpConnectionEnd'
  | 'DownstreamStart'
  | 'DownstreamPeriodic'
  | 'DownstreamEnd'
  | 'UpstreamPoolReady'
  | 'UpstreamPeriodic'
  | 'UpstreamEnd'
  | 'DownstreamTunnelSuccessfullyEstablished'
  | 'UdpTunnelUpstreamConnected'
  | 'UdpPeriodic'
  | 'UdpSessionEnd';

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.CodecType */
export type HttpConnectionManagerCodecType = 'AUTO' | 'HTTP1' | 'HTTP2' | 'HTTP3';

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ForwardClientCertDetails */
export type HttpConnectionManagerForwardClientCertDetails =
  'SANITIZE' | 'FORWARD_ONLY' | 'APPEND_FORWARD' | 'SANITIZE_SET' | 'ALWAYS_FORWARD_ONLY';

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.PathWithEscapedSlashesAction */
export type HttpConnectionManagerPathWithEscapedSlashesAction =
  | 'IMPLEMENTATION_SPECIFIC_DEFAULT'
  | 'KEEP_UNCHANGED'
  | 'REJECT_REQUEST'
  | 'UNESCAPE_AND_REDIRECT'
  | 'UNESCAPE_AND_FORWARD';

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ServerHeaderTransformation */
export type HttpConnectionManagerServerHeaderTransformation =
  'OVERWRITE' | 'APPEND_IF_ABSENT' | 'PASS_THROUGH';

/** envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest.SelectionMethod */
export type LeastRequestSelectionMethod = 'N_CHOICES' | 'FULL_SCAN';

/** envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash.HashFunction */
export type RingHashHashFunction = 'DEFAULT_HASH' | 'XX_HASH' | 'MURMUR_HASH_2';

/** envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.TrustChainVerification */
export type CertificateValidationContextTrustChainVerification = 'VERIFY_TRUST_CHAIN' | 'ACCEPT_UNTRUSTED';

/** envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext.OcspStaplePolicy */
export type DownstreamTlsContextOcspStaplePolicy = 'LENIENT_STAPLING' | 'STRICT_STAPLING' | 'MUST_STAPLE';

/** envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher.SanType */
export type SubjectAltNameMatcherSanType =
  'SAN_TYPE_UNSPECIFIED' | 'EMAIL' | 'DNS' | 'URI' | 'IP_ADDRESS' | 'OTHER_NAME';

/** envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol */
export type TlsParametersTlsProtocol = 'TLS_AUTO' | 'TLSv1_0' | 'TLSv1_1' | 'TLSv1_2' | 'TLSv1_3';

/** envoy.service.status.v3.ClientConfigStatus */
export type ClientConfigStatus = 'CLIENT_UNKNOWN' | 'CLIENT_REQUESTED' | 'CLIENT_ACKED' | 'CLIENT_NACKED';

/** envoy.service.status.v3.ConfigStatus */
export type ConfigStatus = 'UNKNOWN' | 'SYNCED' | 'NOT_SENT' | 'STALE' | 'ERROR';

/** envoy.type.v3.CodecClientType */
export type CodecClientType = 'HTTP1' | 'HTTP2' | 'HTTP3';

/** envoy.type.v3.FractionalPercent.DenominatorType */
export type FractionalPercentDenominatorType = 'HUNDRED' | 'TEN_THOUSAND' | 'MILLION';
