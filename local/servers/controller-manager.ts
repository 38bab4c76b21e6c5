import { request, Agent } from 'undici';
import { program } from '../components/index.ts';
import { ServerProcess, withCleanup, type Server } from './server-process.ts';
import { newWorkDir } from './work-dir.ts';

/** The controllers that the local cluster needs: owners are real, and slices of pods can be compared with ours. */
const defaultControllers = [
  'endpointslice-controller',
  'endpointslice-mirroring-controller',
  'endpoints-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'serviceaccount-controller',
];

/** Options of {@link startControllerManager}. */
export interface ControllerManagerOptions {
  /** Of the admin. */
  readonly kubeconfigFile: string;
  /** 10.77.0.1 by default. */
  readonly address?: string;
  /** Of metrics and health; 10257 by default. */
  readonly port?: number;
  readonly controllers?: readonly string[];
  /** Requests a second (the real default is 20, which benchmarks lift). */
  readonly qps?: number;
  /** Workers of the EndpointSlice controller; its own default is 5. */
  readonly concurrentServiceEndpointSyncs?: number;
  readonly extraArgs?: readonly string[];
}

/** A real kube-controller-manager. */
export interface ControllerManager extends Server {
  readonly metricsUrl: string;
}

/** Starts a kube-controller-manager without leader election. */
export async function startControllerManager(options: ControllerManagerOptions): Promise<ControllerManager> {
  const { address = '10.77.0.1', port = 10257 } = options;
  const folder = newWorkDir('controller-manager');
  const url = `https://${address}:${port}`;
  const server = await ServerProcess.start({
    name: 'kube-controller-manager',
    command: program('kubernetes', 'kube-controller-manager'),
    args: controllerManagerArgs(options, folder),
    isReady: async () => {
      // Its certificate is its own affair: only we ask, over the loopback device.
      const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
      try {
        return (await request(`${url}/healthz`, { dispatcher })).statusCode === 200;
      } finally {
        await dispatcher.destroy();
      }
    },
  });
  return Object.assign(withCleanup(server, folder), { metricsUrl: `${url}/metrics` });
}

/** Its command line; `folder` is for its certificate. */
export function controllerManagerArgs(options: ControllerManagerOptions, folder: string): string[] {
  const { address = '10.77.0.1', port = 10257, controllers = defaultControllers, qps = 100 } = options;
  const workers = options.concurrentServiceEndpointSyncs;
  return [
    `--kubeconfig=${options.kubeconfigFile}`,
    // Its own metrics may be read without a token.
    '--authorization-always-allow-paths=/healthz,/metrics',
    `--controllers=${controllers.join(',')}`,
    '--leader-elect=false',
    `--bind-address=${address}`,
    `--secure-port=${port}`,
    `--cert-dir=${folder}`,
    `--kube-api-qps=${qps}`,
    `--kube-api-burst=${2 * qps}`,
    ...(workers === undefined ? [] : [`--concurrent-service-endpoint-syncs=${workers}`]),
    ...(options.extraArgs ?? []),
  ];
}
