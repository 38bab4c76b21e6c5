/** One question to RBAC. */
export interface AccessCase {
  readonly verb: string;
  /** `group/resource`; the core group is ''. */
  readonly resource: string;
  readonly subresource?: string;
  /** '' asks for all of them. */
  readonly namespace: string;
  readonly name?: string;
}

interface AccessTable {
  readonly allowed: readonly AccessCase[];
  readonly refused: readonly AccessCase[];
}

const read = ['get', 'list', 'watch'];
const own = 'rollcall-system';

const verbs = (resource: string, names: readonly string[], namespace: string): AccessCase[] =>
  names.map((verb) => ({ verb, resource, namespace }));

/** The ConfigMaps with the bootstrap of xDS clients, and no others. */
const bootstrap = (namespace: string): AccessCase[] => [
  { verb: 'create', resource: '/configmaps', namespace },
  ...[...read, 'update', 'delete'].map((verb) => ({
    verb,
    resource: '/configmaps',
    namespace,
    name: 'rollcall-xds',
  })),
];

/** What the operator does with GrpcServices and what it makes of them, in one namespace or ('') in all. */
const publishing = (namespace: string): AccessCase[] => [
  ...verbs('rollcall.dev/grpcservices', read, namespace),
  { verb: 'update', resource: 'rollcall.dev/grpcservices', subresource: 'status', namespace },
  { verb: 'patch', resource: 'rollcall.dev/grpcservices', subresource: 'status', namespace },
  { verb: 'update', resource: 'rollcall.dev/grpcservices', subresource: 'finalizers', namespace },
  ...verbs('/services', [...read, 'create', 'update', 'delete'], namespace),
  ...verbs('discovery.k8s.io/endpointslices', [...read, 'create', 'update', 'delete'], namespace),
  ...verbs('events.k8s.io/events', ['create', 'patch'], namespace),
  ...bootstrap(namespace),
  ...verbs('/pods', ['get'], namespace),
];

/** What it does in its own namespace. */
const atHome: AccessCase[] = [
  ...verbs('rollcall.dev/registries', read, own),
  { verb: 'update', resource: 'rollcall.dev/registries', subresource: 'status', namespace: own },
  { verb: 'get', resource: '/secrets', namespace: own, name: 'registry-login' },
  ...verbs('events.k8s.io/events', ['create', 'patch'], own),
  { verb: 'create', resource: 'coordination.k8s.io/leases', namespace: own },
  ...[...read, 'update'].map((verb) => ({
    verb,
    resource: 'coordination.k8s.io/leases',
    namespace: own,
    name: 'rollcall',
  })),
];

/** What it may never do, however it is installed. */
const never: AccessCase[] = [
  ...verbs('/secrets', read, ''),
  ...verbs('/secrets', read, 'shop'),
  ...verbs('/secrets', ['list', 'watch', 'create', 'update', 'patch', 'delete'], own),
  ...verbs('rollcall.dev/registries', read, ''),
  ...verbs('rollcall.dev/registries', ['create', 'update', 'patch', 'delete'], own),
  ...verbs('rollcall.dev/grpcservices', ['create', 'update', 'patch', 'delete'], 'shop'),
  ...verbs('coordination.k8s.io/leases', ['list', 'watch'], own),
  { verb: 'update', resource: 'coordination.k8s.io/leases', namespace: own, name: 'another' },
  { verb: 'update', resource: 'coordination.k8s.io/leases', namespace: 'shop', name: 'rollcall' },
  ...verbs('/services', ['patch', 'deletecollection'], 'shop'),
  ...verbs('discovery.k8s.io/endpointslices', ['patch', 'deletecollection'], 'shop'),
  ...verbs('/configmaps', [...read, 'update', 'delete', 'patch'], 'shop'),
  { verb: 'update', resource: '/configmaps', namespace: 'shop', name: 'another' },
  ...verbs('/pods', ['list', 'watch', 'create', 'delete'], own),
  ...verbs('/nodes', ['list', 'watch', 'update'], ''),
  ...verbs('/endpoints', ['get', 'update'], 'shop'),
  ...verbs('/namespaces', ['create', 'update', 'delete'], ''),
  { verb: 'escalate', resource: 'rbac.authorization.k8s.io/clusterroles', namespace: '' },
];

/** deploy/base. */
export const clusterWide: AccessTable = {
  allowed: [...publishing(''), ...verbs('/namespaces', read, ''), ...verbs('/nodes', ['get'], ''), ...atHome],
  refused: never,
};

/** deploy/overlays/namespaced, which watches the namespace shop. */
export const namespacedOnly: AccessTable = {
  allowed: [...publishing('shop'), ...atHome],
  refused: [
    ...never,
    ...publishing(''),
    ...publishing('elsewhere'),
    ...verbs('/namespaces', read, ''),
    ...verbs('/nodes', ['get'], ''),
  ],
};
