import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '../../local/servers/server-process.ts';
import type { ApiServer } from '../../local/servers/api-server.ts';
import { addresses } from '../world/addresses.ts';
import { rollcall } from '../world/registry.ts';

/** Where the operator's metrics are. */
const metricsAddress = `${addresses.operator}:8080`;

/** Where bench/subjects/turns.mjs writes. One operator runs at a time. */
const turnsFile = join(tmpdir(), `rollcall-bench-turns-${process.pid}`);

/** Options of {@link startOperator}. */
export interface OperatorOptions {
  /** See BenchmarkOptions. */
  readonly profile?: string | undefined;
  /** Lets {@link longestTurnMs} tell the longest turn of its event loop. */
  readonly watchTurns?: boolean;
  readonly extraArgs?: readonly string[];
}

/** Starts the built operator under the ServiceAccount of deploy/base; does not wait until it is ready. */
export async function startOperator(
  apiServer: ApiServer,
  { profile, watchTurns = false, extraArgs = [] }: OperatorOptions = {},
): Promise<ServerProcess> {
  const account = { namespace: 'rollcall-system', name: 'rollcall' };
  const kubeconfig = await apiServer.serviceAccountKubeconfig(account);
  const operator = await ServerProcess.start({
    name: 'operator',
    command: process.execPath,
    args: [
      ...(await nodeFlags()),
      ...(watchTurns ? ['--import', join(import.meta.dirname, 'turns.mjs')] : []),
      ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
      ...[rollcall(), 'operator', '--kubeconfig', kubeconfig],
      ...['--namespace', 'rollcall-system', '--default-registry', 'rollcall-system/default'],
      ...['--metrics-address', metricsAddress, '--health-address', `${addresses.operator}:8081`],
      ...['--admin-address', '0', '--xds-address', `${addresses.operator}:18000`],
      ...extraArgs,
    ],
    env: { ROLLCALL_BENCH_TURNS: turnsFile },
    isReady: () => Promise.resolve(true),
  });
  // A profile is written at a clean end only.
  if (profile !== undefined) operator.dispose = () => operator.stop();
  return operator;
}

/**
 * The longest turn of the event loop since its program was loaded, by the own CPU time of the thread: what it would be on a
 * machine that nobody else uses.
 */
export async function longestTurnMs(): Promise<number> {
  return Number(await readFile(turnsFile, 'utf8'));
}

/** The flags that the image starts Node with. */
export async function nodeFlags(): Promise<string[]> {
  const dockerfile = await readFile(join(import.meta.dirname, '../../Dockerfile'), 'utf8');
  const command = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1];
  if (command === undefined) throw new Error('the Dockerfile has no ENTRYPOINT as JSON');
  return (JSON.parse(command) as string[]).slice(1, -1);
}

/** One number of the operator's metrics; NaN when it has no such line. `name` with its labels, as in the text. */
export async function operatorMetric(name: string): Promise<number> {
  const text = await (await fetch(`http://${metricsAddress}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? NaN);
}
