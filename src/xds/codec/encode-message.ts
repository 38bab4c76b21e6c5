import type { Writer } from 'protobufjs/minimal.js';
import { enumShape, messageName, messageShape, type FieldShape } from './descriptor.ts';
import { writePlainEndpoint } from './lb-endpoint.ts';
import { SCALARS } from './scalars.ts';
import { writeStruct } from './struct.ts';
import { delimited, newWriter, writeText } from './wire.ts';

type Fields = Readonly<Record<string, unknown>>;
/** Writes one value, with the tag before it. `always` also when it is zero. */
type WriteValue = (writer: Writer, value: unknown, always: boolean) => void;

interface FieldWriter {
  readonly id: number;
  readonly name: string;
  readonly write: (writer: Writer, value: unknown) => void;
}

/** How a message's fields are written; made when the first such message is written. */
interface MessageWriter {
  readonly name: string;
  readonly fields: ReadonlyMap<string, FieldWriter>;
}

const writers = new Map<string, MessageWriter>();

/**
 * Encodes a message of generated/messages.ts: its fields by number, the keys of maps in alphabetical order, so that equal content has equal bytes. Throws
 * TypeError, with the field's name, for what the message does not have or cannot hold: a mistake of whoever made it.
 */
export function encodeMessage(name: string, message: object): Uint8Array {
  const writer = newWriter();
  writeFields(writer, messageWriter(name), message as Fields);
  return writer.finish();
}

function writeFields(writer: Writer, { name, fields }: MessageWriter, message: Fields): void {
  let last = 0;
  let inOrder = true;
  for (const key in message) {
    const field = fields.get(key);
    if (field === undefined) throw new TypeError(`${name} has no field ${key}`);
    inOrder &&= field.id >= last;
    last = field.id;
  }
  if (!inOrder) {
    writeInOrder(writer, fields, message);
    return;
  }
  for (const key in message) {
    const value = message[key];
    if (value !== undefined && value !== null) fields.get(key)?.write(writer, value);
  }
}

function writeInOrder(writer: Writer, fields: MessageWriter['fields'], message: Fields): void {
  for (const { name, write } of fields.values()) {
    const value = message[name];
    if (value !== undefined && value !== null) write(writer, value);
  }
}

function messageWriter(name: string): MessageWriter {
  const known = writers.get(name);
  if (known !== undefined) return known;
  const shape = messageShape(name);
  if (shape === undefined) throw new TypeError(`there is no message ${name} in proto/vendor`);
  const written = shape.fields.map((field): [string, FieldWriter] => [
    field.name,
    { id: field.id, name: field.name, write: fieldWriter(name, field) },
  ]);
  // The URL of its type, with which it stands in an Any, is no field of it.
  const url: FieldWriter = { id: 0, name: '@type', write: () => undefined };
  const made = { name, fields: new Map([[url.name, url], ...written]) };
  writers.set(name, made);
  return made;
}

function fieldWriter(message: string, field: FieldShape): (writer: Writer, value: unknown) => void {
  const where = `${message}.${field.name}`;
  switch (field.often) {
    case 'map':
      return mapWriter(field, valueWriter(where, 2, field.type));
    case 'repeated':
      return isPacked(field.type) ? packedWriter(where, field) : listWriter(where, field);
    case 'once':
    case 'one': {
      const write = valueWriter(where, field.id, field.type);
      const always = field.often === 'one';
      return (writer, value) => {
        write(writer, value, always);
      };
    }
  }
}

function mapWriter(field: FieldShape, write: WriteValue) {
  return (writer: Writer, value: unknown): void => {
    const entries = value as Fields;
    for (const key of Object.keys(entries).sort()) {
      writer.uint32(delimited(field.id)).fork().uint32(delimited(1)).string(key);
      write(writer, entries[key], true);
      writer.ldelim();
    }
  };
}

function listWriter(where: string, field: FieldShape) {
  const write = valueWriter(where, field.id, field.type);
  return (writer: Writer, value: unknown): void => {
    if (!Array.isArray(value)) throw new TypeError(`${where}: not a list`);
    for (const item of value) write(writer, item, true);
  };
}

/** Numbers without their tags, one after the other, as proto3 has them. */
function isPacked(type: string): boolean {
  const scalar = SCALARS.get(type);
  return scalar === undefined ? enumShape(type) !== undefined : scalar.wireType !== 2;
}

function packedWriter(where: string, field: FieldShape) {
  const write = bareWriter(where, field.type);
  return (writer: Writer, value: unknown): void => {
    if (!Array.isArray(value)) throw new TypeError(`${where}: not a list`);
    if (value.length === 0) return;
    writer.uint32(delimited(field.id)).fork();
    for (const item of value) write(writer, item);
    writer.ldelim();
  };
}

/** Without a tag; a scalar or an enumeration. */
function bareWriter(where: string, type: string): (writer: Writer, value: unknown) => void {
  const scalar = SCALARS.get(type);
  if (scalar !== undefined) {
    return (writer, value) => {
      if (!scalar.accepts(value)) throw new TypeError(`${where}: ${JSON.stringify(value)} is no ${type}`);
      scalar.write(writer, value as never);
    };
  }
  const numbers = enumShape(type)?.numbers;
  return (writer, value) => {
    writer.int32(enumNumber(where, type, numbers, value));
  };
}

function valueWriter(where: string, id: number, type: string): WriteValue {
  if (type === 'google.protobuf.Any') return messageLike(where, id, writeAny);
  if (type === 'google.protobuf.Struct') return messageLike(where, id, writeStruct);
  const scalar = SCALARS.get(type);
  if (scalar !== undefined) {
    const tag = (id << 3) | scalar.wireType;
    return (writer, value, always) => {
      if (!scalar.accepts(value)) throw new TypeError(`${where}: ${JSON.stringify(value)} is no ${type}`);
      if (always || !scalar.isZero(value)) scalar.write(writer.uint32(tag), value as never);
    };
  }
  const numbers = enumShape(type)?.numbers;
  if (numbers !== undefined) {
    return (writer, value, always) => {
      const number = enumNumber(where, type, numbers, value);
      if (always || number !== 0) writer.uint32(id << 3).int32(number);
    };
  }
  if (type === 'envoy.config.endpoint.v3.LbEndpoint') return messageLike(where, id, writeEndpoint);
  let inner: MessageWriter | undefined;
  return messageLike(where, id, (writer, value) => {
    // Not before it is needed: a message may hold itself.
    writeFields(writer, (inner ??= messageWriter(type)), value);
  });
}

function enumNumber(
  where: string,
  type: string,
  numbers: ReadonlyMap<string, number> | undefined,
  value: unknown,
): number {
  const number = typeof value === 'string' ? numbers?.get(value) : undefined;
  if (number === undefined) throw new TypeError(`${where}: ${JSON.stringify(value)} is no ${type}`);
  return number;
}

function messageLike(where: string, id: number, write: (writer: Writer, value: Fields) => void): WriteValue {
  const tag = delimited(id);
  return (writer, value) => {
    if (typeof value !== 'object' || value === null) throw new TypeError(`${where}: not an object`);
    writer.uint32(tag).fork();
    write(writer, value as Fields);
    writer.ldelim();
  };
}

function writeEndpoint(writer: Writer, endpoint: Fields): void {
  if (!writePlainEndpoint(writer, endpoint)) {
    writeFields(writer, messageWriter('envoy.config.endpoint.v3.LbEndpoint'), endpoint);
  }
}

/** Packs the message, or takes what is encoded already. */
function writeAny(writer: Writer, any: Fields): void {
  const type = any['@type'];
  const packed =
    typeof type === 'string'
      ? { typeUrl: type, value: encodeMessage(messageName(type), any) }
      : (any as { readonly typeUrl: string; readonly value: Uint8Array });
  writeText(writer, 1, packed.typeUrl);
  if (packed.value.length > 0) writer.uint32(delimited(2)).bytes(packed.value);
}
