import { program } from '../../local/components/index.ts';
import { controllerManagerArgs } from '../../local/servers/controller-manager.ts';
import { ServerProcess } from '../../local/servers/server-process.ts';
import { addresses } from '../world/addresses.ts';
import { newWorkDir } from '../../local/servers/work-dir.ts';

/**
 * Starts the peer: kube-controller-manager with the EndpointSlice controller alone, its limits on requests lifted and
 * 16 workers. It is not asked for its health: the answers would count as its own work.
 */
export async function startEndpointSliceController(
  kubeconfigFile: string,
  extraArgs: readonly string[] = [],
): Promise<ServerProcess> {
  const options = {
    ...{ address: addresses.controlPlane, kubeconfigFile, extraArgs },
    ...{ qps: 1000, concurrentServiceEndpointSyncs: 16 },
    controllers: ['endpointslice-controller'],
  };
  return await ServerProcess.start({
    name: 'endpointslice-controller',
    command: program('kubernetes', 'kube-controller-manager'),
    args: controllerManagerArgs(options, newWorkDir('controller-manager')),
    isReady: () => Promise.resolve(true),
  });
}
