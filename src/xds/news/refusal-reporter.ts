import { metaTime } from '../../controller/conditions.ts';
import type { ObjectCache } from '../../controller/kube-ports.ts';
import { KubeApiError } from '../../controller/kube-ports.ts';
import type { Requeue, WorkQueue } from '../../controller/work-queue.ts';
import type { Clock } from '../../lib/clock.ts';
import { TokenBucket } from '../../lib/token-bucket.ts';
import { within } from '../../lib/within.ts';
import type { GrpcService, GrpcServiceStatus } from '../../model/grpcservice.ts';
import type { ObjectKey } from '../../model/key.ts';
import type { RefusalLog } from './refusal-log.ts';
import { isTurn, type RefusalSummary, summarise } from './replica-entry.ts';

/** Writes what this replica alone says in a status (port): server-side apply, so that no other writer's fields are touched. */
export interface StatusApplier {
  /**
   * Sets the fields of `status`, and takes away those that `fieldManager` set before and that are not there; null: all of them. Rejects with KubeApiError, 404
   * where the object is gone.
   */
  applyStatus(
    object: { readonly namespace: string; readonly name: string; readonly status: GrpcServiceStatus | null },
    fieldManager: string,
    signal: AbortSignal,
  ): Promise<GrpcService>;
}

export interface RefusalReporterOptions {
  readonly log: Pick<RefusalLog, 'of'>;
  readonly grpcServices: Pick<ObjectCache<GrpcService>, 'get'>;
  readonly client: StatusApplier;
  readonly queue: WorkQueue<ObjectKey>;
  /** The identity of this replica, as in the Lease. */
  readonly replica: string;
  readonly clock: Clock;
}

/** Least time between two writes about one GrpcService, in ms. */
const PACE_MS = 1000;
/** Writes of one replica in all: one client may refuse everything there is, and must not keep the API server from slices. */
const WRITES = { qps: 20, burst: 100 };
/** How often an entry that stands is written again: its readers take it for abandoned after three times as long. In ms. */
const RENEW_MS = 60_000;
/** How long saying goodbye may take, in ms. */
const GOODBYE_MS = 2000;

interface Written {
  readonly uid: string;
  readonly atMs: number;
  /** Null: the entry was taken out. */
  readonly entry: { readonly since: string; readonly summary: RefusalSummary } | null;
}

/**
 * Writes what clients of this replica refuse into the status of GrpcServices, as an entry of its own that the leader sums up. On transitions, at most once a
 * second for each GrpcService; renewed while it stands, taken out when nothing is refused any more.
 */
export class RefusalReporter {
  readonly #options: RefusalReporterOptions;
  readonly #fieldManager: string;
  readonly #written = new Map<ObjectKey, Written>();
  readonly #writes: TokenBucket;

  constructor(options: RefusalReporterOptions) {
    this.#options = options;
    this.#fieldManager = fieldManagerOf(options.replica);
    this.#writes = new TokenBucket(WRITES, options.clock);
  }

  /** What is refused of this GrpcService may be something else now. */
  changed(key: ObjectKey): void {
    this.#options.queue.add(key);
  }

  /** Works until `signal` is aborted; then takes its entries out, for its streams end, too. */
  async run(signal: AbortSignal): Promise<void> {
    const { queue, clock } = this.#options;
    await queue.run((key, work) => this.#report(key, work), signal);
    const standing = [...this.#written].filter(([, { entry }]) => entry !== null).slice(0, WRITES.burst);
    if (standing.length === 0) return;
    const goodbye = async (rest: AbortSignal): Promise<void> => {
      await Promise.allSettled(standing.map(([key]) => this.#apply(key, null, rest)));
    };
    // Those that do not get through, and those beyond, the leader finds abandoned.
    await within(clock, GOODBYE_MS, goodbye, new AbortController().signal).catch(() => undefined);
  }

  async #report(key: ObjectKey, signal: AbortSignal): Promise<Requeue | undefined> {
    const { grpcServices, log, clock } = this.#options;
    const uid = grpcServices.get(key)?.metadata.uid;
    const summary = summarise(log.of(key));
    const before = this.#written.get(key);
    // One that was made anew has no entry of ours.
    const ours = before?.uid === uid ? before : undefined;
    const dueMs = uid === undefined ? null : dueInMs(ours, summary, clock.now());
    if (uid === undefined || dueMs === null) {
      this.#written.delete(key);
      return undefined;
    }
    return { requeueAfterMs: dueMs > 0 ? dueMs : await this.#write(key, uid, ours, summary, signal) };
  }

  /** Answers after how many ms to look again. */
  async #write(
    key: ObjectKey,
    uid: string,
    before: Written | undefined,
    summary: RefusalSummary | null,
    signal: AbortSignal,
  ): Promise<number> {
    const { clock } = this.#options;
    const waitMs = this.#writes.reserveMs();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    const since = before?.entry?.since ?? metaTime(clock.wallNow());
    const entry = summary === null ? null : { since, summary };
    await this.#apply(key, entry, signal);
    this.#written.set(key, { uid, atMs: clock.now(), entry });
    return entry === null ? PACE_MS : RENEW_MS;
  }

  async #apply(key: ObjectKey, entry: Written['entry'], signal: AbortSignal): Promise<void> {
    const { client, replica, clock } = this.#options;
    const [namespace = '', name = ''] = key.split('/');
    const observedTime = metaTime(clock.wallNow());
    const status =
      entry === null
        ? null
        : { xds: { replicas: [{ replica, since: entry.since, observedTime, ...entry.summary }] } };
    try {
      await client.applyStatus({ namespace, name, status }, this.#fieldManager, signal);
    } catch (error) {
      // It was deleted: the cache will tell.
      if (!(error instanceof KubeApiError && error.code === 404)) throw error;
    }
  }
}

/** When an entry is to be written, in ms from now; null: there is none, and none is wanted. */
function dueInMs(before: Written | undefined, now: RefusalSummary | null, nowMs: number): number | null {
  const agoMs = before === undefined ? Infinity : nowMs - before.atMs;
  const standing = before?.entry?.summary ?? null;
  if (standing === null && now === null) return agoMs < PACE_MS ? PACE_MS - agoMs : null;
  const isNews = standing === null || now === null || isTurn(standing, now);
  return Math.max(0, (isNews ? PACE_MS : RENEW_MS) - agoMs);
}

/** The API allows 128 characters; the end of an identity is what tells it from others. */
const LONGEST_MANAGER = 128;
const MANAGER = 'rollcall-xds-';

function fieldManagerOf(replica: string): string {
  return `${MANAGER}${replica.slice(-(LONGEST_MANAGER - MANAGER.length))}`;
}
