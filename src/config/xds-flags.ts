import { flag, optional, withLetter } from './flag.ts';
import { duration, namespacedName, oneOf, text } from './kinds.ts';
import { serverList } from './xds-servers.ts';

/** Flags of `rollcall xds`. */
export const xdsFlags = {
  address: flag(
    serverList,
    '127.0.0.1:8082',
    'The --admin-address of the operator; of several replicas all, for each knows its own clients only',
  ),
  service: optional(
    namespacedName,
    'all of them',
    'The GrpcService that it is about; needed for config without --node-id',
  ),
  nodeId: optional(
    text('text', 'ID'),
    'any client',
    'config: what the client with this node.id is shown, which has to be connected',
  ),
  agent: flag(
    oneOf(['grpc', 'envoy']),
    'grpc',
    'config: what such a client would be shown, where --node-id is not given',
  ),
  region: optional(text('text', 'NAME'), 'not told', 'config: region of a client that is not named'),
  zone: optional(text('text', 'NAME'), 'not told', 'config: zone of a client that is not named'),
  output: withLetter(
    flag(
      oneOf(['table', 'wide', 'json', 'yaml']),
      'table',
      'table and wide for people, json and yaml for programs; also -o',
    ),
    'o',
  ),
  timeout: flag(duration('100ms', '5m'), '5s', 'How long each replica may take to answer'),
} as const;

/** What `rollcall xds` shows. */
export const XDS_ARGUMENT = {
  key: 'what',
  placeholder: 'clients|config',
  description:
    'clients: who is connected, has what and refuses what; config: the resources that a client is shown',
} as const;
