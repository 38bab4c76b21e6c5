import { Conflicts } from '../controller/conflicts.ts';
import { GrpcServiceController } from '../controller/grpcservice-controller.ts';
import { GrpcServiceReconciler } from '../controller/grpcservice-reconciler.ts';
import { GrpcServiceStatusWriter } from '../controller/grpcservice-status-writer.ts';
import { Gatherer } from '../controller/gatherer.ts';
import type { EventRecorder } from '../controller/kube-ports.ts';
import { LostSlices } from '../controller/lost-slices.ts';
import { PublicationLog } from '../controller/publication-log.ts';
import { Publisher } from '../controller/publisher.ts';
import { RegistryStatusController } from '../controller/registry-status-controller.ts';
import type { RegistrySupervisor } from '../controller/registry-supervisor.ts';
import { StraySlices } from '../controller/stray-slices.ts';
import { WorkQueue } from '../controller/work-queue.ts';
import { WrittenObjects } from '../controller/written-objects.ts';
import type { EndpointSlice, KubeService } from '../model/kube-objects.ts';
import type { ObjectKey } from '../model/key.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type Clients, defaultRegistryKey, type KubePartsOptions, type Reflectors } from './kube-parts.ts';
import type { XdsBootstrap } from './xds-bootstrap.ts';

export interface LeaderWorkOptions extends Omit<KubePartsOptions, 'transport' | 'observer'> {
  readonly reflectors: Reflectors;
  readonly clients: Clients;
  readonly supervisor: RegistrySupervisor;
  readonly events: EventRecorder;
  readonly metrics: Metrics;
  readonly bootstrap: Pick<XdsBootstrap, 'controller'>;
}

/** What only the leader does: publish GrpcServices, tell the status of Registries, give clients of xDS their bootstrap. */
export interface LeaderWork {
  /** Works for one term of leadership. */
  run(term: AbortSignal): Promise<void>;
}

/** Wires the controllers; nothing runs yet. */
export function createLeaderWork(options: LeaderWorkOptions): LeaderWork {
  const { config, clock, random, logger, reflectors, clients, supervisor, events, metrics, bootstrap } =
    options;
  const queue = (name: string, workers: number): WorkQueue<ObjectKey> =>
    new WorkQueue({
      name,
      workers,
      // Nothing tells that a quota was raised or a webhook mended: a minute is the longest that somebody waits for it.
      retry: { baseMs: 5, maxMs: 60_000 },
      drainMs: config.shutdownGraceMs,
      clock,
      random,
      logger: logger.child({ controller: name }),
      observer: metrics.machinery,
    });
  const writtenSlices = new WrittenObjects<EndpointSlice>(() => clock.now());
  const writtenServices = new WrittenObjects<KubeService>(() => clock.now());
  const strays = new StraySlices({
    client: clients.slices,
    namespaces: config.watchNamespaces,
    clock,
    random,
    logger,
  });
  const conflicts = new Conflicts();
  const observer = metrics.controller;
  const grpcServiceQueue = queue('grpcservice', config.workers);
  const reconciler = new GrpcServiceReconciler({
    caches: reflectors,
    registries: supervisor,
    gatherer: new Gatherer({
      caches: reflectors,
      registries: supervisor,
      sliceClient: clients.slices,
      conflicts,
      strays,
      writtenSlices,
      writtenServices,
      defaultRegistry: defaultRegistryKey(config),
      registryNamespaces: config.registryNamespaces,
      maxEndpointsPerSlice: config.maxEndpointsPerSlice,
    }),
    publisher: new Publisher({
      slices: clients.slices,
      services: clients.kubeServices,
      conflicts,
      strays,
      writtenSlices,
      writtenServices,
      sliceWritten: (operation) => observer.sliceWritten(operation),
    }),
    publications: new PublicationLog(observer, supervisor, clock),
    statusWriter: new GrpcServiceStatusWriter(clients.grpcServices, clock),
    events,
    observer,
    clock,
    clusterDomain: config.clusterDomain,
    servesXds: config.xdsAddress !== null,
    othersWait: () => grpcServiceQueue.length > 0,
  });
  const grpcServices = new GrpcServiceController({
    caches: reflectors,
    registries: supervisor,
    reconciler,
    queue: grpcServiceQueue,
    conflicts,
    strays,
    lostSlices: new LostSlices(clock),
    writtenSlices,
    writtenServices,
    observer,
  });
  const registries = new RegistryStatusController({
    registries: reflectors.registries,
    supervisor,
    client: clients.registries,
    events,
    queue: queue('registry', 1),
    clock,
  });
  return {
    run: async (term) => {
      await Promise.all([grpcServices.run(term), registries.run(term), bootstrap.controller.run(term)]);
    },
  };
}
