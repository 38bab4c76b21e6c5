import assert from 'node:assert/strict';
import { type Environment, type RawFlags, readOperatorConfig } from '../../../src/config/index.ts';
import { ConfigError } from '../../../src/lib/errors.ts';

const IN_POD = { podNamespace: 'rollcall-system', defaultIdentity: 'host-1a2b' };
const OUTSIDE = { podNamespace: null, defaultIdentity: 'laptop-1a2b' };

function problemsOf(
  raw: RawFlags,
  env: Environment = {},
  surroundings = IN_POD as typeof IN_POD | typeof OUTSIDE,
) {
  try {
    readOperatorConfig(raw, env, surroundings);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
}

describe('configuration of the operator', () => {
  it('needs nothing in a pod', () => {
    assert.deepEqual(readOperatorConfig({}, {}, { ...IN_POD, podNamespace: 'rollcall-system\n' }), {
      namespace: 'rollcall-system',
      defaultRegistry: null,
      watchNamespaces: [],
      registryNamespaces: ['rollcall-system'],
      clusterDomain: 'cluster.local',
      metricsAddress: { host: '', port: 8080 },
      healthAddress: { host: '', port: 8081 },
      adminAddress: { host: '127.0.0.1', port: 8082 },
      xdsAddress: { host: '', port: 18_000 },
      xdsTls: null,
      proxyAddress: { host: '', port: 10_000 },
      xdsBootstrap: {
        namespaces: [],
        servers: [{ host: 'rollcall-xds.rollcall-system.svc.cluster.local', port: 18_000 }],
      },
      kubeconfig: null,
      identity: 'host-1a2b',
      leaderElection: {
        leaseName: 'rollcall',
        leaseDurationMs: 15_000,
        renewDeadlineMs: 10_000,
        retryPeriodMs: 2000,
      },
      workers: 8,
      maxEndpointsPerSlice: 100,
      kubeApi: { qps: 500, burst: 1000 },
      shutdownGraceMs: 10_000,
      log: { level: 'info', format: 'json' },
    });
  });

  it('reads every flag', () => {
    const config = readOperatorConfig(
      {
        namespace: 'ops',
        defaultRegistry: 'data/main.v1',
        watchNamespaces: 'shop, billing,shop',
        registryNamespaces: 'ops,data',
        clusterDomain: 'k8s.example.com',
        metricsAddress: '127.0.0.1:9090',
        healthAddress: '[::1]:0',
        adminAddress: '[::1]:8082',
        xdsAddress: '10.0.0.1:18001',
        xdsTlsCertFile: '/tls/tls.crt',
        xdsTlsKeyFile: '/tls/tls.key',
        xdsTlsClientCaFile: '/tls/ca.crt',
        proxyAddress: '0',
        xdsBootstrapNamespaces: 'shop,billing',
        xdsBootstrapServer: 'xds.example.com:443',
        kubeconfig: '/home/a/.kube/config',
        identity: 'me',
        leaderElectLeaseName: 'rollcall-b',
        leaderElectLeaseDuration: '1m30s',
        leaderElectRenewDeadline: '1m',
        leaderElectRetryPeriod: '1.5s',
        workers: '1',
        maxEndpointsPerSlice: '1000',
        kubeApiQps: '12.5',
        kubeApiBurst: '25',
        shutdownGrace: '500ms',
        logLevel: 'debug',
        logFormat: 'pretty',
      },
      {},
      OUTSIDE,
    );
    assert.deepEqual(config, {
      namespace: 'ops',
      defaultRegistry: { namespace: 'data', name: 'main.v1' },
      watchNamespaces: ['shop', 'billing'],
      registryNamespaces: ['ops', 'data'],
      clusterDomain: 'k8s.example.com',
      metricsAddress: { host: '127.0.0.1', port: 9090 },
      healthAddress: { host: '::1', port: 0 },
      adminAddress: { host: '::1', port: 8082 },
      xdsAddress: { host: '10.0.0.1', port: 18_001 },
      xdsTls: { certFile: '/tls/tls.crt', keyFile: '/tls/tls.key', clientCaFile: '/tls/ca.crt' },
      proxyAddress: null,
      xdsBootstrap: {
        namespaces: ['shop', 'billing'],
        servers: [{ host: 'xds.example.com', port: 443 }],
      },
      kubeconfig: '/home/a/.kube/config',
      identity: 'me',
      leaderElection: {
        leaseName: 'rollcall-b',
        leaseDurationMs: 90_000,
        renewDeadlineMs: 60_000,
        retryPeriodMs: 1500,
      },
      workers: 1,
      maxEndpointsPerSlice: 1000,
      kubeApi: { qps: 12.5, burst: 25 },
      shutdownGraceMs: 500,
      log: { level: 'debug', format: 'pretty' },
    });
  });

  it('takes the command line before the environment, and that before the default', () => {
    const env = { ROLLCALL_WORKERS: '3', ROLLCALL_CLUSTER_DOMAIN: 'from.env', ROLLCALL_LOG_LEVEL: '' };
    const config = readOperatorConfig({ workers: '5' }, env, IN_POD);
    assert.equal(config.workers, 5);
    assert.equal(config.clusterDomain, 'from.env');
    assert.equal(config.log.level, 'info', 'an empty variable counts as not given');
  });

  it('listens nowhere at the address 0', () => {
    const config = readOperatorConfig({ metricsAddress: '0', healthAddress: '0' }, {}, IN_POD);
    assert.equal(config.metricsAddress, null);
    assert.equal(config.healthAddress, null);
  });

  it('cannot be changed, at any depth', () => {
    const config = readOperatorConfig({ watchNamespaces: 'a' }, {}, IN_POD);
    for (const part of [config, config.leaderElection, config.watchNamespaces, config.metricsAddress]) {
      assert.ok(Object.isFrozen(part));
    }
  });

  const wrong: readonly { readonly raw: RawFlags; readonly says: string }[] = [
    { raw: { workers: '0' }, says: '--workers (ROLLCALL_WORKERS): "0" is not a whole number from 1 to 256' },
    {
      raw: { workers: '1.5' },
      says: '--workers (ROLLCALL_WORKERS): "1.5" is not a whole number from 1 to 256',
    },
    { raw: { workers: '' }, says: '--workers (ROLLCALL_WORKERS): "" is empty' },
    {
      raw: { maxEndpointsPerSlice: '1001' },
      says: '--max-endpoints-per-slice (ROLLCALL_MAX_ENDPOINTS_PER_SLICE): "1001" is not a whole number from 1 to 1000',
    },
    {
      raw: { kubeApiQps: '-1' },
      says: '--kube-api-qps (ROLLCALL_KUBE_API_QPS): "-1" is not a number from 0 to 100000',
    },
    {
      raw: { namespace: 'Ops' },
      says: '--namespace (ROLLCALL_NAMESPACE): "Ops" is not the name of a namespace (lower case letters, digits and -, at most 63)',
    },
    {
      raw: { watchNamespaces: 'a,,b' },
      says: '--watch-namespaces (ROLLCALL_WATCH_NAMESPACES): "a,,b" has "" in it, which is not the name of a namespace (lower case letters, digits and -, at most 63)',
    },
    {
      raw: { registryNamespaces: 'a_b' },
      says: '--registry-namespaces (ROLLCALL_REGISTRY_NAMESPACES): "a_b" has "a_b" in it, which is not the name of a namespace (lower case letters, digits and -, at most 63)',
    },
    {
      raw: { defaultRegistry: 'main' },
      says: '--default-registry (ROLLCALL_DEFAULT_REGISTRY): "main" is not of the form NAMESPACE/NAME',
    },
    {
      raw: { defaultRegistry: 'a/b/c' },
      says: '--default-registry (ROLLCALL_DEFAULT_REGISTRY): "a/b/c" is not of the form NAMESPACE/NAME',
    },
    {
      raw: { defaultRegistry: 'data/main' },
      says: '--default-registry (ROLLCALL_DEFAULT_REGISTRY): namespace "data" is none of those that Registries are read from (rollcall-system); add it to --registry-namespaces',
    },
    {
      raw: { clusterDomain: '.cluster.local' },
      says: '--cluster-domain (ROLLCALL_CLUSTER_DOMAIN): ".cluster.local" is not a DNS domain such as cluster.local',
    },
    {
      raw: { metricsAddress: '8080' },
      says: '--metrics-address (ROLLCALL_METRICS_ADDRESS): "8080" is not an address such as :8080, 127.0.0.1:8080 or [::1]:8080 (0 turns it off)',
    },
    {
      raw: { healthAddress: ':65536' },
      says: '--health-address (ROLLCALL_HEALTH_ADDRESS): ":65536" is not an address such as :8080, 127.0.0.1:8080 or [::1]:8080 (0 turns it off)',
    },
    {
      raw: { healthAddress: '127.0.0.1:8080' },
      says: '--health-address (ROLLCALL_HEALTH_ADDRESS): has the port of --metrics-address (8080); give it another one',
    },
    {
      raw: { leaderElectLeaseName: 'a b' },
      says: '--leader-elect-lease-name (ROLLCALL_LEADER_ELECT_LEASE_NAME): "a b" is not the name of an object (lower case letters, digits, - and ., at most 253)',
    },
    {
      raw: { leaderElectLeaseDuration: '15' },
      says: '--leader-elect-lease-duration (ROLLCALL_LEADER_ELECT_LEASE_DURATION): "15" is not a duration such as 500ms, 15s, 1m30s or 1h',
    },
    {
      raw: { leaderElectLeaseDuration: '10s' },
      says: '--leader-elect-lease-duration (ROLLCALL_LEADER_ELECT_LEASE_DURATION): must be longer than --leader-elect-renew-deadline, or two replicas could lead at once',
    },
    {
      raw: { leaderElectRetryPeriod: '9s' },
      says: '--leader-elect-renew-deadline (ROLLCALL_LEADER_ELECT_RENEW_DEADLINE): must be longer than 1.2 times --leader-elect-retry-period, or a leader would give up before it had tried twice',
    },
    {
      raw: { shutdownGrace: '11m' },
      says: '--shutdown-grace (ROLLCALL_SHUTDOWN_GRACE): "11m" is not between 0s and 10m',
    },
    {
      raw: { logLevel: 'trace' },
      says: '--log-level (ROLLCALL_LOG_LEVEL): "trace" is none of debug, info, warn, error',
    },
    { raw: { logFormat: 'xml' }, says: '--log-format (ROLLCALL_LOG_FORMAT): "xml" is none of json, pretty' },
  ];
  for (const { raw, says } of wrong) {
    it(`refuses ${JSON.stringify(raw)} with one sentence that names flag and variable`, () => {
      assert.deepEqual(problemsOf(raw), [says]);
    });
  }

  it('says that the namespace is needed outside a pod', () => {
    assert.deepEqual(problemsOf({}, {}, OUTSIDE), [
      '--namespace (ROLLCALL_NAMESPACE): is needed outside a pod (inside, it is read from /var/run/secrets/kubernetes.io/serviceaccount/namespace)',
    ]);
  });

  it('reports every problem at once, wherever the values came from', () => {
    const problems = problemsOf(
      { namespace: 'NO', workers: 'many', registryNamespaces: '?', defaultRegistry: 'x/y' },
      { ROLLCALL_LOG_LEVEL: 'loud', ROLLCALL_LEADER_ELECT_LEASE_DURATION: '5s' },
    );
    assert.deepEqual(
      problems.map((problem) => problem.slice(0, problem.indexOf(' '))),
      ['--namespace', '--registry-namespaces', '--workers', '--log-level', '--leader-elect-lease-duration'],
    );
  });
});
