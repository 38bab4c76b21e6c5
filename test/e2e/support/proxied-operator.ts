import { join } from 'node:path';
import { writeKubeconfig } from '../../../local/servers/kubeconfig.ts';
import { newWorkDir } from '../../../local/servers/work-dir.ts';
import { FaultProxy, type ProxiedRequest } from '../../support/fault-proxy.ts';
import type { OperatorProcess } from './operator.ts';
import type { TestRegistry, World } from './world.ts';

/** An operator that talks to the API server through a proxy of its own: what it sends is seen, and can be broken. */
export interface ProxiedOperator {
  readonly proxy: FaultProxy;
  readonly operator: OperatorProcess;
}

/** Starts an operator behind a proxy; the proxy is disposed of by the caller, after the operator has ended. */
export async function startProxied(
  world: World,
  registry: TestRegistry,
  flags: readonly string[] = [],
): Promise<ProxiedOperator> {
  const { url, ca, serviceAccountToken } = world.cluster.apiServer;
  const proxy = await FaultProxy.start({ target: url, ca });
  const token = await serviceAccountToken({ namespace: 'rollcall-system', name: 'rollcall' });
  const file = join(newWorkDir('proxied'), 'operator.kubeconfig');
  const kubeconfigFile = await writeKubeconfig(file, { server: proxy.url, ca, token });
  try {
    return { proxy, operator: await world.operator(registry, { kubeconfigFile, flags }) };
  } catch (error) {
    await proxy.dispose();
    throw error;
  }
}

/** A request that changes something other than the Lease: what only a leader may send. */
export function isLeaderWrite({ method, url }: ProxiedRequest): boolean {
  return method !== 'GET' && !url.includes('/leases');
}

/** Matches writes of EndpointSlices, by method and, where given, by a part of the path. */
export function sliceWrite(
  method: 'POST' | 'PUT' | 'DELETE',
  part = '',
): (request: ProxiedRequest) => boolean {
  return (request) =>
    request.method === method && request.url.includes('/endpointslices') && request.url.includes(part);
}
