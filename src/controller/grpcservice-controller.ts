import type { GrpcService } from '../model/grpcservice.ts';
import type { EndpointSlice, KubeService } from '../model/kube-objects.ts';
import { type ObjectKey, objectKey } from '../model/key.ts';
import type { Conflicts } from './conflicts.ts';
import type { GrpcServiceCaches } from './grpcservice-caches.ts';
import { grpcServiceUidOf, grpcServiceUidsOf, registryServiceIndex } from './grpcservice-indexes.ts';
import type { GrpcServiceReconciler } from './grpcservice-reconciler.ts';
import type { ControllerObserver } from './observer.ts';
import type { LostSlices } from './lost-slices.ts';
import type { RegistryDirectory } from './registry-directory.ts';
import type { StraySlices } from './stray-slices.ts';
import type { Urgency } from './waiting-keys.ts';
import type { WorkQueue } from './work-queue.ts';
import type { WrittenObjects } from './written-objects.ts';

export interface GrpcServiceControllerOptions {
  readonly caches: GrpcServiceCaches;
  readonly registries: RegistryDirectory;
  readonly reconciler: Pick<
    GrpcServiceReconciler,
    'reconcile' | 'beginTerm' | 'forgetAll' | 'isOwnStatusWrite'
  >;
  readonly queue: WorkQueue<ObjectKey>;
  readonly conflicts: Conflicts;
  readonly strays: StraySlices;
  readonly lostSlices: LostSlices;
  readonly writtenSlices: WrittenObjects<EndpointSlice>;
  readonly writtenServices: WrittenObjects<KubeService>;
  readonly observer: ControllerObserver;
}

/**
 * Turns everything that can make a GrpcService differ from what is published into work: its own change, a change of its
 * service's snapshot, of its Registry, of a slice or a Service that carries its uid, of a Service of its name, of a rival for that name,
 * of its namespace's labels. Level-triggered: the work item is only the key. A change of addresses and a repair are urgent; what
 * concerns many at once, or comes from people, takes its turn.
 */
export class GrpcServiceController {
  readonly #options: GrpcServiceControllerOptions;
  #leads = false;

  constructor(options: GrpcServiceControllerOptions) {
    this.#options = options;
    options.caches.slices.subscribe(({ old, now }) => {
      if (!this.#leads && old !== undefined && now === undefined) options.lostSlices.add(old);
    });
  }

  /**
   * Works for one term of leadership: looks at everything, then follows changes until `signal` is aborted. Resolves when the
   * work under way has ended.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { caches, queue, reconciler, observer } = this.#options;
    reconciler.beginTerm();
    const stops = this.#subscribe();
    this.#leads = true;
    for (const slice of this.#options.lostSlices.take()) this.#lost(slice);
    for (const grpcService of caches.grpcServices.values()) queue.add(objectKey(grpcService), 'later');
    try {
      await Promise.all([
        this.#searchStrays(signal),
        queue.run((key, workSignal) => reconciler.reconcile(key, workSignal), signal),
      ]);
    } finally {
      for (const stop of stops) stop();
      this.#leads = false;
      // Another replica writes from here on: what this one remembers of its writes and counts would only grow wrong.
      for (const grpcService of caches.grpcServices.values()) observer.forget(objectKey(grpcService));
      reconciler.forgetAll();
      this.#options.conflicts.forgetAll();
      this.#options.strays.forgetAll();
      this.#options.writtenSlices.forgetAll();
      this.#options.writtenServices.forgetAll();
    }
  }

  /** What was done to slices before this term began was seen by nobody. */
  async #searchStrays(signal: AbortSignal): Promise<void> {
    try {
      for (const slice of await this.#options.strays.search(signal)) this.#lost(slice);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #lost(slice: EndpointSlice): void {
    for (const grpcService of this.#options.caches.grpcServices.byIndex(
      'uid',
      grpcServiceUidOf(slice) ?? '',
    )) {
      this.#options.strays.lost(grpcService.metadata.uid ?? '', slice);
      this.#options.queue.add(objectKey(grpcService));
    }
  }

  #subscribe(): readonly (() => void)[] {
    const { caches, registries } = this.#options;
    return [
      caches.grpcServices.subscribe(({ old, now }) => this.#grpcServiceChanged(old, now)),
      caches.slices.subscribe((change) => this.#sliceChanged(change)),
      caches.kubeServices.subscribe((change) => this.#kubeServiceChanged(change)),
      caches.registries.subscribe(({ old, now }) => {
        if (old?.metadata.generation === now?.metadata.generation) return;
        this.#addAll('registry', keyOf(old, now), 'later');
      }),
      ...(caches.namespaces === null
        ? []
        : [
            caches.namespaces.subscribe(({ old, now }) => {
              this.#addAll('namespace', (now ?? old)?.metadata.name ?? '', 'later');
            }),
          ]),
      registries.subscribe((registry, service) => {
        if (service === null) this.#addAll('registry', registry, 'later');
        else this.#addAll('registryService', registryServiceIndex(registry, service), 'now');
      }),
    ];
  }

  #grpcServiceChanged(old: GrpcService | undefined, now: GrpcService | undefined): void {
    const { queue, reconciler } = this.#options;
    if (now !== undefined && reconciler.isOwnStatusWrite(now)) return;
    if (now === undefined) this.#options.strays.forget(old?.metadata.uid ?? '');
    queue.add(keyOf(old, now), 'later');
    // A name that was given up, or claimed, concerns its rivals too.
    for (const object of [old, now]) {
      if (object === undefined) continue;
      const namespace = object.metadata.namespace ?? '';
      const name = object.spec.dns?.serviceName ?? object.metadata.name;
      this.#addAll('serviceName', `${namespace}/${name}`, 'later');
    }
  }

  #sliceChanged(change: {
    readonly old: EndpointSlice | undefined;
    readonly now: EndpointSlice | undefined;
  }): void {
    const { old, now } = change;
    const uids = new Set([old, now].map((slice) => (slice === undefined ? null : grpcServiceUidOf(slice))));
    for (const uid of uids) {
      if (uid === null || this.#options.writtenSlices.observe(uid, change)) continue;
      if (old !== undefined && now === undefined) this.#lost(old);
      this.#addAll('uid', uid, 'now');
    }
  }

  #kubeServiceChanged(change: {
    readonly old: KubeService | undefined;
    readonly now: KubeService | undefined;
  }): void {
    const uids = new Set(
      [change.old, change.now].flatMap((s) => (s === undefined ? [] : grpcServiceUidsOf(s))),
    );
    const echoed = [...uids].some((uid) => this.#options.writtenServices.observe(uid, change));
    if (!echoed) for (const uid of uids) this.#addAll('uid', uid, 'now');
    // A Service that its writer takes away, knowingly, is what another of that name may be waiting for.
    const { grpcServices } = this.#options.caches;
    for (const grpcService of grpcServices.byIndex('serviceName', keyOf(change.old, change.now))) {
      if (!echoed || !uids.has(grpcService.metadata.uid ?? '')) {
        this.#options.queue.add(objectKey(grpcService), 'now');
      }
    }
  }

  #addAll(index: string, value: string, urgency: Urgency): void {
    for (const grpcService of this.#options.caches.grpcServices.byIndex(index, value)) {
      this.#options.queue.add(objectKey(grpcService), urgency);
    }
  }
}

function keyOf(
  old: { readonly metadata: { readonly namespace?: string; readonly name: string } } | undefined,
  now: { readonly metadata: { readonly namespace?: string; readonly name: string } } | undefined,
): ObjectKey {
  const object = now ?? old;
  return object === undefined ? '/' : objectKey(object);
}
