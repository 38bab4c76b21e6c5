import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { RegistryObserver } from './observer.ts';
import type { AppliedSink } from './read-applier.ts';
import type { RegistryReader } from './registry-reader.ts';
import type { RegistryStore } from './store.ts';

/** What the syncer works with, and whom it tells. */
export interface SyncerOptions {
  readonly reader: RegistryReader;
  readonly store: RegistryStore;
  readonly resyncIntervalMs: number;
  /** Leases that need a look; see {@link AppliedSink.leases}. */
  readonly onLeases: AppliedSink['leases'];
  /** A read of a service was applied or held back; the audit learns from it. */
  readonly onApplied: AppliedSink['applied'];
  /** A read of these services (null: of all) was applied, or held back; it was sent at this moment of this process's clock. */
  readonly onRead: (services: readonly string[] | null, sentMs: number) => void;
  /** Everything was read at this moment of the database's clock. */
  readonly onFullRead: (nowUs: number) => void;
  /** Resolves when the feed is open, or cannot be: what changes from then on is hinted at, so that no change falls between. */
  readonly beforeRead: (signal: AbortSignal) => Promise<void>;
  /** Health, or the server, is another one. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly observer: RegistryObserver;
}
