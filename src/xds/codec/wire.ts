import protobuf, { type BufferReader, type Reader, type Writer } from 'protobufjs/minimal.js';
import { RPC } from '../rpc.ts';

/** Bytes that are no such message (cut off, a wrong wire type), or more than is read. Whoever sent them is to be told. */
export class XdsDecodeError extends Error {
  override readonly name = 'XdsDecodeError';
  /** Of gRPC: INVALID_ARGUMENT, or RESOURCE_EXHAUSTED where it is only too much. */
  readonly code: number;

  constructor(message: string, options?: ErrorOptions & { readonly code?: number }) {
    super(message, options);
    this.code = options?.code ?? RPC.invalidArgument;
  }
}

/** Messages within messages, and JSON within JSON, that are followed: as deep as protobuf's own libraries go by default. */
const MAX_DEPTH = 100;

/** Tags: the number of a field and how its value is written (https://protobuf.dev/programming-guides/encoding/). */
export const varint = (id: number): number => id << 3;
export const delimited = (id: number): number => (id << 3) | 2;

/** What reads the fields of one message: `fields` is called with each tag, and answers false for one that it does not know. */
export type OnField = (tag: number, input: Input) => boolean;

/** How many fields may be read yet, in a message and all that are in it. */
interface Budget {
  fields: number;
}

/** Bytes that are being read. */
export class Input {
  readonly reader: Reader | BufferReader;
  readonly #budget: Budget;
  readonly #depth: number;

  /** `budget`: the most fields that are read, in the message and all that are in it: four megabytes of tiny ones would hold everybody up for seconds. */
  constructor(bytes: Uint8Array, budget: Budget = { fields: Infinity }, depth = 0) {
    if (depth > MAX_DEPTH) throw new XdsDecodeError(`messages are nested more than ${MAX_DEPTH} deep`);
    this.reader = protobuf.Reader.create(bytes);
    this.#budget = budget;
    this.#depth = depth;
  }

  /** Reads to the end. A field that is unknown, or written in another way than it should be, is passed over, as everywhere in protobuf. */
  fields(onField: OnField): void {
    const { reader } = this;
    while (reader.pos < reader.len) {
      this.#budget.fields -= 1;
      if (this.#budget.fields < 0)
        throw new XdsDecodeError('too many fields', { code: RPC.resourceExhausted });
      const tag = reader.tag();
      if (tag >>> 3 === 0) throw new XdsDecodeError('a field has the number 0');
      if (!onField(tag, this)) reader.skipType(tag & 7, 0, tag >>> 3);
    }
  }

  /** The message that stands here, by itself. */
  message(): Input {
    return this.within(this.reader.bytes());
  }

  /** A message that was read as bytes: an Any's. */
  within(bytes: Uint8Array): Input {
    return new Input(bytes, this.#budget, this.#depth + 1);
  }
}

/** Reads; whatever protobufjs throws for bytes that are wrong becomes an {@link XdsDecodeError} that says what they should have been. */
export function decoding<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    // A TypeError is a mistake of ours, no property of the bytes.
    if (error instanceof TypeError || !(error instanceof Error)) throw error;
    const code = error instanceof XdsDecodeError ? error.code : RPC.invalidArgument;
    throw new XdsDecodeError(`no ${what}: ${error.message}`, { cause: error, code });
  }
}

/** Begins a message that is to be written. */
export function newWriter(): Writer {
  return protobuf.Writer.create();
}

/** Writes a text, unless it is empty: proto3 leaves those out. */
export function writeText(writer: Writer, id: number, text: string): void {
  if (text !== '') writer.uint32(delimited(id)).string(text);
}

/** Writes a message within a message. */
export function writeMessage(writer: Writer, id: number, write: (writer: Writer) => void): void {
  writer.uint32(delimited(id)).fork();
  write(writer);
  writer.ldelim();
}
