/**
 * A TRANSACTION_PAYLOAD_EVENT of MySQL (binlog_transaction_compression): a whole transaction, usually compressed. Its body is a list of
 * fields (type, length and value as length-encoded integers) up to type 0, then the payload: dev.mysql.com/doc/dev/mysql-server,
 * mysql::binlog::event::Transaction_payload_event.
 */
export interface TransactionPayload {
  readonly compression: 'zstd' | 'none';
  readonly data: Buffer;
  /** Bytes after decompression. */
  readonly size: number;
}

/** Length of the header that every event begins with. */
export const EVENT_HEADER_BYTES = 19;
const LENGTH_AT = 9;
const END_POSITION_AT = 13;
const CHECKSUM_BYTES = 4;

const FIELD = { end: 0, payloadSize: 1, compression: 2, size: 3 } as const;
const COMPRESSION: Readonly<Record<number, TransactionPayload['compression']>> = { 0: 'zstd', 255: 'none' };

/** Reads the event's body (after its header, without checksum). Throws RangeError for what is no such event. */
export function readPayload(body: Buffer): TransactionPayload {
  const fields = new Map<number, number>();
  let offset = 0;
  const next = (): number => {
    const { value, bytes } = lengthEncoded(body, offset);
    offset += bytes;
    return value;
  };
  for (let type = next(); type !== FIELD.end; type = next()) {
    const length = next();
    fields.set(type, lengthEncoded(body, offset).value);
    offset += length;
  }
  const compression = COMPRESSION[fields.get(FIELD.compression) ?? -1];
  if (compression === undefined)
    throw new RangeError(`compression ${fields.get(FIELD.compression)} is unknown`);
  const bytes = fields.get(FIELD.payloadSize) ?? body.length - offset;
  if (offset + bytes > body.length) throw new RangeError('the payload ends before its end');
  return { compression, data: body.subarray(offset, offset + bytes), size: fields.get(FIELD.size) ?? bytes };
}

/**
 * The events in a decompressed payload, each as a packet of the stream: a 0 in front, the position after the whole transaction (those inside
 * mean nothing), and room for a checksum where the stream has them, because events inside have none. Throws RangeError for a broken one.
 */
export function* innerPackets(
  payload: Buffer,
  endPosition: number,
  hasChecksums: boolean,
): Generator<Buffer> {
  for (let offset = 0; offset < payload.length;) {
    const bytes = payload.length - offset < EVENT_HEADER_BYTES ? 0 : payload.readUInt32LE(offset + LENGTH_AT);
    if (bytes < EVENT_HEADER_BYTES || offset + bytes > payload.length)
      throw new RangeError('an event in a compressed transaction is cut off');
    const padded = bytes + (hasChecksums ? CHECKSUM_BYTES : 0);
    const packet = Buffer.alloc(1 + padded);
    payload.copy(packet, 1, offset, offset + bytes);
    packet.writeUInt32LE(padded, 1 + LENGTH_AT);
    packet.writeUInt32LE(endPosition >>> 0, 1 + END_POSITION_AT);
    yield packet;
    offset += bytes;
  }
}

/** dev.mysql.com/doc/dev/mysql-server, Protocol::LengthEncodedInteger. */
function lengthEncoded(buffer: Buffer, offset: number): { readonly value: number; readonly bytes: number } {
  const first = buffer.readUInt8(offset);
  if (first < 0xfb) return { value: first, bytes: 1 };
  if (first === 0xfc) return { value: buffer.readUInt16LE(offset + 1), bytes: 3 };
  if (first === 0xfd) return { value: buffer.readUIntLE(offset + 1, 3), bytes: 4 };
  if (first === 0xfe) return { value: Number(buffer.readBigUInt64LE(offset + 1)), bytes: 9 };
  throw new RangeError(`${first} begins no length`);
}
