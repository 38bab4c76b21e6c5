import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { program } from '../components/index.ts';
import { ServerProcess, withCleanup, type Server } from './server-process.ts';
import { newWorkDir } from './work-dir.ts';

/** etcd, the API server's storage. */
export interface EtcdServer extends Server {
  readonly url: string;
  /** Stops it and copies its data to a new folder: a state that others can start with. Gives the folder. */
  readonly copyData: () => Promise<string>;
}

/** Options of {@link startEtcd}. */
export interface EtcdOptions {
  /** 10.77.0.1 by default. */
  readonly address?: string;
  /** 2379 by default; the next port is taken for peers. */
  readonly port?: number;
  /** Starts with a copy of this data ({@link EtcdServer.copyData}) instead of an empty store. */
  readonly data?: string;
}

/** Starts etcd, with an empty store by default. It does not wait for the disk: nothing here outlives the machine. */
export async function startEtcd({
  address = '10.77.0.1',
  port = 2379,
  data,
}: EtcdOptions = {}): Promise<EtcdServer> {
  const folder = newWorkDir('etcd');
  const ownData = join(folder, 'data');
  if (data !== undefined) await cp(data, ownData, { recursive: true });
  const url = `http://${address}:${port}`;
  const peerUrl = `http://${address}:${port + 1}`;
  const server = await ServerProcess.start({
    name: 'etcd',
    command: program('etcd', 'etcd'),
    args: [
      ...['--name', 'local', '--data-dir', ownData, '--unsafe-no-fsync', '--log-level', 'warn'],
      ...['--listen-client-urls', url, '--advertise-client-urls', url],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', `local=${peerUrl}`],
    ],
    isReady: async () => {
      const { statusCode, body } = await request(`${url}/health`);
      return statusCode === 200 && (await body.text()).includes('"true"');
    },
  });
  const copyData = async () => {
    const copy = join(newWorkDir('etcd-data'), 'data');
    await server.stop();
    await cp(ownData, copy, { recursive: true });
    return copy;
  };
  return Object.assign(withCleanup(server, folder), { url, copyData });
}
