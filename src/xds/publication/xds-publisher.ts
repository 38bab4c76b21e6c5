import type { GrpcServiceCaches } from '../../controller/grpcservice-caches.ts';
import { registryServiceIndex } from '../../controller/grpcservice-indexes.ts';
import { allowedCidrs } from '../../controller/allowed-cidrs.ts';
import { lookUpInCaches } from '../../controller/registry-access.ts';
import type { RegistryDirectory, RegistryView } from '../../controller/registry-directory.ts';
import type { Requeue, WorkQueue } from '../../controller/work-queue.ts';
import type { Endpoint } from '../../desired/endpoint.ts';
import { publishSpec } from '../../desired/publish-spec.ts';
import type { Clock } from '../../lib/clock.ts';
import type { GrpcService } from '../../model/grpcservice.ts';
import { type ObjectKey, objectKey } from '../../model/key.ts';
import type { Snapshot } from '../../registry/snapshot.ts';
import type { PropagationLog, Publication } from '../news/propagation-log.ts';
import { resourceName } from '../resources/service-resources.ts';
import { xdsSpec } from '../resources/xds-spec.ts';
import type { WorldEntry, XdsWorld } from '../world/xds-world.ts';
import { publishedFromSlices } from './published-from-slices.ts';
import { decideXds, type XdsDecision } from './xds-decision.ts';

export interface XdsPublisherOptions {
  readonly caches: Pick<GrpcServiceCaches, 'grpcServices' | 'registries' | 'slices' | 'namespaces'>;
  readonly registries: RegistryDirectory;
  readonly world: Pick<XdsWorld, 'entry' | 'put' | 'remove' | 'setReady'>;
  readonly queue: WorkQueue<ObjectKey>;
  readonly defaultRegistry: ObjectKey | null;
  readonly registryNamespaces: readonly string[];
  readonly clusterDomain: string;
  /** Told of what is published before clients are, by the name of its assignment. */
  readonly propagation: Pick<PropagationLog, 'published' | 'forget'>;
  readonly clock: Clock;
}

/** How long the first read of a registry may take before this replica serves what it knows without it, in ms. */
const FIRST_READ_MS = 10_000;
/** The second read of the registry comes as a change; should it not, it is asked for again, in ms. */
const CONFIRM_LOOK_MS = 5000;

/**
 * Keeps the xDS world equal to what GrpcServices and registries say, on every replica. Level-triggered, as the controller of slices is: the work item is only
 * the key. The world is ready once each GrpcService that existed at the start was decided.
 */
export class XdsPublisher {
  readonly #options: XdsPublisherOptions;
  /** Of those that existed at the start. */
  readonly #undecided = new Set<ObjectKey>();
  /** To be added to the queue with the next turn of the event loop. */
  readonly #soon = new Set<ObjectKey>();
  #startMs = 0;

  constructor(options: XdsPublisherOptions) {
    this.#options = options;
  }

  /** Works until `signal` is aborted. The caches have to be synced. */
  async run(signal: AbortSignal): Promise<void> {
    const { caches, queue, clock, world } = this.#options;
    this.#startMs = clock.now();
    const stops = this.#subscribe();
    for (const grpcService of caches.grpcServices.values()) {
      this.#undecided.add(objectKey(grpcService));
      queue.add(objectKey(grpcService), 'later');
    }
    if (this.#undecided.size === 0) world.setReady();
    try {
      await queue.run((key) => this.#reconcile(key), signal);
    } finally {
      for (const stop of stops) stop();
    }
  }

  #subscribe(): readonly (() => void)[] {
    const { caches, registries, queue } = this.#options;
    const addAll = (index: string, value: string): void => {
      for (const each of caches.grpcServices.byIndex(index, value)) this.#addSoon(objectKey(each));
    };
    return [
      caches.grpcServices.subscribe(({ old, now }) => {
        if (isSameSpec(old, now)) return;
        const changed = now ?? old;
        if (changed !== undefined) queue.add(objectKey(changed), 'now');
      }),
      caches.registries.subscribe(({ old, now }) => {
        if (old?.metadata.generation === now?.metadata.generation) return;
        const changed = now ?? old;
        if (changed !== undefined) addAll('registry', objectKey(changed));
      }),
      ...(caches.namespaces === null
        ? []
        : [
            caches.namespaces.subscribe(({ old, now }) =>
              addAll('namespace', (now ?? old)?.metadata.name ?? ''),
            ),
          ]),
      registries.subscribe((registry, service) => {
        if (service === null) addAll('registry', registry);
        else addAll('registryService', registryServiceIndex(registry, service));
      }),
    ];
  }

  /**
   * In the next turn of the event loop: a leader sends off the slice in this one, whose way is the longer, and what is done here falls into the wait for
   * its answer.
   */
  #addSoon(key: ObjectKey): void {
    this.#soon.add(key);
    if (this.#soon.size > 1) return;
    this.#options.clock.after(0, () => {
      for (const each of this.#soon) this.#options.queue.add(each, 'now');
      this.#soon.clear();
    });
  }

  /** One that cannot be decided, by a bug, is tried again by the queue; the others do not wait for it (safety rule 7). */
  async #reconcile(key: ObjectKey): Promise<Requeue | undefined> {
    try {
      return await Promise.resolve(this.#publish(key));
    } catch (error) {
      this.#decided(key);
      throw error;
    }
  }

  #publish(key: ObjectKey): Requeue | undefined {
    const { caches, world, propagation } = this.#options;
    const grpcService = caches.grpcServices.get(key);
    if (grpcService === undefined || grpcService.metadata.deletionTimestamp !== undefined) {
      this.#forget(key);
      this.#decided(key);
      return undefined;
    }
    const config = this.#configOf(grpcService);
    const known = world.entry(key)?.endpoints ?? null;
    const { decision, nowUs, publication } = this.#decide(grpcService, known);
    if (decision.action === 'publish') {
      if (publication !== null) propagation.published(resourceName(config.service), publication);
      world.put(key, { ...config, endpoints: decision.endpoints });
      this.#decided(key);
      return after(decision.nextChangeUs === null ? null : (decision.nextChangeUs - nowUs) / 1000);
    }
    const waitMs = this.#firstReadMs(key, decision);
    if (waitMs > 0) return after(waitMs);
    world.put(key, { ...config, endpoints: known ?? this.#publishedLast(grpcService) });
    this.#decided(key);
    return after(decision.why === 'Confirming' ? CONFIRM_LOOK_MS : null);
  }

  #decide(
    grpcService: GrpcService,
    published: readonly Endpoint[] | null,
  ): { readonly decision: XdsDecision; readonly nowUs: number; readonly publication: Publication | null } {
    const { registries } = this.#options;
    const publish = publishSpec(grpcService);
    const lookup = lookUpInCaches(grpcService, this.#options);
    const view = lookup.ok ? registries.get(lookup.key) : undefined;
    const nowUs = view?.nowUs() ?? 0;
    const snapshot = view?.snapshot(publish.service);
    const decision = decideXds({
      ...{ publish, lookup, published, nowUs },
      allowedCIDRs: lookup.ok ? allowedCidrs(lookup.registry) : [],
      snapshot,
      slices: this.#slicesOf(grpcService),
    });
    if (decision.action === 'keep' && decision.why === 'Confirming') view?.confirm(publish.service);
    return { decision, nowUs, publication: publicationOf(view, snapshot) };
  }

  #forget(key: ObjectKey): void {
    const { world, propagation } = this.#options;
    const entry = world.entry(key);
    if (entry !== undefined) propagation.forget(resourceName(entry.service));
    world.remove(key);
  }

  /** How much longer the first word about this GrpcService may take, in ms. */
  #firstReadMs(key: ObjectKey, decision: XdsDecision): number {
    if (decision.action !== 'keep' || !this.#undecided.has(key)) return 0;
    if (decision.why !== 'NotRead' && decision.why !== 'Confirming') return 0;
    return Math.max(0, this.#startMs + FIRST_READ_MS - this.#options.clock.now());
  }

  /** Null: nothing is known, which is not the same as "no endpoints". */
  #publishedLast(grpcService: GrpcService): readonly Endpoint[] | null {
    const slices = this.#slicesOf(grpcService);
    return slices.length === 0 ? null : publishedFromSlices(slices);
  }

  #slicesOf({ metadata }: GrpcService) {
    return this.#options.caches.slices
      .byIndex('grpcServiceUid', metadata.uid ?? '')
      .filter((slice) => slice.metadata.namespace === metadata.namespace);
  }

  #configOf(grpcService: GrpcService): Pick<WorldEntry, 'service' | 'proxy'> {
    const { metadata, spec } = grpcService;
    const name = { namespace: metadata.namespace ?? '', name: metadata.name };
    const xds = xdsSpec(grpcService);
    const createdAt = metadata.creationTimestamp ?? '';
    return {
      service: { ...name, clusterDomain: this.#options.clusterDomain, port: spec.port, xds },
      proxy: spec.proxy === undefined ? null : { ...name, createdAt, proxy: spec.proxy, xds },
    };
  }

  #decided(key: ObjectKey): void {
    if (this.#undecided.delete(key) && this.#undecided.size === 0) this.#options.world.setReady();
  }
}

function publicationOf(view: RegistryView | undefined, snapshot: Snapshot | undefined): Publication | null {
  if (view === undefined || snapshot === undefined) return null;
  const { revision, changedAtUs } = snapshot;
  return { revision, changedAtUs, nowUs: () => view.nowUs() };
}

/** The status is written all the time, and says nothing here. */
function isSameSpec(old: GrpcService | undefined, now: GrpcService | undefined): boolean {
  if (old === undefined || now === undefined) return false;
  const { metadata: a } = old;
  const { metadata: b } = now;
  return (
    a.generation === b.generation &&
    a.deletionTimestamp === b.deletionTimestamp &&
    JSON.stringify(a.annotations) === JSON.stringify(b.annotations)
  );
}

function after(ms: number | null): Requeue | undefined {
  return ms === null ? undefined : { requeueAfterMs: Math.max(1, ms) };
}
