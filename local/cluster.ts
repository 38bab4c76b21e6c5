import { startApiServer, type ApiServer, type ApiServerOptions } from './servers/api-server.ts';
import {
  startControllerManager,
  type ControllerManager,
  type ControllerManagerOptions,
} from './servers/controller-manager.ts';
import { startCoreDns, type CoreDnsOptions, type CoreDnsServer } from './servers/core-dns.ts';
import { startEtcd, type EtcdServer } from './servers/etcd.ts';

/** Options of {@link startCluster}. */
export interface ClusterOptions {
  /** Of etcd, the API server and the controller manager; 10.77.0.1 by default. A second cluster needs another. */
  readonly address?: string;
  readonly apiServer?: Partial<ApiServerOptions>;
  /** `false` leaves it out. */
  readonly controllerManager?: false | Partial<ControllerManagerOptions>;
  /** `false` leaves it out. */
  readonly coreDns?: false | Partial<CoreDnsOptions>;
}

/** A whole control plane, and DNS. */
export interface Cluster {
  readonly etcd: EtcdServer;
  readonly apiServer: ApiServer;
  readonly controllerManager: ControllerManager | undefined;
  readonly coreDns: CoreDnsServer | undefined;
  /** The admin's. */
  readonly kubeconfigFile: string;
  readonly kubectl: ApiServer['kubectl'];
  readonly request: ApiServer['request'];
  readonly createNamespace: ApiServer['createNamespace'];
  readonly serviceAccountKubeconfig: ApiServer['serviceAccountKubeconfig'];
  /** Ends everything at once and removes all data. */
  dispose(): Promise<void>;
}

/** Starts a cluster and waits until everything in it is ready. What fails takes the rest down with it. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const address = options.address ?? '10.77.0.1';
  const started: { dispose(): Promise<void> }[] = [];
  const keep = <T extends { dispose(): Promise<void> }>(server: T): T => {
    started.unshift(server);
    return server;
  };
  const dispose = async () => {
    await Promise.all(started.map((server) => server.dispose()));
  };
  try {
    const etcd = keep(await startEtcd({ address }));
    const apiServer = keep(await startApiServer({ address, etcdUrl: etcd.url, ...options.apiServer }));
    const { kubeconfigFile, kubectl, request, createNamespace, serviceAccountKubeconfig } = apiServer;
    const [controllerManager, coreDns] = await Promise.all([
      options.controllerManager === false
        ? undefined
        : startControllerManager({ address, kubeconfigFile, ...options.controllerManager }).then(keep),
      options.coreDns === false ? undefined : startCoreDns({ kubeconfigFile, ...options.coreDns }).then(keep),
    ]);
    return {
      ...{ etcd, apiServer, controllerManager, coreDns },
      ...{ kubeconfigFile, kubectl, request, createNamespace, serviceAccountKubeconfig, dispose },
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
