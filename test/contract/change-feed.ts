import assert from 'node:assert/strict';
import { waitFor } from '../../local/lib/wait.ts';
import type { ChangeFeed, FeedSink, ServiceHint } from '../../src/registry/change-feed.ts';
import type { KnownRows, RegistryReader, RowSum } from '../../src/registry/registry-reader.ts';

/** A registry for the contract suite, as the feed under test and as a writer see it. */
export interface FeedBench {
  /** The feed under test; made anew for each test. */
  readonly open: (known: KnownRows) => ChangeFeed;
  /** Reads what is there, over a link that is never cut. */
  readonly reader: RegistryReader;
  /** Runs one statement of a writer, in a database with the Managed schema. */
  readonly query: (sql: string, values?: readonly unknown[]) => Promise<unknown>;
  /** Runs statements in one transaction and commits it when `release` resolves. */
  readonly slowTransaction: (sql: string, release: Promise<unknown>) => Promise<void>;
  /** Cuts the feed off from the registry, and mends it. */
  readonly cut: () => void;
  readonly mend: () => void;
  readonly close: () => Promise<void>;
}

/**
 * What the syncer builds on, for every feed: that a change is hinted at once it is committed, whatever happens between, or that the
 * feed asks for a resync. At least once, in any order; more is never wrong.
 */
export function changeFeedContract(name: string, make: () => Promise<FeedBench>): void {
  describe(`the feed ${name}`, function () {
    this.timeout(30_000);
    let bench: FeedBench;
    let sink: RecordingSink;
    let stopping: AbortController;
    let running: Promise<void>;

    beforeEach(async () => {
      bench = await make();
      sink = new RecordingSink(bench.reader);
      stopping = new AbortController();
    });
    afterEach(async () => {
      stopping.abort(new Error('the test is over'));
      await running;
      await bench.close();
    });

    const start = async (): Promise<void> => {
      running = bench.open(sink).run(sink, stopping.signal);
      await waitFor('the feed to be open', () => sink.health.at(-1) === 'healthy');
    };
    const insert = (service: string, instanceId = '1') =>
      bench.query('INSERT INTO instances (service, instance_id, address, port) VALUES (?, ?, ?, 1)', [
        service,
        instanceId,
        '10.1.0.1',
      ]);

    it('says that it is open before it tells anything', async () => {
      await insert('before');
      await start();
      assert.equal(sink.health[0], 'healthy');
    });

    for (const [what, statement] of Object.entries({
      'a new row': `INSERT INTO instances (service, instance_id, address, port) VALUES ('orders', '2', '10.1.0.2', 1)`,
      'another address': `UPDATE instances SET address = '10.1.0.9' WHERE service = 'orders'`,
      'another status': `UPDATE instances SET status = 'DOWN' WHERE service = 'orders'`,
      'other metadata': `UPDATE instances SET metadata = '{"a": "b"}' WHERE service = 'orders'`,
    })) {
      it(`hints at the service of ${what}, with the time of the change`, async () => {
        await insert('orders');
        await insert('other');
        await start();
        await sink.caughtUp(['orders', 'other']);
        const signal = AbortSignal.timeout(5000);
        const beforeUs = await bench.reader.now(signal);
        const told = sink.hints.length;
        await bench.query(statement);
        const afterUs = await bench.reader.now(signal);
        const hint = await waitFor('the hint', () =>
          sink.hints
            .slice(told)
            .find(
              ({ service, changedAtUs: atUs }) => service === 'orders' && (atUs ?? beforeUs) >= beforeUs - 1,
            ),
        );
        const { changedAtUs } = hint;
        assert.ok(
          changedAtUs === null || (changedAtUs >= beforeUs - 1 && changedAtUs <= afterUs),
          String(changedAtUs),
        );
        await sink.caughtUp(['orders']);
      });
    }

    it('hints at every service of one transaction that changes many', async () => {
      await start();
      const services = Array.from({ length: 200 }, (_, index) => `s${index}`);
      const values = services.map((service) => `('${service}', '1', '10.1.0.1', 1)`).join();
      await bench.query(`INSERT INTO instances (service, instance_id, address, port) VALUES ${values}`);
      await sink.caughtUp(services);
    });

    it('misses no transaction that was begun before it was opened', async () => {
      let commit: (value?: unknown) => void = () => undefined;
      const released = new Promise((resolve) => (commit = resolve));
      const statement = `INSERT INTO instances (service, instance_id, address, port) VALUES ('late', '1', '10.1.0.1', 1)`;
      const transaction = bench.slowTransaction(statement, released);
      await start();
      await insert('early');
      await sink.caughtUp(['early']);
      commit();
      await transaction;
      await sink.caughtUp(['late']);
    });

    it('says so when it is cut off, and has missed nothing when it is back', async () => {
      await start();
      await insert('orders');
      await sink.caughtUp(['orders']);
      bench.cut();
      await waitFor('the feed to say so', () => sink.health.at(-1) === 'unhealthy');
      await bench.query(`UPDATE instances SET weight = 5`);
      await insert('new');
      bench.mend();
      await waitFor('the feed to be back', () => sink.health.at(-1) === 'healthy');
      await sink.caughtUp(['orders', 'new']);
    });

    it('ends without an error when it is told to, connected or not, and is silent then', async () => {
      await start();
      bench.cut();
      await waitFor('the feed to say so', () => sink.health.at(-1) === 'unhealthy');
      stopping.abort(new Error('the test is over'));
      await running;
      const said = sink.health.length;
      bench.mend();
      await insert('orders');
      await waitFor('a moment', () => bench.reader.now(AbortSignal.timeout(1000)).then(() => true));
      assert.deepEqual([sink.health.length, sink.hints.length], [said, 0]);
    });
  });
}

/** Follows hints as the syncer does: reads everything when the feed is open, then the services named, and knows their rows from then on. */
class RecordingSink implements FeedSink, KnownRows {
  readonly health: ('healthy' | 'unhealthy')[] = [];
  readonly hints: ServiceHint[] = [];
  readonly #reader: RegistryReader;
  readonly #rows = new Map<string, Map<string, string>>();
  #asked = 0;

  constructor(reader: RegistryReader) {
    this.#reader = reader;
  }

  hint(services: readonly ServiceHint[]): void {
    this.hints.push(...services);
    void this.#read(services.map(({ service }) => service));
  }

  resync(): void {
    void this.#readAll();
  }

  healthy(): void {
    if (this.health.length === 0) void this.#readAll();
    this.health.push('healthy');
  }

  unhealthy(error: unknown): void {
    assert.ok(error instanceof Error);
    this.health.push('unhealthy');
  }

  /** Another one each time: as though everything changed all the time. */
  revision(): number {
    this.#asked += 1;
    return this.#asked;
  }

  has(service: string, instanceId: string, hash: string): boolean {
    return this.#rows.get(service)?.get(instanceId) === hash;
  }

  sums(): ReadonlyMap<string, RowSum> {
    return new Map();
  }

  /** Waits until what was hinted at, and nothing else, has brought these services up to date. */
  async caughtUp(services: readonly string[]): Promise<void> {
    await waitFor(`${services.slice(0, 3).join()} to be caught up with`, async () => {
      const { rows } = await this.#reader.readServices(
        services,
        { connection: 'any' },
        AbortSignal.timeout(5000),
      );
      return rows.every(({ service, instanceId, hash }) =>
        this.has(String(service), String(instanceId), hash),
      );
    });
  }

  async #read(services: readonly string[]): Promise<void> {
    const read = await this.#reader.readServices(services, { connection: 'any' }, AbortSignal.timeout(5000));
    for (const service of services) this.#rows.set(service, new Map());
    for (const { service, instanceId, hash } of read.rows)
      this.#rows.get(String(service))?.set(String(instanceId), hash);
  }

  async #readAll(): Promise<void> {
    await this.#reader.readAll((rows) => {
      for (const { service, instanceId, hash } of rows) {
        const known = this.#rows.get(String(service)) ?? new Map<string, string>();
        this.#rows.set(String(service), known.set(String(instanceId), hash));
      }
      return Promise.resolve();
    }, AbortSignal.timeout(10_000));
  }
}
