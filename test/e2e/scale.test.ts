import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiWrites } from '../../bench/world/api-writes.ts';
import { processUsage } from '../../bench/world/process-usage.ts';
import { waitFor } from '../../local/lib/wait.ts';
import { type DatabaseServer, startMariadb } from '../../local/servers/database.ts';
import { checkout } from '../support/manifests.ts';
import { freshAddress } from '../support/testbed/index.ts';
import { EventLog } from './support/event-log.ts';
import type { OperatorProcess } from './support/operator.ts';
import { ownDatabase } from './support/own-database.ts';
import { type TestRegistry, World } from './support/world.ts';
import { versions, WriteLog } from './support/written.ts';

const POLL_MS = 200;
/** What is promised beyond the poll, and how much of it a machine that runs other things as well may take. */
const BEYOND_POLL_MS = 50;
const NOISE = 5;
const ROUNDS = 21;
const LARGE = 5000;
const SERVICES = 1000;
const PER_SERVICE = 100;
const TTL_MS = 60_000;
/** What Node has resident, in MB, beyond what the built program needs, because it strips the types itself (83 and 55 for --help). */
const STRIPPING_MB = 28;
/** Where the operator's longest turn of the event loop is written, by the thread's own CPU time. */
const turnsFile = join(tmpdir(), `rollcall-scale-turns-${process.pid}`);

/**
 * What it costs, with the real operator: the promises of docs/architecture.md as numbers. Times are judged loosely, because other tests
 * run beside; counts are exact.
 */
describe('the operator at scale', function () {
  this.timeout(120_000);
  let world: World;
  let server: DatabaseServer;
  let registry: TestRegistry;
  let operator: OperatorProcess;
  let namespace: string;

  before(async () => {
    world = await World.create();
    server = await startMariadb({
      address: freshAddress(),
      extraArgs: ['--performance-schema=ON', '--userstat=ON', '--max-recursive-iterations=200000'],
    });
    // No audit: what it costs grows with the registry, and is looked at in test/integration/registry.
    registry = await world.registryOn(await ownDatabase(server, 'registry'), {
      feed: { type: 'Poll', poll: { interval: `${POLL_MS}ms`, auditInterval: '1h' } },
    });
    namespace = await world.namespace('scale');
  });
  after(async () => {
    await world.dispose();
    await server.dispose();
    await rm(turnsFile, { force: true });
  });

  /** With the flags of the image, and with something in it that measures the turns of its event loop. */
  const startOperator = (): Promise<OperatorProcess> =>
    world.operator(registry, {
      env: {
        NODE_OPTIONS: `--max-semi-space-size=16 --import=${join(checkout, 'bench/subjects/turns.mjs')}`,
        ROLLCALL_BENCH_TURNS: turnsFile,
      },
    });

  /** `services` of `each` instances, in one statement. `ttlMs` null: static. */
  const fill = async (
    prefix: string,
    services: number,
    each: number,
    ttlMs: number | null,
  ): Promise<void> => {
    const [{ seed } = { seed: 0 }] = await registry.database.query<{ seed: number }>(
      'SELECT COUNT(*) AS seed FROM instances',
    );
    await registry.database.query(
      `INSERT INTO instances (service, instance_id, address, port, ttl_ms, zone, metadata, updated_at)
       WITH RECURSIVE n AS (SELECT 0 i UNION ALL SELECT i + 1 FROM n WHERE i < ${services * each - 1})
       SELECT CONCAT(?, i DIV ${each}), CONCAT('instance-', i),
              CONCAT('10.', 100 + (i + ${seed}) DIV 62500, '.', (i + ${seed}) DIV 250 MOD 250, '.', 1 + (i + ${seed}) MOD 250),
              50051, ?, ELT(1 + i MOD 3, 'a', 'b', 'c'), '{"version": "1"}', NOW(6) - INTERVAL 1 HOUR FROM n`,
      [prefix, ttlMs],
    );
  };
  const beatAll = (ttlMs: number): Promise<unknown> =>
    registry.database.query(
      `INSERT INTO heartbeats SELECT id, NOW(6) + INTERVAL ? * 1000 MICROSECOND FROM instances WHERE ttl_ms IS NOT NULL
       ON DUPLICATE KEY UPDATE expires_at = VALUES(expires_at)`,
      [ttlMs],
    );
  /** Takes one instance out: any change of an endpoint would do. */
  const takeOut = (service: string, number: number): Promise<unknown> =>
    registry.database.query('UPDATE instances SET weight = 0 WHERE service = ? AND instance_id = ?', [
      service,
      `instance-${number}`,
    ]);
  const changes = (): Promise<number> => operator.metric('rollcall_changes_total');

  /** Statements of the operator, and rows and index entries that they made the server look at. */
  const sqlWork = async (): Promise<{ statements: number; reads: number }> => {
    const rows = await registry.database.query<{ name: string; value: string }>(
      `SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS value FROM performance_schema.status_by_user
       WHERE USER = ? AND (VARIABLE_NAME = 'Questions' OR VARIABLE_NAME LIKE 'Handler_read%')`,
      [registry.user],
    );
    assert.ok(rows.length > 1, 'the server counts by user');
    const isStatements = ({ name }: { name: string }): boolean => name.toLowerCase() === 'questions';
    const sum = (some: typeof rows): number => some.reduce((total, { value }) => total + Number(value), 0);
    return {
      statements: sum(rows.filter(isStatements)),
      reads: sum(rows.filter((row) => !isStatements(row))),
    };
  };
  /** Rows of our tables that anybody was given. */
  const rowsRead = async (): Promise<number> => {
    const [row] = await registry.database.query<{ n: string }>(
      `SELECT SUM(ROWS_READ) AS n FROM information_schema.TABLE_STATISTICS WHERE TABLE_SCHEMA = 'registry'`,
    );
    return Number(row?.n);
  };
  const passing = async (ms: number): Promise<void> => {
    const untilMs = performance.now() + ms;
    await waitFor('the time to pass', () => performance.now() >= untilMs, {
      timeoutMs: 2 * ms,
      intervalMs: 100,
    });
  };
  /** What the operator asks of the database in a second while nothing changes. */
  const quietWork = async (seconds: number): Promise<{ statements: number; reads: number }> => {
    const before = await sqlWork();
    const startMs = performance.now();
    await passing(seconds * 1000);
    const after = await sqlWork();
    const passed = (performance.now() - startMs) / 1000;
    const rate = (key: 'statements' | 'reads'): number => (after[key] - before[key]) / passed;
    return { statements: rate('statements'), reads: rate('reads') };
  };

  /** From the commit of a change to the event of its slice, again and again: the median, and the operator's CPU time for one. */
  const publishing = async (
    service: string,
    numberOf: (round: number) => number,
  ): Promise<{ medianMs: number; cpuMs: number }> => {
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    const log = await EventLog.start(world, path);
    const cpu = (): number => processUsage(operator.pid ?? 0).cpuSeconds * 1000;
    const told = await operator.metric('rollcall_propagation_seconds_count');
    const took: number[] = [];
    try {
      const before = cpu();
      for (let round = 0; round < ROUNDS; round += 1) {
        // Not in step with the polls.
        await passing(30 + ((round * 67) % POLL_MS));
        const seen = log.events.length;
        await takeOut(service, numberOf(round));
        const committedMs = performance.now();
        await waitFor('the event', () => log.events.length > seen, { timeoutMs: 5000, intervalMs: 1 });
        took.push(performance.now() - committedMs);
      }
      const cpuMs = (cpu() - before) / ROUNDS;
      const medianMs = took.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Infinity;
      console.log(
        `        from commit to event ${medianMs.toFixed(0)} ms at the median, at polls of ${POLL_MS} ms; ${cpuMs.toFixed(0)} ms of CPU time each`,
      );
      // The witness may see the last slice before the operator has the answer to its write.
      await waitFor(
        'rollcall_propagation_seconds to have counted each',
        async () => (await operator.metric('rollcall_propagation_seconds_count')) - told >= ROUNDS,
        { timeoutMs: 5000 },
      );
      return { medianMs, cpuMs };
    } finally {
      await log.stop();
    }
  };

  describe('with services of 5,000 instances', () => {
    const leased = 'leased-0';
    const fixed = 'static-0';
    let beats: NodeJS.Timeout;

    before(async () => {
      await fill('leased-', 1, LARGE, TTL_MS);
      await fill('static-', 1, LARGE, null);
      await beatAll(TTL_MS);
      beats = setInterval(() => void beatAll(TTL_MS), TTL_MS / 12);
      operator = await startOperator();
      for (const service of [leased, fixed]) await world.applyGrpcService(namespace, service);
      await waitFor(
        'all slices',
        async () => (await operator.metric('rollcall_num_endpoint_slices')) === (2 * LARGE) / 100,
      );
      await waitFor('both to be ready', async () => {
        return (await operator.metric('rollcall_grpcservices', { ready: 'True' })) === 2;
      });
    });
    after(async () => {
      clearInterval(beats);
      await operator.stop();
    });

    it('writes exactly one slice when one endpoint changes', async () => {
      const before = versions(await world.slices(namespace, fixed));
      const changed = await changes();
      await takeOut(fixed, 4711);
      await waitFor('the change', async () => (await changes()) > changed, { timeoutMs: 5000 });
      await passing(1000);
      const after = versions(await world.slices(namespace, fixed));
      assert.equal(Object.keys(after).length, LARGE / 100);
      assert.equal(Object.keys(after).filter((name) => before[name] !== after[name]).length, 1);
      assert.equal(await changes(), changed + 1);
    });

    it('publishes a change of one of 5,000 at the cost of a service, not of a registry', async () => {
      const { cpuMs } = await publishing(fixed, (round) => 200 * round);
      assert.ok(cpuMs <= 400, `${cpuMs} ms of CPU time for one change`);
    });

    it('writes no slice and no Service while nothing changes, and asks little of the database', async () => {
      await passing(3000);
      const changed = await changes();
      const before = await apiWrites(world.cluster.apiServer);
      const work = await quietWork(10);
      const after = await apiWrites(world.cluster.apiServer);
      assert.deepEqual([after.slices, after.services], [before.slices, before.services]);
      assert.equal(await changes(), changed);
      assertQuiet(work);
    });
  });

  describe('with 100,000 instances of 1,000 services', () => {
    before(async () => {
      await world.cluster.request(
        'DELETE',
        `/apis/rollcall.dev/v1alpha1/namespaces/${namespace}/grpcservices`,
      );
      await registry.database.query('DELETE FROM instances');
      await registry.database.query('DELETE FROM heartbeats');
      await fill('service-', SERVICES, PER_SERVICE, 3_600_000);
      await beatAll(3_600_000);
      await registry.database.query('ANALYZE TABLE instances, heartbeats');
      await createGrpcServices();
    });

    it('starts in one pass: a write for each slice and Service, under 400 MB, no turn of the event loop over 100 ms', async () => {
      const log = await WriteLog.start(world, namespace);
      try {
        const startMs = performance.now();
        operator = await startOperator();
        await waitFor('all slices', () => log.count('endpointslices') >= SERVICES, { timeoutMs: 90_000 });
        await waitFor('all Services', () => log.count('services') >= SERVICES, { timeoutMs: 90_000 });
        const seconds = (performance.now() - startMs) / 1000;
        await waitFor(
          'all of them to be ready',
          async () => (await operator.metric('rollcall_grpcservices', { ready: 'True' })) === SERVICES,
          { timeoutMs: 60_000, intervalMs: 250 },
        );
        const { peakRssMib, cpuSeconds } = processUsage(operator.pid ?? 0);
        const peakMb = (peakRssMib * 2 ** 20) / 1e6 - STRIPPING_MB;
        const turnMs = Number(await readFile(turnsFile, 'utf8'));
        console.log(
          `        ${seconds.toFixed(1)} s, CPU ${cpuSeconds.toFixed(1)} s, ${peakMb.toFixed(0)} MB at most, longest turn ${turnMs.toFixed(0)} ms of CPU time`,
        );
        assert.equal(log.count('endpointslices'), SERVICES);
        assert.equal(log.count('services'), SERVICES);
        assert.equal(await operator.metric('rollcall_changes_total', { operation: 'create' }), SERVICES);
        assert.equal(await changes(), SERVICES);
        assert.equal(await operator.metric('rollcall_endpoints_desired'), SERVICES * PER_SERVICE);
        assert.ok(peakMb < 400, `${peakMb} MB`);
        assert.ok(turnMs < 100, `${turnMs} ms`);
      } finally {
        await log.stop();
      }
    });

    it('asks no more of the database than for a small registry; one change costs the rows of its service and 20', async () => {
      // Over the whole overlap, in which a changed row is looked at again and again.
      const seconds = 13;
      await passing(3000);
      const start = await rowsRead();
      assertQuiet(await quietWork(seconds));
      const idle = (await rowsRead()) - start;
      const changed = await changes();
      const before = await rowsRead();
      await takeOut('service-471', 47_111);
      await passing(seconds * 1000);
      const rows = (await rowsRead()) - before - idle;
      console.log(`        idle ${idle} rows in ${seconds} s, one change ${rows} rows more`);
      assert.equal(await changes(), changed + 1);
      // The test's own statements read its row twice.
      assert.ok(rows <= PER_SERVICE + 20 + 2, `${rows} rows`);
    });

    it('publishes a change within the poll interval plus 50 ms at the median', async () => {
      const { medianMs } = await publishing('service-7', (round) => 700 + round);
      assert.ok(medianMs <= POLL_MS + NOISE * BEYOND_POLL_MS, `${medianMs} ms`);
    });
  });

  const createGrpcServices = async (): Promise<void> => {
    const waiting = Array.from({ length: SERVICES }, (_, number) => `service-${number}`);
    const worker = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        await world.create('grpcservices', namespace, {
          apiVersion: 'rollcall.dev/v1alpha1',
          kind: 'GrpcService',
          metadata: { name },
          spec: { port: 50051 },
        });
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
  };
});

/** The same bounds for 10,000 rows and for 100,000: five polls a second, four looks at deadlines, one at the server. */
function assertQuiet({ statements, reads }: { statements: number; reads: number }): void {
  console.log(`        ${statements.toFixed(0)} statements and ${reads.toFixed(0)} rows a second`);
  assert.ok(statements > 0 && statements <= 50, `${statements} statements a second`);
  assert.ok(reads <= 100, `${reads} rows a second`);
}
