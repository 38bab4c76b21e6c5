import type { OperatorConfig } from '../config/index.ts';
import { WorkQueue } from '../controller/work-queue.ts';
import { ApiResourceClient } from '../kube/resource-client.ts';
import { GRPC_SERVICES } from '../kube/resources.ts';
import type { Transport } from '../kube/transport.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { ObjectKey } from '../model/key.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { XdsObserver } from '../xds/engine/observer.ts';
import { toAll } from '../xds/news/observers.ts';
import { PropagationLog } from '../xds/news/propagation-log.ts';
import { RefusalLog } from '../xds/news/refusal-log.ts';
import { RefusalReporter } from '../xds/news/refusal-reporter.ts';
import type { XdsWorld } from '../xds/world/xds-world.ts';
import type { Reflectors } from './kube-parts.ts';

export interface XdsNewsOptions {
  readonly config: OperatorConfig;
  readonly reflectors: Pick<Reflectors, 'grpcServices'>;
  readonly world: Pick<XdsWorld, 'ownerOf'>;
  readonly metrics: Metrics;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** What becomes of what streams tell: metrics, and conditions of GrpcServices. */
export interface XdsNews {
  readonly observer: XdsObserver;
  readonly propagation: PropagationLog;
  run(signal: AbortSignal): Promise<void>;
}

/** Wires it; nothing runs yet. Every replica writes what its own clients refuse, so that this passes no gate of the leader. */
export function xdsNews(options: XdsNewsOptions): XdsNews {
  const { config, reflectors, metrics, transport, world, clock, random, logger } = options;
  const propagation = new PropagationLog(() => clock.now(), metrics.xdsPropagated);
  const log: RefusalLog = new RefusalLog(
    (resource) => world.ownerOf(resource),
    (key) => reporter.changed(key),
  );
  const reporter = new RefusalReporter({
    ...{ log, clock },
    grpcServices: reflectors.grpcServices,
    // It has a limit of its own, so as not to take what the leader's writes need.
    client: new ApiResourceClient(transport, GRPC_SERVICES),
    queue: new WorkQueue<ObjectKey>({
      name: 'xds-refusals',
      workers: 2,
      // A right that is missing is given some day; until then the log and the metrics tell.
      retry: { baseMs: 1000, maxMs: 60_000 },
      ...{ clock, random, logger },
      observer: metrics.machinery,
    }),
    replica: config.identity,
  });
  return {
    observer: toAll([
      metrics.xds,
      { accepted: (stream, acceptance) => propagation.accepted(stream, acceptance) },
      {
        refused: (stream, refusal) => log.refused(stream, refusal),
        withdrawn: (stream, refusal) => log.withdrawn(stream, refusal),
      },
    ]),
    propagation,
    run: (signal) => reporter.run(signal),
  };
}
