import { startApiServer, type ApiServer } from '../../local/servers/api-server.ts';
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
];

/** Starts one, empty or with a copy of stored data, and waits until its caches are filled. */
export async function startControlPlane(data?: string): Promise<ControlPlane> {
  const etcd = await startEtcd(data === undefined ? { address } : { address, data });
  const apiServer = await startApiServer({ address, etcdUrl: etcd.url }).catch(async (error: unknown) => {
    await etcd.dispose();
    throw error;
  });
  for (const path of warmPaths) await apiServer.request('GET', `${path}?resourceVersion=0&limit=1`);
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
