import type { HostPort, LogConfig } from './values.ts';

/** What `rollcall operator` runs with: read once from flags and environment, checked, frozen. Times are milliseconds. */
export interface OperatorConfig {
  /** The operator's own namespace: its Lease is here, and its Registries unless `registryNamespaces` names others. */
  readonly namespace: string;
  /** The Registry of a GrpcService that names none; null: such a GrpcService is told so in its status. */
  readonly defaultRegistry: { readonly namespace: string; readonly name: string } | null;
  /** Namespaces whose GrpcServices are followed; empty: all of the cluster. */
  readonly watchNamespaces: readonly string[];
  /** Namespaces whose Registries are used and whose Secrets may be read; never empty. */
  readonly registryNamespaces: readonly string[];
  /** Domain of the cluster's DNS, without a dot at either end. */
  readonly clusterDomain: string;
  /** Where /metrics listens; null: nowhere. */
  readonly metricsAddress: HostPort | null;
  /** Where /healthz and /readyz listen; null: nowhere. */
  readonly healthAddress: HostPort | null;
  /** Where /xds/clients and /xds/config listen; null: nowhere. */
  readonly adminAddress: HostPort | null;
  /** Where xDS is served; null: nowhere. */
  readonly xdsAddress: HostPort | null;
  /** Files of the xDS server's certificate; null: plaintext. */
  readonly xdsTls: XdsTlsConfig | null;
  /** Where the front proxy is told to listen; null: it is told of nothing. */
  readonly proxyAddress: HostPort | null;
  readonly xdsBootstrap: XdsBootstrapMaps;
  /** A kubeconfig file; null: the pod's own ServiceAccount. */
  readonly kubeconfig: string | null;
  /** Holder name in the Lease: another one in each process. */
  readonly identity: string;
  readonly leaderElection: LeaderElectionConfig;
  /** How many GrpcServices are worked on at once. */
  readonly workers: number;
  /** 1 to 1000. */
  readonly maxEndpointsPerSlice: number;
  readonly kubeApi: KubeApiConfig;
  /** How long work in progress may take to end after SIGTERM. */
  readonly shutdownGraceMs: number;
  readonly log: LogConfig;
}

/** PEM files, read again when they change. */
export interface XdsTlsConfig {
  readonly certFile: string;
  readonly keyFile: string;
  /** Null: clients need no certificate. */
  readonly clientCaFile: string | null;
}

/** The ConfigMaps with the bootstrap of xDS clients. */
export interface XdsBootstrapMaps {
  /** Namespaces that get one, whatever their labels. */
  readonly namespaces: readonly string[];
  /** The servers that it names; never empty. */
  readonly servers: readonly HostPort[];
}

/** As in client-go: `leaseDurationMs` > `renewDeadlineMs` > 1.2 × `retryPeriodMs`. */
export interface LeaderElectionConfig {
  readonly leaseName: string;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** The client's own limit on writes to the API server; lists and watches are few, and go freely. */
export interface KubeApiConfig {
  /** Writes a second in the long run; 0: as many as the API server's own fairness lets through. */
  readonly qps: number;
  /** Writes that may go at once before `qps` counts; means nothing while `qps` is 0. */
  readonly burst: number;
}
