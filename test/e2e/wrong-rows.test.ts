import assert from 'node:assert/strict';
import { waitFor } from '../../local/lib/wait.ts';
import type { CustomSchemaSpec, RegistrySpec } from '../../src/model/registry.ts';
import type { OperatorProcess } from './support/operator.ts';
import type { TestRegistry, World } from './support/world.ts';
import { describeWrongInput, SPEC, SYSTEM, type WrongInput } from './support/wrong-input.ts';

let bench: WrongInput;
let world: World;
let registry: TestRegistry;
let namespace: string;
let operator: OperatorProcess;

const take = (started: WrongInput): void => {
  bench = started;
  ({ world, registry, namespace, operator } = started);
};

describeWrongInput('what is wrong with rows and columns', take, () => {
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
      const message = await bench.unreadable(name, 'TableNotFound');
      assert.match(message, /elsewhere.*spec\.schema\.custom\.table/);
      await registry.database.query(`CREATE VIEW elsewhere AS SELECT * FROM ${table}`);
      await bench.isRead(name);
    });

    it('a column is missing', async () => {
      const name = world.name('custom');
      await world.registryObject(registry, name, custom({ columns: { ...columns, zone: 'az' } }));
      const message = await bench.unreadable(name, 'ColumnNotFound');
      assert.match(message, /"az" \(spec\.schema\.custom\.columns\.zone\).*it has svc, id, ip/);
      await registry.database.query(`ALTER TABLE ${table} ADD COLUMN az VARCHAR(16)`);
      await bench.isRead(name);
    });

    it('the time zone is unknown', async () => {
      const name = world.name('custom');
      const timed = { columns: { ...columns, expiresAt: 'seen' }, ttl: '30s' };
      await world.registryObject(registry, name, custom({ ...timed, timeZone: 'Mars/Olympus' }));
      const message = await bench.unreadable(name, 'TimeZoneUnknown');
      assert.match(message, /"Mars\/Olympus" \(spec\.schema\.custom\.timeZone\).*\+02:00/);
      await world.mergePatch('registries', SYSTEM, name, {
        spec: { schema: { custom: { timeZone: '+02:00' } } },
      });
      await bench.isRead(name);
    });

    it('the condition is no SQL', async () => {
      const name = world.name('custom');
      await world.registryObject(registry, name, custom({ where: 'port ===' }));
      const message = await bench.unreadable(name, 'InvalidWhere');
      assert.match(message, /spec\.schema\.custom\.where \(port ===\)/);
      await world.mergePatch('registries', SYSTEM, name, {
        spec: { schema: { custom: { where: 'port > 0' } } },
      });
      await bench.isRead(name);
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
      await world.applyGrpcService(namespace, 'bad-custom', { service: 'bad', ...bench.ref(name) });
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
      await world.applyGrpcService(namespace, 'rows', bench.ref(name));
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
      await world.applyGrpcService(namespace, 'hopeless', bench.ref(registry.name));
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
      await world.applyGrpcService(namespace, 'empty', bench.ref(registry.name));
      const { message } = await world.untilCondition(namespace, 'empty', 'Ready', 'False NoInstances');
      assert.match(message, /no instance of service empty: register one, or correct spec\.service/);
      await registry.table.register({ service: 'empty', instanceId: 'a', address: '10.77.73.1' });
      await world.untilReady(namespace, 'empty', ['10.77.73.1']);
      await world.untilCondition(namespace, 'empty', 'Ready', 'True Published');
    });

    it('are on several ports', async () => {
      const row = { service: 'mixed', instanceId: 'a', address: '10.77.73.1' };
      await registry.table.register(row, { ...row, instanceId: 'b', address: '10.77.73.2', port: 50052 });
      await world.applyGrpcService(namespace, 'mixed', bench.ref(registry.name));
      const { message } = await world.untilCondition(namespace, 'mixed', 'PortsUniform', 'False MixedPorts');
      assert.match(message, /only instances on port 50051 are published; left out: 1 on port 50052/);
      assert.deepEqual(await world.ready(namespace, 'mixed'), ['10.77.73.1']);
      await registry.table.register({ ...row, instanceId: 'b', address: '10.77.73.2' });
      await world.untilCondition(namespace, 'mixed', 'PortsUniform', 'True Uniform');
      await world.untilReady(namespace, 'mixed', ['10.77.73.1', '10.77.73.2']);
    });
  });
});
