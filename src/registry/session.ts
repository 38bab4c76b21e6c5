import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { Audit } from './audit.ts';
import type { ChangeFeed, FeedSink } from './change-feed.ts';
import { ExpiryWatch } from './expiry-watch.ts';
import type { RegistryObserver } from './observer.ts';
import { faultOf, type FeedHealth, type RegistryHealth } from './registry-health.ts';
import type { KnownRows, RegistryReader, ServerState } from './registry-reader.ts';
import { ReadTimes } from './read-times.ts';
import { Retention } from './retention.ts';
import type { Snapshot } from './snapshot.ts';
import { RegistryStore } from './store.ts';
import { Syncer } from './syncer.ts';

export interface RegistrySessionOptions {
  readonly reader: RegistryReader;
  /** Makes the feed; `known` lets it pass over what is no news. */
  readonly feed: (known: KnownRows) => ChangeFeed;
  /** What an earlier session of the same Registry read: it stays what is known until this one has read everything. */
  readonly store?: RegistryStore;
  readonly resyncIntervalMs: number;
  readonly auditIntervalMs: number;
  /** How long the feed takes to tell of a change, at most. */
  readonly feedRoundMs: number;
  /**
   * For how long a difference that the audit sees must stand before it is a finding. Default: two rounds of the feed, and at least 4 s,
   * because polls look far back only once in 2.5 s.
   */
  readonly auditSettleMs?: number;
  readonly retentionMs: number;
  readonly isLeader: () => boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly observer: RegistryObserver;
}

/** What is known of a registry at one moment, for its status and for people. */
export interface SessionFacts {
  readonly feed: FeedHealth | null;
  readonly server: Pick<ServerState, 'flavor' | 'version'> | null;
  readonly services: number;
  readonly instances: number;
  readonly rejected: number;
  /** Why spec.retention deletes nothing; null: it does, or there is nothing to delete. */
  readonly retentionFault: string | null;
  /** Wall-clock ms of the last good read; null before the first. */
  readonly lastReadMs: number | null;
}

/** The first read waits this long for the feed to be open; a feed in trouble must not keep the registry unread. */
const FEED_OPEN_MS = 5000;
const SETTLE_MS = 4000;

/**
 * One registry, followed: syncer, feed, expiry watch, audit and retention over one reader and one store. Opens nothing before `run`. The
 * reader belongs to whoever made it.
 */
export class RegistrySession {
  readonly store: RegistryStore;
  readonly #options: RegistrySessionOptions;
  readonly #feed: ChangeFeed;
  readonly #syncer: Syncer;
  readonly #watch: ExpiryWatch;
  readonly #audit: Audit;
  readonly #retention: Retention;
  readonly #reads = new ReadTimes();
  readonly #listeners = new Set<(service: string | null) => void>();
  readonly #feedOpened: Promise<void>;
  #feedIsOpen: () => void = () => undefined;
  #hasFollowed = false;
  /** Everything was read before the feed followed: of what changed between the two nobody told. */
  #readTooEarly = false;
  #feedHealth: FeedHealth | null = null;
  /** Where the feed was last, in its source's own terms; for people. */
  #feedPosition: string | null = null;
  #auditFault: ReturnType<typeof faultOf> | null = null;

  constructor(options: RegistrySessionOptions) {
    const { reader, clock, random, logger, observer, retentionMs, isLeader } = options;
    const store = options.store ?? new RegistryStore();
    this.store = store;
    this.#options = options;
    this.#feedOpened = new Promise((resolve) => (this.#feedIsOpen = resolve));
    const hint = (services: readonly string[]): void =>
      this.#syncer.hint(services.map((service) => ({ service, changedAtUs: null })));
    const fail = (error: unknown, round: number): void => this.#syncer.fail(error, round);
    this.#syncer = new Syncer({
      ...{ reader, store, clock, random, logger, observer, resyncIntervalMs: options.resyncIntervalMs },
      onLeases: (merged) => this.#watch.leases(merged),
      onApplied: (service, { difference }) => this.#audit.applied(service, difference),
      onRead: (services, sentMs) => this.#reads.read(services, sentMs),
      onFullRead: (nowUs) => this.#watch.readAllAt(nowUs),
      onChange: () => this.#tell(null),
      beforeRead: (signal) => this.#whenFeedIsOpen(signal),
    });
    const { gate, databaseClock } = this.#syncer;
    this.#watch = new ExpiryWatch({
      ...{ reader, store, gate, hint, fail, clock, observer },
      healthy: (nowUs) => this.#syncer.healthy(nowUs),
    });
    this.#audit = new Audit({
      ...{ reader, store, gate, clock, observer, intervalMs: options.auditIntervalMs },
      onStep: (error) => this.#auditStep(error),
      settleMs: options.auditSettleMs ?? Math.max(SETTLE_MS, 2 * options.feedRoundMs),
      logger: logger.child({ component: 'audit' }),
      hint: (service) => hint([service]),
      isPending: (service) => this.#syncer.isPending(service),
    });
    const nowUs = (): number => databaseClock.nowUs();
    this.#retention = new Retention({
      ...{ reader, store, gate, clock, random, observer, retentionMs, isLeader, nowUs },
      hint: (services) => {
        hint(services);
        this.#feed.announce?.(services);
      },
      onChange: () => this.#tell(null),
      logger: logger.child({ component: 'retention' }),
    });
    this.#feed = options.feed(store);
  }

  /** Undefined until the registry was read once; a service without rows has an empty snapshot. */
  snapshot(service: string): Snapshot | undefined {
    return this.store.snapshot(service);
  }

  get health(): RegistryHealth {
    return this.#syncer.health;
  }

  /** Asks for a second read of a service whose snapshot is not confirmed; its answer comes as a change. */
  confirm(service: string): void {
    this.#syncer.confirm(service);
  }

  /**
   * True when all that the snapshot of `service` says was read after this moment of this process's clock: its rows, and which leases have
   * run out or come back.
   */
  isCurrent(service: string, sinceMs: number): boolean {
    if (this.#syncer.isPending(service)) return false;
    return this.#reads.sentMs(service) >= sinceMs && this.#watch.roundMs >= sinceMs;
  }

  /** Asks for `service` to be read now, unless it was since that moment. */
  refresh(service: string, sinceMs: number): void {
    this.#watch.hurry(sinceMs);
    if (this.#reads.sentMs(service) < sinceMs) this.#syncer.hint([{ service, changedAtUs: null }]);
  }

  /** The database's clock now, estimated from its last answer; it stands still while the registry cannot be read. */
  nowUs(): number {
    const { databaseClock } = this.#syncer;
    return databaseClock.lastUs === null ? (this.store.source?.lastGoodUs ?? 0) : databaseClock.nowUs();
  }

  facts(): SessionFacts {
    const { server, lastReadMs } = this.#syncer;
    return {
      ...{ feed: this.#feedWithAudit(), server, lastReadMs, retentionFault: this.#retention.fault },
      ...this.store.counts(),
    };
  }

  /** Calls back with the service whose snapshot changed, or null for anything else; answers how to stop it. */
  subscribe(listener: (service: string | null) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Follows the registry until `signal` is aborted; rejects only on a bug, when all parts have ended. */
  async run(signal: AbortSignal): Promise<void> {
    const stopping = new AbortController();
    const both = AbortSignal.any([signal, stopping.signal]);
    const stopListening = this.store.subscribe((service) => this.#tell(service));
    const parts = [this.#syncer, this.#watch, this.#audit, this.#retention].map((part) => part.run(both));
    const all = [...parts, this.#feed.run(this.#sink(), both)];
    const bugs: unknown[] = [];
    await Promise.all(
      all.map((part) =>
        part.catch((error: unknown) => {
          if (both.aborted) return;
          bugs.push(error);
          stopping.abort(error);
        }),
      ),
    );
    stopListening();
    if (bugs.length > 0) throw bugs[0];
  }

  /** What the feed says goes to the syncer; how the feed does is kept for people. */
  #sink(): FeedSink {
    const { observer } = this.#options;
    return {
      hint: (services, position) => {
        this.#feedPosition = position;
        observer.hinted(this.#feed.active, services.length);
        this.#syncer.hint(services);
      },
      resync: (reason, message) => {
        // The fallback's is of no use to the feed, which opens later.
        if (reason !== 'FallbackStarted') this.#readTooEarly = false;
        this.#syncer.resync(reason, message);
      },
      healthy: ({ databaseUs, lagMs, position }) => {
        this.#feedPosition = position;
        this.#follows();
        observer.feedAlive(lagMs / 1000);
        this.#setFeedHealth({
          healthy: true,
          reason: 'Following',
          message: 'The feed follows the registry.',
        });
        if (databaseUs !== null) this.#syncer.healthy(databaseUs);
      },
      unhealthy: (error) => {
        this.#feedIsOpen();
        const { reason, message } = faultOf(error);
        const { name, active } = this.#feed;
        // In brackets, because a message often ends with what is to be typed.
        const meanwhile = active === name ? '' : ` (Meanwhile ${active} follows the registry.)`;
        this.#setFeedHealth({ healthy: false, reason, message: `${message}${meanwhile}` });
        this.#syncer.unhealthy();
      },
    };
  }

  /**
   * A checksum query that fails (it looks at many rows, so it may be too slow where all else is quick) is no reason to take the registry for
   * unreadable, which would put expiry off: whether it is, the syncer's own look at the server says.
   */
  #auditStep(error: unknown): void {
    const before = this.#auditFault;
    this.#auditFault = error === null ? null : faultOf(error);
    if (error !== null) this.#syncer.unhealthy();
    if (before?.message === this.#auditFault?.message) return;
    if (error !== null)
      this.#options.logger.warn('audit failed', {
        reason: this.#auditFault?.reason,
        error: this.#auditFault?.message,
      });
    const feed = this.#feedWithAudit();
    if (feed !== null) this.#options.observer.feedServes(feed.active, feed.healthy);
    this.#tell(null);
  }

  /** A feed that follows, without an audit behind it, finds no hard DELETE: that is not healthy. */
  #feedWithAudit(): FeedHealth | null {
    const feed = this.#feedHealth;
    const fault = this.#auditFault;
    if (fault === null || feed === null) return feed;
    const message = `The audit cannot compare the registry with what is held (${fault.message}): rows deleted by a plain DELETE are found by the resync only.`;
    // One that cannot follow at all says what is to be mended first.
    if (!feed.healthy) return { ...feed, auditFails: true, message: `${feed.message} ${message}` };
    return { ...feed, healthy: false, auditFails: true, reason: 'AuditFailed', message };
  }

  #setFeedHealth(health: Pick<FeedHealth, 'healthy' | 'reason' | 'message'>): void {
    const before = this.#feedHealth;
    const { active } = this.#feed;
    if (
      before?.active === active &&
      before.healthy === health.healthy &&
      before.reason === health.reason &&
      before.message === health.message
    )
      return;
    const sinceMs = before?.active === active ? before.sinceMs : this.#options.clock.wallNow();
    this.#feedHealth = { active, sinceMs, ...health };
    this.#options.observer.feedServes(active, this.#feedWithAudit()?.healthy ?? health.healthy);
    const fields = { active, reason: health.reason, position: this.#feedPosition };
    if (health.healthy) this.#options.logger.info('feed follows', fields);
    else this.#options.logger.warn('feed cannot follow', { ...fields, error: health.message });
    this.#tell(null);
  }

  #follows(): void {
    this.#feedIsOpen();
    this.#hasFollowed = true;
    if (!this.#readTooEarly) return;
    this.#readTooEarly = false;
    this.#syncer.resync('FeedResumed', 'the feed opened after everything had been read');
  }

  async #whenFeedIsOpen(signal: AbortSignal): Promise<void> {
    const waiting = new AbortController();
    const timeout = this.#options.clock.sleep(FEED_OPEN_MS, AbortSignal.any([signal, waiting.signal]));
    await Promise.race([this.#feedOpened, timeout]).finally(() => waiting.abort());
    await timeout.catch(() => undefined);
    signal.throwIfAborted();
    this.#readTooEarly ||= !this.#hasFollowed;
  }

  #tell(service: string | null): void {
    for (const listener of this.#listeners) listener(service);
  }
}
