import { publishSpec, type PublishSpec } from '../desired/publish-spec.ts';
import type { GrpcService } from '../model/grpcservice.ts';
import type { EndpointSlice, KubeService } from '../model/kube-objects.ts';
import { type ObjectKey, objectKey } from '../model/key.ts';
import { LABEL_GRPCSERVICE_UID, LABEL_MANAGED_BY, LABEL_SERVICE_NAME, MANAGED_BY } from '../model/names.ts';
import { claimWinner } from '../slices/claim.ts';
import { allowedCidrs } from './allowed-cidrs.ts';
import type { Conflicts } from './conflicts.ts';
import type { GrpcServiceCaches } from './grpcservice-caches.ts';
import { grpcServiceUidOf, grpcServiceUidsOf } from './grpcservice-indexes.ts';
import type { ResourceClient } from './kube-ports.ts';
import type { Observation } from './publish-decision.ts';
import { lookUpInCaches } from './registry-access.ts';
import type { RegistryDirectory, RegistryHealth } from './registry-directory.ts';
import type { StraySlices } from './stray-slices.ts';
import type { WrittenObjects } from './written-objects.ts';

export interface GathererOptions {
  readonly caches: GrpcServiceCaches;
  readonly registries: RegistryDirectory;
  /** For what the cache does not answer: who else writes slices for a Service that is to be adopted, and what is there when the watch is late. */
  readonly sliceClient: ResourceClient<EndpointSlice>;
  readonly conflicts: Conflicts;
  readonly strays: StraySlices;
  readonly writtenSlices: WrittenObjects<EndpointSlice>;
  readonly writtenServices: WrittenObjects<KubeService>;
  readonly defaultRegistry: ObjectKey | null;
  readonly registryNamespaces: readonly string[];
  readonly maxEndpointsPerSlice: number;
}

const NOT_OPENED: RegistryHealth = {
  available: false,
  reason: 'NeverRead',
  message: 'The operator has not opened the registry yet.',
  needsHelp: false,
};

/** Looks at everything that one decision is made from. */
export class Gatherer {
  readonly #options: GathererOptions;

  constructor(options: GathererOptions) {
    this.#options = options;
  }

  /** `sinceMs`: when this term of leadership began, by this process's clock. */
  async observe(grpcService: GrpcService, sinceMs: number, signal: AbortSignal): Promise<Observation> {
    const publish = publishSpec(grpcService);
    const lookup = lookUpInCaches(grpcService, this.#options);
    const view = lookup.ok ? this.#options.registries.get(lookup.key) : undefined;
    const services = this.#services(grpcService, publish);
    const slices = await this.#slices(grpcService, signal);
    const strays = await this.#options.strays.find(grpcService, slices, signal);
    return {
      grpcService,
      publish,
      lookup,
      allowedCIDRs: lookup.ok ? allowedCidrs(lookup.registry) : [],
      health: view?.health ?? NOT_OPENED,
      snapshot: view?.snapshot(publish.service),
      current: view?.isCurrent(publish.service, sinceMs) ?? false,
      nowUs: view?.nowUs() ?? 0,
      slices: [...slices, ...strays.ours],
      takenSliceNames: strays.foreignNames,
      deletedSlices: strays.deleted,
      kubeService: services.wanted,
      otherServices: services.others,
      foreignSlices: await this.#foreignSlices(grpcService, publish, services.wanted, signal),
      nameHolder: this.#nameHolder(grpcService, publish, services.wanted),
      maxEndpointsPerSlice: this.#options.maxEndpointsPerSlice,
    };
  }

  async #slices(grpcService: GrpcService, signal: AbortSignal): Promise<readonly EndpointSlice[]> {
    const { uid = '', namespace = '' } = grpcService.metadata;
    if (this.#options.conflicts.areLasting(uid)) return await this.#storedSlices(uid, namespace, signal);
    const cached = this.#options.caches.slices
      .byIndex('grpcServiceUid', uid)
      .filter((slice) => slice.metadata.namespace === namespace);
    return this.#options.writtenSlices.merge(uid, cached);
  }

  /** Asked for, and believed until the watch has brought them. */
  async #storedSlices(
    uid: string,
    namespace: string,
    signal: AbortSignal,
  ): Promise<readonly EndpointSlice[]> {
    const { sliceClient, writtenSlices } = this.#options;
    const labelSelector = `${LABEL_GRPCSERVICE_UID}=${uid},${LABEL_MANAGED_BY}=${MANAGED_BY}`;
    const listed = await sliceClient.list({ namespace, labelSelector }, signal);
    const stored = listed.filter((slice) => grpcServiceUidOf(slice) === uid);
    for (const slice of stored) writtenSlices.wrote(uid, slice);
    return stored;
  }

  #services(
    grpcService: GrpcService,
    publish: PublishSpec,
  ): { readonly wanted: KubeService | undefined; readonly others: readonly KubeService[] } {
    const { uid = '', namespace = '' } = grpcService.metadata;
    const { kubeServices } = this.#options.caches;
    const named = kubeServices.get(`${namespace}/${publish.dns.serviceName}`);
    const ours = kubeServices
      .byIndex('grpcServiceUid', uid)
      .filter((s) => s.metadata.namespace === namespace);
    const cached = named === undefined || ours.includes(named) ? ours : [named, ...ours];
    const seen = this.#options.writtenServices.merge(uid, cached);
    return {
      wanted: seen.find(({ metadata }) => metadata.name === publish.dns.serviceName),
      others: seen.filter(({ metadata }) => metadata.name !== publish.dns.serviceName),
    };
  }

  /** The holder of a Service keeps its name against anybody who claims it later, however old: live traffic stays where it is. */
  #nameHolder(grpcService: GrpcService, publish: PublishSpec, wanted: KubeService | undefined): GrpcService {
    const rivals = this.#options.caches.grpcServices
      .byIndex('serviceName', `${grpcService.metadata.namespace ?? ''}/${publish.dns.serviceName}`)
      .filter(({ spec, metadata }) => spec.dns?.enabled !== false && metadata.deletionTimestamp === undefined)
      .filter((rival) => objectKey(rival) !== objectKey(grpcService));
    const claimants = [grpcService, ...rivals];
    const holders = wanted === undefined ? [] : grpcServiceUidsOf(wanted);
    const holder = claimants.find(({ metadata }) => holders.includes(metadata.uid ?? ''));
    return holder ?? claimWinner(claimants) ?? grpcService;
  }

  async #foreignSlices(
    grpcService: GrpcService,
    publish: PublishSpec,
    wanted: KubeService | undefined,
    signal: AbortSignal,
  ): Promise<readonly EndpointSlice[]> {
    const { namespace = '', uid = '' } = grpcService.metadata;
    if (wanted === undefined || publish.dns.adoption === 'Never') return [];
    if (grpcServiceUidsOf(wanted).includes(uid)) return [];
    const labelSelector = `${LABEL_SERVICE_NAME}=${publish.dns.serviceName},${LABEL_MANAGED_BY}!=${MANAGED_BY}`;
    return this.#options.sliceClient.list({ namespace, labelSelector }, signal);
  }
}
