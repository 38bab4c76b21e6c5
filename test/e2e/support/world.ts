import { startCluster, type Cluster } from '../../../local/cluster.ts';
import type { DatabaseFlavor } from '../../../local/servers/database.ts';
import { KubeRequestFailed } from '../../../local/servers/kube-client.ts';
import { waitFor } from '../../../local/lib/wait.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { migrate } from '../../../src/mysql/migrations/migrate.ts';
import type { GrpcService, GrpcServiceSpec } from '../../../src/model/grpcservice.ts';
import type { Condition, EndpointSlice, KubeObject, KubeService } from '../../../src/model/kube-objects.ts';
import type { Registry, RegistrySpec } from '../../../src/model/registry.ts';
import { kustomize, parseManifests, readManifests } from '../../support/manifests.ts';
import { testbed, type TestDatabase } from '../../support/testbed/index.ts';
import { type OperatorOptions, type OperatorProcess, startOperator } from './operator.ts';
import { RegistryTable } from './registry-table.ts';

const SYSTEM = 'rollcall-system';

/** A Registry with a database of its own, as a user would make it. */
export interface TestRegistry {
  readonly name: string;
  readonly database: TestDatabase;
  readonly table: RegistryTable;
}

/**
 * A cluster with the CRDs and deploy/base applied, for one test file: namespaces, Registries and operators are the
 * test's own. Everything that the operator does it does as the ServiceAccount of deploy/, never as the admin.
 */
export class World {
  readonly cluster: Cluster;
  readonly #operators: OperatorProcess[] = [];
  readonly #databases: TestDatabase[] = [];
  readonly #owned: boolean;
  static #names = 0;

  private constructor(cluster: Cluster, owned: boolean) {
    this.cluster = cluster;
    this.#owned = owned;
  }

  /** On the cluster that all test files of this process share, or on one of its own for tests that stop or restart it. */
  static async create(options: { readonly ownClusterAt?: string } = {}): Promise<World> {
    const own = options.ownClusterAt;
    const cluster =
      own === undefined ? await testbed.cluster() : await startCluster({ address: own, coreDns: false });
    const world = new World(cluster, own !== undefined);
    const manifests = [
      ...(await readManifests('crds/registries.rollcall.dev.yaml')),
      ...(await readManifests('crds/grpcservices.rollcall.dev.yaml')),
      ...parseManifests(await kustomize('deploy/base')),
    ];
    await cluster.kubectl(
      ['apply', '--server-side', '--force-conflicts', '-f', '-'],
      manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n'),
    );
    await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    return world;
  }

  /** A name that no other test of this process uses. */
  name(stem: string): string {
    World.#names += 1;
    return `${stem}-${World.#names}`;
  }

  async namespace(stem = 'shop', labels: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = this.name(stem);
    await this.cluster.createNamespace(name, labels);
    return name;
  }

  /** Makes a migrated database, the Secret and the Registry; every namespace may use it unless `spec` says otherwise. */
  async registry(
    spec: Partial<RegistrySpec> = {},
    flavor: DatabaseFlavor = 'mariadb',
  ): Promise<TestRegistry> {
    const database = await testbed.database('registry', flavor);
    this.#databases.push(database);
    const { server } = database;
    await migrate(
      {
        target: { host: server.address, port: server.port, database: database.name, tls: 'Disabled' },
        access: { username: 'root', password: '' },
        clock: systemClock,
        lockTimeoutMs: 10_000,
      },
      () => undefined,
      AbortSignal.timeout(30_000),
    );
    const name = this.name('registry');
    const user = { user: name, password: `secret of ${name}` };
    await server.createUser({ ...user, on: database.name });
    await this.create('secrets', SYSTEM, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: SYSTEM },
      stringData: { username: user.user, password: user.password },
    });
    await this.create('registries', SYSTEM, {
      apiVersion: 'rollcall.dev/v1alpha1',
      kind: 'Registry',
      metadata: { name, namespace: SYSTEM },
      spec: {
        mysql: {
          host: server.address,
          port: server.port,
          database: database.name,
          credentialsSecretRef: { name },
        },
        allowedNamespaces: { from: 'All' },
        ...spec,
      },
    });
    return { name, database, table: new RegistryTable(database) };
  }

  /** Starts an operator whose default registry is `registry`. It is killed when the world ends. */
  async operator(
    registry: TestRegistry | null,
    options: Partial<OperatorOptions> = {},
  ): Promise<OperatorProcess> {
    const account = { namespace: SYSTEM, name: 'rollcall' };
    const kubeconfigFile = options.kubeconfigFile ?? (await this.cluster.serviceAccountKubeconfig(account));
    const flags = registry === null ? [] : ['--default-registry', `${SYSTEM}/${registry.name}`];
    const operator = await startOperator({
      ...options,
      kubeconfigFile,
      flags: [...flags, ...(options.flags ?? [])],
    });
    this.#operators.push(operator);
    return operator;
  }

  async applyGrpcService(
    namespace: string,
    name: string,
    spec: Partial<GrpcServiceSpec> = {},
    annotations: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const object = {
      apiVersion: 'rollcall.dev/v1alpha1',
      kind: 'GrpcService',
      metadata: { name, namespace, annotations },
      spec: { port: 50051, ...spec },
    };
    await this.cluster.kubectl(['apply', '-f', '-'], JSON.stringify(object));
  }

  create(
    plural: string,
    namespace: string,
    object: KubeObject & Readonly<Record<string, unknown>>,
  ): Promise<unknown> {
    return this.cluster.request('POST', pathOf(plural, namespace), object);
  }

  /** The object, or undefined when there is none. */
  async get<T>(plural: string, namespace: string, name: string): Promise<T | undefined> {
    try {
      return await this.cluster.request<T>('GET', `${pathOf(plural, namespace)}/${name}`);
    } catch (error) {
      if (error instanceof KubeRequestFailed && error.status === 404) return undefined;
      throw error;
    }
  }

  mergePatch(plural: string, namespace: string, name: string, patch: unknown): Promise<unknown> {
    return this.cluster.request(
      'PATCH',
      `${pathOf(plural, namespace)}/${name}`,
      patch,
      'application/merge-patch+json',
    );
  }

  delete(plural: string, namespace: string, name: string): Promise<unknown> {
    return this.cluster.request('DELETE', `${pathOf(plural, namespace)}/${name}`);
  }

  grpcService(namespace: string, name: string): Promise<GrpcService | undefined> {
    return this.get('grpcservices', namespace, name);
  }

  service(namespace: string, name: string): Promise<KubeService | undefined> {
    return this.get('services', namespace, name);
  }

  async slices(namespace: string, serviceName: string): Promise<readonly EndpointSlice[]> {
    const selector = encodeURIComponent(`kubernetes.io/service-name=${serviceName}`);
    const { items } = await this.cluster.request<{ items: EndpointSlice[] }>(
      'GET',
      `${pathOf('endpointslices', namespace)}?labelSelector=${selector}`,
    );
    return items;
  }

  /** The addresses that are published and ready, sorted. */
  async ready(namespace: string, serviceName: string): Promise<readonly string[]> {
    const slices = await this.slices(namespace, serviceName);
    return slices
      .flatMap((slice) => slice.endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) => addresses)
      .sort();
  }

  /** Waits until exactly these addresses are ready. */
  async untilReady(
    namespace: string,
    serviceName: string,
    addresses: readonly string[],
    timeoutMs = 15_000,
  ): Promise<void> {
    const wanted = JSON.stringify([...addresses].sort());
    let seen = '';
    try {
      await waitFor(
        `${addresses.length} ready addresses of ${namespace}/${serviceName}`,
        async () => (seen = JSON.stringify(await this.ready(namespace, serviceName))) === wanted,
        { timeoutMs },
      );
    } catch (error) {
      throw new Error(`expected ${wanted.slice(0, 500)}, last seen ${seen.slice(0, 500)}`, { cause: error });
    }
  }

  /** Waits until a condition of a GrpcService (or, by plural, of another object) has this status and reason, and answers it. */
  async untilCondition(
    namespace: string,
    name: string,
    type: string,
    expected: string,
    options: { readonly plural?: string; readonly timeoutMs?: number } = {},
  ): Promise<Condition> {
    const { plural = 'grpcservices', timeoutMs = 15_000 } = options;
    let seen: Condition | undefined;
    try {
      return await waitFor(
        `${type} ${expected} of ${plural} ${namespace}/${name}`,
        async () => {
          const object = await this.get<GrpcService | Registry>(plural, namespace, name);
          seen = object?.status?.conditions?.find((condition) => condition.type === type);
          return seen !== undefined && `${seen.status} ${seen.reason}` === expected ? seen : undefined;
        },
        { timeoutMs },
      );
    } catch (error) {
      throw new Error(`expected ${type} ${expected}, last seen ${JSON.stringify(seen)}`, { cause: error });
    }
  }

  /** Ends the operators and what is the world's own. */
  async dispose(): Promise<void> {
    await Promise.all(this.#operators.map((operator) => operator.dispose()));
    for (const database of this.#databases) await database.drop();
    if (this.#owned) await this.cluster.dispose();
  }
}

const GROUPS: Readonly<Record<string, string>> = {
  grpcservices: '/apis/rollcall.dev/v1alpha1',
  registries: '/apis/rollcall.dev/v1alpha1',
  endpointslices: '/apis/discovery.k8s.io/v1',
  leases: '/apis/coordination.k8s.io/v1',
};

function pathOf(plural: string, namespace: string): string {
  return `${GROUPS[plural] ?? '/api/v1'}/namespaces/${namespace}/${plural}`;
}
