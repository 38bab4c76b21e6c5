import { waitFor } from '../../local/lib/wait.ts';
import { startApiServer, type ApiServer } from '../../local/servers/api-server.ts';
import { KubeRequestFailed } from '../../local/servers/kube-client.ts';
import { startEtcd } from '../../local/servers/etcd.ts';
import { addresses } from './addresses.ts';

const address = addresses.controlPlane;

/** An etcd and an API server without any controller. */
export interface ControlPlane {
  readonly apiServer: ApiServer;
  /** The data of its etcd, copied to a folder; nothing works any more afterwards. */
  copyData(): Promise<string>;
  dispose(): Promise<void>;
}

/** Kinds that the API server must have in its watch caches before a run, so that no run pays for filling them. */
const warmPaths = [
  '/api/v1/pods',
  '/api/v1/services',
  '/api/v1/nodes',
  '/api/v1/namespaces',
  '/api/v1/secrets',
  '/apis/discovery.k8s.io/v1/endpointslices',
  '/apis/coordination.k8s.io/v1/leases',
  // Those of custom resources are made at the first request only.
  '/apis/rollcall.dev/v1alpha1/registries',
  '/apis/rollcall.dev/v1alpha1/grpcservices',
];

/** Starts one, empty or with a copy of stored data, and waits until its caches are filled. */
export async function startControlPlane(data?: string): Promise<ControlPlane> {
  const etcd = await startEtcd(data === undefined ? { address } : { address, data });
  const apiServer = await startApiServer({ address, etcdUrl: etcd.url }).catch(async (error: unknown) => {
    await etcd.dispose();
    throw error;
  });
  await Promise.all(warmPaths.map((path) => warm(apiServer, path)));
  return {
    apiServer,
    copyData: async () => {
      await apiServer.dispose();
      return await etcd.copyData();
    },
    dispose: async () => {
      await apiServer.dispose();
      await etcd.dispose();
    },
  };
}

async function warm(apiServer: ApiServer, path: string): Promise<void> {
  const look = async () => {
    try {
      // The answer comes from the cache once it is filled; a watch of a cache that is not is refused with 429.
      await apiServer.request('GET', `${path}?resourceVersion=0&limit=1`);
      await apiServer.request(
        'GET',
        `${path}?watch=true&timeoutSeconds=1&resourceVersion=0&fieldSelector=metadata.name=-`,
      );
      return true;
    } catch (error) {
      // The peer's world has no custom resources.
      if (error instanceof KubeRequestFailed && error.status === 404) return true;
      throw error;
    }
  };
  await waitFor(`${path} to be cached`, look);
}

/** Makes a state of a cluster once; every run then starts with a copy of it. Gives the folder of its data. */
export async function storedState(load: (apiServer: ApiServer) => Promise<void>): Promise<string> {
  const plane = await startControlPlane();
  try {
    await load(plane.apiServer);
    return await plane.copyData();
  } finally {
    await plane.dispose();
  }
}
