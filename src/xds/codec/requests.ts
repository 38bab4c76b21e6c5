import type {
  DeltaDiscoveryRequest,
  DiscoveryRequest,
  ErrorDetail,
  XdsLocality,
  XdsNode,
} from '../discovery.ts';
import { readStruct } from './struct.ts';
import { decoding, delimited, Input, varint } from './wire.ts';

/*
 * The requests as they are on the wire (envoy/service/discovery/v3/discovery.proto, envoy/config/core/v3/base.proto, google/rpc/status.proto), read by hand:
 * only the fields that the engine looks at, straight into its own shapes. A field that comes twice has its last value.
 */

/**
 * The most fields of a request: five times the names that one stream may be subscribed to, or all of them with the versions that a client comes back with.
 * Reading that many takes some ten milliseconds.
 */
const MAX_FIELDS = 50_000;

/** Reads a state-of-the-world request. Throws XdsDecodeError for bytes that are none. */
export function decodeDiscoveryRequest(body: Uint8Array): DiscoveryRequest {
  return decoding('DiscoveryRequest', () => {
    const resourceNames: string[] = [];
    let node: XdsNode | null = null;
    let typeUrl = '';
    let versionInfo = '';
    let responseNonce = '';
    let errorDetail: ErrorDetail | null = null;
    new Input(body, { fields: MAX_FIELDS }).fields((tag, at) => {
      if (tag === delimited(1)) versionInfo = at.reader.string();
      else if (tag === delimited(2)) node = readNode(at.message());
      else if (tag === delimited(3)) resourceNames.push(at.reader.string());
      else if (tag === delimited(4)) typeUrl = at.reader.string();
      else if (tag === delimited(5)) responseNonce = at.reader.string();
      else if (tag === delimited(6)) errorDetail = readStatus(at.message());
      else return false;
      return true;
    });
    return { node, typeUrl, resourceNames, versionInfo, responseNonce, errorDetail };
  });
}

/** Reads an incremental request. Throws XdsDecodeError for bytes that are none. */
export function decodeDeltaRequest(body: Uint8Array): DeltaDiscoveryRequest {
  return decoding('DeltaDiscoveryRequest', () => {
    const subscribe: string[] = [];
    const unsubscribe: string[] = [];
    const initialVersions = new Map<string, string>();
    let node: XdsNode | null = null;
    let typeUrl = '';
    let responseNonce = '';
    let errorDetail: ErrorDetail | null = null;
    new Input(body, { fields: MAX_FIELDS }).fields((tag, at) => {
      if (tag === delimited(1)) node = readNode(at.message());
      else if (tag === delimited(2)) typeUrl = at.reader.string();
      else if (tag === delimited(3)) subscribe.push(at.reader.string());
      else if (tag === delimited(4)) unsubscribe.push(at.reader.string());
      else if (tag === delimited(5)) initialVersions.set(...readTexts(at.message(), 2));
      else if (tag === delimited(6)) responseNonce = at.reader.string();
      else if (tag === delimited(7)) errorDetail = readStatus(at.message());
      else return false;
      return true;
    });
    return { node, typeUrl, subscribe, unsubscribe, initialVersions, responseNonce, errorDetail };
  });
}

function readNode(input: Input): XdsNode {
  const clientFeatures: string[] = [];
  let id = '';
  let cluster = '';
  let metadata: Record<string, unknown> = {};
  let locality: XdsLocality | null = null;
  let userAgentName = '';
  let userAgentVersion = '';
  input.fields((tag, at) => {
    if (tag === delimited(1)) id = at.reader.string();
    else if (tag === delimited(2)) cluster = at.reader.string();
    else if (tag === delimited(3)) metadata = readStruct(at.message());
    else if (tag === delimited(4)) locality = readLocality(at.message());
    else if (tag === delimited(6)) userAgentName = at.reader.string();
    else if (tag === delimited(7)) userAgentVersion = at.reader.string();
    else if (tag === delimited(8)) userAgentVersion = readBuildVersion(at.message());
    else if (tag === delimited(10)) clientFeatures.push(at.reader.string());
    else return false;
    return true;
  });
  return { id, cluster, locality, userAgentName, userAgentVersion, metadata, clientFeatures };
}

function readLocality(input: Input): XdsLocality {
  const [region, zone, subZone] = readTexts(input, 3);
  return { region, zone, subZone };
}

/** `1.40.0`: Envoy sends its version in numbers (BuildVersion.version, a SemanticVersion). */
function readBuildVersion(input: Input): string {
  const numbers = [0, 0, 0];
  input.fields((tag, at) => {
    if (tag !== delimited(1)) return false;
    at.message().fields((inner, version) => {
      const index = (inner >>> 3) - 1;
      if ((inner & 7) !== 0 || index >= numbers.length) return false;
      numbers[index] = version.reader.uint32();
      return true;
    });
    return true;
  });
  return numbers.join('.');
}

function readStatus(input: Input): ErrorDetail {
  let code = 0;
  let message = '';
  input.fields((tag, at) => {
    if (tag === varint(1)) code = at.reader.int32();
    else if (tag === delimited(2)) message = at.reader.string();
    else return false;
    return true;
  });
  return { code, message };
}

/** A message whose fields 1 to `count` are texts; also an entry of a map. */
function readTexts(input: Input, count: 2): [string, string];
function readTexts(input: Input, count: 3): [string, string, string];
function readTexts(input: Input, count: number): string[] {
  const texts = new Array<string>(count).fill('');
  input.fields((tag, at) => {
    const id = tag >>> 3;
    if ((tag & 7) !== 2 || id > count) return false;
    texts[id - 1] = at.reader.string();
    return true;
  });
  return texts;
}
