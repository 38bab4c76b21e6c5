import { startCluster, type Cluster } from '../../../local/cluster.ts';
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
  /** Whom the operator logs in as; both in the Secret of the same name. */
  readonly user: string;
  readonly password: string;
}

/** Options of {@link World.registry}. */
export interface RegistryOptions {
  /** False: without tables. */
  readonly migrated?: boolean;
  /** What has to be so before an operator can have seen the Registry. */
  readonly prepare?: (registry: TestRegistry) => Promise<void>;
}

/**
 * A cluster with the CRDs and deploy/base applied, for one test file: namespaces, Registries and operators are the
 * test's own. Everything that the operator does it does as the ServiceAccount of deploy/, never as the admin.
 */
export class World {
  readonly cluster: Cluster;
  readonly #operators: OperatorProcess[] = [];
  readonly #databases: TestDatabase[] = [];
  readonly #namespaces: string[] = [];
  readonly #registries: string[] = [];
  readonly #owned: boolean;
  static #names = 0;
  static readonly #collectorKnows = new WeakSet<Cluster>();

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
    await world.#letCollectorSeeCrds();
    return world;
  }

  /** The garbage collector looks for new kinds of owners twice a minute only; after a restart it knows them all. */
  async #letCollectorSeeCrds(): Promise<void> {
    if (World.#collectorKnows.has(this.cluster)) return;
    World.#collectorKnows.add(this.cluster);
    await this.cluster.controllerManager?.restart();
  }

  /** A name that no other test of this process uses. */
  name(stem: string): string {
    World.#names += 1;
    return `${stem}-${World.#names}`;
  }

  async namespace(stem = 'shop', labels: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = this.name(stem);
    await this.cluster.createNamespace(name, labels);
    this.#namespaces.push(name);
    return name;
  }

  /** Makes a migrated database, the Secret and the Registry; every namespace may use it unless `spec` says otherwise. */
  async registry(spec: Partial<RegistrySpec> = {}, options: RegistryOptions = {}): Promise<TestRegistry> {
    return this.registryOn(await testbed.database('registry'), spec, options);
  }

  /** The same in a database that is given. */
  async registryOn(
    database: TestDatabase,
    spec: Partial<RegistrySpec> = {},
    { migrated = true, prepare }: RegistryOptions = {},
  ): Promise<TestRegistry> {
    this.#databases.push(database);
    if (migrated) await this.migrate(database);
    const name = this.name('registry');
    const user = { user: name, password: `secret of ${name}` };
    await database.server.createUser({ ...user, on: database.name });
    await this.secret(name, { username: user.user, password: user.password });
    const registry = { name, database, table: new RegistryTable(database), ...user };
    await prepare?.(registry);
    await this.registryObject(registry, name, spec);
    return registry;
  }

  /** What `rollcall migrate` does, as root. */
  async migrate({ server, name }: TestDatabase): Promise<void> {
    const target = { host: server.address, port: server.port, database: name, tls: 'Disabled' } as const;
    await migrate(
      { target, access: { username: 'root', password: '' }, clock: systemClock, lockTimeoutMs: 10_000 },
      () => undefined,
      AbortSignal.timeout(30_000),
    );
  }

  /** A Secret in the operator's namespace. */
  async secret(name: string, stringData: Readonly<Record<string, string>>): Promise<void> {
    const metadata = { name, namespace: SYSTEM };
    await this.create('secrets', SYSTEM, { apiVersion: 'v1', kind: 'Secret', metadata, stringData });
  }

  /** A Registry for the database of `registry`, under a name of its own and with other settings: wrong ones, too. */
  async registryObject(
    { database, name: secret }: Pick<TestRegistry, 'database' | 'name'>,
    name: string,
    spec: Partial<RegistrySpec> = {},
    mysql: Partial<RegistrySpec['mysql']> = {},
  ): Promise<void> {
    const { address: host, port } = database.server;
    const where = { host, port, database: database.name, credentialsSecretRef: { name: secret } };
    this.#registries.push(name);
    await this.create('registries', SYSTEM, {
      apiVersion: 'rollcall.dev/v1alpha1',
      kind: 'Registry',
      metadata: { name, namespace: SYSTEM },
      spec: { mysql: { ...where, ...mysql }, allowedNamespaces: { from: 'All' }, ...spec },
    });
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

  /** Ends the operators (a clean stop gives the Lease back to those of the next file) and takes away what is the world's own. */
  async dispose(): Promise<void> {
    await Promise.all(this.#operators.map((operator) => operator.stop()));
    if (this.#owned) await this.cluster.dispose();
    else await this.#removeObjects();
    for (const database of this.#databases) await database.drop();
  }

  /** The operators of the next file must not find work of this one. */
  async #removeObjects(): Promise<void> {
    const ignoreMissing = async (removal: Promise<unknown>): Promise<void> => {
      await removal.catch((error: unknown) => {
        if (!(error instanceof KubeRequestFailed && error.status === 404)) throw error;
      });
    };
    for (const namespace of this.#namespaces) {
      await ignoreMissing(this.cluster.request('DELETE', pathOf('grpcservices', namespace)));
      await ignoreMissing(this.cluster.request('DELETE', `/api/v1/namespaces/${namespace}`));
    }
    for (const registry of this.#registries) await ignoreMissing(this.delete('registries', SYSTEM, registry));
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
