import type { OperatorConfig } from '../config/index.ts';
import { PodLocator } from '../kube/pod-locator.ts';
import { ApiResourceClient } from '../kube/resource-client.ts';
import { NODES, PODS } from '../kube/resources.ts';
import type { Transport } from '../kube/transport.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { XdsCodec } from '../xds/engine/codec.ts';
import { LocatedStreams } from '../xds/locality/located-streams.ts';

export interface PlacesOptions {
  readonly config: OperatorConfig;
  readonly transport: Transport;
  readonly codec: XdsCodec;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Gives clients that are pods their places. Nodes belong to no namespace, so that a Role cannot grant them: in namespaced mode the labels of the pods
 * alone count.
 */
export function locatedStreams({ config, transport, codec, clock, logger }: PlacesOptions): LocatedStreams {
  const { watchNamespaces: namespaces } = config;
  const locator = new PodLocator({
    pods: new ApiResourceClient(transport, PODS),
    nodes: namespaces.length === 0 ? new ApiResourceClient(transport, NODES) : null,
    ...{ namespaces, clock, logger },
  });
  return new LocatedStreams({ locator, codec, clock, logger });
}
