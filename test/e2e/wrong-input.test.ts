import assert from 'node:assert/strict';
import { join } from 'node:path';
import { mustRun } from '../../local/lib/run.ts';
import type { RegistrySpec } from '../../src/model/registry.ts';
import { checkout } from '../support/manifests.ts';
import { followAdvice } from './support/advice.ts';
import type { TestRegistry, World } from './support/world.ts';
import { describeWrongInput, SPEC, SYSTEM, type WrongInput } from './support/wrong-input.ts';
import { versions } from './support/written.ts';

let bench: WrongInput;
let world: World;
let registry: TestRegistry;
let namespace: string;

const take = (started: WrongInput): void => {
  bench = started;
  ({ world, registry, namespace } = started);
};

describeWrongInput('what is wrong with a registry', take, () => {
  describe('the registry that a GrpcService names:', () => {
    it('none', async () => {
      await world.applyGrpcService(namespace, 'none', { service: 'orders' });
      const { message } = await bench.refused('none', 'NoRegistry');
      assert.match(message, /spec\.registryRef\.name.*--default-registry NAMESPACE\/NAME/);
      await bench.apply('none', registry.name);
      await bench.isPublished('none');
    });

    it('one that does not exist', async () => {
      const name = world.name('late');
      await bench.apply('unknown', name);
      const { message } = await bench.refused('unknown', 'RegistryNotFound');
      assert.match(message, new RegExp(`${SYSTEM}/${name} does not exist`));
      assert.match(
        await followAdvice(world, message, /kubectl get registries -n \S+/),
        new RegExp(registry.name),
      );
      await world.registryObject(registry, name, SPEC);
      await bench.isPublished('unknown');
    });

    it('one in a namespace whose Registries are not read', async () => {
      await world.applyGrpcService(namespace, 'astray', { service: 'orders', registryRef: { name: 'main' } });
      const { message } = await bench.refused('astray', 'RegistryNamespaceNotWatched');
      assert.match(
        message,
        new RegExp(`namespace ${namespace}: use one in ${SYSTEM}, or .*--registry-namespaces`),
      );
      await bench.apply('astray', registry.name);
      await bench.isPublished('astray');
    });

    it('one that serves its own namespace only', async () => {
      const name = world.name('same');
      await world.registryObject(registry, name, { ...SPEC, allowedNamespaces: { from: 'Same' } });
      await bench.apply('same', name);
      const { message } = await bench.refused('same', 'NamespaceNotAllowed');
      assert.match(message, new RegExp(`spec\\.allowedNamespaces\\.from to All.*namespace ${namespace}`));
      await world.mergePatch('registries', SYSTEM, name, { spec: { allowedNamespaces: { from: 'All' } } });
      await bench.isPublished('same');
    });

    it('one that chooses namespaces by their labels', async () => {
      const name = world.name('chosen');
      const selector = { matchLabels: { registry: 'yes' } };
      await world.registryObject(registry, name, {
        ...SPEC,
        allowedNamespaces: { from: 'Selector', selector },
      });
      await bench.apply('chosen', name);
      const { message } = await bench.refused('chosen', 'NamespaceNotAllowed');
      await followAdvice(world, message, /kubectl label namespace [^)]*/);
      await bench.isPublished('chosen');
    });

    it('taken away again: the addresses stay, and the condition says so', async () => {
      const name = world.name('chosen');
      await world.registryObject(registry, name, SPEC);
      await bench.apply('kept', name);
      await bench.isPublished('kept');
      const before = versions(await world.slices(namespace, 'kept'));
      await world.delete('registries', SYSTEM, name);
      await bench.refused('kept', 'RegistryNotFound');
      assert.deepEqual(versions(await world.slices(namespace, 'kept')), before);
      await world.registryObject(registry, name, SPEC);
      await bench.isPublished('kept');
      assert.deepEqual(versions(await world.slices(namespace, 'kept')), before);
    });
  });

  describe('the Secret of a Registry:', () => {
    it('is missing', async () => {
      const name = world.name('secretless');
      await world.registryObject(registry, name, SPEC, { credentialsSecretRef: { name } });
      const message = await bench.unreadable(name, 'SecretNotFound');
      await followAdvice(world, message, /kubectl create secret .*/, {
        '=USER': `=${registry.user}`,
        '=PASSWORD': `='${registry.password}'`,
      });
      await bench.isRead(name);
    });

    it('has no password', async () => {
      const name = world.name('keyless');
      await world.secret(name, { username: registry.user });
      await world.registryObject(registry, name, SPEC, { credentialsSecretRef: { name } });
      const message = await bench.unreadable(name, 'SecretIncomplete');
      assert.match(message, /no key password/);
      await followAdvice(world, message, /kubectl patch secret .*/, { '...': registry.password });
      await bench.isRead(name);
    });

    it('may not be read', async () => {
      const rules = await takeSecretsFromRole();
      const name = world.name('forbidden');
      try {
        await world.registryObject({ ...registry, name }, name, SPEC);
        await world.secret(name, { username: registry.user, password: registry.password });
        const message = await bench.unreadable(name, 'SecretForbidden');
        await followAdvice(world, message, /kubectl create role .*/);
        await bench.isRead(name);
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
      const message = await bench.unreadable(name, 'AccessDenied');
      assert.match(message, /Secret that spec\.mysql\.credentialsSecretRef names/);
      assert.doesNotMatch(message, /wrong/);
      await world.mergePatch('secrets', SYSTEM, name, { stringData: { password: registry.password } });
      await bench.isRead(name);
    });

    it('is rotated while all is well: nobody notices, though the old password is refused', async () => {
      const rotating = await world.registry(SPEC);
      await rotating.table.register({ service: 'orders', instanceId: 'a', address: '10.77.70.1' });
      await bench.apply('rotating', rotating.name);
      await bench.isPublished('rotating');
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
      const message = await bench.unreadable(name, 'HostUnreachable');
      assert.match(message, /10\.77\.199\.9:3306 .*spec\.mysql\.host/);
      await mend(name, { host: registry.database.server.address });
      await bench.isRead(name);
    });

    it('has a host name that nobody knows', async () => {
      const name = world.name('unnamed');
      await world.registryObject(registry, name, SPEC, { host: 'no-such-host.cluster.local' });
      const message = await bench.unreadable(name, 'HostUnreachable');
      assert.match(message, /no-such-host\.cluster\.local/);
      await mend(name, { host: registry.database.server.address });
      await bench.isRead(name);
    });

    it('stops answering: the addresses stay as they are', async () => {
      const name = world.name('lost');
      await world.registryObject(registry, name, SPEC);
      await bench.apply(name, name);
      await bench.isRead(name);
      const before = versions(await world.slices(namespace, name));
      await mend(name, { port: 3999 });
      await world.untilCondition(namespace, name, 'RegistryAvailable', 'False HostUnreachable');
      assert.deepEqual(versions(await world.slices(namespace, name)), before);
      await mend(name, { port: registry.database.server.port });
      await bench.isRead(name);
      assert.deepEqual(versions(await world.slices(namespace, name)), before);
    });

    it('is not there, as far as this user can tell', async () => {
      const name = world.name('misnamed');
      await world.registryObject(registry, name, SPEC, { database: 'no_such_database' });
      const message = await bench.unreadable(name, 'GrantMissing');
      assert.match(message, /no_such_database.*spec\.mysql\.database/);
      await mend(name, { database: registry.database.name });
      await bench.isRead(name);
    });

    it('has no tables yet: the command in the message makes them', async () => {
      const empty = await world.registry(SPEC, { migrated: false });
      const message = await bench.unreadable(empty.name, 'TableNotFound');
      await migrateAsAdvised(message, empty);
      await empty.table.register({ service: 'orders', instanceId: 'a', address: '10.77.70.1' });
      await bench.isRead(empty.name);
    });

    it('has tables that are too old, or newer than the operator knows', async () => {
      const aged = await world.registry(SPEC, {
        prepare: async (its) => {
          await its.table.register({ service: 'orders', instanceId: 'a', address: '10.77.70.1' });
          await setSchemaVersion(its, 0);
        },
      });
      const message = await bench.unreadable(aged.name, 'SchemaTooOld');
      await migrateAsAdvised(message, aged);
      await bench.isRead(aged.name);
      await setSchemaVersion(aged, 99);
      await mend(aged.name, { maxReplicaLag: '11s' });
      await aged.table.register({ service: 'orders', instanceId: 'b', address: '10.77.70.2' });
      await world.untilReady(namespace, aged.name, ['10.77.70.1', '10.77.70.2']);
    });

    it('may not be read by this user', async () => {
      const closed = await world.registry(SPEC, {
        prepare: async ({ table, user, database: { server, name } }) => {
          await table.register({ service: 'orders', instanceId: 'a', address: '10.77.70.1' });
          await server.query(`REVOKE ALL ON \`${name}\`.* FROM '${user}'@'%'`);
          await server.query(`GRANT SELECT ON \`${name}\`.heartbeats TO '${user}'@'%'`);
        },
      });
      const message = await bench.unreadable(closed.name, 'GrantMissing');
      const grant = /GRANT [^;]+;/.exec(message)?.[0];
      assert.ok(grant, message);
      await closed.database.server.query(grant);
      await bench.isRead(closed.name);
    });
  });

  const setSchemaVersion = ({ database }: TestRegistry, version: number) =>
    database.query(`UPDATE registry_meta SET value = ? WHERE name = 'schema_version'`, [String(version)]);

  const migrateAsAdvised = async (message: string, { user, password }: TestRegistry): Promise<void> => {
    const url = /rollcall migrate --url (\S+)/.exec(message)?.[1];
    assert.ok(url, message);
    const main = join(checkout, 'src/main.ts');
    const filled = url.replace('USER:PASSWORD', `${user}:${encodeURIComponent(password)}`);
    await mustRun(process.execPath, [main, 'migrate', '--url', filled]);
  };
});
