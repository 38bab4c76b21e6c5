import { RegistrySecrets } from '../controller/registry-credentials.ts';
import type { RegistryTimes } from '../controller/registry-options.ts';
import type { OpenRegistry, OpenRegistryFn } from '../controller/registry-supervisor.ts';
import type { Leadership } from '../controller/kube-ports.ts';
import type { OperatorConfig } from '../config/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { objectKey } from '../model/key.ts';
import type { Registry } from '../model/registry.ts';
import { MysqlChangeLog, type MysqlChangeLogOptions } from '../mysql/change-log/mysql-change-log.ts';
import { MysqlBinlogServer } from '../mysql/mysql-binlog-server.ts';
import { MysqlRegistryReader } from '../mysql/mysql-registry-reader.ts';
import { RegistrySession } from '../registry/session.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Clients } from './kube-parts.ts';
import { feedOf } from './open-feed.ts';

export interface RegistryOpenerOptions {
  readonly config: OperatorConfig;
  readonly clients: Clients;
  readonly leadership: Leadership;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** How the supervisor opens a Registry: a MySQL reader, the feed that the spec names, and the engine over both. */
export function registryOpener(options: RegistryOpenerOptions): OpenRegistryFn {
  return (registry, times, before) => {
    const store = before instanceof MysqlRegistry ? before.session.store : undefined;
    return new MysqlRegistry(registry, times, store, options);
  };
}

type MysqlSource = Pick<MysqlChangeLogOptions, 'target' | 'access' | 'custom' | 'clock' | 'random'>;

/** The change log beside the registry, over connections of its own. */
function changeLogOf(source: MysqlSource, closing: AbortSignal): MysqlChangeLog {
  const log = new MysqlChangeLog(source);
  closing.addEventListener('abort', () => log.close(), { once: true });
  return log;
}

/** A Registry in a MySQL or MariaDB database. */
class MysqlRegistry implements OpenRegistry {
  readonly session: RegistrySession;
  readonly #reader: MysqlRegistryReader;
  readonly #observer: ReturnType<Metrics['registries']['observe']>;
  readonly #stopping = new AbortController();

  constructor(
    registry: Registry,
    times: RegistryTimes,
    store: RegistrySession['store'] | undefined,
    { config, clients, leadership, metrics, clock, random, logger }: RegistryOpenerOptions,
  ) {
    const key = objectKey(registry);
    const { mysql, schema } = registry.spec;
    const log = logger.child({ registry: key });
    const { namespace = '' } = registry.metadata;
    // The ServiceAccount as deploy/ names it; it is only shown, in the command that grants a missing right.
    const secrets = new RegistrySecrets(clients.secrets, clock, namespace, `${config.namespace}:rollcall`);
    const closing = this.#stopping.signal;
    const source: MysqlSource = {
      target: {
        host: mysql.host,
        port: mysql.port ?? 3306,
        database: mysql.database,
        tls: mysql.tls?.mode ?? 'Disabled',
      },
      access: ({ refresh }) => secrets.read(mysql, refresh, closing),
      custom: schema?.custom ?? null,
      clock,
      random,
    };
    this.#reader = new MysqlRegistryReader({ ...source, maxReplicaLagMs: times.maxReplicaLagMs });
    this.#observer = metrics.registries.observe(key, clock);
    this.session = new RegistrySession({
      reader: this.#reader,
      feed: feedOf({
        feed: registry.spec.feed ?? {},
        times,
        reader: this.#reader,
        secrets,
        changeLog: () => changeLogOf(source, closing),
        isLeader: () => leadership.isLeader,
        binlogServer: () =>
          new MysqlBinlogServer({
            ...source,
            access: ({ refresh }) => secrets.readBinlog(registry.spec, refresh, closing),
            loginField:
              registry.spec.feed?.binlog?.credentialsSecretRef && 'spec.feed.binlog.credentialsSecretRef',
          }),
        follower: `${config.identity}/${key}`,
        closing,
        clock,
        random,
        logger: log.child({ component: 'feed' }),
      }),
      ...(store === undefined ? {} : { store }),
      resyncIntervalMs: times.resyncIntervalMs,
      auditIntervalMs: times.auditIntervalMs,
      feedRoundMs: times.pollIntervalMs,
      retentionMs: times.retentionMs,
      isLeader: () => leadership.isLeader,
      clock,
      random,
      logger: log,
      observer: this.#observer,
    });
  }

  snapshot(service: string): ReturnType<OpenRegistry['snapshot']> {
    return this.session.snapshot(service);
  }

  get health(): OpenRegistry['health'] {
    return this.session.health;
  }

  confirm(service: string): void {
    this.session.confirm(service);
  }

  isCurrent(service: string, sinceMs: number): boolean {
    return this.session.isCurrent(service, sinceMs);
  }

  refresh(service: string, sinceMs: number): void {
    this.session.refresh(service, sinceMs);
  }

  nowUs(): number {
    return this.session.nowUs();
  }

  facts(): ReturnType<OpenRegistry['facts']> {
    return this.session.facts();
  }

  subscribe(listener: (service: string | null) => void): () => void {
    return this.session.subscribe(listener);
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.session.run(signal);
    } finally {
      this.#stopping.abort(new Error('the registry is closed'));
      this.#reader.close();
      this.#observer.close();
    }
  }
}
