import { join } from 'node:path';
import { request } from 'undici';
import { ServerProcess } from '../../../local/servers/server-process.ts';
import { checkout } from '../../support/manifests.ts';
import { freshAddress } from '../../support/testbed/index.ts';

/** Options of {@link startOperator}. */
export interface OperatorOptions {
  /** Of the ServiceAccount that it runs as; never the admin's. */
  readonly kubeconfigFile: string;
  /** Flags beside --kubeconfig, addresses and the log: `['--default-registry', 'rollcall-system/main']`. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** False: resolves when it answers /healthz; by default when it is ready (caches synced, registries read). */
  readonly untilReady?: boolean;
}

/** A running operator, a process of its own. */
export interface OperatorProcess extends ServerProcess {
  /** The text of /metrics. */
  readonly metrics: () => Promise<string>;
  /** Sum over all series of a metric whose labels contain `labels`; 0 when there are none. */
  readonly metric: (name: string, labels?: Readonly<Record<string, string>>) => Promise<number>;
  readonly isReady: () => Promise<boolean>;
  readonly isLeader: () => Promise<boolean>;
  /** `host:port` of its xDS server. */
  readonly xdsServer: string;
}

/** Starts `rollcall operator` from the sources, under a ServiceAccount. */
export async function startOperator(options: OperatorOptions): Promise<OperatorProcess> {
  const address = freshAddress();
  const answers = async (path: string): Promise<boolean> => {
    const { statusCode, body } = await request(`http://${address}:8081${path}`);
    await body.dump();
    return statusCode === 200;
  };
  const metrics = async (): Promise<string> => {
    const { body } = await request(`http://${address}:8080/metrics`);
    return await body.text();
  };
  const metric: OperatorProcess['metric'] = async (name, labels = {}) => sumOf(await metrics(), name, labels);
  const flags = [
    ...['--kubeconfig', options.kubeconfigFile],
    ...['--metrics-address', `${address}:8080`, '--health-address', `${address}:8081`],
    ...['--admin-address', `${address}:8082`, '--xds-address', `${address}:18000`],
    ...['--namespace', 'rollcall-system', '--log-level', 'debug'],
    ...(options.flags ?? []),
  ];
  const server = await ServerProcess.start({
    name: `operator-${address}`,
    command: process.execPath,
    args: [join(checkout, 'src/main.ts'), 'operator', ...flags],
    env: { ...options.env },
    isReady: () => answers(options.untilReady === false ? '/healthz' : '/readyz'),
  });
  return Object.assign(server, {
    xdsServer: `${address}:18000`,
    metrics,
    metric,
    isReady: () => answers('/readyz'),
    isLeader: async () => (await metric('leader_election_master_status')) === 1,
  });
}

function sumOf(text: string, name: string, labels: Readonly<Record<string, string>>): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => wanted.every((pair) => line.includes(pair)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
