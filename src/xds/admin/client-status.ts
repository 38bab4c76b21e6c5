import { decodeClientStatusRequest, encodeClientStatusResponse } from '../codec/client-status.ts';
import type { ClientStatus, ClientStatusQuery, ResourceStatus } from '../codec/client-status.ts';
import type { ResourceListing, StreamListing, TypeListing } from '../engine/listing.ts';
import type { ResourceSource } from '../resource-source.ts';
import { type OpenRpc, RPC, type RpcHandler, RpcRefused, type RpcStream } from '../rpc.ts';
import { errorMessage } from '../../lib/errors.ts';

/** The client status discovery service: what each client has, in the protocol's own words (envoy/service/status/v3/csds.proto). */
export const CLIENT_STATUS_SERVICE = 'envoy.service.status.v3.ClientStatusDiscoveryService';

export interface ClientStatusOptions {
  /** All streams of this replica as they are now. */
  readonly list: () => readonly StreamListing[];
  readonly source: Pick<ResourceSource, 'get'>;
  /** Takes every call that is none of this service. */
  readonly next: OpenRpc;
}

/** Contents in one answer, in bytes: about what a gRPC client takes unless it is told otherwise, and little work for us. */
const CONTENT_BYTES = 4 * 1024 * 1024;

/** Before another {@link OpenRpc}: FetchClientStatus, and StreamClientStatus, which answers each request with one response. */
export function withClientStatus({ list, source, next }: ClientStatusOptions): OpenRpc {
  return (stream) => {
    if (!stream.method.startsWith(`/${CLIENT_STATUS_SERVICE}/`)) return next(stream);
    const answer = (query: ClientStatusQuery): Buffer =>
      encodeClientStatusResponse(clientStatuses(list(), query, source));
    switch (stream.method.slice(CLIENT_STATUS_SERVICE.length + 2)) {
      case 'FetchClientStatus':
        return new StatusCall(stream, answer, true);
      case 'StreamClientStatus':
        return new StatusCall(stream, answer, false);
      default:
        throw new RpcRefused(RPC.unimplemented, `${stream.method} is not served here`);
    }
  };
}

class StatusCall implements RpcHandler {
  readonly #stream: RpcStream;
  readonly #answer: (query: ClientStatusQuery) => Buffer;
  readonly #once: boolean;

  constructor(stream: RpcStream, answer: (query: ClientStatusQuery) => Buffer, once: boolean) {
    this.#stream = stream;
    this.#answer = answer;
    this.#once = once;
  }

  message(body: Buffer): void {
    if (this.#stream.queuedBytes > 0) {
      const message = 'an answer waits to be read: read it before you ask again';
      this.#stream.end({ code: RPC.resourceExhausted, message });
      return;
    }
    try {
      this.#stream.send(this.#answer(decodeClientStatusRequest(body)));
    } catch (error) {
      const code = error instanceof RpcRefused ? error.code : RPC.invalidArgument;
      this.#stream.end({ code, message: errorMessage(error) });
      return;
    }
    if (this.#once) this.#stream.end({ code: RPC.ok, message: '' });
  }

  halfClosed(): void {
    this.#stream.end(
      this.#once
        ? { code: RPC.invalidArgument, message: 'there is no request' }
        : { code: RPC.ok, message: '' },
    );
  }

  drained(): void {
    // Answers are made when they are asked for.
  }

  ended(): void {
    // It holds nothing.
  }
}

/** Clients that have said who they are, in the words of the codec. Pure. Throws RpcRefused (RESOURCE_EXHAUSTED) where that is too much for one answer. */
export function clientStatuses(
  streams: readonly StreamListing[],
  { matches, withContents }: ClientStatusQuery,
  source: Pick<ResourceSource, 'get'>,
): readonly ClientStatus[] {
  let bytes = 0;
  return streams.flatMap(({ node, view, types }) => {
    if (node === null || !matches(node)) return [];
    const resources = types.flatMap((type) => statusesOf(type, view, withContents, source));
    for (const { body } of resources) bytes += body?.length ?? 0;
    if (bytes > CONTENT_BYTES) throw new RpcRefused(RPC.resourceExhausted, TOO_MUCH);
    return [{ node, resources }];
  });
}

const TOO_MUCH = `the resources are more than ${CONTENT_BYTES} bytes: ask for fewer clients with node_matchers, or set exclude_resource_contents`;

function statusesOf(
  { typeUrl, names, resources }: TypeListing,
  view: string,
  withContents: boolean,
  source: Pick<ResourceSource, 'get'>,
): readonly ResourceStatus[] {
  const known = new Map(resources.map((resource) => [resource.name, resource]));
  return [...new Set([...names, ...known.keys()])].map((name): ResourceStatus => {
    const listing = known.get(name) ?? { name, sent: null, acked: null, refused: null };
    const current = source.get(view, { typeUrl, name });
    const { acked, refused } = listing;
    const version = acked?.version ?? '';
    // What a client has from earlier is not kept: only what is newest can be shown.
    const body = withContents && current?.version === version ? current.body : null;
    const state = stateOf(listing, current?.version);
    return { typeUrl, name, state, version, body, atMs: acked?.atMs ?? null, refusal: refused };
  });
}

function stateOf(
  { sent, acked, refused }: ResourceListing,
  current: string | undefined,
): ResourceStatus['state'] {
  if (refused !== null) return 'refused';
  if (current === undefined) return acked === null ? 'missing' : 'sent';
  if (acked?.version === current) return 'synced';
  return sent?.version === current ? 'sent' : 'unsent';
}
