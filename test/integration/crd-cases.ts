/** Any JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** A change that makes a right object wrong, and what the refusal must say. */
export interface WrongCase {
  readonly name: string;
  readonly change: Json;
  readonly says: string;
}

/** `base` with `change` merged in, object by object (RFC 7386: null removes). */
export function merged(base: Json, change: Json): Json {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    const before = result[key];
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = isObject(value) ? merged(isObject(before) ? before : {}, value) : value;
  }
  return result;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const mysql = (change: Json): Json => ({ spec: { mysql: change } });
const columns = { service: 's', instanceId: 'i', address: 'a', port: 'p' };
const custom = (change: Json): Json => ({
  spec: { schema: { type: 'Custom', custom: merged({ table: 'servers', columns }, change) } },
});
const statusValues = (values: Json): Json => custom({ columns: { status: 'st' }, statusValues: values });

export const wrongRegistries: readonly WrongCase[] = [
  { name: 'no spec', change: { spec: null }, says: 'spec: Required value' },
  { name: 'no database', change: mysql({ database: null }), says: 'spec.mysql.database: Required value' },
  {
    name: 'no credentials',
    change: mysql({ credentialsSecretRef: null }),
    says: 'credentialsSecretRef: Required',
  },
  { name: 'an unknown field', change: { spec: { intervall: '1s' } }, says: 'unknown field "spec.intervall"' },
  {
    name: 'a URL as host',
    change: mysql({ host: 'mysql://db' }),
    says: 'write a host name or an IP address only',
  },
  {
    name: 'a port in the host',
    change: mysql({ host: 'db:3306' }),
    says: 'the port goes into spec.mysql.port',
  },
  { name: 'port 0', change: mysql({ port: 0 }), says: 'should be greater than or equal to 1' },
  { name: 'port 65536', change: mysql({ port: 65_536 }), says: 'should be less than or equal to 65535' },
  {
    name: 'a replica lag that is no duration',
    change: mysql({ maxReplicaLag: '10 seconds' }),
    says: 'write a duration from 1s to 1h, such as "10s"',
  },
  {
    name: 'a replica lag below 1s',
    change: mysql({ maxReplicaLag: '999ms' }),
    says: 'write a duration from 1s to 1h',
  },
  {
    name: 'a TLS mode of other clients',
    change: mysql({ tls: { mode: 'PREFERRED' } }),
    says: 'Unsupported value',
  },
  {
    name: 'VerifyCA without a CA',
    change: mysql({ tls: { mode: 'VerifyCA' } }),
    says: 'mode VerifyCA needs caSecretRef',
  },
  {
    name: 'a CA that mode Required does not use',
    change: mysql({ tls: { mode: 'Required', caSecretRef: { name: 'ca' } } }),
    says: 'caSecretRef is used by the modes VerifyCA and VerifyIdentity only',
  },
  {
    name: 'a CA without a mode',
    change: mysql({ tls: { caSecretRef: { name: 'ca' } } }),
    says: 'set mode to one of them or remove caSecretRef',
  },
  {
    name: 'a client certificate without encryption',
    change: mysql({ tls: { mode: 'Disabled', clientCertificateSecretRef: { name: 'c' } } }),
    says: 'clientCertificateSecretRef needs encryption',
  },
  {
    name: 'Custom without custom',
    change: { spec: { schema: { type: 'Custom' } } },
    says: 'type Custom needs custom',
  },
  {
    name: 'Managed with custom',
    change: { spec: { schema: { type: 'Managed', custom: { table: 't', columns } } } },
    says: 'type Managed uses the tables of rollcall migrate',
  },
  {
    name: 'custom without a type',
    change: { spec: { schema: { custom: { table: 't', columns } } } },
    says: 'set type to Custom or remove custom',
  },
  {
    name: 'a quoted table',
    change: custom({ table: '`servers`' }),
    says: 'write "table" or "database.table", without quotes',
  },
  {
    name: 'a table of three parts',
    change: custom({ table: 'a.b.c' }),
    says: 'write "table" or "database.table"',
  },
  {
    name: 'no address column',
    change: custom({ columns: { address: null } }),
    says: 'columns.address: Required value',
  },
  {
    name: 'two columns for one lease',
    change: custom({ columns: { expiresAt: 'e', lastHeartbeat: 'b' }, ttl: '30s' }),
    says: 'give expiresAt or lastHeartbeat, not both',
  },
  {
    name: 'a beat without ttl',
    change: custom({ columns: { lastHeartbeat: 'b' } }),
    says: 'columns.lastHeartbeat needs ttl, the length of a lease',
  },
  {
    name: 'a ttl without leases',
    change: custom({ ttl: '30s' }),
    says: 'name columns.lastHeartbeat or columns.expiresAt, or remove ttl',
  },
  {
    name: 'a ttl that is too short',
    change: custom({ columns: { lastHeartbeat: 'b' }, ttl: '10ms' }),
    says: 'write a duration from 1s to 24h, such as "30s"',
  },
  {
    name: 'status values without a status column',
    change: custom({ statusValues: { up: ['1'] } }),
    says: 'statusValues needs columns.status',
  },
  {
    name: 'no value for up',
    change: statusValues({ down: ['0'] }),
    says: 'list in up the values of an instance that serves',
  },
  { name: 'an empty list for up', change: statusValues({ up: [] }), says: 'should have at least 1 items' },
  {
    name: 'a value that is up and draining',
    change: statusValues({ up: ['1', '2'], draining: ['2'] }),
    says: 'a value cannot be in both up and draining',
  },
  {
    name: 'a value that is up and down',
    change: statusValues({ up: ['1'], down: ['0', '1'] }),
    says: 'a value cannot be in both up and down',
  },
  {
    name: 'a value that is draining and down',
    change: statusValues({ up: ['1'], draining: ['2'], down: ['2'] }),
    says: 'a value cannot be in both draining and down',
  },
  {
    name: 'a time zone that is none',
    change: custom({ timeZone: '2' }),
    says: 'write an offset such as "+02:00"',
  },
  { name: 'a time unit that is none', change: custom({ timeUnit: 'Minutes' }), says: 'Unsupported value' },
  {
    name: 'two statements as a condition',
    change: custom({ where: 'deleted = 0; DROP TABLE servers' }),
    says: 'write one SQL condition without a semicolon',
  },
  {
    name: 'a feed that there is not',
    change: { spec: { feed: { type: 'Push' } } },
    says: 'Unsupported value: "Push"',
  },
  {
    name: 'a poll interval that is too short',
    change: { spec: { feed: { poll: { interval: '10ms' } } } },
    says: 'write a duration from 100ms to 1m, such as "1s"',
  },
  {
    name: 'an audit interval that is too long',
    change: { spec: { feed: { poll: { auditInterval: '2h' } } } },
    says: 'write a duration from 1s to 1h, such as "30s"',
  },
  {
    name: 'an audit that is faster than the poll',
    change: { spec: { feed: { poll: { interval: '40s' } } } },
    says: 'auditInterval must be at least as long as interval',
  },
  {
    name: 'a fallback after too long a time',
    change: { spec: { feed: { type: 'Binlog', fallbackAfter: '1h' } } },
    says: 'write a duration from 1s to 10m, such as "5s"',
  },
  {
    name: 'a fallback for what is the fallback itself',
    change: { spec: { feed: { fallbackAfter: '5s' } } },
    says: 'type Poll has no fallback; remove fallbackAfter',
  },
  {
    name: 'settings of another feed than the one asked for',
    change: { spec: { feed: { type: 'Binlog', trigger: { interval: '20ms' } } } },
    says: 'only the settings of type, and those of poll, may be given',
  },
  {
    name: 'a Redis feed without an address',
    change: { spec: { feed: { type: 'Redis' } } },
    says: 'type Redis needs spec.feed.redis',
  },
  {
    name: 'a Canal feed without a server',
    change: { spec: { feed: { type: 'Canal' } } },
    says: 'type Canal needs spec.feed.canal',
  },
  {
    name: 'looks at change_log that are too far apart',
    change: { spec: { feed: { type: 'Trigger', trigger: { interval: '1m' } } } },
    says: 'write a duration from 5ms to 10s, such as "20ms"',
  },
  {
    name: 'a change_log that is kept for too short a time',
    change: { spec: { feed: { type: 'Trigger', trigger: { retention: '1s' } } } },
    says: 'write a duration from 1m to 168h, such as "1h"',
  },
  {
    name: 'a Redis address without a port',
    change: { spec: { feed: { type: 'Redis', redis: { addresses: ['redis'] } } } },
    says: 'write HOST:PORT, such as',
  },
  {
    name: 'several addresses of one Redis server',
    change: { spec: { feed: { type: 'Redis', redis: { addresses: ['a:1', 'b:2'] } } } },
    says: 'topology Standalone takes one address',
  },
  {
    name: 'sentinels without the name of what they watch',
    change: { spec: { feed: { type: 'Redis', redis: { topology: 'Sentinel', addresses: ['a:1'] } } } },
    says: 'sentinelMaster names the server for topology Sentinel',
  },
  {
    name: 'a login at sentinels that there are not',
    change: {
      spec: {
        feed: { type: 'Redis', redis: { addresses: ['a:1'], sentinelCredentialsSecretRef: { name: 's' } } },
      },
    },
    says: 'sentinelCredentialsSecretRef is used by topology Sentinel only',
  },
  {
    name: 'a Redis feed that hardly polls underneath',
    change: { spec: { feed: { type: 'Redis', redis: { addresses: ['a:1'], pollInterval: '1h' } } } },
    says: 'write a duration from 1s to 10m, such as "10s"',
  },
  {
    name: 'a Redis feed that verifies by a CA without one',
    change: { spec: { feed: { type: 'Redis', redis: { addresses: ['a:1'], tls: { mode: 'VerifyCA' } } } } },
    says: 'mode VerifyCA needs caSecretRef',
  },
  {
    name: 'a heartbeat of the binary log that is too fast',
    change: { spec: { feed: { type: 'Binlog', binlog: { heartbeatInterval: '10ms' } } } },
    says: 'write a duration from 100ms to 1m, such as "1s"',
  },
  {
    name: 'a Canal client id that Canal cannot parse',
    change: { spec: { feed: { type: 'Canal', canal: { host: 'c', destination: 'd', clientId: 40000 } } } },
    says: 'less than or equal to 32767',
  },
  {
    name: 'a resync interval that is too short',
    change: { spec: { resyncInterval: '1s' } },
    says: 'write a duration from 10s to 24h, such as "5m"',
  },
  {
    name: 'a retention of 0',
    change: { spec: { retention: '0s' } },
    says: 'write a duration from 1m to 8760h, such as "24h"',
  },
  {
    name: 'Selector without a selector',
    change: { spec: { allowedNamespaces: { from: 'Selector' } } },
    says: 'from Selector needs selector',
  },
  {
    name: 'a selector that nobody uses',
    change: { spec: { allowedNamespaces: { from: 'All', selector: {} } } },
    says: 'selector is used with from Selector only',
  },
  ...selectorCases((selector) => ({ spec: { allowedNamespaces: { from: 'Selector', selector } } })),
  {
    name: 'an empty list of networks',
    change: { spec: { allowedCIDRs: [] } },
    says: 'should have at least 1 items',
  },
  {
    name: 'an address as a network',
    change: { spec: { allowedCIDRs: ['10.0.0.1'] } },
    says: 'write a network in CIDR notation',
  },
  {
    name: 'a network with host bits',
    change: { spec: { allowedCIDRs: ['10.0.0.1/8'] } },
    says: 'without host bits, such as 10.0.0.0/8',
  },
];

/** The rules of a label selector, wherever it is. */
function selectorCases(at: (selector: Json) => Json): readonly WrongCase[] {
  const expression = (fields: Json) => at({ matchExpressions: [{ key: 'zone', ...fields }] });
  return [
    {
      name: 'In without values',
      change: expression({ operator: 'In' }),
      says: 'operator In or NotIn needs at least one entry in values',
    },
    {
      name: 'NotIn with no values',
      change: expression({ operator: 'NotIn', values: [] }),
      says: 'operator In or NotIn needs at least one entry in values',
    },
    {
      name: 'Exists with values',
      change: expression({ operator: 'Exists', values: ['a'] }),
      says: 'operator Exists or DoesNotExist takes no values',
    },
    {
      name: 'an operator that is none',
      change: expression({ operator: 'Is' }),
      says: 'Unsupported value: "Is"',
    },
  ];
}

const dns = (change: Json): Json => ({ spec: { dns: change } });
const xds = (change: Json): Json => ({ spec: { xds: change } });
const proxy = (change: Json): Json => ({ spec: { proxy: change } });

export const wrongGrpcServices: readonly WrongCase[] = [
  { name: 'no port', change: { spec: { port: null } }, says: 'spec.port: Required value' },
  { name: 'port 0', change: { spec: { port: 0 } }, says: 'should be greater than or equal to 1' },
  { name: 'port 65536', change: { spec: { port: 65_536 } }, says: 'should be less than or equal to 65535' },
  { name: 'a field of later versions', change: { spec: { mesh: {} } }, says: 'unknown field "spec.mesh"' },
  {
    name: 'a registry without a name',
    change: { spec: { registryRef: { namespace: 'x' } } },
    says: 'spec.registryRef.name: Required value',
  },
  {
    name: 'an empty service name',
    change: { spec: { service: '' } },
    says: 'should be at least 1 chars long',
  },
  ...selectorCases((selector) => ({ spec: { selector } })),
  {
    name: 'more than 100 percent',
    change: { spec: { protection: { minAvailablePercent: 101 } } },
    says: 'should be less than or equal to 100',
  },
  {
    name: 'less than 0 percent',
    change: { spec: { protection: { minAvailablePercent: -1 } } },
    says: 'should be greater than or equal to 0',
  },
  {
    name: 'a bare Off, which YAML reads as false',
    change: { spec: { protection: { mode: false } } },
    says: 'spec.protection.mode in body must be of type string: "boolean"',
  },
  {
    name: 'an instance that is forgotten at once',
    change: { spec: { protection: { forgetAfter: '0s' } } },
    says: 'write a duration from 1s to 168h, such as "10m"',
  },
  {
    name: 'a name that no Service can have',
    change: { metadata: { name: '2.orders' } },
    says: 'a Service cannot have the name of this GrpcService: set spec.dns.serviceName',
  },
  {
    name: 'a name that is too long for a Service',
    change: { metadata: { name: 'a'.repeat(64) } },
    says: 'a Service cannot have the name of this GrpcService',
  },
  {
    name: 'a Service name with a dot',
    change: dns({ serviceName: 'orders.v2' }),
    says: 'write a name that a Service can have',
  },
  {
    name: 'a Service name that begins with a digit',
    change: dns({ serviceName: '2orders' }),
    says: 'beginning with a letter, at most 63 characters',
  },
  {
    name: 'an empty protocol',
    change: dns({ appProtocol: '' }),
    says: 'write a protocol name such as "grpc"',
  },
  { name: 'a protocol with spaces', change: dns({ appProtocol: 'g rpc' }), says: 'kubernetes.io/h2c' },
  {
    name: 'a label that the operator sets',
    change: dns({ labels: { 'kubernetes.io/service-name': 'x' } }),
    says: 'remove the labels that the operator sets itself',
  },
  {
    name: 'the managed-by label',
    change: dns({ labels: { 'endpointslice.kubernetes.io/managed-by': 'me' } }),
    says: 'remove the labels that the operator sets itself',
  },
  {
    name: 'the headless label',
    change: dns({ labels: { 'service.kubernetes.io/headless': '' } }),
    says: 'remove the labels that the operator sets itself',
  },
  {
    name: "a label of the operator's own",
    change: dns({ labels: { 'rollcall.dev/grpcservice-uid': 'x' } }),
    says: 'remove the labels that the operator sets itself',
  },
  {
    name: 'a label name with spaces',
    change: dns({ labels: { 'my team': 'x' } }),
    says: 'write label names such as "team"',
  },
  {
    name: 'a label value with spaces',
    change: dns({ labels: { team: 'a b' } }),
    says: 'write label values of letters, digits',
  },
  {
    name: 'an annotation that the operator sets',
    change: dns({ annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': 'x' } }),
    says: 'remove the annotations that belong to the operator',
  },
  {
    name: "an annotation of the operator's own",
    change: dns({ annotations: { 'rollcall.dev/adopted-by': 'x' } }),
    says: 'remove the annotations that belong to the operator',
  },
  {
    name: 'an annotation name with spaces',
    change: dns({ annotations: { 'my team': 'x' } }),
    says: 'write annotation names such as "team"',
  },
  { name: 'no family of addresses', change: dns({ addressTypes: [] }), says: 'should have at least 1 items' },
  {
    name: 'a family twice',
    change: dns({ addressTypes: ['IPv4', 'IPv4'] }),
    says: 'Duplicate value: "IPv4"',
  },
  {
    name: 'a family that slices cannot have',
    change: dns({ addressTypes: ['FQDN'] }),
    says: 'Unsupported value: "FQDN"',
  },
  {
    name: 'an adoption that is none',
    change: dns({ adoption: 'Always' }),
    says: 'Unsupported value: "Always"',
  },
  ...wrongXds(),
  {
    name: 'a proxy that routes nothing',
    change: proxy({ hosts: [] }),
    says: 'say what is routed here with hosts, rpcServices or both',
  },
  {
    name: 'a host with a port',
    change: proxy({ hosts: ['orders.example.com:443'] }),
    says: 'write a host name in lower case without a port',
  },
  {
    name: 'a host that is every host',
    change: proxy({ hosts: ['*'] }),
    says: 'write a host name in lower case without a port',
  },
  {
    name: 'a host twice',
    change: proxy({ hosts: ['a.example.com', 'a.example.com'] }),
    says: 'Duplicate value: "a.example.com"',
  },
  {
    name: 'a path in the place of a gRPC service',
    change: proxy({ rpcServices: ['/shop.v1.Orders/'] }),
    says: 'write the full name of a gRPC service with its package',
  },
];

function wrongXds(): readonly WrongCase[] {
  const outliers = (change: Json): Json => xds({ outlierDetection: { failurePercentage: {}, ...change } });
  return [
    {
      name: 'a policy of Envoy that gRPC has not',
      change: xds({ loadBalancing: { policy: 'Maglev' } }),
      says: 'Unsupported value: "Maglev"',
    },
    {
      name: 'one choice only',
      change: xds({ loadBalancing: { policy: 'LeastRequest', leastRequest: { choiceCount: 1 } } }),
      says: 'should be greater than or equal to 2',
    },
    {
      name: 'choices for another policy',
      change: xds({ loadBalancing: { leastRequest: { choiceCount: 3 } } }),
      says: 'leastRequest is used by policy LeastRequest only',
    },
    {
      name: 'a ring for another policy',
      change: xds({ loadBalancing: { policy: 'LeastRequest', ringHash: {} } }),
      says: 'ringHash is used by policy RingHash only',
    },
    {
      name: 'a ring whose least is above its most',
      change: xds({ loadBalancing: { policy: 'RingHash', ringHash: { maximumRingSize: 512 } } }),
      says: 'minimumRingSize cannot be above maximumRingSize',
    },
    ...['User-Id', 'trace-bin', 'grpc-timeout'].map((header) => ({
      name: `calls hashed by the header ${header}`,
      change: xds({ loadBalancing: { policy: 'RingHash', ringHash: { header } } }),
      says: 'write a header name in lower case such as "user-id"',
    })),
    {
      name: 'regions to fail over to without a preference',
      change: xds({ locality: { failoverRegions: ['eu-west-1'] } }),
      says: 'failoverRegions are used by the modes PreferSameZone and PreferSameRegion only',
    },
    {
      name: 'outliers without a measure',
      change: xds({ outlierDetection: {} }),
      says: 'say what makes an outlier with successRate, failurePercentage or both',
    },
    {
      name: 'an interval without a unit',
      change: outliers({ interval: '10' }),
      says: 'write a duration from 100ms to 1h, such as "10s"',
    },
    {
      name: 'an ejection that is too short',
      change: outliers({ baseEjectionTime: '1ms' }),
      says: 'write a duration from 100ms to 1h, such as "30s"',
    },
    {
      name: 'an ejection without end',
      change: outliers({ maxEjectionTime: '48h' }),
      says: 'write a duration from 100ms to 24h, such as "5m"',
    },
    {
      name: 'a longest ejection that is shorter than the first',
      change: outliers({ baseEjectionTime: '10m' }),
      says: 'maxEjectionTime must be at least as long as baseEjectionTime',
    },
    {
      name: 'a bound of no calls',
      change: xds({ circuitBreaker: { maxRequests: 0 } }),
      says: 'should be greater than or equal to 1',
    },
    {
      name: 'a circuit breaker without a bound',
      change: xds({ circuitBreaker: {} }),
      says: 'spec.xds.circuitBreaker.maxRequests: Required value',
    },
    {
      name: 'more calls than gRPC makes',
      change: xds({ retry: { attempts: 5 } }),
      says: 'should be less than or equal to 4',
    },
    {
      name: 'a code that is not repeated',
      change: xds({ retry: { codes: ['NotFound'] } }),
      says: 'Unsupported value: "NotFound"',
    },
    {
      name: 'repetitions upon nothing',
      change: xds({ retry: { codes: [] } }),
      says: 'should have at least 1 items',
    },
    {
      name: 'a pause of nothing',
      change: xds({ retry: { backoff: { base: '0s' } } }),
      says: 'write a duration from 1ms to 1m, such as "25ms"',
    },
    {
      name: 'a pause of an hour',
      change: xds({ retry: { backoff: { max: '1h' } } }),
      says: 'write a duration from 1ms to 10m, such as "250ms"',
    },
    {
      name: 'a longest pause that is shorter than the first',
      change: xds({ retry: { backoff: { base: '1s' } } }),
      says: 'max must be at least as long as base',
    },
    {
      name: 'a timeout without a unit',
      change: xds({ timeout: '30' }),
      says: 'write a duration from 1ms to 168h, such as "30s"',
    },
  ];
}
