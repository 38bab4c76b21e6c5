import { RegistrySupervisor } from '../controller/registry-supervisor.ts';
import { effectiveConfig, type OperatorConfig } from '../config/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { ApiEventRecorder } from '../kube/event-recorder.ts';
import { LeaseElector } from '../kube/lease-elector.ts';
import { ApiResourceClient } from '../kube/resource-client.ts';
import { LEASES } from '../kube/resources.ts';
import { Transport } from '../kube/transport.ts';
import { EventLoopMonitor } from '../telemetry/event-loop.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { apiAccess, type ApiServerAddress } from './api-access.ts';
import { createClients, createReflectors, namedReflectors, type Reflectors } from './kube-parts.ts';
import { createLeaderWork, type LeaderWork } from './leader-work.ts';
import { registryOpener } from './open-registry.ts';
import { serveTelemetry } from './telemetry.ts';
import { serveXds } from './xds.ts';
import { createXdsBootstrap } from './xds-bootstrap.ts';

/** What the process gives to the operator beside its configuration. */
export interface OperatorSurroundings {
  readonly version: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly apiServer: ApiServerAddress;
}

/**
 * Runs the operator until `signal` is aborted, then stops in order: not ready any more, controllers drained, lease released,
 * registries closed, connections closed. Rejects with ConfigError where it cannot even start, and with whatever a part of it that must not end ended with.
 */
export async function runOperator(
  config: OperatorConfig,
  surroundings: OperatorSurroundings,
  signal: AbortSignal,
): Promise<void> {
  const { version, logger, clock, random } = surroundings;
  logger.info('operator starting', { version, config: effectiveConfig(config) });
  const access = await apiAccess(config.kubeconfig, surroundings);
  const eventLoop = new EventLoopMonitor(clock);
  const metrics = createMetrics({
    version,
    apiHost: access.server.host,
    eventLoop: () => eventLoop.read(),
  });
  const transport = new Transport({
    access,
    userAgent: `rollcall/${version}`,
    writes: config.kubeApi,
    clock,
    random,
    observer: metrics.machinery,
  });
  const parts = { config, transport, clock, random, logger, observer: metrics.machinery };
  const reflectors = createReflectors(parts);
  const elector = new LeaseElector({
    ...config.leaderElection,
    namespace: config.namespace,
    name: config.leaderElection.leaseName,
    identity: config.identity,
    leases: new ApiResourceClient(transport, LEASES),
    cache: reflectors.lease,
    clock,
    random,
    logger: logger.child({ component: 'election' }),
    observer: metrics.machinery,
  });
  const clients = createClients(transport, elector);
  const events = new ApiEventRecorder({
    client: clients.events,
    reportingInstance: config.identity,
    clock,
    random,
    logger,
    observer: metrics.machinery,
  });
  const supervisor = new RegistrySupervisor({
    registries: reflectors.registries,
    open: registryOpener({ config, clients, leadership: elector, metrics, clock, random, logger }),
    clock,
    random,
    logger: logger.child({ component: 'registries' }),
  });
  const bootstrap = createXdsBootstrap({ ...parts, reflectors, gate: elector, events });
  const work = createLeaderWork({ ...parts, reflectors, clients, supervisor, events, metrics, bootstrap });
  const xds = await serveXds({ ...parts, reflectors, supervisor, metrics });
  const telemetry = await serveTelemetry({
    config,
    metrics,
    reflectors,
    supervisor,
    elector,
    xds,
    clock,
    logger,
    signal,
  });

  const followers: readonly Runnable[] = [
    ...namedReflectors(reflectors).map(([, reflector]) => reflector),
    bootstrap.reflector,
    supervisor,
    xds,
    events,
    eventLoop,
    telemetry,
  ];
  await runAll(followers, (stop) => lead(elector, reflectors, work, stop), signal);
  await transport.close();
  logger.info('operator stopped');
}

/** A part that runs until its signal is aborted. */
interface Runnable {
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Runs `main` until `signal` is aborted, with `followers` beside it: they are stopped after it has ended, because a leader
 * that drains still needs them. A follower that ends by a fault ends all.
 */
async function runAll(
  followers: readonly Runnable[],
  main: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const fault = new AbortController();
  const following = new AbortController();
  const running = followers.map((follower) =>
    follower.run(following.signal).catch((error: unknown) => {
      if (!following.signal.aborted) fault.abort(error);
    }),
  );
  try {
    await main(AbortSignal.any([signal, fault.signal]));
  } finally {
    following.abort(new Error('the operator stops'));
    await Promise.all(running);
  }
  if (fault.signal.aborted) throw fault.signal.reason;
}

function lead(
  elector: LeaseElector,
  reflectors: Reflectors,
  work: LeaderWork,
  signal: AbortSignal,
): Promise<void> {
  const onStartedLeading = async (term: AbortSignal): Promise<void> => {
    try {
      await Promise.all(namedReflectors(reflectors).map(([, reflector]) => reflector.whenSynced(term)));
    } catch (error) {
      if (term.aborted) return;
      throw error;
    }
    await work.run(term);
  };
  return elector.run({ onStartedLeading, onStoppedLeading: () => undefined }, signal);
}
