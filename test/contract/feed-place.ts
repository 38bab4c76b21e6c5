import { waitFor } from '../../local/lib/wait.ts';
import type { DatabaseServer } from '../../local/servers/database.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { Logger } from '../../src/lib/logger.ts';
import type { MysqlTarget } from '../../src/mysql/access.ts';
import type { MysqlRegistryReader } from '../../src/mysql/mysql-registry-reader.ts';
import type { ChangeFeed, FeedName } from '../../src/registry/change-feed.ts';
import type { KnownRows } from '../../src/registry/registry-reader.ts';
import type { OpenedRegistry } from '../support/open-registry.ts';
import type { TcpProxy } from '../support/tcp-proxy.ts';

/** What a feed can be made of in the convergence suite. */
export interface FeedMaterial {
  readonly known: KnownRows;
  readonly reader: MysqlRegistryReader;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Where the feed under test has to work: a database of its own with the Managed tables, on a server that the suite maltreats. */
export interface FeedPlace {
  readonly server: DatabaseServer;
  readonly database: string;
  /** The way to the database that the suite cuts; the feed and its reader take it. */
  readonly target: MysqlTarget;
}

/** A feed that was made ready in one place. */
export interface FeedUnderTest {
  readonly open: (material: FeedMaterial) => ChangeFeed;
  /** Ways of the feed's own (to Redis, to the canal-server) that are cut and stalled together with the one to the database. */
  readonly links: readonly TcpProxy[];
  /** The suite's writer has committed a change of these services. */
  readonly committed: (services: readonly string[]) => Promise<void>;
  /** Takes from the feed, and from nobody else, what it needs to follow (a grant, the triggers, its server), and gives it back. */
  readonly disable: () => Promise<void>;
  readonly enable: () => Promise<void>;
  /** Takes what the feed would go on with out of its source while it is cut off: purges the log, trims it. */
  readonly purge: () => Promise<void>;
  /** Restarts a server of the feed's own by kill -9. */
  readonly restart: () => Promise<void>;
  /** A replica is the database from now on: what people do with a server that follows it in the feed's place. Nothing by default. */
  readonly failOver?: (replica: DatabaseServer) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The faults that a feed may leave to the audit, because what happens then is told by nothing that it follows. */
export type LeftToAudit = 'delete' | 'move' | 'truncate' | 'long transaction';

/** A kind of feed, for the suite. */
export interface FeedKind {
  readonly name: FeedName;
  readonly leavesToAudit: readonly LeftToAudit[];
  /** True when its source keeps what a feed would go on with, so that it can be purged ({@link FeedUnderTest.purge}). */
  readonly hasLog: boolean;
  /** True when it has a server of its own, beside the database ({@link FeedUnderTest.restart}). */
  readonly hasServer: boolean;
  /** What has to be there for it, beside the database. */
  readonly needs?: 'canal';
  readonly prepare: (place: FeedPlace) => Promise<FeedUnderTest>;
  readonly extraArgs?: readonly string[];
}

/** Writes rows as users do, tells the feed's side of it, and compares what a registry holds with what is in the table. */
export class FeedWriter {
  readonly #place: FeedPlace;
  readonly #feed: FeedUnderTest;
  #next = 0;

  constructor(place: FeedPlace, feed: FeedUnderTest) {
    this.#place = place;
    this.#feed = feed;
  }

  /** Statements in one transaction that change these services. */
  async write(services: readonly string[], ...statements: readonly string[]): Promise<void> {
    const connection = await this.#place.server.connect(this.#place.database);
    try {
      await connection.query('START TRANSACTION');
      for (const statement of statements) await connection.query(statement);
      await connection.query('COMMIT');
    } finally {
      connection.destroy();
    }
    await this.#feed.committed(services);
  }

  /** A new instance of a service, at an address of its own. */
  async insert(service: string): Promise<void> {
    await this.write([service], this.inserting(service));
  }

  /** The statement for that. */
  inserting(service: string): string {
    this.#next += 1;
    const address = `10.1.${this.#next >> 8}.${this.#next & 255}`;
    return `INSERT INTO instances (service, instance_id, address, port) VALUES ('${service}', '${this.#next}', '${address}', 1)`;
  }

  /** One change of each kind that every feed tells of: a new row, another content. */
  async change(): Promise<void> {
    await this.insert('orders');
    await this.write(['orders'], `UPDATE instances SET weight = weight + 1 WHERE service = 'orders'`);
  }

  /** The newest row of the service `moving` moves to a service of its own. */
  async move(): Promise<void> {
    const moved = `moved-${this.#next}`;
    await this.write(
      ['moving', moved],
      `UPDATE instances SET service = '${moved}' WHERE service = 'moving' ORDER BY id DESC LIMIT 1`,
    );
  }
}

/** Waits until the registry holds what is in the table, to the last bit of each row's content. */
export async function converged(
  registry: OpenedRegistry,
  direct: MysqlRegistryReader,
  timeoutMs = 30_000,
): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs + 5000);
  let difference: readonly string[] = [];
  await waitFor(
    'the store to be equal to the table',
    async () => {
      const { sums } = await direct.checksums(null, null, signal);
      difference = differences(registry, new Map(sums.map((sum) => [sum.service, sum.checksum])));
      return difference.length === 0;
    },
    { timeoutMs, intervalMs: 50 },
  ).catch((cause: unknown) => {
    const { feed } = registry.session.facts();
    const told = {
      services: difference.length,
      differs: difference.slice(0, 5),
      feed,
      resyncs: registry.observer.resyncs,
    };
    throw new Error(`the store is not equal to the table: ${JSON.stringify(told)}`, { cause });
  });
}

function differences(registry: OpenedRegistry, sums: ReadonlyMap<string, string>): readonly string[] {
  const held = registry.session.store.sums();
  const services = new Set([...sums.keys(), ...held.keys()]);
  return [...services].filter((service) => sums.get(service) !== held.get(service)?.checksum);
}

/** Waits until this feed gives the hints, in good health; until then `act` is done again and again. */
export async function follows(
  registry: OpenedRegistry,
  name: FeedName,
  act: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const look = async (): Promise<boolean> => {
    const { feed } = registry.session.facts();
    if (feed?.active === name && feed.healthy) return true;
    await act();
    return false;
  };
  await waitFor(`${name} to follow`, look, { intervalMs: 100 }).catch((cause: unknown) => {
    throw new Error(`${name} does not follow: ${JSON.stringify(registry.session.facts().feed)}`, { cause });
  });
}

/** Why the feed had everything read again, each time; the reads themselves are fewer where several reasons come together. */
export function askedResyncs({ logger }: OpenedRegistry): readonly string[] {
  return logger.lines
    .filter(({ message }) => message === 'feed asks for a resync')
    .map(({ fields }) => String(fields.reason));
}
