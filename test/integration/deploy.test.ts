import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { startCluster, type Cluster } from '../../local/cluster.ts';
import { program } from '../../local/components/index.ts';
import { envoyBinary } from '../../local/components/xds.ts';
import { run } from '../../local/lib/run.ts';
import { waitFor } from '../../local/lib/wait.ts';
import { KubeRequestFailed } from '../../local/servers/kube-client.ts';
import { checkout, kustomize, parseManifests, readManifests, type Manifest } from '../support/manifests.ts';
import { argumentsOf, environmentOf, proxyPod } from '../support/proxy-pod.ts';
import { freshAddress, needs } from '../support/testbed/index.ts';
import { clusterWide, namespacedOnly, type AccessCase } from './deploy-access.ts';

const operator = 'system:serviceaccount:rollcall-system:rollcall';

describe('deploy/ on a real API server', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(90_000);
    cluster = await startCluster({
      address: freshAddress(),
      coreDns: false,
      controllerManager: {
        controllers: [
          'clusterrole-aggregation-controller',
          'garbage-collector-controller',
          'namespace-controller',
          'serviceaccount-controller',
        ],
      },
    });
    await cluster.kubectl(['apply', '--server-side', '-f', `${checkout}/crds`]);
    await cluster.kubectl([
      'wait',
      '--for=condition=Established',
      'crd',
      '-l',
      'app.kubernetes.io/name=rollcall',
    ]);
    await cluster.createNamespace('shop');
    await cluster.createNamespace('elsewhere');
  });

  after(async () => {
    await cluster.dispose();
  });

  /** Whether RBAC lets a user do something, as the API server judges it. */
  const allows = async (
    access: AccessCase,
    user: string,
    groups: readonly string[] = [],
  ): Promise<boolean> => {
    const [group = '', resource = ''] = access.resource.split('/', 2);
    const review = await cluster.request<{ status: { allowed: boolean } }>(
      'POST',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user,
          groups,
          resourceAttributes: {
            group,
            resource,
            verb: access.verb,
            namespace: access.namespace,
            ...(access.subresource !== undefined && { subresource: access.subresource }),
            ...(access.name !== undefined && { name: access.name }),
          },
        },
      },
    );
    return review.status.allowed;
  };

  const accessTable = (cases: readonly AccessCase[], expected: boolean): void => {
    for (const access of cases) {
      const { verb, resource, subresource, namespace, name } = access;
      const what = [resource, subresource].filter((part) => part !== undefined).join('/');
      const where = namespace === '' ? 'every namespace' : namespace;
      it(`${expected ? 'may' : 'may not'} ${verb} ${what}${name === undefined ? '' : ` ${name}`} in ${where}`, async () => {
        assert.equal(await allows(access, operator), expected);
      });
    }
  };

  // First this one: the ClusterRole of the base would hide what its Roles lack.
  describe('overlays/namespaced', () => {
    before(async () => {
      await cluster.kubectl(['apply', '--server-side', '-k', `${checkout}/deploy/overlays/namespaced`]);
    });

    it('has no ClusterRole and no ClusterRoleBinding', async () => {
      const manifests = parseManifests(await kustomize('deploy/overlays/namespaced'));
      assert.deepEqual(
        manifests.filter(({ kind }) => kind.startsWith('ClusterRole')),
        [],
      );
    });

    it('tells the operator which namespaces to watch, by a variable it reads', async () => {
      const manifests = parseManifests(await kustomize('deploy/overlays/namespaced'));
      const config = manifests.find(({ kind }) => kind === 'ConfigMap');
      assert.deepEqual(config?.data, {
        ROLLCALL_DEFAULT_REGISTRY: 'rollcall-system/default',
        ROLLCALL_WATCH_NAMESPACES: 'shop',
      });
    });

    describe('the operator', () => {
      accessTable(namespacedOnly.allowed, true);
      accessTable(namespacedOnly.refused, false);
    });
  });

  describe('base', () => {
    before(async () => {
      await cluster.kubectl(['apply', '--server-side', '-k', `${checkout}/deploy/base`]);
    });

    it('is accepted whole under strict validation, again and again without a change', async () => {
      const again = await cluster.kubectl([
        'apply',
        '--server-side',
        '--validate=strict',
        '--dry-run=server',
        '-k',
        `${checkout}/deploy/base`,
      ]);
      assert.equal(again.trim().split('\n').length, (await baseManifests()).length);
      const diff = await run(program('kubernetes', 'kubectl'), [
        ...['--kubeconfig', cluster.kubeconfigFile],
        ...['diff', '--server-side', '-k', `${checkout}/deploy/base`],
      ]);
      assert.equal(diff.code, 0, diff.stdout + diff.stderr);
    });

    it('leaves the CRDs alone when it is deleted, and so every GrpcService', async () => {
      assert.ok((await baseManifests()).every(({ kind }) => kind !== 'CustomResourceDefinition'));
    });

    it('the pod is accepted in a namespace that enforces the restricted Pod Security Standard', async () => {
      assert.equal(await enforced('rollcall-system'), 'restricted');
      const pod = podOf(await baseManifests(), 'Deployment');
      await cluster.request('POST', '/api/v1/namespaces/rollcall-system/pods', pod);
    });

    it('the same pod without its security context is refused there', async () => {
      const pod = podOf(await baseManifests(), 'Deployment', 'unsafe');
      const spec = { ...(pod.spec as object), securityContext: {} };
      await assert.rejects(
        cluster.request('POST', '/api/v1/namespaces/rollcall-system/pods', { ...pod, spec }),
        (error) =>
          error instanceof KubeRequestFailed && error.body.includes('violates PodSecurity \\"restricted:'),
      );
    });

    describe('the operator', () => {
      accessTable(clusterWide.allowed, true);
      accessTable(clusterWide.refused, false);
    });

    it("the operator's own token opens what the table says, and nothing else", async () => {
      const kubeconfig = await cluster.serviceAccountKubeconfig({
        namespace: 'rollcall-system',
        name: 'rollcall',
      });
      const ask = async (...args: readonly string[]) =>
        await run(program('kubernetes', 'kubectl'), ['--kubeconfig', kubeconfig, ...args]);
      const lists = ['grpcservices', 'services', 'endpointslices', 'namespaces'];
      for (const resource of lists) {
        const answer = await ask('get', resource, '--all-namespaces');
        assert.equal(answer.code, 0, answer.stderr);
      }
      for (const resource of ['secrets', 'registries', 'pods', 'configmaps']) {
        const answer = await ask('get', resource, '--all-namespaces');
        assert.match(answer.stderr, /Forbidden/, resource);
      }
      assert.equal((await ask('get', 'registries', '-n', 'rollcall-system')).code, 0);
      assert.match((await ask('get', 'secrets', '-n', 'rollcall-system')).stderr, /Forbidden/);
      await cluster.kubectl([
        'create',
        'secret',
        'generic',
        'login',
        '-n',
        'rollcall-system',
        '--from-literal=a=b',
      ]);
      assert.equal((await ask('get', 'secret', 'login', '-n', 'rollcall-system')).code, 0);
      const lease = ['get', 'leases', '-n', 'rollcall-system'];
      assert.equal((await ask(...lease, '--field-selector', 'metadata.name=rollcall')).code, 0);
      assert.match((await ask(...lease)).stderr, /Forbidden/);
    });

    describe('people', () => {
      const rights = [
        { role: 'view', verb: 'list', resource: 'grpcservices', allowed: true },
        { role: 'view', verb: 'get', resource: 'registries', allowed: true },
        { role: 'view', verb: 'create', resource: 'grpcservices', allowed: false },
        { role: 'edit', verb: 'create', resource: 'grpcservices', allowed: true },
        { role: 'edit', verb: 'update', resource: 'registries', allowed: false },
        { role: 'admin', verb: 'update', resource: 'registries', allowed: true },
      ] as const;
      before(async () => {
        for (const role of ['view', 'edit', 'admin']) {
          await cluster.kubectl([
            'create',
            'rolebinding',
            role,
            '-n',
            'shop',
            `--clusterrole=${role}`,
            `--user=${role}or`,
          ]);
        }
        const access = { resource: 'rollcall.dev/registries', verb: 'update', namespace: 'shop' };
        await waitFor('the roles to be aggregated', async () => await allows(access, 'adminor'));
      });
      for (const { role, verb, resource, allowed } of rights) {
        it(`with the role ${role} ${allowed ? 'may' : 'may not'} ${verb} ${resource} in their namespace`, async () => {
          const access = { resource: `rollcall.dev/${resource}`, verb, namespace: 'shop' };
          assert.equal(await allows(access, `${role}or`), allowed);
        });
      }
    });
  });

  describe('overlays/try', () => {
    before(async () => {
      await cluster.kubectl([
        'apply',
        '--server-side',
        '--validate=strict',
        '-k',
        `${checkout}/deploy/overlays/try`,
      ]);
    });

    for (const kind of ['StatefulSet', 'Job']) {
      it(`the pod of its ${kind} is accepted in the restricted namespace, too`, async () => {
        const pod = podOf(parseManifests(await kustomize('deploy/overlays/try')), kind);
        await cluster.request('POST', '/api/v1/namespaces/rollcall-system/pods?dryRun=All', pod);
      });
    }

    it('its Registry is the one that the operator takes by default, and its Secret has what the Registry asks for', async () => {
      const manifests = parseManifests(await kustomize('deploy/overlays/try'));
      const registry = manifests.find(({ kind }) => kind === 'Registry');
      const config = manifests.find(({ kind }) => kind === 'ConfigMap');
      const { namespace = '', name } = registry?.metadata ?? { name: '' };
      assert.equal(
        (config?.data as Record<string, string>).ROLLCALL_DEFAULT_REGISTRY,
        `${namespace}/${name}`,
      );
      const { mysql } = registry?.spec as { mysql: { credentialsSecretRef: { name: string } } };
      const secret = await cluster.request<{ data: Record<string, string> }>(
        'GET',
        `/api/v1/namespaces/${namespace}/secrets/${mysql.credentialsSecretRef.name}`,
      );
      assert.ok(secret.data.username && secret.data.password);
    });
  });

  describe('proxy', () => {
    before(async () => {
      await cluster.kubectl([
        'apply',
        '--server-side',
        '--validate=strict',
        '-k',
        `${checkout}/deploy/proxy`,
      ]);
    });

    it('its pod is accepted in the restricted namespace, too', async () => {
      const pod = podOf(parseManifests(await kustomize('deploy/proxy')), 'Deployment', 'proxy');
      await cluster.request('POST', '/api/v1/namespaces/rollcall-system/pods?dryRun=All', pod);
    });

    it('Envoy takes the configuration of its ConfigMap with the arguments of its pod', async function () {
      needs(this, 'envoy');
      const config = parseManifests(await kustomize('deploy/proxy')).find(({ kind }) => kind === 'ConfigMap');
      const folder = await mkdtemp(join(tmpdir(), 'rollcall-proxy-'));
      try {
        const { 'bootstrap.json': text = '' } = config?.data as Record<string, string>;
        await writeFile(join(folder, 'bootstrap.json'), text);
        const { container } = proxyPod();
        const args = argumentsOf(container, environmentOf(container, { 'metadata.name': 'a' })).map((arg) =>
          arg === '/etc/envoy/bootstrap.json' ? join(folder, 'bootstrap.json') : arg,
        );
        assert.ok(args.includes(join(folder, 'bootstrap.json')));
        const said = await run(program('envoy', envoyBinary), [...args, '--mode', 'validate']);
        assert.equal(said.code, 0, said.stderr);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });

  describe('samples', () => {
    for (const file of [
      'registry-managed',
      'registry-custom',
      'grpcservices',
      'xds-client',
      'xds-client-configmap',
    ]) {
      it(`${file}.yaml is accepted under strict validation`, async () => {
        const path = `deploy/samples/${file}.yaml`;
        const answer = await cluster.kubectl([
          'apply',
          '--server-side',
          '--force-conflicts',
          '--validate=strict',
          '-f',
          join(checkout, path),
        ]);
        assert.equal(answer.trim().split('\n').length, (await readManifests(path)).length);
      });
    }

    for (const [file, name] of [
      ['xds-client', 'cart'],
      ['xds-client-configmap', 'basket'],
    ] as const) {
      it(`the pod of ${file}.yaml is accepted in a namespace that enforces the restricted Pod Security Standard`, async () => {
        const pod = podOf(await readManifests(`deploy/samples/${file}.yaml`), 'Deployment', name);
        const metadata = { ...pod.metadata, namespace: 'rollcall-system' };
        const path = '/api/v1/namespaces/rollcall-system/pods?dryRun=All';
        await cluster.request('POST', path, { ...pod, metadata });
      });
    }
  });

  it('components/monitoring joins an overlay, and its ServiceMonitor finds the metrics Service', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-overlay-'));
    try {
      const at = (path: string) => relative(folder, join(checkout, path));
      await writeFile(
        join(folder, 'kustomization.yaml'),
        `resources: [${at('deploy/base')}]\ncomponents: [${at('deploy/components/monitoring')}]\n`,
      );
      const built = await run(program('kubernetes', 'kubectl'), ['kustomize', folder]);
      assert.equal(built.code, 0, built.stderr);
      const manifests = parseManifests(built.stdout);
      const monitor = manifests.find(({ kind }) => kind === 'ServiceMonitor')?.spec as {
        selector: { matchLabels: Record<string, string> };
        endpoints: { port: string }[];
      };
      const service = manifests.find(({ metadata }) => metadata.name === 'rollcall-metrics');
      for (const [label, value] of Object.entries(monitor.selector.matchLabels)) {
        assert.equal(service?.metadata.labels?.[label], value);
      }
      const { ports } = service?.spec as { ports: { name: string }[] };
      assert.deepEqual(
        ports.map(({ name }) => name),
        monitor.endpoints.map(({ port }) => port),
      );
      assert.ok(manifests.some(({ kind }) => kind === 'PrometheusRule'));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  const baseManifests = async (): Promise<Manifest[]> => parseManifests(await kustomize('deploy/base'));

  const enforced = async (namespace: string): Promise<string | undefined> => {
    const object = await cluster.request<Manifest>('GET', `/api/v1/namespaces/${namespace}`);
    return object.metadata.labels?.['pod-security.kubernetes.io/enforce'];
  };
});

/** The pod that a workload would make. Volumes by claim are left to the StatefulSet controller. */
function podOf(
  manifests: readonly Manifest[],
  kind: string,
  name = `pod-of-${kind.toLowerCase()}`,
): Manifest {
  const workload = manifests.find((manifest) => manifest.kind === kind);
  assert.ok(workload, `there is no ${kind}`);
  const { template, volumeClaimTemplates = [] } = workload.spec as {
    template: { metadata: object; spec: { volumes?: object[] } };
    volumeClaimTemplates?: { metadata: { name: string } }[];
  };
  const claims = volumeClaimTemplates.map(({ metadata }) => ({
    name: metadata.name,
    persistentVolumeClaim: { claimName: metadata.name },
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name },
    spec: { ...template.spec, volumes: [...(template.spec.volumes ?? []), ...claims] },
  };
}
