import { backoffMs } from '../lib/backoff.ts';
import { RetryableError } from '../lib/errors.ts';
import type { FeedResyncReason, ServiceHint } from './change-feed.ts';
import { isDrastic } from './confirm.ts';
import { Confirmations } from './confirmations.ts';
import { findBreak, type KnownServer } from './continuity.ts';
import { DatabaseClock } from './database-clock.ts';
import { Gate } from './gate.ts';
import { Hints } from './hints.ts';
import type { ReadKind, ResyncReason } from './observer.ts';
import { isRoutine, Resyncs } from './resyncs.ts';
import { ReadApplier, type RowsByService } from './read-applier.ts';
import { HealthTracker, type RegistryHealth } from './registry-health.ts';
import type { ServerState } from './registry-reader.ts';
import type { ServiceRead } from './service-state.ts';
import type { SyncerOptions } from './syncer-options.ts';
import { Wakeup } from './wakeup.ts';

/** From the end of a read of hinted services to the next: hints that come meanwhile are read together. One that comes alone waits for nothing. */
const COALESCE_MS = 3;
/** Rows of hinted services in one read. */
const ROWS_AT_ONCE = 5000;
/** The server is looked at this often when nothing else happens, and for every read but those of {@link LOOK_FRESH_MS}. */
const STATE_EVERY_MS = 1000;
/**
 * So young a look stands for a read of hinted services, too. Another server, or another process of it, is noticed without any look: by its new
 * connection, which is not used before it was looked at (see RegistryReader).
 */
const LOOK_FRESH_MS = 200;
/** A service is one hint however often it is hinted at: only names that nobody has fill this. Above it all is read instead. */
const MAX_HINTS = 20_000;
/** A database that comes back is noticed within two seconds; somebody who mends a grant or a table waits fifteen at most. */
const RETRY = { baseMs: 500, maxMs: 1700, jitter: 0.15 };
const RETRY_TERMINAL = { baseMs: 500, maxMs: 13_000, jitter: 0.15 };

/**
 * Keeps the store equal to the registry: reads everything, then what it is hinted at, in one loop that never reads two things at once. A
 * failure changes nothing but the health (safety rule 1); after it everything is read again, with a grace for expiry.
 */
export class Syncer {
  readonly gate = new Gate();
  readonly databaseClock: DatabaseClock;
  readonly #options: SyncerOptions;
  readonly #applier: ReadApplier;
  readonly #hints = new Hints();
  readonly #confirmations = new Confirmations();
  readonly #resyncs: Resyncs;
  readonly #wakeup: Wakeup;
  readonly #health: HealthTracker;
  #known: KnownServer | null = null;
  #server: Pick<ServerState, 'flavor' | 'version'> | null = null;
  #failure: { readonly error: unknown } | null = null;
  #stateDueMs = 0;
  #lookedAtMs = -Infinity;
  #hintedReadMs = -Infinity;
  #couldNotRead = false;
  #attempt = 0;
  #lastReadMs: number | null = null;

  constructor(options: SyncerOptions) {
    const { clock, store } = options;
    this.#options = options;
    this.databaseClock = new DatabaseClock(clock);
    this.#wakeup = new Wakeup(clock);
    this.#resyncs = new Resyncs({ clock, intervalMs: options.resyncIntervalMs, random: options.random });
    this.#health = new HealthTracker(options);
    this.#applier = new ReadApplier(store, clock, {
      leases: options.onLeases,
      drastic: (service) => this.#confirmations.drastic(service, clock.now()),
      applied: options.onApplied,
    });
  }

  get health(): RegistryHealth {
    return this.#health.now;
  }

  get server(): Pick<ServerState, 'flavor' | 'version'> | null {
    return this.#server;
  }

  /** Wall-clock ms of the last good read; null before the first. */
  get lastReadMs(): number | null {
    return this.#lastReadMs;
  }

  /** True while a drastic read of the service waits for its confirmation. */
  isPending(service: string): boolean {
    return this.#confirmations.isPending(service);
  }

  hint(services: readonly ServiceHint[]): void {
    for (const service of services) this.#hints.add(service);
    if (this.#hints.size > MAX_HINTS) {
      this.#hints.clear();
      this.#resyncs.ask('TooManyChanges');
    }
    this.#wakeup.notify();
  }

  resync(reason: FeedResyncReason, message: string): void {
    this.#options.logger.info('feed asks for a resync', { reason, message });
    this.#resyncs.ask(reason);
    this.#wakeup.notify();
  }

  /**
   * A good answer that somebody else got. False when nothing may be judged by it: the registry is not followed at the moment, or the
   * answer's clock was set since our last look.
   */
  healthy(nowUs: number): boolean {
    if (!this.gate.isOpen) return false;
    return this.#goodRead(nowUs, this.#options.clock.now());
  }

  /** The feed has trouble: whether the registry has, our own look at it says. */
  unhealthy(): void {
    this.#stateDueMs = 0;
    this.#wakeup.notify();
  }

  /** Somebody else of this registry's parts could not read it, with work begun in this round of the gate. */
  fail(error: unknown, round: number): void {
    if (!this.gate.isOpen || round !== this.gate.round) return;
    this.#failure ??= { error };
    this.#wakeup.notify();
  }

  /** Asks for a second read of a service, on another connection and a second later; its snapshot is confirmed then. */
  confirm(service: string): void {
    if (this.#options.store.snapshot(service)?.confirmed === true) return;
    this.#confirmations.ask(service, this.#options.clock.now());
    this.#wakeup.notify();
  }

  async run(signal: AbortSignal): Promise<void> {
    const isAborted = (): boolean => signal.aborted;
    while (!isAborted()) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (!isAborted()) await this.#failed(error, signal);
      }
    }
    this.gate.close();
  }

  /** One connection's life: returns never, throws what ends it. */
  async #follow(signal: AbortSignal): Promise<void> {
    this.#failure = null;
    const broken = await this.#lookAtServer(signal);
    await this.#fullRead(broken ?? this.#resyncs.asked ?? 'Reconnected', signal);
    this.#nowAvailable();
    for (;;) {
      await this.#wakeup.wait(this.#idleMs(), signal);
      await this.#step(signal);
    }
  }

  async #step(signal: AbortSignal): Promise<void> {
    this.#throwFailure();
    const { clock } = this.#options;
    const hasHints = this.#hasHints();
    if (hasHints) await this.#gatherHints(signal);
    const isConfirmDue = this.#confirmations.nextMs() <= clock.now();
    const hasMore = isConfirmDue || this.#resyncs.due !== null;
    if (hasHints && !hasMore) await this.#readHinted(signal);
    else if (hasMore || clock.now() >= this.#stateDueMs) await this.#lookAgain(signal);
    const resync = this.#resyncs.due;
    if (resync !== null) await this.#fullRead(resync, signal);
    else if (isConfirmDue) await this.#confirmDue(signal);
    this.#nowAvailable();
    if (this.#hasHints()) this.#wakeup.notify();
  }

  /** Before a read is believed, and once a second. When somebody else answers, nothing is judged until everything was read from them. */
  async #lookAgain(signal: AbortSignal): Promise<{ readonly carriesOn: boolean }> {
    const broken = await this.#lookAtServer(signal);
    if (broken === null) return { carriesOn: true };
    this.gate.close();
    this.#resyncs.demand(broken);
    return { carriesOn: false };
  }

  async #lookUnlessFresh(signal: AbortSignal): Promise<{ readonly carriesOn: boolean }> {
    return this.#options.clock.now() - this.#lookedAtMs < LOOK_FRESH_MS
      ? { carriesOn: true }
      : await this.#lookAgain(signal);
  }

  async #gatherHints(signal: AbortSignal): Promise<void> {
    const earlyMs = this.#hintedReadMs + COALESCE_MS - this.#options.clock.now();
    if (earlyMs > 0) await this.#options.clock.sleep(earlyMs, signal);
  }

  #hasHints(): boolean {
    return this.#hints.hasAny((service) => this.#confirmations.isPending(service));
  }

  #idleMs(): number {
    return (
      Math.min(this.#stateDueMs, this.#resyncs.nextMs, this.#confirmations.nextMs()) -
      this.#options.clock.now()
    );
  }

  /** Safety rule 8: who answers, and does that carry on from what is known? The grace is set before any row is believed. */
  async #lookAtServer(signal: AbortSignal): Promise<ResyncReason | null> {
    const { reader, store, clock } = this.#options;
    const sentMs = clock.now();
    const state = await reader.serverState(signal);
    this.#lookedAtMs = sentMs;
    this.#stateDueMs = clock.now() + STATE_EVERY_MS;
    const known = this.#known ?? store.source;
    const clockJumped = this.databaseClock.hasJumped(state.nowUs, sentMs);
    const couldNotRead = this.#couldNotRead && this.#known !== null;
    const broken = findBreak(known, state, { clockJumped, couldNotRead });
    if (broken !== null) {
      store.setGrace(broken.grace, this.databaseClock.nowUs());
      if (clockJumped || known?.serverId !== state.serverId) this.databaseClock.reset(state.nowUs, sentMs);
      this.#options.logger.info('expiry waits one TTL', { reason: broken.reason, ...broken.grace });
    }
    const { serverId, startedAtUs } = state;
    this.#setKnown({ serverId, startedAtUs, lastGoodUs: state.nowUs });
    this.#couldNotRead = false;
    this.#setServer(state);
    this.#goodRead(state.nowUs, sentMs);
    return broken?.reason ?? null;
  }

  async #fullRead(reason: ResyncReason, signal: AbortSignal): Promise<void> {
    const { reader, clock, observer, logger, store, beforeRead } = this.#options;
    await beforeRead(signal);
    observer.resync(reason);
    // What was hinted at until now is in what is read from now on.
    this.#hints.clear();
    this.#resyncs.begun();
    const startMs = clock.now();
    const rows: RowsByService = new Map();
    let count = 0;
    const { nowUs } = await reader.readAll((batch, readUs) => {
      count += batch.length;
      this.#applier.parse(batch, readUs, rows);
      return Promise.resolve();
    }, signal);
    const read: ServiceRead = {
      nowUs,
      changedAtUs: null,
      confirms: false,
      liveness: isRoutine(reason)
        ? { mode: 'keep' }
        : { mode: 'take', graceSinceUs: store.grace?.sinceUs ?? 0 },
    };
    await this.#applier.applyAll(rows, read);
    this.#goodRead(nowUs, startMs);
    this.#readDone('full', startMs, count);
    this.#options.onRead(null, startMs);
    this.#options.onFullRead(nowUs);
    this.#resyncs.done(startMs);
    logger.debug('read everything', {
      reason,
      rows: count,
      ...store.counts(),
      ms: Math.round(clock.now() - startMs),
    });
  }

  async #readHinted(signal: AbortSignal): Promise<void> {
    const { reader, store, clock } = this.#options;
    const rowsOf = (service: string): number => store.snapshot(service)?.instances.length ?? 0;
    const hints = this.#hints.take(ROWS_AT_ONCE, rowsOf, (service) => this.#confirmations.isPending(service));
    const startMs = clock.now();
    const services = hints.map(({ service }) => service);
    // The two go side by side, for they are on the way of every change; what was read is believed after the look only.
    const [look, read] = await Promise.allSettled([
      this.#lookUnlessFresh(signal),
      reader.readServices(services, { connection: 'any', held: store }, signal),
    ]);
    this.#hintedReadMs = clock.now();
    if (!fulfilled(look).carriesOn) return;
    const { nowUs, rows } = fulfilled(read);
    const parsed: RowsByService = new Map();
    this.#applier.parse(rows, nowUs, parsed);
    for (const { service, changedAtUs } of hints) {
      const ofService: ServiceRead = { nowUs, changedAtUs, confirms: false, liveness: { mode: 'keep' } };
      this.#applier.apply(service, parsed.get(service) ?? [], ofService);
    }
    this.#goodRead(nowUs, startMs);
    this.#readDone('service', startMs, rows.length);
    this.#options.onRead(services, startMs);
  }

  /** Safety rule 2, second half. What this read shows is applied, whatever it is. */
  async #confirmDue(signal: AbortSignal): Promise<void> {
    const { reader, store, clock, observer, logger } = this.#options;
    const services = this.#confirmations.due(clock.now(), 50);
    const startMs = clock.now();
    const { nowUs, rows } = await reader.readServices(services, { connection: 'other' }, signal);
    const parsed: RowsByService = new Map();
    this.#applier.parse(rows, nowUs, parsed);
    for (const service of services) {
      const wasDrastic = this.#confirmations.wasDrastic(service);
      const before = store.snapshot(service);
      this.#confirmations.done(service);
      const ofService = parsed.get(service) ?? [];
      const read: ServiceRead = { nowUs, changedAtUs: null, confirms: true, liveness: { mode: 'keep' } };
      this.#applier.apply(service, ofService, read);
      const after = store.snapshot(service);
      if (!wasDrastic || before === undefined || after === undefined) continue;
      const outcome = isDrastic(before, after) ? 'confirmed' : 'withdrawn';
      observer.confirmation(outcome);
      logger.info('a second read of a service that lost much', {
        service,
        before: before.instances.length,
        after: after.instances.length,
        outcome,
      });
    }
    this.#goodRead(nowUs, startMs);
    this.#readDone('confirm', startMs, rows.length);
    this.#options.onRead(services, startMs);
  }

  #readDone(kind: ReadKind, startMs: number, rows: number): void {
    const { clock, observer } = this.#options;
    observer.readDone(kind, (clock.now() - startMs) / 1000, rows);
  }

  /** False when the answer's clock is too far ahead: whoever looks at the server next finds that it jumped, and must not be kept from it. */
  #goodRead(nowUs: number, sentMs: number): boolean {
    const { clock, observer } = this.#options;
    if (this.databaseClock.hasJumpedAhead(nowUs)) {
      this.gate.close();
      this.#stateDueMs = 0;
      this.#wakeup.notify();
      return false;
    }
    this.databaseClock.observe(nowUs, sentMs);
    this.#lastReadMs = clock.wallNow();
    if (this.#known !== null && nowUs > this.#known.lastGoodUs)
      this.#setKnown({ ...this.#known, lastGoodUs: nowUs });
    observer.goodRead();
    return true;
  }

  #setKnown(known: KnownServer): void {
    this.#known = known;
    this.#options.store.source = known;
  }

  #setServer({ flavor, version }: ServerState): void {
    if (this.#server?.version === version && this.#server.flavor === flavor) return;
    this.#server = { flavor, version };
    this.#options.onChange();
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure.error;
  }

  #nowAvailable(): void {
    this.#attempt = 0;
    this.databaseClock.thaw();
    this.gate.open();
    this.#health.connected(this.#server, this.#options.store.counts());
  }

  async #failed(error: unknown, signal: AbortSignal): Promise<void> {
    this.gate.close();
    this.#confirmations.forgetDrastic();
    // Another server answered: nothing failed yet, it only has to be looked at.
    if (error instanceof RetryableError && error.reason === 'ServerChanged' && this.#attempt === 0) {
      this.#attempt = 1;
      return;
    }
    this.#couldNotRead = true;
    this.databaseClock.freeze();
    const fault = this.#health.failed(error);
    this.#options.observer.couldNotRead(fault.reason);
    const retry = fault.needsHelp ? RETRY_TERMINAL : RETRY;
    const delayMs = backoffMs(this.#attempt, retry, this.#options.random);
    this.#attempt += 1;
    // No hint cuts this short: a wrong password that is tried again and again locks the account.
    await this.#options.clock.sleep(delayMs, signal).catch(() => undefined);
  }
}

function fulfilled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
