import type { Clock } from '../lib/clock.ts';
import { errorMessage, RetryableError } from '../lib/errors.ts';
import type { GrpcService } from '../model/grpcservice.ts';
import type { ObjectKey } from '../model/key.ts';
import type { Registry } from '../model/registry.ts';
import type { Gatherer } from './gatherer.ts';
import type { GrpcServiceCaches } from './grpcservice-caches.ts';
import { FirstReads } from './first-reads.ts';
import { announce } from './grpcservice-events.ts';
import { grpcServiceStatus } from './grpcservice-status.ts';
import type { PublishOutcome } from './grpcservice-status-facts.ts';
import type { GrpcServiceStatusWriter } from './grpcservice-status-writer.ts';
import { type EventRecorder, KubeApiError, NOT_LEADING } from './kube-ports.ts';
import type { ControllerObserver } from './observer.ts';
import type { PublicationLog } from './publication-log.ts';
import { decide, type Decision, type Observation } from './publish-decision.ts';
import { publishedCounts } from './published-counts.ts';
import type { Publisher } from './publisher.ts';
import type { RegistryDirectory } from './registry-directory.ts';
import type { Requeue } from './work-queue.ts';
import { XdsReports } from './xds-reports.ts';

export interface GrpcServiceReconcilerOptions {
  readonly caches: Pick<GrpcServiceCaches, 'grpcServices'>;
  readonly registries: RegistryDirectory;
  readonly gatherer: Gatherer;
  readonly publisher: Publisher;
  readonly publications: PublicationLog;
  readonly statusWriter: GrpcServiceStatusWriter;
  readonly events: EventRecorder;
  readonly observer: ControllerObserver;
  readonly clock: Clock;
  readonly clusterDomain: string;
  /** Whether xDS is served: then xds:/// is a target, too. */
  readonly servesXds: boolean;
  /** Other GrpcServices wait for a worker: publishing them comes before telling what has been published. */
  readonly othersWait: () => boolean;
}

/** Slices of others are not watched: whether they are gone is asked this often, in ms. */
const LOOK_FOR_FOREIGN_MS = 5000;

/** How often it is looked whether a registry has been read since this replica leads, in ms. */
const CATCH_UP_MS = 50;

/** The second read of the registry comes as a change; should it not, it is asked for again, in ms. */
const CONFIRM_LOOK_MS = 5000;

/** Long enough for the end of the queue. */
const TELL_AFTER_MS = 1;

/** When to look again at a Service that was given up, in ms. */
const RELEASED_LOOK_MS = 100;

/** Brings one GrpcService to its desired state: gather, decide, write, tell. */
export class GrpcServiceReconciler {
  readonly #options: GrpcServiceReconcilerOptions;
  readonly #firstReads: FirstReads;
  readonly #xdsReports: XdsReports;
  /** What was published and not told yet. */
  readonly #untold = new Set<ObjectKey>();
  /** When this term of leadership began. */
  #termMs = 0;

  constructor(options: GrpcServiceReconcilerOptions) {
    this.#options = options;
    this.#firstReads = new FirstReads(options.clock);
    this.#xdsReports = new XdsReports(options.clock);
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<Requeue | undefined> {
    const cached = this.#options.caches.grpcServices.get(key);
    // What a GrpcService leaves behind goes by garbage collection: its Service and slices name it as their owner.
    if (cached === undefined || cached.metadata.deletionTimestamp !== undefined) {
      this.#forget(key);
      return undefined;
    }
    const grpcService = this.#options.statusWriter.latest(cached);
    const observation = await this.#options.gatherer.observe(grpcService, this.#termMs, signal);
    const firstReadMs = this.#firstReads.waitMs(key, observation);
    if (firstReadMs > 0) return { requeueAfterMs: firstReadMs };
    const decision = decide(observation, this.#options.publications.mayCompact(key));
    this.#askRegistry(observation, decision);
    const readingMs = readingAnewMs(observation, decision);
    if (readingMs !== null) return { requeueAfterMs: readingMs };
    const fault = await this.#write(key, observation, decision, signal);
    if (fault !== null && (isOutdated(fault) || hasLostLease(fault))) throw fault;
    if (this.#tellsLater(key, decision, fault)) return { requeueAfterMs: TELL_AFTER_MS };
    const statusDueMs = await this.#tell(key, observation, decision, fault, signal);
    if (fault !== null) throw fault;
    return requeue([
      statusDueMs,
      timeChangesMs(observation, decision),
      this.#options.publications.compactionDueMs(key),
      foreignSlicesMs(decision),
      releasedMs(decision),
      this.#xdsReports.nextMs(key),
    ]);
  }

  /** True for an event that only echoes our own write of the status. */
  isOwnStatusWrite(grpcService: GrpcService): boolean {
    return this.#options.statusWriter.isEcho(grpcService);
  }

  /** From here on this replica leads: what it reads from now on is at least as new as what the last leader published. */
  beginTerm(): void {
    this.#termMs = this.#options.clock.now();
  }

  /** The end of a term of leadership: from here on others write. */
  forgetAll(): void {
    this.#firstReads.forgetAll();
    this.#xdsReports.forgetAll();
    this.#untold.clear();
    this.#options.statusWriter.forgetAll();
    this.#options.publications.forgetAll();
  }

  #forget(key: ObjectKey): void {
    this.#firstReads.forget(key);
    this.#xdsReports.forget(key);
    this.#untold.delete(key);
    this.#options.statusWriter.forget(key);
    this.#options.publications.forget(key);
    this.#options.observer.forget(key);
  }

  #askRegistry({ lookup, publish }: Observation, { confirm, catchUp }: Decision): void {
    if (!lookup.ok) return;
    const registry = this.#options.registries.get(lookup.key);
    if (confirm) registry?.confirm(publish.service);
    if (catchUp) registry?.refresh(publish.service, this.#termMs);
  }

  /** Carries the decision out; answers the fault that ended it, if one did. */
  async #write(
    key: ObjectKey,
    observation: Observation,
    decision: Decision,
    signal: AbortSignal,
  ): Promise<Error | null> {
    const { publisher, publications, observer } = this.#options;
    if (decision.writes === null) return null;
    const uid = observation.grpcService.metadata.uid ?? '';
    try {
      await publisher.apply(uid, decision.writes, signal);
    } catch (error) {
      if (isTerminating(error)) return null;
      const fault = error instanceof Error ? error : new Error(String(error));
      if (isOutdated(fault)) publisher.forget(uid);
      observer.synced(key, isOutdated(fault) ? 'stale' : 'error');
      return fault;
    }
    publications.published(key, observation, decision);
    observer.synced(key, 'success');
    return null;
  }

  /**
   * When many change at once (the start of an operator, a database that is back), all slices are written before the first status:
   * a status costs the API server as much as a slice, and nobody dials it. Put off once only, so that it comes under any load.
   */
  #tellsLater(key: ObjectKey, { writes }: Decision, fault: Error | null): boolean {
    const published = fault === null && writes?.slices?.idle === false;
    if (this.#untold.delete(key) || !published || !this.#options.othersWait()) return false;
    this.#untold.add(key);
    return true;
  }

  async #tell(
    key: ObjectKey,
    observation: Observation,
    decision: Decision,
    fault: Error | null,
    signal: AbortSignal,
  ): Promise<number | null> {
    const { statusWriter, clock, clusterDomain, servesXds, observer, events } = this.#options;
    const { grpcService, lookup } = observation;
    const status = grpcServiceStatus(
      grpcService,
      {
        publish: observation.publish,
        registryFault: lookup.ok ? null : lookup,
        registryHealth: observation.health,
        registryKey: lookup.key,
        customTable: lookup.ok ? customTableOf(lookup.registry) : null,
        snapshot: observation.snapshot,
        desired: decision.desired,
        dns: decision.dns,
        published: publishedCounts(observation, decision, fault !== null),
        outcome: outcomeOf(decision, fault),
        clusterDomain,
        servesXds,
        xdsReplicas: this.#xdsReports.standing(key, grpcService.status?.xds?.replicas ?? []),
      },
      clock.wallNow(),
    );
    if (decision.desired !== null) {
      observer.endpoints(key, decision.desired.counts);
      observer.rejected(key, countByReason(decision.desired.rejected));
    }
    observer.ready(key, status.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown');
    announce(events, grpcService, status, decision.desired?.rejected ?? []);
    return statusWriter.write(grpcService, status, signal);
  }
}

/**
 * When to look again while the registry is being read anew; null when it is not. In moments it is known: nothing is told of it, or conditions
 * would flap with every change of the leader, and with every loss.
 */
function readingAnewMs({ health }: Observation, { catchUp, confirm }: Decision): number | null {
  if (!health.available) return null;
  if (catchUp) return CATCH_UP_MS;
  return confirm ? CONFIRM_LOOK_MS : null;
}

/** When to look again for slices that others wrote: no cache of ours follows them. */
function foreignSlicesMs({ held }: Decision): number | null {
  return held?.reason === 'ServiceHasForeignSlices' ? LOOK_FOR_FOREIGN_MS : null;
}

/** A Service that was given up is somebody else's from now on, and that is what is to be said of it; our own write is no event for us. */
function releasedMs({ held }: Decision): number | null {
  return held?.reason === 'Released' ? RELEASED_LOOK_MS : null;
}

/** A 409: somebody, or we ourselves, wrote first. Looking again is all there is to do. */
function isOutdated(fault: Error): boolean {
  return fault instanceof KubeApiError && (fault.code === 409 || fault.code === 404);
}

/** It is no fault of the GrpcService, and telling of it is the next leader's affair. */
function hasLostLease(fault: Error): boolean {
  return fault instanceof RetryableError && fault.reason === NOT_LEADING;
}

/** Nothing can be created in a namespace that is being deleted, and nothing needs to be. */
function isTerminating(fault: unknown): boolean {
  return fault instanceof KubeApiError && fault.causes.includes('NamespaceTerminating');
}

function outcomeOf(decision: Decision, fault: Error | null): PublishOutcome {
  if (fault !== null) {
    return {
      kind: 'Failed',
      reason: fault instanceof KubeApiError && fault.code < 500 ? 'WriteRefused' : 'WriteFailed',
      message: `The API server did not take the Service or a slice: ${errorMessage(fault)}. It is tried again by itself.`,
    };
  }
  return decision.held === null ? { kind: 'Published' } : { kind: 'Held', ...decision.held };
}

function customTableOf({ spec: { schema } }: Registry): string | null {
  return schema?.type === 'Custom' ? (schema.custom?.table ?? null) : null;
}

function countByReason<R extends string>(
  rejected: readonly { readonly reason: R }[],
): Partial<Record<R, number>> {
  const counts: Partial<Record<R, number>> = {};
  for (const { reason } of rejected) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/** When the passing of time alone changes what is to be published; never while the registry's clock stands still. */
function timeChangesMs({ health, nowUs }: Observation, { desired }: Decision): number | null {
  if (desired?.nextChangeUs == null || !health.available) return null;
  return Math.max(1, Math.ceil((desired.nextChangeUs - nowUs) / 1000));
}

function requeue(delays: readonly (number | null)[]): Requeue | undefined {
  const due = delays.filter((delay) => delay !== null);
  return due.length === 0 ? undefined : { requeueAfterMs: Math.min(...due) };
}
