import assert from 'node:assert/strict';
import { join } from 'node:path';
import { mustRun } from '../../local/lib/run.ts';
import { waitFor } from '../../local/lib/wait.ts';
import type { Condition } from '../../src/model/kube-objects.ts';
import type { CustomSchemaSpec, RegistrySpec } from '../../src/model/registry.ts';
import { checkout } from '../support/manifests.ts';
import { followAdvice } from './support/advice.ts';
import { Neighbour } from './support/neighbour.ts';
import type { OperatorProcess } from './support/operator.ts';
import { type TestRegistry, World } from './support/world.ts';
import { versions } from './support/written.ts';

const SYSTEM = 'rollcall-system';
const SPEC: Partial<RegistrySpec> = {
  feed: { type: 'Poll', poll: { interval: '200ms', auditInterval: '1s' } },
};
/** Somebody who mends a registry waits 15 s at most; see the retries of the syncer. */
const MENDED_MS = 25_000;

describe('what users do wrong is said in a condition, mends by itself, and costs the others nothing', function () {
  this.timeout(90_000);
  let world: World;
  let registry: TestRegistry;
  let operator: OperatorProcess;
  let namespace: string;
  let neighbour: Neighbour;

  before(async () => {
    world = await World.create();
    registry = await world.registry(SPEC);
    namespace = await world.namespace();
    operator = await world.operator(null);
    await registry.table.register({ service: 'orders', instanceId: 'a', address: '10.77.70.1' });
    neighbour = await Neighbour.start(world, registry, namespace);
  });
  after(() => world.dispose());
  // Two of its moves after each step: one may have been under way when the harm was done.
  afterEach('the neighbour is served', async () => {
    if (neighbour.hasEnded) return;
    const { moves } = neighbour;
    await waitFor('the neighbour to move', () => neighbour.moves >= moves + 2, { timeoutMs: 10_000 });
  });

  const ref = (name: string) => ({ registryRef: { name, namespace: SYSTEM } });

  /** Applies a GrpcService for service `orders` of a Registry. */
  const apply = (name: string, registryName: string) =>
    world.applyGrpcService(namespace, name, { service: 'orders', ...ref(registryName) });

  const isPublished = async (name: string, timeoutMs = MENDED_MS): Promise<void> => {
    await world.untilCondition(namespace, name, 'Ready', 'True Published', { timeoutMs });
    await world.untilCondition(namespace, name, 'RegistryAvailable', 'True Connected');
    assert.deepEqual(await world.ready(namespace, name), ['10.77.70.1']);
  };

  describe('the registry that a GrpcService names:', () => {
    it('none', async () => {
      await world.applyGrpcService(namespace, 'none', { service: 'orders' });
      const { message } = await refused('none', 'NoRegistry');
      assert.match(message, /spec\.registryRef\.name.*--default-registry NAMESPACE\/NAME/);
      await apply('none', registry.name);
      await isPublished('none');
    });

    it('one that does not exist', async () => {
      const name = world.name('late');
      await apply('unknown', name);
      const { message } = await refused('unknown', 'RegistryNotFound');
      assert.match(message, new RegExp(`${SYSTEM}/${name} does not exist`));
      assert.match(
        await followAdvice(world, message, /kubectl get registries -n \S+/),
        new RegExp(registry.name),
      );
      await world.registryObject(registry, name, SPEC);
      await isPublished('unknown');
    });

    it('one in a namespace whose Registries are not read', async () => {
      await world.applyGrpcService(namespace, 'astray', { service: 'orders', registryRef: { name: 'main' } });
      const { message } = await refused('astray', 'RegistryNamespaceNotWatched');
      assert.match(
        message,
        new RegExp(`namespace ${namespace}: use one in ${SYSTEM}, or .*--registry-namespaces`),
      );
      await apply('astray', registry.name);
      await isPublished('astray');
    });

    it('one that serves its own namespace only', async () => {
      const name = world.name('same');
      await world.registryObject(registry, name, { ...SPEC, allowedNamespaces: { from: 'Same' } });
      await apply('same', name);
      const { message } = await refused('same', 'NamespaceNotAllowed');
      assert.match(message, new RegExp(`spec\\.allowedNamespaces\\.from to All.*namespace ${namespace}`));
      await world.mergePatch('registries', SYSTEM, name, { spec: { allowedNamespaces: { from: 'All' } } });
      await isPublished('same');
    });

    it('one that chooses namespaces by their labels', async () => {
      const name = world.name('chosen');
      const selector = { matchLabels: { registry: 'yes' } };
      await world.registryObject(registry, name, {
        ...SPEC,
        allowedNamespaces: { from: 'Selector', selector },
      });
      await apply('chosen', name);
      const { message } = await refused('chosen', 'NamespaceNotAllowed');
      await followAdvice(world, message, /kubectl label namespace [^)]*/);
      await isPublished('chosen');
    });

    it('taken away again: the addresses stay, and the condition says so', async () => {
      const name = world.name('chosen');
      await world.registryObject(registry, name, SPEC);
      await apply('kept', name);
      await isPublished('kept');
      const before = versions(await world.slices(namespace, 'kept'));
      await world.delete('registries', SYSTEM, name);
      await refused('kept', 'RegistryNotFound');
      assert.deepEqual(versions(await world.slices(namespace, 'kept')), before);
      await world.registryObject(registry, name, SPEC);
      await isPublished('kept');
      assert.deepEqual(versions(await world.slices(namespace, 'kept')), before);
    });
  });

  /** Waits for Ready False and RegistryAvailable False with this reason. */
  const refused = async (name: string, reason: string): Promise<Condition> => {
    await world.untilCondition(namespace, name, 'RegistryAvailable', `False ${reason}`);
    return await world.untilCondition(namespace, name, 'Ready', `False ${reason}`);
  };

  /** The same fault seen from both sides: from the Registry, and from a GrpcService that uses it. Answers the Registry's message. */
  const unreadable = async (name: string, reason: string): Promise<string> => {
    await apply(name, name);
    const connected = await world.untilCondition(SYSTEM, name, 'Connected', `False ${reason}`, {
      plural: 'registries',
    });
    await refused(name, reason);
    return connected.message;
  };

  const isRead = async (name: string): Promise<void> => {
    await world.untilCondition(SYSTEM, name, 'Ready', 'True Synced', {
      plural: 'registries',
      timeoutMs: MENDED_MS,
    });
    await isPublished(name);
  };

  describe('the Secret of a Registry:', () => {
    it('is missing', async () => {
      const name = world.name('secretless');
      await world.registryObject(registry, name, SPEC, { credentialsSecretRef: { name } });
      const message = await unreadable(name, 'SecretNotFound');
      await followAdvice(world, message, /kubectl create secret .*/, {
        '=USER': `=${registry.user}`,
        '=PASSWORD': `='${registry.password}'`,
      });
      await isRead(name);
    });

    it('has no password', async () => {
      const name = world.name('keyless');
      await world.secret(name, { username: registry.user });
      await world.registryObject(registry, name, SPEC, { credentialsSecretRef: { name } });
      const message = await unreadable(name, 'SecretIncomplete');
      assert.match(message, /no key password/);
      await followAdvice(world, message, /kubectl patch secret .*/, { '...': registry.password });
      await isRead(name);
    });

    it('may not be read', async () => {
      const rules = await takeSecretsFromRole();
      const name = world.name('forbidden');
      try {
        await world.registryObject({ ...registry, name }, name, SPEC);
        await world.secret(name, { username: registry.user, password: registry.password });
        const message = await unreadable(name, 'SecretForbidden');
        await followAdvice(world, message, /kubectl create role .*/);
        await isRead(name);
      } finally {
        await world.cluster.kubectl([
          ...['delete', 'role,rolebinding', 'rollcall-secrets', '-n', SYSTEM, '--ignore-not-found'],
        ]);
        await world.cluster.request('PATCH', ROLE, { rules }, 'application/merge-patch+json');
      }
    });

    it('has the wrong password, until it is corrected', async () => {
      const name = world.name('denied');
      await world.secret(name, { username: registry.user, password: 'wrong' });
      await world.registryObject(registry, name, SPEC, { credentialsSecretRef: { name } });
      const message = await unreadable(name, 'AccessDenied');
      assert.match(message, /Secret that spec\.mysql\.credentialsSecretRef names/);
      assert.doesNotMatch(message, /wrong/);
      await world.mergePatch('secrets', SYSTEM, name, { stringData: { password: registry.password } });
      await isRead(name);
    });

    it('is rotated while all is well: nobody notices, though the old password is refused', async () => {
      const rotating = await world.registry(SPEC);
      await rotating.table.register({ service: 'orders', instanceId: 'a', address: '10.77.70.1' });
      await apply('rotating', rotating.name);
      await isPublished('rotating');
      const before = versions(await world.slices(namespace, 'rotating'));
      await world.mergePatch('secrets', SYSTEM, rotating.name, { stringData: { password: 'new one' } });
      const { server } = rotating.database;
      await server.query(`ALTER USER '${rotating.user}'@'%' IDENTIFIED BY 'new one'`);
      await killConnections(rotating);
      await rotating.table.register({ service: 'orders', instanceId: 'b', address: '10.77.70.2' });
      await world.untilReady(namespace, 'rotating', ['10.77.70.1', '10.77.70.2']);
      assert.equal(Object.keys(versions(await world.slices(namespace, 'rotating'))).length, 1);
      assert.equal(Object.keys(before).length, 1);
    });
  });

  const ROLE = `/apis/rbac.authorization.k8s.io/v1/namespaces/${SYSTEM}/roles/rollcall-registries`;

  const takeSecretsFromRole = async (): Promise<readonly object[]> => {
    const { rules } = await world.cluster.request<{ rules: { resources: string[] }[] }>('GET', ROLE);
    const kept = rules.filter(({ resources }) => !resources.includes('secrets'));
    await world.cluster.request('PATCH', ROLE, { rules: kept }, 'application/merge-patch+json');
    return rules;
  };

  const killConnections = async ({ database: { server }, user }: TestRegistry): Promise<void> => {
    const ids = await server.query<{ id: number }>(
      'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = ?',
      [user],
    );
    assert.ok(ids.length > 0);
    for (const { id } of ids) await server.query(`KILL ${id}`);
  };

  const mend = (name: string, mysql: Partial<RegistrySpec['mysql']>) =>
    world.mergePatch('registries', SYSTEM, name, { spec: { mysql } });

  describe('the database of a Registry:', () => {
    it('answers nobody at that address', async () => {
      const name = world.name('unreachable');
      await world.registryObject(registry, name, SPEC, { host: '10.77.199.9' });
      const message = await unreadable(name, 'HostUnreachable');
      assert.match(message, /10\.77\.199\.9:3306 .*spec\.mysql\.host/);
      await mend(name, { host: registry.database.server.address });
      await isRead(name);
    });

    it('has a host name that nobody knows', async () => {
      const name = world.name('unnamed');
      await world.registryObject(registry, name, SPEC, { host: 'no-such-host.cluster.local' });
      const message = await unreadable(name, 'HostUnreachable');
      assert.match(message, /no-such-host\.cluster\.local/);
      await mend(name, { host: registry.database.server.address });
      await isRead(name);
    });

    it('stops answering: the addresses stay as they are', async () => {
      const name = world.name('lost');
      await world.registryObject(registry, name, SPEC);
      await apply(name, name);
      await isRead(name);
      const before = versions(await world.slices(namespace, name));
      await mend(name, { port: 3999 });
      await world.untilCondition(namespace, name, 'RegistryAvailable', 'False HostUnreachable');
      assert.deepEqual(versions(await world.slices(namespace, name)), before);
      await mend(name, { port: registry.database.server.port });
      await isRead(name);
      assert.deepEqual(versions(await world.slices(namespace, name)), before);
    });

    it('is not there, as far as this user can tell', async () => {
      const name = world.name('misnamed');
      await world.registryObject(registry, name, SPEC, { database: 'no_such_database' });
      const message = await unreadable(name, 'GrantMissing');
      assert.match(message, /no_such_database.*spec\.mysql\.database/);
      await mend(name, { database: registry.database.name });
      await isRead(name);
    });

    it('has no tables yet: the command in the message makes them', async () => {
      const empty = await world.registry(SPEC, 'mariadb', { migrated: false });
      const message = await unreadable(empty.name, 'TableNotFound');
      await migrateAsAdvised(message, empty);
      await empty.table.register({ service: 'orders', instanceId: 'a', address: '10.77.70.1' });
      await isRead(empty.name);
    });

    it('has tables that are too old, or newer than the operator knows', async () => {
      const aged = await world.registry(SPEC);
      await aged.table.register({ service: 'orders', instanceId: 'a', address: '10.77.70.1' });
      await setSchemaVersion(aged, 0);
      await killConnections(aged).catch(() => undefined);
      const message = await unreadable(aged.name, 'SchemaTooOld');
      await migrateAsAdvised(message, aged);
      await isRead(aged.name);
      await setSchemaVersion(aged, 99);
      await mend(aged.name, { maxReplicaLag: '11s' });
      await aged.table.register({ service: 'orders', instanceId: 'b', address: '10.77.70.2' });
      await world.untilReady(namespace, aged.name, ['10.77.70.1', '10.77.70.2']);
    });

    it('may not be read by this user', async () => {
      const closed = await world.registry(SPEC);
      const { server, name } = closed.database;
      await closed.table.register({ service: 'orders', instanceId: 'a', address: '10.77.70.1' });
      await server.query(`REVOKE ALL ON \`${name}\`.* FROM '${closed.user}'@'%'`);
      await server.query(`GRANT SELECT ON \`${name}\`.heartbeats TO '${closed.user}'@'%'`);
      await killConnections(closed).catch(() => undefined);
      const message = await unreadable(closed.name, 'GrantMissing');
      const grant = /GRANT [^;]+;/.exec(message)?.[0];
      assert.ok(grant, message);
      await server.query(grant);
      await isRead(closed.name);
    });
  });

  const setSchemaVersion = ({ database }: TestRegistry, version: number) =>
    database.query(`UPDATE registry_meta SET value = ? WHERE name = 'schema_version'`, [String(version)]);

  const migrateAsAdvised = async (message: string, { user, password }: TestRegistry): Promise<void> => {
    const url = /"rollcall migrate --url (\S+)"/.exec(message)?.[1];
    assert.ok(url, message);
    const main = join(checkout, 'src/main.ts');
    const filled = url.replace('USER:PASSWORD', `${user}:${encodeURIComponent(password)}`);
    await mustRun(process.execPath, [main, 'migrate', '--url', filled]);
  };

  describe("a schema of the user's own:", () => {
    const table = 'legacy';
    const columns = { service: 'svc', instanceId: 'id', address: 'ip', port: 'port' };
    const custom = (change: Partial<CustomSchemaSpec> = {}): Partial<RegistrySpec> => ({
      ...SPEC,
      schema: { type: 'Custom', custom: { table, columns, ...change } },
    });

    before(async () => {
      await registry.database.query(
        `CREATE TABLE ${table} (svc VARCHAR(64), id VARCHAR(64) PRIMARY KEY, ip VARCHAR(64), port VARCHAR(16), weight VARCHAR(16),
           state VARCHAR(16), meta VARCHAR(64), seen DATETIME, ends BIGINT)`,
      );
      await registry.database.query(
        `INSERT INTO ${table} (svc, id, ip, port) VALUES ('orders', 'a', '10.77.70.1', '50051')`,
      );
    });

    it('the table is missing', async () => {
      const name = world.name('custom');
      await world.registryObject(registry, name, custom({ table: 'elsewhere' }));
      const message = await unreadable(name, 'TableNotFound');
      assert.match(message, /elsewhere.*spec\.schema\.custom\.table/);
      await registry.database.query(`CREATE VIEW elsewhere AS SELECT * FROM ${table}`);
      await isRead(name);
    });

    it('a column is missing', async () => {
      const name = world.name('custom');
      await world.registryObject(registry, name, custom({ columns: { ...columns, zone: 'az' } }));
      const message = await unreadable(name, 'ColumnNotFound');
      assert.match(message, /"az" \(spec\.schema\.custom\.columns\.zone\).*it has svc, id, ip/);
      await registry.database.query(`ALTER TABLE ${table} ADD COLUMN az VARCHAR(16)`);
      await isRead(name);
    });

    it('the time zone is unknown', async () => {
      const name = world.name('custom');
      const timed = { columns: { ...columns, expiresAt: 'seen' }, ttl: '30s' };
      await world.registryObject(registry, name, custom({ ...timed, timeZone: 'Mars/Olympus' }));
      const message = await unreadable(name, 'TimeZoneUnknown');
      assert.match(message, /"Mars\/Olympus" \(spec\.schema\.custom\.timeZone\).*\+02:00/);
      await world.mergePatch('registries', SYSTEM, name, {
        spec: { schema: { custom: { timeZone: '+02:00' } } },
      });
      await isRead(name);
    });

    it('the condition is no SQL', async () => {
      const name = world.name('custom');
      await world.registryObject(registry, name, custom({ where: 'port ===' }));
      const message = await unreadable(name, 'InvalidWhere');
      assert.match(message, /spec\.schema\.custom\.where \(port ===\)/);
      await world.mergePatch('registries', SYSTEM, name, {
        spec: { schema: { custom: { where: 'port > 0' } } },
      });
      await isRead(name);
    });

    it('rows are wrong in ways that our own tables do not let happen', async () => {
      const name = world.name('custom');
      const all = { weight: 'weight', status: 'state', metadata: 'meta', expiresAt: 'ends' };
      await world.registryObject(registry, name, custom({ columns: { ...columns, ...all } }));
      await registry.database.query(
        `INSERT INTO ${table} (svc, id, ip, port, weight, state, meta, ends) VALUES
           ('bad', 'good', '10.77.71.1', '50051', '1', 'UP', '{}', NULL),
           ('bad', 'port', '10.77.71.2', 'http', '1', 'UP', '{}', NULL),
           ('bad', 'weight', '10.77.71.3', '50051', '-1', 'UP', '{}', NULL),
           ('bad', 'status', '10.77.71.4', '50051', '1', 'HEALTHY', '{}', NULL),
           ('bad', 'metadata', '10.77.71.5', '50051', '1', 'UP', 'plain', NULL),
           ('bad', 'time', '10.77.71.6', '50051', '1', 'UP', '{}', -5)`,
      );
      await world.applyGrpcService(namespace, 'bad-custom', { service: 'bad', ...ref(name) });
      await world.untilReady(namespace, 'bad-custom', ['10.77.71.1']);
      await rejects('bad-custom', {
        metadata: 'InvalidMetadata',
        port: 'InvalidPort',
        status: 'InvalidStatus',
        time: 'InvalidTime',
        weight: 'InvalidWeight',
      });
      await registry.database.query(`UPDATE ${table} SET state = 'UP' WHERE id = 'status'`);
      await world.untilReady(namespace, 'bad-custom', ['10.77.71.1', '10.77.71.4']);
    });
  });

  /** Waits until exactly these rows are rejected: in the status, in an event, and in the metric. */
  const rejects = async (name: string, expected: Readonly<Record<string, string>>): Promise<void> => {
    const wanted = JSON.stringify(Object.entries(expected));
    await waitFor(`status.rejected ${wanted}`, async () => {
      const rejected = (await world.grpcService(namespace, name))?.status?.rejected ?? [];
      return JSON.stringify(rejected.map(({ instanceId, reason }) => [instanceId, reason])) === wanted;
    });
    const { status } = (await world.grpcService(namespace, name)) ?? {};
    assert.equal(status?.endpoints?.rejected, Object.keys(expected).length);
    for (const reason of new Set(Object.values(expected)))
      assert.ok((await operator.metric('rollcall_rejected_instances', { reason })) > 0, reason);
    await waitFor('the event', async () =>
      (await events(name)).some(({ reason }) => reason === 'InstanceRejected'),
    );
  };

  const events = async (name: string): Promise<readonly { reason: string; note: string }[]> => {
    const { items } = await world.cluster.request<{
      items: { reason: string; note: string; regarding: { name: string } }[];
    }>('GET', `/apis/events.k8s.io/v1/namespaces/${namespace}/events`);
    return items.filter(({ regarding }) => regarding.name === name);
  };

  describe('the rows of a service:', () => {
    it('are wrong, each in its way: the others are published', async () => {
      const name = world.name('strict');
      await world.registryObject(registry, name, { ...SPEC, allowedCIDRs: ['10.77.0.0/16'] });
      const row = { service: 'rows', port: 50051 };
      await registry.table.register(
        { ...row, instanceId: 'good', address: '10.77.72.1' },
        { ...row, instanceId: 'outside', address: '192.0.2.1' },
        { ...row, instanceId: 'name', address: 'server.example.org' },
        { ...row, instanceId: 'loopback', address: '127.0.0.1' },
        { ...row, instanceId: 'port', address: '10.77.72.2', port: 70_000 },
        { ...row, instanceId: 'ttl', address: '10.77.72.3', ttlMs: 0 },
        { ...row, instanceId: 'a\nb', address: '10.77.72.4' },
      );
      await registry.database.query(
        `INSERT INTO instances (service, instance_id, address, port, metadata) VALUES ('rows', 'metadata', '10.77.72.5', 50051, '[1]')`,
      );
      await world.applyGrpcService(namespace, 'rows', ref(name));
      await world.untilReady(namespace, 'rows', ['10.77.72.1']);
      await rejects('rows', {
        'a\nb': 'InvalidInstanceId',
        loopback: 'SpecialAddress',
        metadata: 'InvalidMetadata',
        name: 'InvalidAddress',
        outside: 'AddressNotAllowed',
        port: 'InvalidPort',
        ttl: 'InvalidTtl',
      });
      await registry.table.register({ ...row, instanceId: 'name', address: '10.77.72.6' });
      await world.untilReady(namespace, 'rows', ['10.77.72.1', '10.77.72.6']);
    });

    it('are all wrong: not ready, and the message leads to them', async () => {
      await registry.table.register({ service: 'hopeless', instanceId: 'a', address: 'nowhere' });
      await world.applyGrpcService(namespace, 'hopeless', ref(registry.name));
      const { message } = await world.untilCondition(
        namespace,
        'hopeless',
        'Ready',
        'False NoReadyInstances',
      );
      assert.match(message, /1 rejected \(see status\.rejected\)/);
      await registry.table.register({ service: 'hopeless', instanceId: 'a', address: '10.77.72.9' });
      await world.untilCondition(namespace, 'hopeless', 'Ready', 'True Published');
    });

    it('are none', async () => {
      await world.applyGrpcService(namespace, 'empty', ref(registry.name));
      const { message } = await world.untilCondition(namespace, 'empty', 'Ready', 'False NoInstances');
      assert.match(message, /no instance of service empty: register one, or correct spec\.service/);
      await registry.table.register({ service: 'empty', instanceId: 'a', address: '10.77.73.1' });
      await world.untilReady(namespace, 'empty', ['10.77.73.1']);
      await world.untilCondition(namespace, 'empty', 'Ready', 'True Published');
    });

    it('are on several ports', async () => {
      const row = { service: 'mixed', instanceId: 'a', address: '10.77.73.1' };
      await registry.table.register(row, { ...row, instanceId: 'b', address: '10.77.73.2', port: 50052 });
      await world.applyGrpcService(namespace, 'mixed', ref(registry.name));
      const { message } = await world.untilCondition(namespace, 'mixed', 'PortsUniform', 'False MixedPorts');
      assert.match(message, /only instances on port 50051 are published; left out: 1 on port 50052/);
      assert.deepEqual(await world.ready(namespace, 'mixed'), ['10.77.73.1']);
      await registry.table.register({ ...row, instanceId: 'b', address: '10.77.73.2' });
      await world.untilCondition(namespace, 'mixed', 'PortsUniform', 'True Uniform');
      await world.untilReady(namespace, 'mixed', ['10.77.73.1', '10.77.73.2']);
    });
  });

  describe('one Service name, claimed twice:', () => {
    const claim = (name: string, change: object = {}) =>
      world.applyGrpcService(namespace, name, {
        ...ref(registry.name),
        service: 'orders',
        dns: { serviceName: 'contested' },
        ...change,
      });

    it('the first has it, the second is told; when the first goes, the second has it', async () => {
      await claim('first');
      await world.untilCondition(namespace, 'first', 'Ready', 'True Published');
      await registry.table.register({ service: 'second', instanceId: 'a', address: '10.77.74.2' });
      await claim('second', { service: 'second' });
      const { message } = await world.untilCondition(namespace, 'second', 'Ready', 'False ServiceNameTaken');
      assert.match(
        message,
        /GrpcService first publishes Service contested already: set spec\.dns\.serviceName/,
      );
      assert.deepEqual(await world.ready(namespace, 'contested'), ['10.77.70.1']);
      await world.delete('grpcservices', namespace, 'first');
      await world.untilCondition(namespace, 'second', 'Ready', 'True Published');
      await world.untilReady(namespace, 'contested', ['10.77.74.2']);
    });

    it('an older one that is renamed onto a name in use does not get it', async () => {
      await claim('older', { dns: { serviceName: 'older-name' } });
      await world.untilCondition(namespace, 'older', 'Ready', 'True Published');
      await claim('younger', { dns: { serviceName: 'held-name' }, service: 'second' });
      await world.untilCondition(namespace, 'younger', 'Ready', 'True Published');
      await claim('older', { dns: { serviceName: 'held-name' } });
      await world.untilCondition(namespace, 'older', 'Ready', 'False ServiceNameTaken');
      await world.untilCondition(namespace, 'younger', 'Ready', 'True Published');
      assert.deepEqual(await world.ready(namespace, 'held-name'), ['10.77.74.2']);
      assert.deepEqual(
        await world.ready(namespace, 'older-name'),
        ['10.77.70.1'],
        'its old name still serves',
      );
      await claim('younger', { dns: { serviceName: 'younger-name' }, service: 'second' });
      await world.untilCondition(namespace, 'older', 'Ready', 'True Published');
      await world.untilReady(namespace, 'held-name', ['10.77.70.1']);
    });
  });

  describe('the GrpcService itself:', () => {
    it('an annotation release-held that is no time is named in the condition, and nothing is released', async () => {
      await world.applyGrpcService(
        namespace,
        'annotated',
        { service: 'orders', ...ref(registry.name) },
        { 'rollcall.dev/release-held': 'now' },
      );
      const { message } = await waitFor('the condition', async () => {
        const { status } = (await world.grpcService(namespace, 'annotated')) ?? {};
        return status?.conditions?.find(
          ({ type, message: text }) => type === 'Protected' && text.includes('"now"'),
        );
      });
      assert.match(message, /release-held "now" is not a time: write one like .*date -u/);
      await world.untilCondition(namespace, 'annotated', 'Ready', 'True Published');
    });
  });

  describe('the cluster refuses writes:', () => {
    it('a ResourceQuota without room for another Service', async () => {
      const full = await world.namespace('full');
      await world.cluster.request('POST', `/api/v1/namespaces/${full}/resourcequotas`, {
        metadata: { name: 'no-services' },
        spec: { hard: { 'count/services': '0' } },
      });
      // Its controller is not part of this cluster: what it would count is written by hand.
      await world.cluster.request(
        'PATCH',
        `/api/v1/namespaces/${full}/resourcequotas/no-services/status`,
        { status: { hard: { 'count/services': '0' }, used: { 'count/services': '0' } } },
        'application/merge-patch+json',
      );
      await world.applyGrpcService(full, 'orders', ref(registry.name));
      const { message } = await world.untilCondition(full, 'orders', 'Ready', 'False WriteRefused');
      assert.match(message, /exceeded quota: no-services/);
      await world.cluster.request('DELETE', `/api/v1/namespaces/${full}/resourcequotas/no-services`);
      await world.untilCondition(full, 'orders', 'Ready', 'True Published', { timeoutMs: MENDED_MS });
      assert.ok(await world.service(full, 'orders'));
    });

    it('a webhook that nobody answers', async () => {
      const hooked = await world.namespace('hooked');
      await world.applyGrpcService(hooked, 'orders', ref(registry.name));
      await world.untilReady(hooked, 'orders', ['10.77.70.1']);
      await world.untilCondition(hooked, 'orders', 'Ready', 'True Published');
      const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
      await world.cluster.request('POST', path, {
        metadata: { name: hooked },
        webhooks: [
          {
            name: 'nobody.example.org',
            clientConfig: { url: 'https://10.77.199.8/refuse' },
            rules: [
              {
                apiGroups: ['discovery.k8s.io'],
                apiVersions: ['v1'],
                operations: ['*'],
                resources: ['endpointslices'],
              },
            ],
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': hooked } },
            failurePolicy: 'Fail',
            sideEffects: 'None',
            timeoutSeconds: 1,
            admissionReviewVersions: ['v1'],
          },
        ],
      });
      try {
        await waitFor('the webhook to refuse', async () => {
          const [slice] = await world.slices(hooked, 'orders');
          const patch = { metadata: { annotations: { probe: 'x' } } };
          const dry = world.mergePatch('endpointslices', hooked, `${slice?.metadata.name}?dryRun=All`, patch);
          return await dry.then(
            () => false,
            () => true,
          );
        });
        await registry.table.register({ service: 'orders', instanceId: 'extra', address: '10.77.70.8' });
        const { message } = await world.untilCondition(hooked, 'orders', 'Ready', 'False WriteFailed');
        assert.match(message, /failed calling webhook "nobody\.example\.org"/);
        assert.deepEqual(await world.ready(hooked, 'orders'), ['10.77.70.1']);
      } finally {
        await world.cluster.request('DELETE', `${path}/${hooked}`);
      }
      await world.untilReady(hooked, 'orders', ['10.77.70.1', '10.77.70.8'], MENDED_MS);
      await world.untilCondition(hooked, 'orders', 'Ready', 'True Published');
      await registry.table.remove('orders', 'extra');
      await world.untilReady(hooked, 'orders', ['10.77.70.1']);
    });

    it('a namespace that is being deleted goes with all in it, and nothing is tried again and again', async () => {
      const doomed = await world.namespace('doomed');
      await world.applyGrpcService(doomed, 'orders', ref(registry.name));
      await world.untilReady(doomed, 'orders', ['10.77.70.1']);
      const errors = () =>
        operator.metric('controller_runtime_reconcile_errors_total', { controller: 'grpcservice' });
      const before = await errors();
      await world.cluster.request('DELETE', `/api/v1/namespaces/${doomed}`);
      await waitFor('the namespace to be gone', async () => {
        const { items } = await world.cluster.request<{ items: { metadata: { name: string } }[] }>(
          'GET',
          '/api/v1/namespaces',
        );
        return !items.some(({ metadata }) => metadata.name === doomed);
      });
      assert.ok((await errors()) - before <= 5, `${(await errors()) - before} errors`);
    });
  });

  describe('the healthy neighbour,', () => {
    it('all the while, no change of the healthy neighbour has waited for more than a few seconds', async () => {
      await neighbour.end(5_000);
    });
  });
});
