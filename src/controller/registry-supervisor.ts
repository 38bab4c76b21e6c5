import { isDeepStrictEqual } from 'node:util';
import { backoffMs } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { type ObjectKey, objectKey } from '../model/key.ts';
import type { Registry, RegistrySpec } from '../model/registry.ts';
import type { ObjectCache } from './kube-ports.ts';
import type { RegistryDirectory, RegistryView } from './registry-directory.ts';
import { registryTimes, type RegistryTimes } from './registry-options.ts';
import type { RegistryFacts } from './registry-status.ts';

/** One registry that is open: followed by `run` until its signal is aborted. */
export interface OpenRegistry extends RegistryView {
  /** What is known of it, for its status. */
  facts(): Omit<RegistryFacts, 'fault' | 'health'>;
  /** Calls back with the service whose snapshot changed, or null for anything else; answers how to stop it. */
  subscribe(listener: (service: string | null) => void): () => void;
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Opens a registry. `before` is what was open until now under the same name: its snapshots stay what is known until the new
 * one has been read.
 */
export type OpenRegistryFn = (
  registry: Registry,
  times: RegistryTimes,
  before: OpenRegistry | undefined,
) => OpenRegistry;

interface Session {
  /** The parts of the spec that the session was opened with. */
  readonly spec: SessionSpec;
  readonly open: OpenRegistry;
  /** Ended by a bug: nothing follows the registry until it is opened anew. */
  readonly broken: boolean;
  readonly stop: () => Promise<void>;
}

/** How long after a bug a registry is opened anew: doubles with each bug in a row. */
const REOPEN = { baseMs: 1000, maxMs: 60_000, jitter: 0.2 };

type SessionSpec = Pick<RegistrySpec, 'mysql' | 'schema' | 'feed' | 'resyncInterval' | 'retention'>;

export interface RegistrySupervisorOptions {
  readonly registries: ObjectCache<Registry>;
  readonly open: OpenRegistryFn;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/**
 * Keeps every Registry open, on every replica: a new one is opened, a removed one closed, one whose connection, schema or
 * feed was changed is opened anew. Whoever may use it, and whether it is paused, concerns the GrpcServices and not the session.
 */
export class RegistrySupervisor implements RegistryDirectory {
  readonly #registries: ObjectCache<Registry>;
  readonly #open: OpenRegistryFn;
  readonly #logger: Logger;
  readonly #sessions = new Map<ObjectKey, Session>();
  readonly #faults = new Map<ObjectKey, { readonly reason: string; readonly message: string }>();
  readonly #listeners = new Set<(registry: ObjectKey, service: string | null) => void>();
  readonly #closing = new Map<ObjectKey, Promise<void>>();
  /** Bugs in a row, by registry. */
  readonly #bugs = new Map<ObjectKey, number>();
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor({ registries, open, clock, random, logger }: RegistrySupervisorOptions) {
    this.#registries = registries;
    this.#open = open;
    this.#clock = clock;
    this.#random = random;
    this.#logger = logger;
  }

  get(key: ObjectKey): RegistryView | undefined {
    const session = this.#sessions.get(key);
    if (session?.broken !== true) return session?.open;
    const { open } = session;
    const fault = this.#faults.get(key) ?? { reason: 'InternalError', message: '' };
    return {
      snapshot: (service) => open.snapshot(service),
      health: { available: false, needsHelp: false, ...fault },
      confirm: () => undefined,
      isCurrent: () => false,
      refresh: () => undefined,
      nowUs: () => open.nowUs(),
    };
  }

  subscribe(listener: (registry: ObjectKey, service: string | null) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What is known of a registry, or why it could not even be opened; undefined before {@link run} has looked at it. */
  facts(key: ObjectKey): RegistryFacts | undefined {
    const fault = this.#faults.get(key) ?? null;
    const open = this.#sessions.get(key)?.open;
    if (open !== undefined) return { fault, health: open.health, ...open.facts() };
    if (fault === null) return undefined;
    const health = { available: false, needsHelp: true, ...fault };
    return {
      fault,
      health,
      feed: null,
      server: null,
      retentionFault: null,
      services: 0,
      instances: 0,
      lastReadMs: null,
    };
  }

  /** Follows the Registries until `signal` is aborted, then closes all of them. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = this.#registries.subscribe(({ old, now }) => this.#changed(old, now));
    for (const registry of this.#registries.values()) this.#changed(undefined, registry);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    stop();
    for (const key of [...this.#sessions.keys()]) this.#close(key);
    await Promise.all(this.#closing.values());
  }

  #changed(old: Registry | undefined, now: Registry | undefined): void {
    const registry = now ?? old;
    if (registry === undefined) return;
    const key = objectKey(registry);
    if (now === undefined) {
      this.#faults.delete(key);
      this.#close(key);
    } else {
      this.#ensure(key, now);
    }
    this.#tell(key, null);
  }

  #ensure(key: ObjectKey, registry: Registry): void {
    const spec = sessionSpec(registry.spec);
    const session = this.#sessions.get(key);
    if (session?.broken === false && isDeepStrictEqual(session.spec, spec)) return;
    const times = registryTimes(registry.spec);
    if (!times.ok) {
      this.#faults.set(key, { reason: 'InvalidSpec', message: times.message });
      return;
    }
    if (session?.broken !== true) this.#bugs.delete(key);
    this.#faults.delete(key);
    this.#close(key);
    this.#start(key, spec, this.#open(registry, times.times, session?.open));
  }

  #start(key: ObjectKey, spec: SessionSpec, open: OpenRegistry): void {
    const stopping = new AbortController();
    const unsubscribe = open.subscribe((service) => this.#tell(key, service));
    // Both work on one store: what an old session still reads must not be taken for what the new one says.
    const before = this.#closing.get(key) ?? Promise.resolve();
    const ended = before
      .then(() => open.run(stopping.signal))
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) this.#brokenBy(key, error);
      });
    const stop = async (): Promise<void> => {
      unsubscribe();
      stopping.abort(new Error('the registry is closed'));
      await ended;
    };
    this.#sessions.set(key, { spec, open, broken: false, stop });
  }

  /** A session ends only when it is told to; anything else is a bug, and one registry's bug must not be the others' end. */
  #brokenBy(key: ObjectKey, error: unknown): void {
    const session = this.#sessions.get(key);
    if (session === undefined) return;
    const bugs = this.#bugs.get(key) ?? 0;
    this.#bugs.set(key, bugs + 1);
    const fields = { registry: key, error: errorMessage(error), bugs: bugs + 1 };
    const stack = error instanceof Error ? error.stack : undefined;
    this.#logger.error('registry session ended by a bug', { ...fields, stack });
    this.#faults.set(key, { reason: 'InternalError', message: errorMessage(error) });
    const broken = { ...session, broken: true };
    this.#sessions.set(key, broken);
    this.#tell(key, null);
    this.#clock.after(backoffMs(bugs, REOPEN, this.#random), () => {
      const registry = this.#registries.get(key);
      if (registry !== undefined && this.#sessions.get(key) === broken) this.#changed(registry, registry);
    });
  }

  #close(key: ObjectKey): void {
    const session = this.#sessions.get(key);
    if (session === undefined) return;
    this.#sessions.delete(key);
    const closed = session.stop().finally(() => {
      if (this.#closing.get(key) === closed) this.#closing.delete(key);
    });
    this.#closing.set(key, closed);
  }

  #tell(key: ObjectKey, service: string | null): void {
    for (const listener of this.#listeners) listener(key, service);
  }
}

function sessionSpec({ mysql, schema, feed, resyncInterval, retention }: RegistrySpec): SessionSpec {
  return {
    mysql,
    ...(schema === undefined ? {} : { schema }),
    ...(feed === undefined ? {} : { feed }),
    ...(resyncInterval === undefined ? {} : { resyncInterval }),
    ...(retention === undefined ? {} : { retention }),
  };
}
