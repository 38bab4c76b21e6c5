import type { ObjectKey } from '../../model/key.ts';
import type { XdsNode } from '../discovery.ts';
import type { StreamListing, TypeListing } from '../engine/listing.ts';
import type { Kind } from '../engine/protocol.ts';
import type { ResourceKey } from '../resource.ts';

/** How a client stands: it has what is newest; a response waits for its answer; it refuses something. */
export type ClientState = 'Current' | 'Waiting' | 'Refused';

/** A version, and when the client was sent it or took it (RFC 3339). */
interface Stamp {
  readonly version: string;
  readonly at: string;
}

/** One resource that a client wants. */
export interface ResourceReport {
  readonly name: string;
  readonly sent: Stamp | null;
  readonly acked: Stamp | null;
  readonly refused: (Stamp & { readonly reason: string }) | null;
}

/** What a client wants of one type. */
export interface TypeReport {
  /** `Cluster` */
  readonly type: string;
  /** It wants all there are. */
  readonly wildcard: boolean;
  /** For how long the newest response has been without an answer; 0: none is. */
  readonly lagMs: number;
  /** How long the answer before took; null: there was none. */
  readonly latencyMs: number | null;
  readonly resources: readonly ResourceReport[];
}

/** One stream of a client. */
export interface ClientReport {
  /** node.id; '' before its first request. */
  readonly node: string;
  readonly nodeCluster: string;
  /** `gRPC Go 1.80.0` */
  readonly agent: string;
  readonly region: string;
  readonly zone: string;
  readonly peer: string;
  /** Names of its certificate. */
  readonly peerNames: readonly string[];
  readonly kind: Kind;
  readonly method: string;
  /** What it is shown: clients of one view are shown the same. */
  readonly view: string;
  readonly since: string;
  readonly state: ClientState;
  /** The longest of its types. */
  readonly lagMs: number;
  readonly types: readonly TypeReport[];
}

/** What one replica answers to GET /xds/clients. */
export interface ClientsReport {
  readonly replica: string;
  /** Clients by node, then address. */
  readonly clients: readonly ClientReport[];
}

/** Which clients, and which of their resources: those of one GrpcService; null: all. */
export interface ClientFilter {
  readonly service: ObjectKey | null;
  readonly ownerOf: (resource: ResourceKey) => ObjectKey | null;
}

/** The streams of a replica for people and programs. Pure. */
export function clientsReport(
  replica: string,
  streams: readonly StreamListing[],
  filter: ClientFilter,
): ClientsReport {
  const clients = streams
    .map((stream) => clientReport(stream, filter))
    .filter(({ types }) => filter.service === null || types.length > 0)
    .sort((a, b) => compare(a.node, b.node) || compare(a.peer, b.peer));
  return { replica, clients };
}

function clientReport(stream: StreamListing, filter: ClientFilter): ClientReport {
  const { peer, peerNames, kind, view, sinceMs, method } = stream;
  const types = stream.types
    .map((type) => typeReport(type, filter))
    .filter(({ resources }) => filter.service === null || resources.length > 0);
  return {
    ...whoIs(stream.node),
    ...{ peer, peerNames, kind, view },
    method: method.slice(method.lastIndexOf('/') + 1),
    since: time(sinceMs),
    state: stateOf(types),
    lagMs: Math.max(0, ...types.map(({ lagMs }) => lagMs)),
    types,
  };
}

function whoIs(
  node: XdsNode | null,
): Pick<ClientReport, 'node' | 'nodeCluster' | 'agent' | 'region' | 'zone'> {
  if (node === null) return { node: '', nodeCluster: '', agent: '', region: '', zone: '' };
  const { id, cluster, userAgentName, userAgentVersion, locality } = node;
  return {
    ...{ node: id, nodeCluster: cluster, agent: `${userAgentName} ${userAgentVersion}`.trim() },
    ...{ region: locality?.region ?? '', zone: locality?.zone ?? '' },
  };
}

function typeReport(type: TypeListing, { service, ownerOf }: ClientFilter): TypeReport {
  const { typeUrl, wildcard, lagMs, latencyMs } = type;
  const known = new Map(type.resources.map((resource) => [resource.name, resource]));
  const names = [...new Set([...type.names, ...known.keys()])].filter(
    (name) => service === null || ownerOf({ typeUrl, name }) === service,
  );
  const resources = names.sort(compare).map((name): ResourceReport => {
    const { sent = null, acked = null, refused = null } = known.get(name) ?? {};
    return {
      name,
      sent: stamp(sent),
      acked: stamp(acked),
      refused: refused === null ? null : { ...stampOf(refused), reason: refused.reason },
    };
  });
  return {
    type: typeUrl.slice(typeUrl.lastIndexOf('.') + 1),
    ...{ wildcard, resources },
    lagMs: Math.round(lagMs),
    latencyMs: latencyMs === null ? null : Math.round(latencyMs * 100) / 100,
  };
}

function stateOf(types: readonly TypeReport[]): ClientState {
  if (types.some(({ resources }) => resources.some(({ refused }) => refused !== null))) return 'Refused';
  return types.some(({ lagMs }) => lagMs > 0) ? 'Waiting' : 'Current';
}

interface AtMs {
  readonly version: string;
  readonly atMs: number;
}

function stamp(of: AtMs | null): Stamp | null {
  return of === null ? null : stampOf(of);
}

function stampOf({ version, atMs }: AtMs): Stamp {
  return { version, at: time(atMs) };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

/** By code units: the same on every machine. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
