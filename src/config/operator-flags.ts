import { flag, optional } from './flag.ts';
import {
  decimal,
  domain,
  duration,
  integer,
  listenAddress,
  namespaceList,
  namespaceName,
  namespacedName,
  objectName,
  oneOf,
  text,
} from './kinds.ts';
import { serverList, XDS_SERVICE } from './xds-servers.ts';

/** Where a pod finds the name of its own namespace (kubernetes.io/docs/tasks/run-application/access-api-from-pod). */
export const POD_NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** Flags of `rollcall operator`. */
export const operatorFlags = {
  namespace: optional(
    namespaceName,
    "the pod's own; required outside a cluster",
    'Namespace of the operator: its Lease is there, and so are its Registries unless --registry-namespaces says otherwise',
  ),
  defaultRegistry: optional(namespacedName, 'none', 'Registry of the GrpcServices that name none'),
  watchNamespaces: optional(
    namespaceList,
    'all',
    'Namespaces whose GrpcServices are followed; the operator then needs no rights in others',
  ),
  registryNamespaces: optional(
    namespaceList,
    'the value of --namespace',
    'Namespaces whose Registries are used; the operator needs to read Secrets there',
  ),
  clusterDomain: flag(
    domain,
    'cluster.local',
    "Domain of the cluster's DNS, as in NAME.NAMESPACE.svc.DOMAIN",
  ),
  kubeconfig: optional(
    text('file', 'FILE'),
    "the pod's ServiceAccount",
    'Kubeconfig file that says where the API server is and who asks',
  ),
  workers: flag(integer(1, 256), '8', 'How many GrpcServices are worked on at once'),
  maxEndpointsPerSlice: flag(integer(1, 1000), '100', 'How many endpoints an EndpointSlice may hold'),
  kubeApiQps: flag(
    decimal(100_000),
    '500',
    "Writes a second to the API server in the long run; 0 leaves the limit to the server's own priority and fairness",
  ),
  kubeApiBurst: flag(
    integer(1, 100_000),
    '1000',
    'Writes that may go at once before --kube-api-qps counts; means nothing while that is 0',
  ),
  metricsAddress: flag(listenAddress, ':8080', 'Where /metrics listens; 0 turns it off'),
  healthAddress: flag(listenAddress, ':8081', 'Where /healthz and /readyz listen; 0 turns them off'),
  adminAddress: flag(
    listenAddress,
    '127.0.0.1:8082',
    'Where "rollcall xds" asks who is connected over xDS and who is shown what; it asks nobody who they are, so by default only who may enter the pod gets there; 0 turns it off',
  ),
  xdsAddress: flag(
    listenAddress,
    ':18000',
    'Where gRPC clients and Envoy are served over xDS, by every replica; 0 turns it off',
  ),
  xdsTlsCertFile: optional(
    text('file', 'FILE'),
    'none: plaintext',
    'Certificate of the xDS server (PEM, with those that it leads to), read again when it is replaced',
  ),
  xdsTlsKeyFile: optional(text('file', 'FILE'), 'none: plaintext', 'Key of --xds-tls-cert-file (PEM)'),
  xdsTlsClientCaFile: optional(
    text('file', 'FILE'),
    'none: any client is served',
    'Authorities of certificates that xDS clients have to show (PEM): mutual TLS',
  ),
  proxyAddress: flag(
    listenAddress,
    ':10000',
    'Where the Envoy front proxy is told to listen, in its own pod; 0 tells it of nothing',
  ),
  xdsBootstrapNamespaces: optional(
    namespaceList,
    'none',
    'Namespaces that get the ConfigMap rollcall-xds with the bootstrap of xDS clients, beside those with the label rollcall.dev/xds-bootstrap=enabled',
  ),
  xdsBootstrapServer: optional(
    serverList,
    `${XDS_SERVICE.name}.NAMESPACE.svc.DOMAIN:${XDS_SERVICE.port}, by --namespace and --cluster-domain`,
    'The xDS server that this ConfigMap names',
  ),
  identity: optional(
    text('name', 'NAME'),
    'the host name and a random ending',
    'Name of this replica in the Lease; no two may have the same',
  ),
  leaderElectLeaseName: flag(
    objectName,
    'rollcall',
    'Name of the Lease that the replicas elect their leader with',
  ),
  leaderElectLeaseDuration: flag(
    duration('1s', '10m'),
    '15s',
    'How long the others wait for a leader that is silent before one of them takes over',
  ),
  leaderElectRenewDeadline: flag(
    duration('500ms', '10m'),
    '10s',
    'How long a leader that cannot renew its Lease goes on before it stops writing',
  ),
  leaderElectRetryPeriod: flag(duration('100ms', '10m'), '2s', 'How often the Lease is looked at'),
  shutdownGrace: flag(
    duration('0s', '10m'),
    '10s',
    'How long work in progress may take to end after SIGTERM',
  ),
  logLevel: flag(
    oneOf(['debug', 'info', 'warn', 'error']),
    'info',
    'The least important lines that are logged',
  ),
  logFormat: flag(oneOf(['json', 'pretty']), 'json', 'json for machines, pretty for a terminal'),
} as const;
