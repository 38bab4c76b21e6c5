import type { XdsNode } from '../../../src/xds/discovery.ts';
import type { StreamListing, TypeListing } from '../../../src/xds/engine/listing.ts';
import type { Refusal, StreamIdentity } from '../../../src/xds/engine/observer.ts';
import { type ResourceKey, TYPE, type XdsResource } from '../../../src/xds/resource.ts';

let lastId = 0;

/** A client's stream, as observers are told of it. */
export function aStream(nodeId = 'web-1.shop', change: Partial<StreamIdentity> = {}): StreamIdentity {
  lastId += 1;
  return {
    id: lastId,
    kind: 'sotw',
    method: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
    peer: '10.0.0.1:4242',
    peerNames: [],
    node: aNode({ id: nodeId }),
    view: 'grpc',
    ...change,
  };
}

/** The node of a gRPC client in Go. */
export function aNode(change: Partial<XdsNode> = {}): XdsNode {
  return {
    id: 'web-1.shop',
    cluster: '',
    locality: null,
    userAgentName: 'gRPC Go',
    userAgentVersion: '1.80.0',
    metadata: {},
    clientFeatures: [],
    ...change,
  };
}

/** A resource without content. */
export function anXdsResource(name: string, version = 'v1', typeUrl: string = TYPE.endpoints): XdsResource {
  return { typeUrl, name, version, body: Buffer.alloc(0), needs: [] };
}

/** A refusal of a cluster for each name. */
export function aRefusal(names: readonly string[], change: Partial<Refusal> = {}): Refusal {
  const typeUrl: ResourceKey['typeUrl'] = change.typeUrl ?? TYPE.cluster;
  return {
    typeUrl,
    resources: names.map((name) => anXdsResource(name, 'v1', typeUrl)),
    told: true,
    reason: 'LRS is not supported',
    atMs: 0,
    ...change,
  };
}

/** A stream of {@link aNode}, as the engine lists it. */
export function aListing(change: Partial<StreamListing> = {}): StreamListing {
  return {
    ...{ id: 1, kind: 'sotw', peer: '10.0.0.1:4242', peerNames: [], node: aNode(), view: 'grpc' },
    method: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
    sinceMs: Date.UTC(2026, 0, 1),
    types: [],
    ...change,
  };
}

/** A subscription to assignments that is not answered yet. */
export function aTypeListing(change: Partial<TypeListing> = {}): TypeListing {
  return {
    ...{ typeUrl: TYPE.endpoints, wildcard: false, names: [], resources: [], lagMs: 0, latencyMs: null },
    ...change,
  };
}
