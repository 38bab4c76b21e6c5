import type { RegistrySupervisor } from '../controller/registry-supervisor.ts';
import { WorkQueue } from '../controller/work-queue.ts';
import { flagLabel, type HostPort, type OperatorConfig } from '../config/index.ts';
import type { Clock } from '../lib/clock.ts';
import { errorMessage } from '../lib/errors.ts';
import type { Transport } from '../kube/transport.ts';
import type { Logger } from '../lib/logger.ts';
import type { ObjectKey } from '../model/key.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { decodeDeltaRequest, decodeDiscoveryRequest } from '../xds/codec/requests.ts';
import { encodeDeltaResponse, encodeResponse } from '../xds/codec/responses.ts';
import { CLIENT_STATUS_SERVICE, withClientStatus } from '../xds/admin/client-status.ts';
import { createXdsService } from '../xds/engine/service.ts';
import { XdsPublisher } from '../xds/publication/xds-publisher.ts';
import { withHealth } from '../xds/server/health.ts';
import { RpcServer } from '../xds/server/server.ts';
import { tlsFiles } from '../xds/server/tls.ts';
import type { ProxyAddress } from '../xds/world/front-proxy.ts';
import { XdsWorld } from '../xds/world/xds-world.ts';
import { defaultRegistryKey, namedReflectors, type Reflectors } from './kube-parts.ts';
import { xdsAdminEndpoint } from './xds-admin.ts';
import { xdsNews } from './xds-news.ts';
import { locatedStreams } from './xds-places.ts';

export interface XdsOptions {
  readonly config: OperatorConfig;
  readonly reflectors: Reflectors;
  readonly supervisor: RegistrySupervisor;
  readonly metrics: Metrics;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** The xDS server of this replica, listening. */
export interface XdsServing {
  run(signal: AbortSignal): Promise<void>;
  /** Whether streams are accepted; true where xDS is switched off. */
  isReady(): boolean;
}

/** The services of which grpc.health.v1 tells, besides the server as a whole. */
const HEALTH_SERVICES = ['envoy.service.discovery.v3.AggregatedDiscoveryService', CLIENT_STATUS_SERVICE];

/**
 * Listens for xDS, so that an address that is taken is known at once; the answer serves until its signal is aborted. Streams are refused with UNAVAILABLE until
 * everything was read once.
 */
export async function serveXds(options: XdsOptions): Promise<XdsServing> {
  const { config, reflectors, supervisor, metrics, clock, random } = options;
  if (config.xdsAddress === null) return { run: () => Promise.resolve(), isReady: () => true };
  const logger = options.logger.child({ component: 'xds' });
  const world = new XdsWorld(proxyAt(config.proxyAddress), (key, error) =>
    logger.error('a GrpcService cannot be encoded for xDS', { key, error: errorMessage(error) }),
  );
  const news = xdsNews({ ...options, logger, world });
  const located = locatedStreams({
    ...options,
    codec: { decodeDiscoveryRequest, decodeDeltaRequest, encodeResponse, encodeDeltaResponse },
    logger,
  });
  const service = createXdsService({
    source: world,
    codec: located.codec,
    clock,
    logger,
    observer: news.observer,
  });
  const server = new RpcServer({
    address: config.xdsAddress,
    flag: flagLabel('xdsAddress'),
    tls: config.xdsTls === null ? null : tlsFiles({ ...config.xdsTls, caFile: config.xdsTls.clientCaFile }),
    open: withHealth({
      services: HEALTH_SERVICES,
      serving: () => world.isReady,
      next: withClientStatus({
        list: () => service.list(),
        source: world,
        next: located.before(service.open),
      }),
      clock,
    }),
    ...{ clock, random, logger },
    observer: metrics.rpc,
  });
  const publisher = new XdsPublisher({
    caches: reflectors,
    registries: supervisor,
    world,
    queue: new WorkQueue<ObjectKey>({
      name: 'xds',
      workers: 1,
      ...{ clock, random, logger },
      observer: metrics.machinery,
    }),
    defaultRegistry: defaultRegistryKey(config),
    registryNamespaces: config.registryNamespaces,
    clusterDomain: config.clusterDomain,
    propagation: news.propagation,
    clock,
  });
  const publish = async (signal: AbortSignal): Promise<void> => {
    await Promise.all(namedReflectors(reflectors).map(([, reflector]) => reflector.whenSynced(signal)));
    await publisher.run(signal);
  };
  const admin =
    config.adminAddress === null
      ? null
      : xdsAdminEndpoint({
          ...{ address: config.adminAddress, flag: flagLabel('adminAddress'), log: logger },
          ...{ replica: config.identity, world, list: () => service.list() },
        });
  await admin?.listen();
  const { host, port } = await server.listen();
  logger.info('xDS is served', { host, port, tls: config.xdsTls !== null });
  return {
    isReady: () => world.isReady,
    run: async (signal) => {
      await Promise.all([
        server.run(signal),
        untilAborted(publish, signal),
        news.run(signal),
        admin?.run(signal),
      ]);
      service.stop();
    },
  };
}

/** A wait that the signal ends is no fault. */
async function untilAborted(
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await work(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Every address of the machine is `::` to Envoy, which takes IPv4 there, too. */
function proxyAt(address: HostPort | null): ProxyAddress | null {
  if (address === null) return null;
  return { address: address.host === '' ? '::' : address.host, port: address.port };
}
