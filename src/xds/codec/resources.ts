import { createHash } from 'node:crypto';
import type { ResourceKey, XdsResource } from '../resource.ts';
import { decodeMessage } from './decode-message.ts';
import { messageName } from './descriptor.ts';
import { encodeMessage } from './encode-message.ts';
import type { Messages, TypeUrl } from './generated/messages.ts';

/** Hex digits of a version: 64 bits of SHA-256, so that two contents of one name never meet in practice. */
const VERSION_DIGITS = 16;

/**
 * Encodes a resource. Equal messages have equal bytes and so the same version, on every replica, in whatever order their fields and the keys of their maps
 * were set. Throws TypeError for a message that does not fit its type.
 */
export function makeResource<N extends keyof Messages>(
  typeUrl: TypeUrl<N>,
  name: string,
  message: Messages[N],
  needs: readonly ResourceKey[] = [],
): XdsResource {
  const body = encodeMessage(messageName(typeUrl), message);
  const version = createHash('sha256').update(body).digest('hex').slice(0, VERSION_DIGITS);
  return { typeUrl, name, version, body, needs };
}

/**
 * A resource as plain JSON, with what its Any fields hold: for people and for tests. Throws XdsDecodeError for bytes that are none, TypeError for a type
 * that is not served.
 */
export function decodeResource(typeUrl: string, body: Uint8Array): Record<string, unknown> {
  return decodeMessage(messageName(typeUrl), body);
}
