import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { DatabaseServer } from '../../local/servers/database.ts';
import { waitFor } from '../../local/lib/wait.ts';
import { checkout } from '../support/manifests.ts';
import { freshAddress } from '../support/testbed/index.ts';
import { startTestedDatabase } from '../support/testbed/tested-database.ts';
import type { OperatorProcess } from './support/operator.ts';
import { ownDatabase } from './support/own-database.ts';
import type { Registration } from './support/registry-table.ts';
import { staysReady } from './support/stays-ready.ts';
import { type TestRegistry, World } from './support/world.ts';

const TTL_MS = 3000;
/** So that a killed operator's lease is not waited for. */
const SHORT_LEASE = [
  ...['--leader-elect-lease-duration', '3s', '--leader-elect-renew-deadline', '2s'],
  ...['--leader-elect-retry-period', '500ms'],
];

const instances = (service: string, count: number, ttlMs?: number): readonly Registration[] =>
  Array.from({ length: count }, (_, n) => ({
    service,
    instanceId: `${service}-${n}`,
    address: `10.77.60.${n + 1}`,
    ...(ttlMs === undefined ? {} : { ttlMs }),
  }));
const addressesOf = (rows: readonly Registration[]): readonly string[] => rows.map(({ address }) => address);

/** The safety rules as a whole, on a database server that is stopped, restored and replaced under the operator. */
describe('safety: the registry', function () {
  this.timeout(90_000);
  let world: World;
  let server: DatabaseServer;
  let registry: TestRegistry;
  let operator: OperatorProcess;
  let namespace: string;
  let beating: readonly Registration[] = [];
  let beats: NodeJS.Timeout;

  before(async () => {
    world = await World.create();
    server = await startTestedDatabase({ address: freshAddress() });
    registry = await world.registryOn(await ownDatabase(server, 'registry'));
    namespace = await world.namespace('safety');
    operator = await world.operator(registry, { flags: SHORT_LEASE });
    beats = setInterval(() => {
      // Beats fail while the database is away, as those of real servers do.
      registry.table.beat(...beating).catch(() => undefined);
    }, TTL_MS / 6);
  });
  after(async () => {
    clearInterval(beats);
    await world.dispose();
    await server.dispose();
  });

  /** Publishes a service and waits until all of it is ready. */
  const publish = async (
    rows: readonly Registration[],
    spec: Parameters<World['applyGrpcService']>[2] = {},
  ): Promise<string> => {
    const service = rows[0]?.service ?? '';
    await registry.table.register(...rows);
    await world.applyGrpcService(namespace, service, spec);
    await world.untilReady(namespace, service, addressesOf(rows));
    return service;
  };
  const staysUntil = (
    service: string,
    addresses: readonly string[],
    done: () => Promise<boolean>,
  ): Promise<void> => staysReady(world, namespace, service, addresses, done);
  const sinceMs = (ms: number): (() => Promise<boolean>) => {
    const start = performance.now();
    return () => Promise.resolve(performance.now() - start > ms);
  };

  it('rule 1: keeps every endpoint while the database is away, and says so', async () => {
    const rows = instances('away', 4);
    const service = await publish(rows);
    await server.kill();
    const condition = await world.untilCondition(
      namespace,
      service,
      'RegistryAvailable',
      'False HostUnreachable',
    );
    assert.match(condition.message, new RegExp(server.address.replaceAll('.', '\\.')));
    await staysUntil(service, addressesOf(rows), sinceMs(2000));
    await operator.kill();
    operator = await world.operator(registry, { untilReady: false, flags: SHORT_LEASE });
    await staysUntil(service, addressesOf(rows), () => operator.isLeader());
    await server.start();
    await world.untilCondition(namespace, service, 'RegistryAvailable', 'True Connected', {
      timeoutMs: 20_000,
    });
    await staysUntil(service, addressesOf(rows), sinceMs(500));
  });

  it('rule 2: obeys a service that was emptied, but only after a second read', async () => {
    const rows = instances('emptied', 3);
    const service = await publish(rows);
    const before = await operator.metric('rollcall_confirmations_total', { outcome: 'confirmed' });
    await registry.database.query('UPDATE instances SET status = ? WHERE service = ?', ['DOWN', service]);
    await world.untilReady(namespace, service, []);
    const after = await operator.metric('rollcall_confirmations_total', { outcome: 'confirmed' });
    assert.equal(after, before + 1);
  });

  it('rule 2: takes nothing away for an emptied table that is filled again at once', async () => {
    const rows = instances('blinked', 3);
    const service = await publish(rows);
    const reads = (): Promise<number> =>
      operator.metric('rollcall_registry_read_seconds_count', { kind: 'service' });
    const before = await reads();
    await registry.database.query('UPDATE instances SET status = ? WHERE service = ?', ['DOWN', service]);
    await waitFor('the read that finds it empty', async () => (await reads()) > before);
    await registry.database.query('UPDATE instances SET status = ? WHERE service = ?', ['UP', service]);
    await staysUntil(service, addressesOf(rows), sinceMs(3000));
  });

  it('rule 3: expiry takes away what stops beating, within half a second of its deadline, and brings it back', async () => {
    const rows = instances('beats', 4, TTL_MS);
    beating = rows;
    const service = await publish(rows);
    beating = rows.slice(1);
    const [lease] = await registry.database.query<{ left: string }>(
      'SELECT TIMESTAMPDIFF(MICROSECOND, NOW(6), MIN(expires_at)) AS `left` FROM heartbeats',
    );
    const deadline = performance.now() + Number(lease?.left) / 1000;
    await world.untilReady(namespace, service, addressesOf(rows.slice(1)));
    const lateMs = performance.now() - deadline;
    assert.ok(lateMs > -TTL_MS && lateMs < 2500, `published ${lateMs} ms after the deadline`);
    beating = rows;
    const returned = performance.now();
    await world.untilReady(namespace, service, addressesOf(rows));
    assert.ok(performance.now() - returned < 5000);
  });

  it('rule 3: holds the most recently alive when too many expire at once, and releases them when told to', async () => {
    const rows = instances('beats', 4, TTL_MS);
    beating = [];
    await world.untilCondition(namespace, 'beats', 'Protected', 'True HoldingExpired');
    await waitFor('half of them', async () => (await world.ready(namespace, 'beats')).length === 2);
    const [now] = await registry.database.query<{ now: string }>(
      "SELECT DATE_FORMAT(NOW(6), '%Y-%m-%dT%H:%i:%sZ') AS now",
    );
    await waitFor('a second of the database to pass', async () => {
      const [later] = await registry.database.query<{ now: string }>(
        "SELECT DATE_FORMAT(NOW(6), '%Y-%m-%dT%H:%i:%sZ') AS now",
      );
      return later?.now !== now?.now && (await world.ready(namespace, 'beats')).length === 2;
    });
    const [release] = await registry.database.query<{ now: string }>(
      "SELECT DATE_FORMAT(NOW(6), '%Y-%m-%dT%H:%i:%sZ') AS now",
    );
    await world.mergePatch('grpcservices', namespace, 'beats', {
      metadata: { annotations: { 'rollcall.dev/release-held': release?.now } },
    });
    await world.untilReady(namespace, 'beats', []);
    beating = rows;
    await world.untilReady(namespace, 'beats', addressesOf(rows));
    await world.untilCondition(namespace, 'beats', 'Protected', 'False NothingHeld');
  });

  it('rule 3: expires nobody for a time in which beats could not be stored, and then only those who do not beat', async () => {
    const rows = instances('outage', 4, TTL_MS);
    beating = [...instances('beats', 4, TTL_MS), ...rows];
    const service = await publish(rows, { protection: { mode: 'Off' } });
    await server.stop();
    await staysUntil(service, addressesOf(rows), sinceMs(3 * TTL_MS));
    beating = [...instances('beats', 4, TTL_MS), ...rows.slice(0, 2)];
    await server.start();
    await world.untilCondition(namespace, service, 'RegistryAvailable', 'True Connected', {
      timeoutMs: 20_000,
    });
    assert.deepEqual(await world.ready(namespace, service), addressesOf(rows));
    await world.untilReady(namespace, service, addressesOf(rows.slice(0, 2)));
  });

  it('rule 8: a backup that was restored is read whole, and expires nobody for one TTL', async () => {
    const rows = instances('restored', 3, TTL_MS);
    beating = [...instances('beats', 4, TTL_MS), ...rows];
    const service = await publish(rows, { protection: { mode: 'Off' } });
    const backup = await server.copyData();
    await world.untilCondition(namespace, service, 'RegistryAvailable', 'True Connected', {
      timeoutMs: 20_000,
    });
    await registry.table.register({ service, instanceId: 'newer', address: '10.77.60.99' });
    await world.untilReady(namespace, service, [...addressesOf(rows), '10.77.60.99']);
    beating = [];
    await server.replaceData(backup);
    // Its beats are all out of date. What the backup does not have goes; nobody else does, until a TTL has passed.
    await world.untilReady(namespace, service, addressesOf(rows));
    beating = [...instances('beats', 4, TTL_MS), ...rows];
    await staysUntil(service, addressesOf(rows), sinceMs(TTL_MS + 2000));
  });

  it('keeps everything when the server at the address has no such database at all', async () => {
    const service = 'restored';
    const rows = instances('restored', 3, TTL_MS);
    const backup = await server.copyData();
    await server.replaceData('empty');
    await world.untilCondition(namespace, service, 'RegistryAvailable', 'False AccessDenied', {
      timeoutMs: 20_000,
    });
    await staysUntil(service, addressesOf(rows), sinceMs(2000));
    await server.replaceData(backup);
    await world.untilCondition(namespace, service, 'RegistryAvailable', 'True Connected', {
      timeoutMs: 30_000,
    });
    await staysUntil(service, addressesOf(rows), sinceMs(1000));
  });

  it('judges by the database, not by its own clock: an hour wrong changes nothing', async () => {
    await operator.stop();
    for (const wrongByMs of [3_600_000, -3_600_000]) {
      const wrong = await world.operator(registry, {
        flags: SHORT_LEASE,
        env: {
          NODE_OPTIONS: `--import=${join(checkout, 'test/support/wrong-clock.mjs')}`,
          WRONG_CLOCK_MS: String(wrongByMs),
        },
      });
      const rows = instances('restored', 3, TTL_MS);
      await waitFor('it to lead', () => wrong.isLeader());
      await staysUntil('restored', addressesOf(rows), sinceMs(TTL_MS + 1000));
      beating = [...instances('beats', 4, TTL_MS), ...rows.slice(1)];
      await world.untilReady(namespace, 'restored', addressesOf(rows.slice(1)));
      beating = [...instances('beats', 4, TTL_MS), ...rows];
      await world.untilReady(namespace, 'restored', addressesOf(rows));
      await wrong.stop();
    }
  });
});
