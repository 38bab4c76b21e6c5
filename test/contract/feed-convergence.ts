import assert from 'node:assert/strict';
import { waitFor } from '../../local/lib/wait.ts';
import {
  startMariadb,
  startMysql,
  type DatabaseFlavor,
  type DatabaseServer,
} from '../../local/servers/database.ts';
import { FailoverFeed } from '../../src/feeds/failover.ts';
import { PollFeed } from '../../src/feeds/poll.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { MysqlRegistryReader } from '../../src/mysql/mysql-registry-reader.ts';
import { ListenedFeed } from '../support/listened-feed.ts';
import { migrated, OpenedRegistry, root, targetOf } from '../support/open-registry.ts';
import { replicate } from '../support/replicate.ts';
import { slowNextCommit } from '../support/slow-commit.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { freshAddress } from '../support/testbed/index.ts';
import {
  askedResyncs,
  converged,
  type FeedKind,
  type FeedPlace,
  type FeedUnderTest,
  FeedWriter,
  follows,
  type LeftToAudit,
} from './feed-place.ts';

/** Rows of the burst, and how long the long transaction is open; the soak runs the suite with more. */
const BURST_ROWS = Number(process.env.ROLLCALL_FEED_BURST_ROWS ?? 100_000);
const LONG_TRANSACTION_MS = Number(process.env.ROLLCALL_FEED_TRANSACTION_MS ?? 3000);

/** Longer than any feed waits for a row before it tells of it all the same. */
const SLOW_COMMIT_MS = 1000;
const NEVER_MS = 3_600_000;
const PATIENCE_MS = 2000;
const common = { clock: systemClock, random: Math.random };

/**
 * After any fault a feed, with Poll behind it as in the product, brings the store to what is in the table by itself, and follows again. The
 * verdict is the table and never the events that were seen. Audit and resync are off but where a fault is theirs to find.
 */
export function feedConverges(flavor: DatabaseFlavor, kind: FeedKind): void {
  describe(`the feed ${kind.name} converges after`, function () {
    this.timeout(90_000 + LONG_TRANSACTION_MS);
    const start = flavor === 'mariadb' ? startMariadb : startMysql;
    let server: DatabaseServer;
    let bench: Bench;
    let count = 0;

    before(async () => {
      server = await start({ address: freshAddress(), extraArgs: kind.extraArgs ?? [] });
    });
    after(() => server.dispose());
    beforeEach(async () => {
      count += 1;
      bench = await Bench.open(server, `feed_${count}`, kind);
    });
    afterEach(() => bench.close());

    it('a cut connection', async () => {
      await bench.open();
      bench.cut();
      await waitFor('the feed to say so', () => bench.registry.session.facts().feed?.healthy === false);
      await bench.change();
      bench.mend();
      await bench.settled();
    });

    it('a link that hears nothing any more, which only a watchdog notices', async () => {
      await bench.open();
      bench.stall();
      await bench.change();
      await bench.settled();
    });

    it('a server that is killed and starts again', async () => {
      await bench.open();
      await server.kill();
      await server.start();
      await bench.change();
      await bench.settled();
    });

    it('a failover to a replica at the same address', async () => {
      await bench.open();
      const replica = await start({ address: freshAddress(), extraArgs: kind.extraArgs ?? [] });
      try {
        await replicate(replica, server);
        await bench.change();
        await bench.failOver(replica);
        await bench.changeOn(replica);
        await bench.settled(replica);
      } finally {
        await bench.close();
        await replica.dispose();
      }
    });

    if (kind.hasLog) {
      it('a position that its source does not have any more', async () => {
        await bench.open();
        bench.cut();
        await bench.change();
        await bench.feed.purge();
        bench.mend();
        await bench.settled();
        // The registry was cut off as well, and is read again for that alone: that the feed asks for it is not to be seen by the rows.
        assert.ok(askedResyncs(bench.registry).includes('PositionLost'), 'the feed did not notice it');
      });
    }

    if (kind.hasServer) {
      it('a server of its own that is killed and starts again', async () => {
        await bench.open();
        await bench.change();
        await bench.feed.restart();
        await bench.change();
        await bench.settled();
      });
    }

    it('a DELETE', async () => {
      await bench.open('delete');
      await bench.change();
      await bench.writer.write(['orders'], `DELETE FROM instances WHERE service = 'orders'`);
      await bench.settled();
    });

    it('a row that moves to another service', async () => {
      await bench.writer.insert('moving');
      await bench.open('move');
      await bench.writer.move();
      await bench.settled();
    });

    it('a commit that is in the log a while before it can be read (safety rule 4)', async () => {
      await bench.open();
      // A canal-server that was just started takes its time for the first change.
      await bench.change();
      await bench.converged();
      const restore = await slowNextCommit(server, SLOW_COMMIT_MS);
      try {
        const startMs = performance.now();
        await bench.writer.write(['orders'], `UPDATE instances SET weight = 7 WHERE service = 'orders'`);
        assert.ok(performance.now() - startMs > SLOW_COMMIT_MS / 2, 'the commit was not held up');
        await bench.converged();
      } finally {
        await restore();
      }
      await bench.settled();
    });

    it('a table that is truncated', async () => {
      await bench.open('truncate');
      await bench.change();
      await server.query(`TRUNCATE ${bench.database}.instances`);
      await bench.settled();
    });

    it('a column that is added', async () => {
      await bench.open();
      await server.query(`ALTER TABLE ${bench.database}.instances ADD COLUMN rack INT NULL FIRST`);
      await bench.change();
      await bench.settled();
    });

    it('a restored backup, whose ids go back', async () => {
      await bench.change();
      const backup = await server.copyData();
      await bench.open();
      await bench.change();
      await bench.converged();
      await server.replaceData(backup);
      await bench.writer.insert('restored');
      await bench.settled();
    });

    it(`${BURST_ROWS} rows in one transaction`, async () => {
      await bench.open();
      const services = Array.from({ length: 1000 }, (_, index) => `burst-${index}`);
      const digits =
        '(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)';
      await bench.writer.write(
        services,
        `INSERT INTO instances (service, instance_id, address, port)
         SELECT CONCAT('burst-', n % 1000), n, CONCAT('10.', n >> 16, '.', (n >> 8) & 255, '.', n & 255), 1
         FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n
               FROM ${digits} a, ${digits} b, ${digits} c, ${digits} e, ${digits} f) numbers
         WHERE n < ${BURST_ROWS}`,
      );
      await bench.settled();
    });

    it(`a transaction that was open for ${LONG_TRANSACTION_MS / 1000} s, which holds up no other change`, async () => {
      await bench.open('long transaction');
      const connection = await server.connect(bench.database);
      try {
        await connection.query('START TRANSACTION');
        await connection.query(bench.writer.inserting('slow'));
        await bench.writer.insert('quick');
        await bench.converged();
        await waitFor('the time to pass', openFor(LONG_TRANSACTION_MS), {
          timeoutMs: LONG_TRANSACTION_MS * 2,
        });
        await connection.query('COMMIT');
      } finally {
        connection.destroy();
      }
      await bench.feed.committed(['slow']);
      await bench.settled();
    });

    if (kind.name === 'Poll') return;
    it('a time in which Poll had to serve, without a change of any endpoint by either switch', async () => {
      await bench.change();
      await bench.open();
      await bench.converged();
      await bench.confirmed();
      bench.registry.changes.splice(0);
      await bench.feed.disable();
      await waitFor('Poll to serve', () => bench.registry.session.facts().feed?.active === 'Poll');
      const fault = bench.registry.session.facts().feed;
      assert.equal(fault?.healthy, false);
      assert.match(fault.message, /Meanwhile Poll follows the registry/);
      await waitFor('everything to be read', () =>
        bench.registry.observer.resyncs.includes('FallbackStarted'),
      );
      await bench.converged();
      assert.deepEqual(bench.registry.changes, []);
      await bench.writer.insert('meanwhile');
      await bench.converged();
      bench.registry.changes.splice(0);
      await bench.feed.enable();
      await follows(bench.registry, kind.name);
      assert.deepEqual(bench.registry.changes, []);
      await bench.settled();
    });
  });
}

function openFor(ms: number): () => boolean {
  const startMs = performance.now();
  return () => performance.now() - startMs > ms;
}

/** One feed at work over one database, behind links that can be cut. */
class Bench {
  readonly database: string;
  readonly feed: FeedUnderTest;
  readonly writer: FeedWriter;
  readonly #kind: FeedKind;
  readonly #server: DatabaseServer;
  readonly #link: TcpProxy;
  #registry: OpenedRegistry | null = null;
  #primary: ListenedFeed | null = null;
  #isClosed = false;

  private constructor(
    kind: FeedKind,
    place: FeedPlace,
    feed: FeedUnderTest,
    { link }: { readonly link: TcpProxy },
  ) {
    this.#kind = kind;
    this.#server = place.server;
    this.database = place.database;
    this.feed = feed;
    this.writer = new FeedWriter(place, feed);
    this.#link = link;
  }

  static async open(server: DatabaseServer, database: string, kind: FeedKind): Promise<Bench> {
    await server.createDatabase(database);
    const direct = targetOf(server, database);
    await migrated(direct);
    const link = await TcpProxy.start(direct);
    const place = { server, database, target: { ...direct, ...link.address } };
    return new Bench(kind, place, await kind.prepare(place), { link });
  }

  get registry(): OpenedRegistry {
    if (this.#registry === null) throw new Error('the registry is not open yet');
    return this.#registry;
  }

  /** Opens the registry as the product does, with the audit only where what is to happen is left to it. */
  async open(found?: LeftToAudit): Promise<void> {
    const isLeft = found !== undefined && this.#kind.leavesToAudit.includes(found);
    this.#registry = new OpenedRegistry({
      target: { ...targetOf(this.#server, this.database), ...this.#link.address },
      auditIntervalMs: isLeft ? 1000 : NEVER_MS,
      resyncIntervalMs: NEVER_MS,
      queryTimeoutMs: 2000,
      feed: (known, reader, logger) => {
        const material = { ...common, known, reader, logger };
        const fallback = () => new PollFeed({ ...material, intervalMs: 300 });
        const primary = (this.#primary = new ListenedFeed(this.feed.open(material)));
        return this.#kind.name === 'Poll'
          ? primary
          : new FailoverFeed({ ...common, primary, fallback, patienceMs: PATIENCE_MS, logger });
      },
    });
    await this.#registry.whenAvailable();
    await follows(this.#registry, this.#kind.name);
  }

  /** One change of each kind that the feed tells of itself. */
  async change(): Promise<void> {
    await this.writer.change();
    if (this.#kind.leavesToAudit.includes('move')) return;
    await this.writer.insert('moving');
    await this.writer.move();
  }

  cut(): void {
    for (const link of this.#links) link.cut();
  }

  mend(): void {
    for (const link of this.#links) link.mend();
  }

  stall(): void {
    for (const link of this.#links) link.stall();
  }

  /** Another server, which has everything that this one had, answers at its address from now on. */
  async failOver(replica: DatabaseServer): Promise<void> {
    await waitFor('the replica to have everything', async () => {
      const counts = await Promise.all(
        [this.#server, replica].map((each) =>
          each.query(`SELECT COUNT(*) AS rows_there FROM ${this.database}.instances`),
        ),
      );
      return JSON.stringify(counts[0]) === JSON.stringify(counts[1]);
    });
    await replica.query(replica.flavor === 'mariadb' ? 'STOP SLAVE' : 'STOP REPLICA');
    this.#link.retarget({ host: replica.address, port: replica.port });
    await this.feed.failOver?.(replica);
  }

  async changeOn(server: DatabaseServer): Promise<void> {
    const place = { server, database: this.database, target: targetOf(server, this.database) };
    await new FeedWriter(place, this.feed).insert('after-failover');
  }

  async converged(server = this.#server): Promise<void> {
    const target = targetOf(server, this.database);
    const access = () => Promise.resolve(root);
    const direct = new MysqlRegistryReader({
      ...common,
      ...{ target, access, custom: null, maxReplicaLagMs: 60_000 },
    });
    await converged(this.registry, direct).finally(() => direct.close());
  }

  /** Every service was read twice: that a second read confirms a snapshot is told as a change, too. */
  async confirmed(): Promise<void> {
    const { session } = this.registry;
    const services = [...session.store.sums().keys()];
    for (const service of services) session.confirm(service);
    await waitFor('every service to be confirmed', () =>
      services.every((service) => session.snapshot(service)?.confirmed),
    );
  }

  /** Equal to the table, followed by the feed that was asked for, and a change after all that which it tells of itself. */
  async settled(server = this.#server): Promise<void> {
    const { name } = this.#kind;
    await this.converged(server);
    const place = { server, database: this.database, target: targetOf(server, this.database) };
    const writer = new FeedWriter(place, this.feed);
    // A registry is written to all the time, and a feed may have to hear of something before it knows that it follows.
    await follows(this.registry, name, () => writer.insert('meanwhile'));
    await this.#primary?.tells('afterwards', (service) => writer.insert(service));
    await this.converged(server);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#registry?.close();
    await this.feed.close();
    await this.#link.close();
  }

  get #links(): readonly TcpProxy[] {
    return [this.#link, ...this.feed.links];
  }
}
