import { enumShape, messageName, messageShape, type FieldShape, type MessageShape } from './descriptor.ts';
import { SCALARS } from './scalars.ts';
import { readStruct } from './struct.ts';
import { decoding, delimited, Input } from './wire.ts';

type Plain = Record<string, unknown>;

/**
 * Decodes a message to plain JSON, of the same shape as encodeMessage takes it: what is not on the wire is left out, a google.protobuf.Any holds its message
 * where that is known, and `typeUrl` and `value` (base64) where it is not. Throws XdsDecodeError for bytes that are none, TypeError for a name that
 * is not in proto/vendor. `maxFields`: for bytes of a stranger; RESOURCE_EXHAUSTED beyond that.
 */
export function decodeMessage(name: string, bytes: Uint8Array, maxFields = Infinity): Plain {
  const shape = messageShape(name);
  if (shape === undefined) throw new TypeError(`there is no message ${name} in proto/vendor`);
  return decoding(name, () => readFields(shape, new Input(bytes, { fields: maxFields })));
}

function readFields(shape: MessageShape, input: Input): Plain {
  const found: Plain = {};
  input.fields((tag, at) => {
    const field = shape.byId.get(tag >>> 3);
    return field !== undefined && readField(field, tag & 7, at, found);
  });
  return found;
}

/** False when it is written in another way than this field can be. */
function readField(field: FieldShape, wireType: number, input: Input, found: Plain): boolean {
  const expected = wireTypeOf(field);
  if (field.often === 'repeated' && wireType === 2 && expected !== 2) {
    const packed = input.message();
    while (packed.reader.pos < packed.reader.len) append(found, field.name, readValue(field.type, packed));
    return true;
  }
  if (wireType !== expected) return false;
  if (field.often === 'map') {
    const [key, value] = readEntry(field.type, input.message());
    found[field.name] = Object.fromEntries([
      ...Object.entries((found[field.name] ?? {}) as Plain),
      [key, value],
    ]);
  } else if (field.often === 'repeated') {
    append(found, field.name, readValue(field.type, input));
  } else {
    found[field.name] = readValue(field.type, input);
  }
  return true;
}

function append(found: Plain, name: string, value: unknown): void {
  ((found[name] ??= []) as unknown[]).push(value);
}

function wireTypeOf({ type, often }: FieldShape): number {
  if (often === 'map') return 2;
  return SCALARS.get(type)?.wireType ?? (enumShape(type) === undefined ? 2 : 0);
}

function readValue(type: string, input: Input): unknown {
  const scalar = SCALARS.get(type);
  if (scalar !== undefined) return scalar.read(input);
  const names = enumShape(type)?.names;
  if (names !== undefined) {
    const number = input.reader.int32();
    return names.get(number) ?? number;
  }
  if (type === 'google.protobuf.Any') return readAny(input.message());
  if (type === 'google.protobuf.Struct') return readStruct(input.message());
  const shape = messageShape(type);
  if (shape === undefined) throw new TypeError(`there is no message ${type} in proto/vendor`);
  return readFields(shape, input.message());
}

function readEntry(type: string, input: Input): [string, unknown] {
  let key = '';
  let value: unknown;
  const field: FieldShape = { name: 'value', id: 2, type, often: 'once' };
  input.fields((tag, at) => {
    if (tag === delimited(1)) key = at.reader.string();
    else if (tag === ((2 << 3) | wireTypeOf(field))) value = readValue(type, at);
    else return false;
    return true;
  });
  return [key, value];
}

function readAny(input: Input): Plain {
  let typeUrl = '';
  let value: Uint8Array = new Uint8Array();
  input.fields((tag, at) => {
    if (tag === delimited(1)) typeUrl = at.reader.string();
    else if (tag === delimited(2)) value = at.reader.bytes();
    else return false;
    return true;
  });
  const shape = messageShape(messageName(typeUrl));
  return shape === undefined
    ? { typeUrl, value: Buffer.from(value).toString('base64') }
    : { '@type': typeUrl, ...readFields(shape, input.within(value)) };
}
