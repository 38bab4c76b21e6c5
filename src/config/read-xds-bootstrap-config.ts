import { ConfigError } from '../lib/errors.ts';
import { flagLabel, flagName, type FlagValues } from './flag.ts';
import { deepFreeze, present } from './frozen.ts';
import { type Environment, type RawFlags, readFlags } from './read-flags.ts';
import type { XdsBootstrapConfig } from './xds-bootstrap-config.ts';
import { xdsBootstrapFlags } from './xds-bootstrap-flags.ts';
import { xdsServiceOf } from './xds-servers.ts';

/** What the command learns of the place it runs in, besides flags and environment. */
export interface XdsBootstrapSurroundings {
  /** Name of the machine, or of the pod. */
  readonly hostname: string;
}

type Values = FlagValues<typeof xdsBootstrapFlags>;

/** Flags and environment as one frozen XdsBootstrapConfig. Throws ConfigError with every problem, not the first. */
export function readXdsBootstrapConfig(
  raw: RawFlags,
  env: Environment,
  { hostname }: XdsBootstrapSurroundings,
): XdsBootstrapConfig {
  const { values, problems } = readFlags(xdsBootstrapFlags, raw, env);
  const all = [...problems, ...podProblems(values, env), ...tlsProblems(values)];
  if (all.length > 0) throw new ConfigError(all);
  const { tlsCa: ca, tlsCert: cert, tlsKey: key } = values;
  const [namespace, domain] = [present(values.namespace), present(values.clusterDomain)];
  return deepFreeze({
    servers: values.server ?? [xdsServiceOf(namespace, domain)],
    creds: present(values.creds),
    tls: ca === null && cert === null ? null : { ca, cert, key },
    nodeId: values.nodeId ?? podId(env) ?? hostname,
    nodeCluster: present(values.nodeCluster),
    region: values.region ?? '',
    zone: values.zone ?? '',
    envoyAdmin: values.envoy === true ? present(values.envoyAdmin) : null,
    outputFile: values.output,
  });
}

/** The pod that the process runs in, by what a manifest takes from the downward API; null where neither variable is set. */
function podId({ POD_NAME: name = '', POD_NAMESPACE: namespace = '' }: Environment): string | null {
  return name === '' || namespace === '' ? null : `${name}.${namespace}`;
}

/** With one of the two, somebody meant to tell the pod and the server could not find it. */
function podProblems({ nodeId }: Values, env: Environment): readonly string[] {
  if (nodeId !== null) return [];
  const given = { POD_NAME: 'metadata.name', POD_NAMESPACE: 'metadata.namespace' } as const;
  const missing = Object.entries(given).filter(([variable]) => (env[variable] ?? '') === '');
  const [only] = missing;
  if (only === undefined || missing.length === 2) return [];
  return [
    `${flagLabel('nodeId')}: needs both POD_NAME and POD_NAMESPACE; add to the container's env ` +
      `{name: ${only[0]}, valueFrom: {fieldRef: {fieldPath: ${only[1]}}}}`,
  ];
}

function tlsProblems({ creds, envoy, tlsCa, tlsCert, tlsKey }: Values): readonly string[] {
  const problems: string[] = [];
  if (tlsCert !== null && tlsKey === null)
    problems.push(`${flagLabel('tlsCert')}: needs ${flagName('tlsKey')}`);
  if (tlsKey !== null && tlsCert === null)
    problems.push(`${flagLabel('tlsKey')}: needs ${flagName('tlsCert')}`);
  if (envoy === true && creds === 'tls' && tlsCa === null) {
    problems.push(
      `${flagLabel('tlsCa')}: is needed for Envoy, which knows no authorities by itself; those of the system are ` +
        'often in /etc/ssl/certs/ca-certificates.crt',
    );
  }
  return problems;
}
