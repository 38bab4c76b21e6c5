import type { XdsNode } from '../discovery.ts';
import { RPC, RpcRefused } from '../rpc.ts';
import { decodeMessage } from './decode-message.ts';
import { encodeMessage } from './encode-message.ts';
import type {
  ClientConfig,
  ClientConfigGenericXdsConfig,
  ClientStatusRequest,
  EnvoyTypeMatcherStringMatcher,
  Timestamp,
} from './generated/messages.ts';
import { framed } from './responses.ts';

/** Whom a request of the client status discovery service (envoy/service/status/v3/csds.proto) asks about. */
export interface ClientStatusQuery {
  readonly matches: (node: XdsNode) => boolean;
  /** False: names and versions are enough. */
  readonly withContents: boolean;
}

/** How one resource stands with one client. */
export interface ResourceStatus {
  readonly typeUrl: string;
  readonly name: string;
  /**
   * `synced`: the newest is acknowledged. `sent`: it was sent, without an answer yet. `refused`: the client refused it, and keeps what it had.
   * `unsent`: it is there, and waits its turn. `missing`: there is no such resource.
   */
  readonly state: 'synced' | 'sent' | 'refused' | 'unsent' | 'missing';
  /** Of what the client has; '' for nothing. */
  readonly version: string;
  /** What the client has, encoded; null where that is not kept, or not to be told. */
  readonly body: Uint8Array | null;
  /** When it took that; in ms since 1970. Null: never. */
  readonly atMs: number | null;
  readonly refusal: { readonly version: string; readonly reason: string; readonly atMs: number } | null;
}

/** One client, with what it is subscribed to. */
export interface ClientStatus {
  readonly node: XdsNode;
  readonly resources: readonly ResourceStatus[];
}

/** The most fields of a request: many conditions. */
const MAX_FIELDS = 1000;

/**
 * Reads a ClientStatusRequest. Throws XdsDecodeError for bytes that are none, RpcRefused (UNIMPLEMENTED) for a condition that is not understood: who
 * asks for some clients is not to be shown others.
 */
export function decodeClientStatusRequest(body: Uint8Array): ClientStatusQuery {
  const request = decodeMessage(
    'envoy.service.status.v3.ClientStatusRequest',
    body,
    MAX_FIELDS,
  ) as ClientStatusRequest;
  const conditions = (request.nodeMatchers ?? []).map(({ nodeId, nodeMetadatas }) => {
    if (nodeMetadatas !== undefined) throw unsupported('node_metadatas');
    return nodeId === undefined ? () => true : textCondition(nodeId);
  });
  return {
    matches: ({ id }) => conditions.length === 0 || conditions.some((holds) => holds(id)),
    withContents: request.excludeResourceContents !== true,
  };
}

/** A ClientStatusResponse, framed for gRPC. */
export function encodeClientStatusResponse(clients: readonly ClientStatus[]): Buffer {
  return framed(
    encodeMessage('envoy.service.status.v3.ClientStatusResponse', { config: clients.map(clientConfig) }),
  );
}

function textCondition(matcher: EnvoyTypeMatcherStringMatcher): (text: string) => boolean {
  const { exact, prefix, suffix, contains, ignoreCase = false } = matcher;
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  if (exact !== undefined) return (text) => fold(text) === fold(exact);
  if (prefix !== undefined) return (text) => fold(text).startsWith(fold(prefix));
  if (suffix !== undefined) return (text) => fold(text).endsWith(fold(suffix));
  if (contains !== undefined) return (text) => fold(text).includes(fold(contains));
  throw unsupported('safe_regex or custom');
}

function unsupported(what: string): RpcRefused {
  return new RpcRefused(
    RPC.unimplemented,
    `node_matchers: no ${what} here; use node_id with exact, prefix, suffix or contains`,
  );
}

function clientConfig({ node, resources }: ClientStatus): ClientConfig {
  return {
    node: { ...node, locality: node.locality ?? undefined },
    genericXdsConfigs: resources.map(resourceConfig),
  };
}

const STATES = {
  synced: { configStatus: 'SYNCED', clientStatus: 'ACKED' },
  sent: { configStatus: 'STALE', clientStatus: 'REQUESTED' },
  refused: { configStatus: 'ERROR', clientStatus: 'NACKED' },
  unsent: { configStatus: 'NOT_SENT', clientStatus: 'REQUESTED' },
  missing: { configStatus: 'NOT_SENT', clientStatus: 'DOES_NOT_EXIST' },
} as const satisfies Record<ResourceStatus['state'], Partial<ClientConfigGenericXdsConfig>>;

function resourceConfig(resource: ResourceStatus): ClientConfigGenericXdsConfig {
  const { typeUrl, name, version, body, refusal } = resource;
  return {
    typeUrl,
    name,
    versionInfo: version,
    xdsConfig: body === null ? undefined : { typeUrl, value: body },
    lastUpdated: resource.atMs === null ? undefined : timestamp(resource.atMs),
    ...STATES[resource.state],
    errorState:
      refusal === null
        ? undefined
        : {
            lastUpdateAttempt: timestamp(refusal.atMs),
            details: refusal.reason,
            versionInfo: refusal.version,
          },
  };
}

function timestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1_000_000) };
}
