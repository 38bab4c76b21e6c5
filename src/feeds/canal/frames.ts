import { createHash } from 'node:crypto';
import { CanalFault } from './canal-error.ts';
import { decodeMessage, encodeMessage } from './messages.ts';

/** The kinds of packets, PacketType of CanalProtocol.proto. */
export const PACKET = {
  handshake: 1,
  clientAuthentication: 2,
  ack: 3,
  subscription: 4,
  get: 6,
  messages: 7,
  clientAck: 8,
  clientRollback: 12,
} as const;

const LENGTH_BYTES = 4;
/** Compression of CanalProtocol.proto: not given, and NONE. Canal's servers have never sent another. */
const UNCOMPRESSED = [0, 1];

export interface Packet {
  readonly type: number;
  readonly body: Uint8Array;
}

/**
 * Puts frames together from the pieces in which they come: four bytes of length, the most significant first, and so many bytes of a packet.
 * Holds no more than one frame of `maxBytes`.
 */
export class FrameReader {
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The frames that are complete with this piece. Throws {@link CanalFault} `tooLarge`, or `protocol` for a length that cannot be one. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const frames: Uint8Array[] = [];
    for (;;) {
      const length = this.#length();
      if (length === null || this.#bytes < LENGTH_BYTES + length) return frames;
      const frame = this.#take(LENGTH_BYTES + length);
      frames.push(frame.subarray(LENGTH_BYTES));
    }
  }

  #length(): number | null {
    if (this.#bytes < LENGTH_BYTES) return null;
    const [first] = this.#chunks;
    if (first === undefined || first.length < LENGTH_BYTES) this.#chunks = [Buffer.concat(this.#chunks)];
    const [head = Buffer.alloc(LENGTH_BYTES)] = this.#chunks;
    const length = Buffer.from(head.buffer, head.byteOffset, LENGTH_BYTES).readInt32BE();
    if (length < 0) throw new CanalFault('protocol', `a frame of ${length} bytes`);
    if (length > this.#maxBytes) throw new CanalFault('tooLarge', `a frame of ${length} bytes`);
    return length;
  }

  #take(count: number): Uint8Array {
    const [first] = this.#chunks;
    const whole = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    const rest = whole.subarray(count);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#bytes = rest.length;
    return whole.subarray(0, count);
  }
}

/** A packet in its frame. */
export function encodeFrame(type: number, body: Uint8Array): Uint8Array {
  const packet = encodeMessage('Packet', { magic: 17, version: 1, type, body });
  const frame = Buffer.alloc(LENGTH_BYTES + packet.length);
  frame.writeInt32BE(packet.length);
  frame.set(packet, LENGTH_BYTES);
  return frame;
}

/** The packet of a frame. Throws {@link CanalFault} `protocol`. */
export function decodePacket(frame: Uint8Array): Packet {
  const { type, body, compression } = decoded(() => decodeMessage('Packet', frame));
  if (!UNCOMPRESSED.includes(compression))
    throw new CanalFault('protocol', `a packet of the unknown compression ${compression}`);
  return { type, body };
}

/** Runs a decoder; what it throws becomes {@link CanalFault} `protocol`. */
export function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw new CanalFault('protocol', 'a message that cannot be decoded', { cause });
  }
}

/**
 * What a client proves its password with, mysql_native_password's way: SHA1(password) XOR SHA1(seed + SHA1(SHA1(password))), as lower-case
 * hexadecimal text. Empty for an empty password.
 */
export function scrambled(password: string, seed: Uint8Array): string {
  if (password === '') return '';
  const sha1 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
    const hash = createHash('sha1');
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const once = sha1(password);
  const mask = sha1(seed, sha1(once));
  return Buffer.from(once.map((byte, index) => byte ^ (mask[index] ?? 0))).toString('hex');
}
