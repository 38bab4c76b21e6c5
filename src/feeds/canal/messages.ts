import protobuf from 'protobufjs/light.js';

/** The number of a field, its type, and whether there may be many. */
type FieldSpec = readonly [number, string, 'repeated'?];

/**
 * The messages of Canal's wire protocol that a client needs (CanalProtocol.proto and EntryProtocol.proto of alibaba/canal 1.1): name of the
 * field -> its number and type. Fields that nothing here reads are left out; protobuf skips them. Enumerations are read as numbers. Nearly all of
 * Canal's scalars with a default of proto2 are oneofs of one field in its proto3: on the wire they are fields like any other.
 */
const MESSAGES = {
  Packet: {
    type: [3, 'int32'],
    compression: [4, 'int32'],
    body: [5, 'bytes'],
    magic: [1, 'int32'],
    version: [2, 'int32'],
  },
  Handshake: { seeds: [2, 'bytes'] },
  ClientAuth: {
    username: [1, 'string'],
    password: [2, 'bytes'],
    netReadTimeoutMs: [3, 'int32'],
    netWriteTimeoutMs: [4, 'int32'],
  },
  Ack: { errorCode: [1, 'int32'], errorMessage: [2, 'string'] },
  Sub: { destination: [1, 'string'], clientId: [2, 'string'], filter: [7, 'string'] },
  Get: {
    destination: [1, 'string'],
    clientId: [2, 'string'],
    fetchSize: [3, 'int32'],
    timeout: [4, 'int64'],
    unit: [5, 'int32'],
    autoAck: [6, 'bool'],
  },
  /** ClientAck and ClientRollback are the same. */
  BatchRef: { destination: [1, 'string'], clientId: [2, 'string'], batchId: [3, 'int64'] },
  Messages: { batchId: [1, 'int64'], messages: [2, 'bytes', 'repeated'] },
  Entry: { header: [1, 'Header'], entryType: [2, 'int32'], storeValue: [3, 'bytes'] },
  Header: {
    logfileName: [2, 'string'],
    logfileOffset: [3, 'int64'],
    serverId: [4, 'int64'],
    executeTime: [6, 'int64'],
    schemaName: [8, 'string'],
    tableName: [9, 'string'],
    eventType: [11, 'int32'],
    gtid: [13, 'string'],
  },
  TransactionEnd: { props: [3, 'Pair', 'repeated'] },
  Pair: { key: [1, 'string'], value: [2, 'string'] },
  RowChange: {
    eventType: [2, 'int32'],
    isDdl: [10, 'bool'],
    sql: [11, 'string'],
    rowDatas: [12, 'RowData', 'repeated'],
  },
  /** A RowChange as far as it has to be looked into to know whether it is one of these; the rest is passed over unread. */
  Kind: { isDdl: [10, 'bool'] },
  RowData: { beforeColumns: [1, 'Column', 'repeated'], afterColumns: [2, 'Column', 'repeated'] },
  Column: {
    name: [3, 'string'],
    isKey: [4, 'bool'],
    updated: [5, 'bool'],
    isNull: [6, 'bool'],
    value: [8, 'string'],
    mysqlType: [10, 'string'],
  },
} as const satisfies Record<string, Record<string, FieldSpec>>;

type Schema = typeof MESSAGES;

/** The name of a message of {@link MESSAGES}. */
export type MessageName = keyof Schema;

interface Scalars {
  readonly int32: number;
  /** A number or a Long; see {@link int64}. */
  readonly int64: unknown;
  readonly bool: boolean;
  readonly string: string;
  readonly bytes: Uint8Array;
}

type Value<T> = T extends keyof Scalars ? Scalars[T] : T extends MessageName ? Decoded<T> | null : never;

/** A message as it was decoded: a field that was not on the wire has the zero of its type, a message in it null. */
export type Decoded<N extends MessageName> = {
  readonly [F in keyof Schema[N]]: Schema[N][F] extends readonly [number, infer T, 'repeated']
    ? readonly NonNullable<Value<T>>[]
    : Schema[N][F] extends readonly [number, infer T]
      ? Value<T>
      : never;
};

const root = protobuf.Root.fromJSON({ nested: nestedTypes() }).resolveAll();
const types = Object.fromEntries(
  Object.keys(MESSAGES).map((name) => [name, root.lookupType(name)]),
) as Record<MessageName, protobuf.Type>;

function nestedTypes(): Record<string, protobuf.IType> {
  const typeOf = (fields: Record<string, FieldSpec>): protobuf.IType => ({
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, [id, type, rule]]) => [
        name,
        rule === undefined ? { id, type } : { id, type, rule },
      ]),
    ),
  });
  return Object.fromEntries(Object.entries(MESSAGES).map(([name, fields]) => [name, typeOf(fields)]));
}

/** Encodes the fields given; what is not given is left out. */
export function encodeMessage<N extends MessageName>(
  name: N,
  fields: { readonly [F in keyof Decoded<N>]?: unknown },
): Uint8Array {
  return types[name].encode(fields).finish();
}

/** Decodes a message. Throws RangeError or Error for bytes that are none (cut off, a wrong wire type): the caller says whose fault that is. */
export function decodeMessage<N extends MessageName>(name: N, bytes: Uint8Array): Decoded<N> {
  return types[name].decode(bytes) as unknown as Decoded<N>;
}

/** An int64 as a number: batch ids, offsets and times are far below 2^53. */
export function int64(value: unknown): number {
  return typeof value === 'number' ? value : Number(String(value));
}
