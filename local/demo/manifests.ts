import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { program } from '../components/index.ts';
import { mustRun } from '../lib/run.ts';
import { waitFor } from '../lib/wait.ts';
import type { KubeClient } from '../servers/kube-client.ts';
import { feedLogin, type DemoFeed } from './feed.ts';
import { database, demoNamespace, operatorNamespace, port, rpcService, serviceName } from './names.ts';

/** An object of any kind. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

const checkout = join(import.meta.dirname, '../..');

/** The rights of deploy/base. Its Deployment is left out: there is no node here, the operator runs as a process. */
const kindsOfDeploy = [
  'Namespace',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
] as const;

/** The CRDs, and what of deploy/base matters to the operator outside a pod, as kustomize makes it. */
export async function installation(): Promise<readonly Manifest[]> {
  const crds = ['registries', 'grpcservices'].map((plural) =>
    readFile(join(checkout, 'crds', `${plural}.rollcall.dev.yaml`), 'utf8'),
  );
  const base = mustRun(program('kubernetes', 'kubectl'), ['kustomize', join(checkout, 'deploy/base')]);
  const ofBase = parse(await base).filter(({ kind }) => kindsOfDeploy.some((wanted) => wanted === kind));
  return [...(await Promise.all(crds)).flatMap(parse), ...ofBase];
}

/** What a user of Rollcall writes: the logins, the Registry and a GrpcService. */
export function userObjects(
  host: string,
  login: Login,
  feed: Pick<DemoFeed, 'spec' | 'login'>,
): readonly Manifest[] {
  const apiVersion = 'rollcall.dev/v1alpha1';
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: demoNamespace } },
    secret('registry-login', login),
    ...(feed.login === undefined ? [] : [secret(feedLogin, feed.login)]),
    {
      apiVersion,
      kind: 'Registry',
      metadata: { name: 'default', namespace: operatorNamespace },
      spec: {
        mysql: { host, database, credentialsSecretRef: { name: 'registry-login' } },
        feed: feed.spec,
        allowedNamespaces: { from: 'All' },
        allowedCIDRs: ['10.77.0.0/16', 'fd77::/64'],
      },
    },
    {
      apiVersion,
      kind: 'GrpcService',
      metadata: { name: serviceName, namespace: demoNamespace },
      // The calls of this service through the front proxy, whatever host they name, are for these servers.
      spec: { port, proxy: { rpcServices: [rpcService] } },
    },
  ];
}

interface Login {
  readonly user: string;
  readonly password: string;
}

function secret(name: string, { user, password }: Login): Manifest {
  return {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: operatorNamespace } },
    stringData: { username: user, password },
  };
}

/** A GrpcService for the person to apply: the servers of one zone under a name of their own. */
export const exampleOfOwn = `# The servers of zone a only, under a name of their own: dns:///greeter-a.${demoNamespace}.svc.cluster.local:${port}
apiVersion: rollcall.dev/v1alpha1
kind: GrpcService
metadata:
  name: greeter-a
  namespace: ${demoNamespace}
spec:
  service: ${serviceName}
  port: ${port}
  selector:
    matchLabels:
      zone: a
`;

/** Creates objects, those that others need first, and waits until the API server knows the custom kinds. */
export async function create(client: KubeClient, manifests: readonly Manifest[]): Promise<void> {
  const first = ['Namespace', 'CustomResourceDefinition'];
  const early = manifests.filter(({ kind }) => first.includes(kind));
  const late = manifests.filter(({ kind }) => !first.includes(kind));
  await Promise.all(early.map((manifest) => createOne(client, manifest)));
  const crds = early.filter(({ kind }) => kind === 'CustomResourceDefinition');
  await Promise.all(
    crds.map(async ({ metadata }) => {
      const [plural = ''] = metadata.name.split('.');
      const served = () => client.request('GET', `/apis/rollcall.dev/v1alpha1/${plural}`).then(() => true);
      await waitFor(`the API server to serve ${metadata.name}`, served);
    }),
  );
  await Promise.all(late.map((manifest) => createOne(client, manifest)));
}

async function createOne(client: KubeClient, manifest: Manifest): Promise<void> {
  const { apiVersion, kind, metadata } = manifest;
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  const plural = kind === 'Registry' ? 'registries' : `${kind.toLowerCase()}s`;
  await client.request('POST', `${group}${namespace}/${plural}`, manifest);
}

function parse(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}
