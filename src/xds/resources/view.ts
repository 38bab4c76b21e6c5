import type { XdsLocality, XdsNode } from '../discovery.ts';

/**
 * What all clients of one kind, in one place, are shown alike.
 *
 * gRPC clients of all languages are shown the same resources: where they differ in what they support, the resource names what is wished first and
 * what all have next (gRFC A52), and each client takes what it has. Envoy needs some fields written differently, and the front proxy gets
 * listeners and routes of its own.
 */
export interface XdsView {
  /** The same text for clients that are shown the same. */
  readonly name: string;
  readonly kind: ClientKind;
  /** Where the client is; null: it does not say. */
  readonly region: string | null;
  readonly zone: string | null;
}

export type ClientKind = 'grpc' | 'envoy' | 'proxy';

/** node.metadata with which the Envoy of deploy/proxy says that it is the front proxy. */
export const PROXY_METADATA = { key: 'rollcall.dev/role', value: 'front-proxy' } as const;

/** The longest name of a region or zone that counts: those of instances are no longer. */
const MAX_PLACE = 63;

/**
 * The view of a client, from the node of its first request. Whoever is not known to be Envoy is shown what gRPC clients are: the resources of
 * gRPC are the plainest.
 */
export function viewOf(node: XdsNode): XdsView {
  const kind = kindOf(node);
  const { region, zone } = placeOf(node.locality);
  const place = [region, zone].map((text) => (text === null ? '' : encodeURIComponent(text)));
  return { name: region === null && zone === null ? kind : `${kind}@${place.join('/')}`, kind, region, zone };
}

/** The view of a name that {@link viewOf} gave. */
export function viewNamed(name: string): XdsView {
  const [kind = '', place] = name.split('@');
  const [region = null, zone = null] =
    place?.split('/').map((text) => (text === '' ? null : decodeURIComponent(text))) ?? [];
  return { name, kind: kind === 'envoy' || kind === 'proxy' ? kind : 'grpc', region, zone };
}

function kindOf({ userAgentName, metadata }: XdsNode): ClientKind {
  if (metadata[PROXY_METADATA.key] === PROXY_METADATA.value) return 'proxy';
  return userAgentName.toLowerCase() === 'envoy' ? 'envoy' : 'grpc';
}

function placeOf(locality: XdsLocality | null): Pick<XdsView, 'region' | 'zone'> {
  const text = (value: string | undefined): string | null =>
    value === undefined || value === '' || value.length > MAX_PLACE ? null : value;
  return { region: text(locality?.region), zone: text(locality?.zone) };
}
