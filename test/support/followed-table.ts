import { PollFeed } from '../../src/feeds/poll.ts';
import type { ChangeFeed } from '../../src/registry/change-feed.ts';
import { expiredAt } from '../../src/registry/liveness.ts';
import { RegistrySession, type RegistrySessionOptions } from '../../src/registry/session.ts';
import { FakeClock } from './fake-clock.ts';
import { RecordingLogger } from './recording-logger.ts';
import { RecordingRegistryObserver } from './recording-registry-observer.ts';
import { TableReader } from './table-reader.ts';

export const SECOND_US = 1_000_000;

export interface FollowOptions extends Partial<
  Pick<RegistrySessionOptions, 'auditIntervalMs' | 'resyncIntervalMs' | 'store' | 'isLeader'>
> {
  /** Default: polls once a second. */
  readonly feed?: ChangeFeed;
}

/** A registry in memory that a session follows, in time that moves only when told to. */
export class FollowedTable {
  readonly clock = new FakeClock();
  readonly table = new TableReader(this.clock);
  readonly observer = new RecordingRegistryObserver();
  /** What `alive` showed whenever a service changed: `orders: a b`. */
  readonly shown: string[] = [];
  session: RegistrySession | null = null;
  #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /** Starts the session and gives it a moment to read. */
  async follow({ feed, ...options }: FollowOptions = {}): Promise<RegistrySession> {
    const { clock, table: reader, observer } = this;
    const common = { reader, clock, random: () => 0.5, logger: new RecordingLogger(), observer };
    this.session = new RegistrySession({
      ...{ resyncIntervalMs: 3_600_000, auditIntervalMs: 3_600_000, feedRoundMs: 1000 },
      ...{ retentionMs: 86_400_000, isLeader: () => false },
      ...common,
      ...options,
      feed: (known) => feed ?? new PollFeed({ ...common, known, intervalMs: 1000 }),
    });
    this.session.subscribe((service) => {
      if (service !== null) this.shown.push(`${service}: ${this.alive(service)}`);
    });
    this.#stopping = new AbortController();
    this.#running = this.session.run(this.#stopping.signal);
    await clock.advance(10);
    return this.session;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the test is over'));
    await this.clock.advance(0);
    await this.#running;
  }

  /** Ids of the instances that would be published now, but for protection. */
  alive(service: string): string {
    const snapshot = this.session?.snapshot(service);
    const nowUs = this.session?.nowUs() ?? 0;
    return (snapshot?.instances ?? [])
      .filter(({ status }) => status === 'UP')
      .filter((instance) => expiredAt(instance, snapshot?.grace ?? null, nowUs) === null)
      .map(({ instanceId }) => instanceId)
      .join(' ');
  }
}
