import type { EndpointSlice, KubeService } from '../model/kube-objects.ts';
import type { ServicePlan } from '../slices/service-plan.ts';
import type { SlicePlan } from '../slices/slice-plan.ts';
import { KubeApiError, type ObjectVersion, type ResourceClient } from './kube-ports.ts';
import type { Conflicts } from './conflicts.ts';
import type { SliceOperation } from './observer.ts';
import type { StraySlices } from './stray-slices.ts';
import type { WrittenObjects } from './written-objects.ts';

/** Everything that one sync writes. */
export interface Writes {
  readonly slices: SlicePlan | null;
  readonly service: ServicePlan;
  /** Slices and Services of an earlier name, or of a GrpcService that publishes nothing over DNS any more. */
  readonly obsoleteSlices: readonly EndpointSlice[];
  readonly obsoleteServices: readonly KubeService[];
  /** Adopted Services without our annotation, to be written. */
  readonly releasedServices: readonly KubeService[];
}

export interface PublisherPorts {
  readonly slices: ResourceClient<EndpointSlice>;
  readonly services: ResourceClient<KubeService>;
  readonly writtenSlices: WrittenObjects<EndpointSlice>;
  readonly writtenServices: WrittenObjects<KubeService>;
  readonly conflicts: Conflicts;
  readonly strays: StraySlices;
  readonly sliceWritten: (operation: SliceOperation) => void;
}

/** Writes of one phase that are under way at once. */
const AT_ONCE = 8;

/**
 * Carries a plan out in the one order that never takes a live address away: create slices, update slices, then the Service
 * (a name that CoreDNS was asked for before it had addresses is cached as "nothing" for up to 30 s), then deletes. A phase
 * that failed ends the sync: nothing is deleted unless all that replaces it stands.
 */
export class Publisher {
  readonly #ports: PublisherPorts;

  constructor(ports: PublisherPorts) {
    this.#ports = ports;
  }

  async apply(owner: string, writes: Writes, signal: AbortSignal): Promise<void> {
    const { slices } = writes;
    await this.#each(slices?.create ?? [], (slice) => this.#writeSlice(owner, 'create', slice, signal));
    await this.#each(slices?.update ?? [], (slice) => this.#writeSlice(owner, 'update', slice, signal));
    await this.#applyService(owner, writes.service, signal);
    for (const service of writes.obsoleteServices) await this.#removeService(owner, service, signal);
    for (const service of writes.releasedServices) await this.#writeService(owner, 'update', service, signal);
    await this.#each([...(slices?.delete ?? []), ...writes.obsoleteSlices], (slice) =>
      this.#deleteSlice(owner, slice, signal),
    );
    this.#ports.conflicts.over(owner);
  }

  /** After a conflict: what was written for `owner` is to be read anew. */
  forget(owner: string): void {
    this.#ports.conflicts.met(owner);
    this.#ports.writtenSlices.forget(owner);
    this.#ports.writtenServices.forget(owner);
  }

  async #writeSlice(
    owner: string,
    operation: 'create' | 'update',
    slice: EndpointSlice,
    signal: AbortSignal,
  ): Promise<void> {
    let answer: EndpointSlice;
    try {
      answer = await this.#ports.slices[operation](slice, signal);
    } catch (error) {
      if (error instanceof KubeApiError && error.reason === 'AlreadyExists')
        this.#ports.strays.nameTaken(owner, slice);
      throw error;
    }
    this.#ports.writtenSlices.wrote(owner, answer);
    this.#ports.sliceWritten(operation);
  }

  async #deleteSlice(owner: string, slice: EndpointSlice, signal: AbortSignal): Promise<void> {
    await this.#ports.slices.delete(versionOf(slice), signal);
    this.#ports.writtenSlices.deleted(owner, slice);
    this.#ports.sliceWritten('delete');
  }

  async #applyService(owner: string, plan: ServicePlan, signal: AbortSignal): Promise<void> {
    switch (plan.action) {
      case 'none':
      case 'refuse':
        return;
      case 'create':
      case 'update':
        return this.#writeService(owner, plan.action, plan.service, signal);
      case 'recreate':
        await this.#removeService(owner, plan.existing, signal);
        return this.#writeService(owner, 'create', plan.service, signal);
      default:
        plan satisfies never;
    }
  }

  async #writeService(
    owner: string,
    operation: 'create' | 'update',
    service: KubeService,
    signal: AbortSignal,
  ): Promise<void> {
    const answer = await this.#ports.services[operation](service, signal);
    this.#ports.writtenServices.wrote(owner, answer);
  }

  async #removeService(owner: string, service: KubeService, signal: AbortSignal): Promise<void> {
    await this.#ports.services.delete(versionOf(service), signal);
    this.#ports.writtenServices.deleted(owner, service);
  }

  /** Carries out all of a phase, a few at once; every write is tried, then the first fault is thrown with the others as its company. */
  async #each<T>(items: readonly T[], write: (item: T) => Promise<void>): Promise<void> {
    const faults: unknown[] = [];
    const rest = [...items];
    const worker = async (): Promise<void> => {
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) {
        try {
          await write(item);
        } catch (error) {
          faults.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
    if (faults.length > 0) throw gravest(faults);
  }
}

/** Of several faults the one that decides what is to be done: anything graver than a conflict, which only means "look again". */
function gravest(faults: readonly unknown[]): unknown {
  return faults.find((fault) => !(fault instanceof KubeApiError && fault.code === 409)) ?? faults[0];
}

function versionOf(object: EndpointSlice | KubeService): ObjectVersion {
  const { namespace = '', name, uid = '', resourceVersion = '' } = object.metadata;
  return { namespace, name, uid, resourceVersion };
}
