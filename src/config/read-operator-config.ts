import { ConfigError } from '../lib/errors.ts';
import { flagLabel, flagName, type FlagValues } from './flag.ts';
import { deepFreeze, present } from './frozen.ts';
import type { OperatorConfig } from './operator-config.ts';
import type { HostPort } from './values.ts';
import { operatorFlags, POD_NAMESPACE_FILE } from './operator-flags.ts';
import { type Environment, type RawFlags, readFlags } from './read-flags.ts';
import { xdsServiceOf } from './xds-servers.ts';

/** What the operator learns of the place it runs in, besides flags and environment. */
export interface OperatorSurroundings {
  /** Content of {@link POD_NAMESPACE_FILE}; null outside a pod. */
  readonly podNamespace: string | null;
  /** The identity in the Lease when --identity is not given: another one in each process. */
  readonly defaultIdentity: string;
}

type Values = FlagValues<typeof operatorFlags>;

/** client-go's JitterFactor: a retry comes up to this many retry periods after the last. */
const JITTER_FACTOR = 1.2;

/** Flags and environment as one frozen OperatorConfig. Throws ConfigError with every problem, not the first. */
export function readOperatorConfig(
  raw: RawFlags,
  env: Environment,
  surroundings: OperatorSurroundings,
): OperatorConfig {
  const { values, problems, wrong } = readFlags(operatorFlags, raw, env);
  const namespace = wrong.has('namespace') ? null : (values.namespace ?? podNamespace(surroundings));
  const all = [
    ...problems,
    ...(namespace === null && !wrong.has('namespace') ? [NO_NAMESPACE] : []),
    ...(wrong.has('registryNamespaces') ? [] : registryProblems(values, namespace)),
    ...electionProblems(values),
    ...addressProblems(values),
    ...xdsTlsProblems(values),
  ];
  if (all.length > 0) throw new ConfigError(all);
  return operatorConfig(values, present(namespace), surroundings.defaultIdentity);
}

const NO_NAMESPACE = `${flagLabel('namespace')}: is needed outside a pod (inside, it is read from ${POD_NAMESPACE_FILE})`;

function podNamespace(surroundings: OperatorSurroundings): string | null {
  const namespace = surroundings.podNamespace?.trim() ?? '';
  return namespace === '' ? null : namespace;
}

function operatorConfig(values: Values, namespace: string, defaultIdentity: string): OperatorConfig {
  return deepFreeze({
    namespace,
    defaultRegistry: values.defaultRegistry,
    watchNamespaces: values.watchNamespaces ?? [],
    registryNamespaces: values.registryNamespaces ?? [namespace],
    clusterDomain: present(values.clusterDomain),
    metricsAddress: values.metricsAddress,
    healthAddress: values.healthAddress,
    adminAddress: values.adminAddress,
    xdsAddress: values.xdsAddress,
    xdsTls: xdsTls(values),
    proxyAddress: values.proxyAddress,
    xdsBootstrap: {
      namespaces: values.xdsBootstrapNamespaces ?? [],
      servers: values.xdsBootstrapServer ?? [xdsServiceOf(namespace, present(values.clusterDomain))],
    },
    kubeconfig: values.kubeconfig,
    identity: values.identity ?? defaultIdentity,
    leaderElection: {
      leaseName: present(values.leaderElectLeaseName),
      leaseDurationMs: present(values.leaderElectLeaseDuration),
      renewDeadlineMs: present(values.leaderElectRenewDeadline),
      retryPeriodMs: present(values.leaderElectRetryPeriod),
    },
    workers: present(values.workers),
    maxEndpointsPerSlice: present(values.maxEndpointsPerSlice),
    kubeApi: { qps: present(values.kubeApiQps), burst: present(values.kubeApiBurst) },
    shutdownGraceMs: present(values.shutdownGrace),
    log: { level: present(values.logLevel), format: present(values.logFormat) },
  });
}

/** A default registry that the operator does not look at could never work. */
function registryProblems(values: Values, namespace: string | null): readonly string[] {
  const { defaultRegistry } = values;
  const looked = values.registryNamespaces ?? (namespace === null ? null : [namespace]);
  if (defaultRegistry === null || looked === null || looked.includes(defaultRegistry.namespace)) return [];
  return [
    `${flagLabel('defaultRegistry')}: namespace "${defaultRegistry.namespace}" is none of those that Registries are ` +
      `read from (${looked.join(', ')}); add it to ${flagName('registryNamespaces')}`,
  ];
}

function electionProblems(values: Values): readonly string[] {
  const { leaderElectLeaseDuration: lease, leaderElectRenewDeadline: renew } = values;
  const { leaderElectRetryPeriod: retry } = values;
  const problems: string[] = [];
  if (lease !== null && renew !== null && lease <= renew) {
    problems.push(
      `${flagLabel('leaderElectLeaseDuration')}: must be longer than ${flagName('leaderElectRenewDeadline')}, ` +
        'or two replicas could lead at once',
    );
  }
  if (renew !== null && retry !== null && renew <= retry * JITTER_FACTOR) {
    problems.push(
      `${flagLabel('leaderElectRenewDeadline')}: must be longer than ${JITTER_FACTOR} times ` +
        `${flagName('leaderElectRetryPeriod')}, or a leader would give up before it had tried twice`,
    );
  }
  return problems;
}

/** Two servers of one process cannot have one port. */
function addressProblems(values: Values): readonly string[] {
  const names = ['metricsAddress', 'healthAddress', 'adminAddress', 'xdsAddress'] as const;
  const taken: (typeof names)[number][] = [];
  const problems: string[] = [];
  for (const name of names) {
    const rival = taken.find((other) => meet(values[other], values[name]));
    taken.push(name);
    if (rival === undefined) continue;
    problems.push(
      `${flagLabel(name)}: has the port of ${flagName(rival)} (${values[name]?.port}); give it another one`,
    );
  }
  return problems;
}

function meet(one: HostPort | null, other: HostPort | null): boolean {
  if (one === null || other === null || one.port === 0 || one.port !== other.port) return false;
  return one.host === other.host || one.host === '' || other.host === '';
}

function xdsTls({ xdsTlsCertFile, xdsTlsKeyFile, xdsTlsClientCaFile }: Values): OperatorConfig['xdsTls'] {
  if (xdsTlsCertFile === null || xdsTlsKeyFile === null) return null;
  return { certFile: xdsTlsCertFile, keyFile: xdsTlsKeyFile, clientCaFile: xdsTlsClientCaFile };
}

/** A server that is meant to be secure must not be open because one of its files was forgotten. */
function xdsTlsProblems({ xdsTlsCertFile, xdsTlsKeyFile, xdsTlsClientCaFile }: Values): readonly string[] {
  if ((xdsTlsCertFile === null) !== (xdsTlsKeyFile === null)) {
    const [given, missing] =
      xdsTlsKeyFile === null
        ? (['xdsTlsCertFile', 'xdsTlsKeyFile'] as const)
        : (['xdsTlsKeyFile', 'xdsTlsCertFile'] as const);
    return [`${flagLabel(given)}: needs ${flagName(missing)} beside it`];
  }
  if (xdsTlsClientCaFile === null || xdsTlsCertFile !== null) return [];
  return [
    `${flagLabel('xdsTlsClientCaFile')}: needs ${flagName('xdsTlsCertFile')} and ${flagName('xdsTlsKeyFile')} beside it`,
  ];
}
