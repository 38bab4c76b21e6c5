import { register } from '@grpc/grpc-js-xds';
import type { XdsDecodeContext } from '@grpc/grpc-js-xds/build/src/xds-resource-type/xds-resource-type.js';
import { ClusterResourceType } from '@grpc/grpc-js-xds/build/src/xds-resource-type/cluster-resource-type.js';
import { EndpointResourceType } from '@grpc/grpc-js-xds/build/src/xds-resource-type/endpoint-resource-type.js';
import { ListenerResourceType } from '@grpc/grpc-js-xds/build/src/xds-resource-type/listener-resource-type.js';
import { RouteConfigurationResourceType } from '@grpc/grpc-js-xds/build/src/xds-resource-type/route-config-resource-type.js';
import { makeResource } from '../../../src/xds/codec/resources.ts';
import { TYPE } from '../../../src/xds/resource.ts';
import type { ResourceDraft } from '../../../src/xds/resources/proto.ts';

const TYPES = new Map(
  Object.entries({
    [TYPE.listener]: ListenerResourceType,
    [TYPE.route]: RouteConfigurationResourceType,
    [TYPE.cluster]: ClusterResourceType,
    [TYPE.endpoints]: EndpointResourceType,
  }),
);

const CONTEXT: XdsDecodeContext = {
  server: { serverUri: 'xds:18000', channelCreds: [], serverFeatures: [] },
  bootstrap: {
    xdsServers: [],
    node: { id: 'web-1.shop', locality: {}, cluster: '', metadata: {} },
    authorities: {},
    certificateProviders: {},
    clientDefaultListenerResourceNameTemplate: '%s',
    serverListenerResourceNameTemplate: null,
  },
} as unknown as XdsDecodeContext;

/** What the client of @grpc/grpc-js-xds makes of a resource, once encoded: the name and value that it reads, or the error with which it refuses it. */
export function readByGrpcJs({ typeUrl, name, message, needs }: ResourceDraft): {
  readonly name: string;
  readonly value?: object;
  readonly error?: string;
} {
  register();
  const { body } = makeResource(typeUrl, name, message, needs);
  const type = TYPES.get(typeUrl);
  if (type === undefined) throw new Error(`no validator for ${typeUrl}`);
  return type.get().decode(CONTEXT, { type_url: typeUrl, value: Buffer.from(body) });
}
