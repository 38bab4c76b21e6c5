import { RPC, type RpcStatus } from '../rpc.ts';
import type { ByteBudget } from './byte-budget.ts';

/** Takes whole messages. False: no more of them, what follows is dropped. */
export interface FrameSink {
  frame(body: Buffer): boolean;
}

/** Bytes of the head of a message: whether it is compressed, and its length (big endian). */
const HEAD_BYTES = 5;

/** The first piece of a message that comes in pieces gets a buffer of this size at least; it doubles as bytes come, not by what was announced. */
const FIRST_BYTES = 4096;

/**
 * Cuts the body of a call into its messages, however it was cut on the way
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Length-Prefixed-Message). A message that lies whole in a piece is not copied.
 * One that does not is gathered in a buffer that grows with what has come: a length that is only announced costs nothing.
 */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #budget: ByteBudget;
  /** Bytes of the head that have come. */
  #head = 0;
  #length = 0;
  #body: Buffer | null = null;
  #filled = 0;

  constructor(maxBytes: number, budget: ByteBudget) {
    this.#maxBytes = maxBytes;
    this.#budget = budget;
  }

  /** True between two messages: a body that ends elsewhere was cut off. */
  get atBoundary(): boolean {
    return this.#head === 0;
  }

  /** Hands each message that is complete now to `sink`; answers why the call must end, if it must. Not to be called after that. */
  read(chunk: Buffer, sink: FrameSink): RpcStatus | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#head < HEAD_BYTES) {
        const fault = this.#headByte(chunk[at] ?? 0);
        if (fault !== undefined) return fault;
        at += 1;
        if (this.#head < HEAD_BYTES || this.#length > 0) continue;
      }
      const end = Math.min(chunk.length, at + this.#length - this.#filled);
      const piece = chunk.subarray(at, end);
      at = end;
      if (this.#filled + piece.length < this.#length) return this.#gather(piece);
      const body = this.#finish(piece);
      if (body === undefined) return TOO_MUCH;
      if (!sink.frame(body)) return undefined;
    }
    return undefined;
  }

  /** Gives up what was gathered. */
  clear(): void {
    if (this.#body !== null) this.#budget.give(this.#body.length);
    this.#body = null;
    this.#filled = 0;
    this.#head = 0;
    this.#length = 0;
  }

  #headByte(byte: number): RpcStatus | undefined {
    this.#head += 1;
    if (this.#head === 1) return byte === 0 ? undefined : compressed(byte);
    this.#length = this.#length * 256 + byte;
    if (this.#head < HEAD_BYTES || this.#length <= this.#maxBytes) return undefined;
    return {
      code: RPC.resourceExhausted,
      message: `a message of ${this.#length} bytes is more than the ${this.#maxBytes} that are taken`,
    };
  }

  #finish(piece: Buffer): Buffer | undefined {
    let body = piece;
    if (this.#filled > 0) {
      if (this.#gather(piece) !== undefined || this.#body === null) return undefined;
      body = this.#body.subarray(0, this.#length);
    }
    this.clear();
    return body;
  }

  #gather(piece: Buffer): RpcStatus | undefined {
    if (piece.length === 0) return undefined;
    const needed = this.#filled + piece.length;
    if (this.#body === null || this.#body.length < needed) {
      const size = Math.min(this.#length, Math.max(FIRST_BYTES, needed, 2 * (this.#body?.length ?? 0)));
      if (!this.#budget.take(size - (this.#body?.length ?? 0))) return TOO_MUCH;
      const grown = Buffer.allocUnsafe(size);
      this.#body?.copy(grown, 0, 0, this.#filled);
      this.#body = grown;
    }
    piece.copy(this.#body, this.#filled);
    this.#filled = needed;
    return undefined;
  }
}

const TOO_MUCH: RpcStatus = {
  code: RPC.resourceExhausted,
  message: 'the server holds as many unfinished messages as it may; try again',
};

function compressed(flag: number): RpcStatus {
  const message =
    flag === 1
      ? 'a message says that it is compressed, and grpc-encoding names no compression'
      : `a message begins with ${flag}, which gRPC does not know`;
  return { code: RPC.internal, message };
}
