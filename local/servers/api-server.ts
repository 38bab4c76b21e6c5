import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { program } from '../components/index.ts';
import { mustRun } from '../lib/run.ts';
import { waitFor } from '../lib/wait.ts';
import { kubeClient, type KubeClient } from './kube-client.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { ServerProcess, withCleanup, type Server } from './server-process.ts';
import { newWorkDir } from './work-dir.ts';

/** Options of {@link startApiServer}. */
export interface ApiServerOptions {
  readonly etcdUrl: string;
  /** 10.77.0.1 by default. */
  readonly address?: string;
  /** 6443 by default. */
  readonly port?: number;
  readonly extraArgs?: readonly string[];
}

/** Whose kubeconfig to write. */
export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

/** A real kube-apiserver with RBAC. */
export interface ApiServer extends Server, KubeClient {
  readonly url: string;
  /** PEM; clients verify the server with it. */
  readonly ca: string;
  /** Of the user `admin` in `system:masters`. */
  readonly token: string;
  /** The admin's kubeconfig file. */
  readonly kubeconfigFile: string;
  /** Runs kubectl as the admin and gives its standard output; throws when it fails. */
  readonly kubectl: (args: readonly string[], input?: string) => Promise<string>;
  /** Creates a namespace (and waits for its ServiceAccount `default` when the controllers run). */
  readonly createNamespace: (name: string, labels?: Readonly<Record<string, string>>) => Promise<void>;
  /** A token as a pod of that ServiceAccount would have it (TokenRequest), 1 h by default. */
  readonly serviceAccountToken: (account: ServiceAccountName, expirationSeconds?: number) => Promise<string>;
  /** Writes a kubeconfig of a ServiceAccount, whose rights are those that RBAC gives it; gives the file's path. */
  readonly serviceAccountKubeconfig: (account: ServiceAccountName) => Promise<string>;
}

const adminToken = 'admin-of-a-cluster-that-nothing-outside-can-reach';

/** Starts a kube-apiserver and waits until it, its RBAC roles and its first namespaces are ready. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { address = '10.77.0.1', port = 6443 } = options;
  const folder = newWorkDir('api-server');
  const url = `https://${address}:${port}`;
  await writeKeys(folder);
  // It signs its own certificate, for its address, with an authority that stands in the same file.
  const caFile = join(folder, 'certificates/apiserver.crt');
  const probe = async () => {
    const client = kubeClient({ server: url, ca: await readFile(caFile, 'utf8'), token: adminToken });
    try {
      await client.request('GET', '/readyz');
      await client.request('GET', '/api/v1/namespaces/default');
      await client.request('GET', '/api/v1/namespaces/kube-system');
      return true;
    } finally {
      await client.close();
    }
  };
  const server = await ServerProcess.start({
    name: 'kube-apiserver',
    command: program('kubernetes', 'kube-apiserver'),
    args: apiServerArgs(folder, address, port, options),
    isReady: probe,
    // It waits a minute for open watches; a pod would be killed before that, too.
    stopTimeoutMs: 2000,
  });
  const ca = await readFile(caFile, 'utf8');
  const access = { server: url, ca, token: adminToken };
  const kubeconfigFile = await writeKubeconfig(join(folder, 'admin.kubeconfig'), access);
  const client = kubeClient(access);
  const dispose = server.dispose.bind(server);
  server.dispose = async () => {
    await client.close();
    await dispose();
  };

  const serviceAccountToken = async ({ namespace, name }: ServiceAccountName, expirationSeconds = 3600) => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds },
    };
    return (await client.request<{ status: { token: string } }>('POST', path, body)).status.token;
  };
  const extra = {
    ...{ url, ca, token: adminToken, kubeconfigFile, serviceAccountToken },
    request: client.request,
    close: client.close,
    kubectl: (args: readonly string[], input?: string) =>
      mustRun(program('kubernetes', 'kubectl'), ['--kubeconfig', kubeconfigFile, ...args], { input }),
    createNamespace: (name: string, labels = {}) => createNamespace(client, name, labels),
    serviceAccountKubeconfig: async (account: ServiceAccountName) => {
      const token = await serviceAccountToken(account);
      const file = join(folder, `${account.namespace}-${account.name}.kubeconfig`);
      return await writeKubeconfig(file, { ...access, token, namespace: account.namespace });
    },
  };
  return Object.assign(withCleanup(server, folder), extra);
}

async function writeKeys(folder: string): Promise<void> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(join(folder, 'service-account.key'), privateKey.export({ type: 'sec1', format: 'pem' }));
  await writeFile(join(folder, 'tokens.csv'), `${adminToken},admin,admin,"system:masters"\n`);
}

function apiServerArgs(folder: string, address: string, port: number, options: ApiServerOptions): string[] {
  return [
    `--etcd-servers=${options.etcdUrl}`,
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    `--secure-port=${port}`,
    `--cert-dir=${folder}/certificates`,
    `--token-auth-file=${folder}/tokens.csv`,
    '--authorization-mode=RBAC',
    `--service-account-key-file=${folder}/service-account.key`,
    `--service-account-signing-key-file=${folder}/service-account.key`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--endpoint-reconciler-type=none',
    '--allow-privileged=true',
    '--profiling=false',
    ...(options.extraArgs ?? []),
  ];
}

async function createNamespace(client: KubeClient, name: string, labels: object): Promise<void> {
  await client.request('POST', '/api/v1/namespaces', { metadata: { name, labels } });
  // Pods are refused before it is there. Without the controller it never is, and nothing here needs it then.
  const look = () => client.request('GET', `/api/v1/namespaces/${name}/serviceaccounts/default`);
  await waitFor(`the default ServiceAccount of ${name}`, look, { timeoutMs: 2000 }).catch(() => undefined);
}
