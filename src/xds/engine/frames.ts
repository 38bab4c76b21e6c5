import { createHash } from 'node:crypto';
import type { XdsResource } from '../resource.ts';
import { RPC } from '../rpc.ts';
import type { ResourceError, XdsCodec } from './codec.ts';
import type { Response } from './plan.ts';
import type { Kind } from './protocol.ts';

/** A message that many streams may send. */
export interface Frame {
  /** In the message, as decimal text. */
  readonly nonce: number;
  readonly bytes: Buffer;
}

/** How many bytes of frames with several resources are kept for other streams. */
const SHARED_BYTES = 64 * 1024 * 1024;

/**
 * Makes frames, each content once: streams that are to get the same get the same buffer. Nonces are numbers that only grow in the process; a stream takes
 * a frame of another only if its nonce is newer than the stream's last one of that type, so no nonce comes twice.
 */
export class Frames {
  readonly #codec: XdsCodec;
  readonly #single: Readonly<Record<Kind, WeakMap<XdsResource, Frame>>> = {
    sotw: new WeakMap(),
    delta: new WeakMap(),
  };
  /** By kind, type and content, the oldest first. */
  readonly #shared = new Map<string, Frame>();
  #sharedBytes = 0;
  #nonce = 0;

  constructor(codec: XdsCodec) {
    this.#codec = codec;
  }

  /** `lastNonce`: of the stream, for the type; '' for none. */
  frameOf(response: Response, lastNonce: string): Frame {
    const last = lastNonce === '' ? 0 : Number(lastNonce);
    const [only] = response.resources;
    const single = response.resources.length === 1 && response.removed.length + response.missing.length === 0;
    return single && only !== undefined ? this.#one(response, only, last) : this.#many(response, last);
  }

  #one(response: Response, resource: XdsResource, last: number): Frame {
    const kept = this.#single[response.kind].get(resource);
    if (kept !== undefined && kept.nonce > last) return kept;
    const frame = this.#make(response, resource.version);
    this.#single[response.kind].set(resource, frame);
    return frame;
  }

  #many(response: Response, last: number): Frame {
    const version = versionOf(response);
    const key = `${response.kind} ${response.typeUrl} ${version} ${response.missing.join('\n')}`;
    const kept = this.#shared.get(key);
    if (kept !== undefined && kept.nonce > last) return kept;
    const frame = this.#make(response, version);
    this.#drop(key);
    this.#shared.set(key, frame);
    this.#sharedBytes += frame.bytes.length;
    for (const oldest of this.#shared.keys()) {
      if (this.#sharedBytes <= SHARED_BYTES) break;
      this.#drop(oldest);
    }
    return frame;
  }

  #drop(key: string): void {
    this.#sharedBytes -= this.#shared.get(key)?.bytes.length ?? 0;
    this.#shared.delete(key);
  }

  #make(response: Response, version: string): Frame {
    const { kind, typeUrl, resources, removed } = response;
    this.#nonce += 1;
    const nonce = String(this.#nonce);
    const errors = response.missing.map((name): ResourceError => ({
      name,
      code: RPC.notFound,
      message: `there is no ${name} here`,
    }));
    const bytes =
      kind === 'sotw'
        ? this.#codec.encodeResponse({ typeUrl, versionInfo: version, nonce, resources, errors })
        : this.#codec.encodeDeltaResponse({
            typeUrl,
            systemVersion: version,
            nonce,
            resources,
            removed,
            errors,
          });
    return { nonce: this.#nonce, bytes };
  }
}

/** Differs whenever the content does, and is the same on every replica. */
function versionOf(response: Response): string {
  const hash = createHash('sha256');
  for (const { name, version } of response.resources) hash.update(`${name}\n${version}\n`);
  for (const name of response.removed) hash.update(`-${name}\n`);
  return hash.digest('hex').slice(0, 16);
}
