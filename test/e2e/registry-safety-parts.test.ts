import assert from 'node:assert/strict';
import { waitFor } from '../../local/lib/wait.ts';
import type { OperatorProcess } from './support/operator.ts';
import type { Registration } from './support/registry-table.ts';
import { staysReady } from './support/stays-ready.ts';
import { type TestRegistry, World } from './support/world.ts';

const TTL_MS = 2000;

const rows = (
  service: string,
  numbers: readonly number[],
  fields: (n: number) => Partial<Registration> = () => ({}),
): readonly Registration[] =>
  numbers.map((n) => ({ service, instanceId: `${service}-${n}`, address: `10.77.61.${n}`, ...fields(n) }));
const addressesOf = (some: readonly Registration[]): readonly string[] => some.map(({ address }) => address);

/** The safety rules for what one GrpcService, one port or one address family has of a service. */
describe('safety: a part of a service', function () {
  this.timeout(60_000);
  let world: World;
  let registry: TestRegistry;
  let operator: OperatorProcess;
  let namespace: string;

  before(async () => {
    world = await World.create();
    registry = await world.registry();
    namespace = await world.namespace('parts');
    operator = await world.operator(registry);
  });
  after(() => world.dispose());

  const reads = (kind: 'service' | 'confirm'): Promise<number> =>
    operator.metric('rollcall_registry_read_seconds_count', { kind });
  const canary = { selector: { matchLabels: { version: 'canary' } } };
  /** Twelve rows, of which the first two are picked by a GrpcService of the service's name. */
  const publishCanary = async (service: string): Promise<readonly Registration[]> => {
    const all = rows(service, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], (n) => ({
      metadata: { version: n <= 2 ? 'canary' : 'stable' },
    }));
    await registry.table.register(...all);
    await world.applyGrpcService(namespace, service, canary);
    const picked = all.slice(0, 2);
    await world.untilReady(namespace, service, addressesOf(picked));
    return picked;
  };
  const setCanary = (service: string, status: 'UP' | 'DOWN'): Promise<unknown> =>
    registry.database.query('UPDATE instances SET status = ? WHERE service = ? AND instance_id IN (?, ?)', [
      status,
      service,
      `${service}-1`,
      `${service}-2`,
    ]);

  it('rule 2: that goes as a whole is obeyed, but only after a second read', async () => {
    await publishCanary('gone');
    const before = await reads('confirm');
    await setCanary('gone', 'DOWN');
    await world.untilReady(namespace, 'gone', []);
    assert.ok((await reads('confirm')) > before);
    const { message } = await world.untilCondition(namespace, 'gone', 'Ready', 'False NoReadyInstances');
    assert.match(message, /12 rows: 2 DOWN, 10 not matched by spec\.selector/);
    const query = /SELECT .*/.exec(message)?.[0] ?? '';
    const shown = await registry.database.query<{ status: string }>(query);
    assert.equal(shown.filter(({ status }) => status === 'DOWN').length, 2, 'the statement shows the rows');
  });

  it('rule 2: that is gone for one read only loses nothing', async () => {
    const picked = await publishCanary('blinked');
    const before = await reads('service');
    await setCanary('blinked', 'DOWN');
    await waitFor('the read that does not find it', async () => (await reads('service')) > before);
    await setCanary('blinked', 'UP');
    const start = performance.now();
    await staysReady(world, namespace, 'blinked', addressesOf(picked), () =>
      Promise.resolve(performance.now() - start > 3000),
    );
  });

  it('rule 2: changed rows that a selector does not find any more are no less gone', async () => {
    await publishCanary('relabelled');
    const before = await reads('confirm');
    await registry.database.query(
      `UPDATE instances SET metadata = '{"version":"stable"}' WHERE service = 'relabelled'`,
    );
    await world.untilReady(namespace, 'relabelled', []);
    assert.ok((await reads('confirm')) > before);
  });

  it('rule 3: keeps its share of what DNS carries, whoever lives on other ports', async () => {
    const mortal = rows('ports', [21, 22, 23, 24], () => ({ ttlMs: TTL_MS }));
    const others = rows('ports', [31, 32, 33, 34, 35, 36], () => ({ port: 9090 }));
    await registry.table.register(...mortal, ...others);
    await world.applyGrpcService(namespace, 'ports');
    const { message } = await world.untilCondition(namespace, 'ports', 'Protected', 'True HoldingExpired');
    assert.match(message, /0 of 4 instances that DNS carries \(port 50051\) are alive/);
    assert.equal((await world.ready(namespace, 'ports')).length, 2);
  });

  it('rule 3: keeps its share of each address family', async () => {
    const mortal = rows('families', [41, 42, 43, 44], () => ({ ttlMs: TTL_MS }));
    const others = rows('families', [51, 52, 53, 54], (n) => ({ address: `2001:db8::${n}` }));
    await registry.table.register(...mortal, ...others);
    await world.applyGrpcService(namespace, 'families');
    const { message } = await world.untilCondition(namespace, 'families', 'Protected', 'True HoldingExpired');
    assert.match(message, /0 of 4 IPv4 instances on port 50051 are alive/);
    const ready = await world.ready(namespace, 'families');
    assert.equal(ready.filter((address) => !address.includes(':')).length, 2);
    assert.equal(ready.filter((address) => address.includes(':')).length, 4);
  });
});
