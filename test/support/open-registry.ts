import { waitFor } from '../../local/lib/wait.ts';
import type { DatabaseFlavor } from '../../local/servers/database.ts';
import { PollFeed } from '../../src/feeds/poll.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import type { CustomSchemaSpec } from '../../src/model/registry.ts';
import type { AccessSource, MysqlAccess, MysqlTarget } from '../../src/mysql/access.ts';
import { migrate } from '../../src/mysql/migrations/migrate.ts';
import { MysqlRegistryReader } from '../../src/mysql/mysql-registry-reader.ts';
import type { ChangeFeed } from '../../src/registry/change-feed.ts';
import type { KnownRows } from '../../src/registry/registry-reader.ts';
import { RegistrySession } from '../../src/registry/session.ts';
import type { RegistryStore } from '../../src/registry/store.ts';
import { RecordingLogger } from './recording-logger.ts';
import { RecordingRegistryObserver } from './recording-registry-observer.ts';
import { needs, type TestDatabase } from './testbed/index.ts';

/** Root, as the servers of the test bed have it. */
export const root: MysqlAccess = { username: 'root', password: '' };

/** The same suite on real MariaDB and on real MySQL; on the one that cannot be had it is skipped, with the reason. */
export function onEachDatabase(title: string, suite: (flavor: DatabaseFlavor) => void): void {
  for (const flavor of ['mariadb', 'mysql'] as const) {
    describe(`${title}, on ${flavor}`, function () {
      this.timeout(60_000);
      before(function () {
        needs(this, flavor);
      });
      suite(flavor);
    });
  }
}

/** Where a database of the test bed is, without TLS. */
export function targetOf(
  server: { readonly address: string; readonly port: number },
  database: string,
): MysqlTarget {
  return { host: server.address, port: server.port, database, tls: 'Disabled' };
}

/** Closes every other connection to a database, as an administrator or a restarting server does: what follows comes over new ones. */
export async function killConnections({ query, name }: Pick<TestDatabase, 'query' | 'name'>): Promise<void> {
  const ids = await query<{ id: number }>(
    'SELECT id FROM information_schema.PROCESSLIST WHERE db = ? AND id <> CONNECTION_ID()',
    [name],
  );
  // One that ended by itself meanwhile cannot be killed.
  for (const { id } of ids) await query(`KILL ${id}`).catch(() => undefined);
}

/** Makes the Managed tables as root. */
export async function migrated(target: MysqlTarget): Promise<void> {
  await migrate(
    { target, access: root, clock: systemClock, lockTimeoutMs: 20_000 },
    () => undefined,
    AbortSignal.timeout(30_000),
  );
}

export interface OpenOptions {
  readonly target: MysqlTarget;
  readonly access?: AccessSource;
  readonly custom?: CustomSchemaSpec;
  readonly pollIntervalMs?: number;
  readonly auditIntervalMs?: number;
  readonly resyncIntervalMs?: number;
  readonly retentionMs?: number;
  readonly maxReplicaLagMs?: number;
  readonly queryTimeoutMs?: number;
  readonly store?: RegistryStore;
  /** Of the session; the feed and the reader have their own. */
  readonly clock?: Clock;
  readonly isLeader?: boolean;
  /** Makes the feed; Poll by default. */
  readonly feed?: (known: KnownRows, reader: MysqlRegistryReader, logger: RecordingLogger) => ChangeFeed;
}

/** A registry that is being followed, with what it told. */
export class OpenedRegistry {
  readonly reader: MysqlRegistryReader;
  readonly session: RegistrySession;
  readonly observer = new RecordingRegistryObserver();
  readonly logger = new RecordingLogger();
  /** The services that changed, in order. */
  readonly changes: string[] = [];
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: OpenOptions) {
    const { observer, logger } = this;
    const common = { clock: systemClock, random: Math.random };
    this.reader = new MysqlRegistryReader({
      ...common,
      target: options.target,
      access: options.access ?? (() => Promise.resolve(root)),
      custom: options.custom ?? null,
      maxReplicaLagMs: options.maxReplicaLagMs ?? 10_000,
      connectTimeoutMs: 2000,
      queryTimeoutMs: options.queryTimeoutMs ?? 5000,
    });
    const { reader } = this;
    const intervalMs = options.pollIntervalMs ?? 200;
    this.session = new RegistrySession({
      ...{ ...common, reader, logger, observer, ...(options.clock && { clock: options.clock }) },
      feed: (known) =>
        options.feed?.(known, reader, logger) ??
        new PollFeed({ ...common, reader, known, intervalMs, logger }),
      resyncIntervalMs: options.resyncIntervalMs ?? 600_000,
      auditIntervalMs: options.auditIntervalMs ?? 600_000,
      feedRoundMs: intervalMs,
      auditSettleMs: 600,
      retentionMs: options.retentionMs ?? 86_400_000,
      isLeader: () => options.isLeader ?? true,
      ...(options.store === undefined ? {} : { store: options.store }),
    });
    this.session.subscribe((service) => {
      if (service !== null) this.changes.push(service);
    });
    this.#running = this.session.run(this.#stopping.signal);
  }

  async whenAvailable(): Promise<this> {
    await waitFor('the registry to be read', () => this.session.health.available);
    return this;
  }

  /** The reason of the health, when it is (no longer) available. */
  async whenUnavailable(timeoutMs = 10_000): Promise<string> {
    await waitFor('the registry to be unavailable', () => !this.session.health.available, { timeoutMs });
    return this.session.health.reason;
  }

  /** Instance id -> state, of one service: UP, DRAINING, DOWN, or expired. */
  states(service: string): Record<string, string> {
    const { instances = [] } = this.session.snapshot(service) ?? {};
    return Object.fromEntries(
      instances.map(({ instanceId, status, expiredAtUs }) => [
        instanceId,
        expiredAtUs === null ? status : 'expired',
      ]),
    );
  }

  /** Waits until the states are these; answers how long it took, in ms. */
  async whenStates(service: string, states: Record<string, string>, timeoutMs = 10_000): Promise<number> {
    const startMs = performance.now();
    const wanted = JSON.stringify(states);
    await waitFor(`${service} to be ${wanted}`, () => JSON.stringify(this.states(service)) === wanted, {
      timeoutMs,
      intervalMs: 5,
    }).catch((cause: unknown) => {
      throw new Error(`${service} is ${JSON.stringify(this.states(service))}, not ${wanted}`, { cause });
    });
    return performance.now() - startMs;
  }

  async close(): Promise<void> {
    this.#stopping.abort(new Error('the test is over'));
    await this.#running;
    this.reader.close();
  }
}
