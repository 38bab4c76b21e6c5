import type { Writer } from 'protobufjs/minimal.js';
import { delimited, varint, writeMessage, type Input } from './wire.ts';

/** google.protobuf.Struct and the types that it is made of (google/protobuf/struct.proto), as plain JSON. */
const FIELDS = 1;
const KEY = 1;
const VALUE = 2;
const KIND = { null: 1, number: 2, text: 3, bool: 4, struct: 5, list: 6 } as const;
const LIST_VALUES = 1;
const fixed64 = (id: number): number => (id << 3) | 1;

/** Reads a Struct. */
export function readStruct(input: Input): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  input.fields((tag, at) => {
    if (tag !== delimited(FIELDS)) return false;
    entries.push(readEntry(at.message()));
    return true;
  });
  // fromEntries, because a key may be `__proto__`.
  return Object.fromEntries(entries);
}

function readEntry(input: Input): [string, unknown] {
  let key = '';
  let value: unknown = null;
  input.fields((tag, at) => {
    if (tag === delimited(KEY)) key = at.reader.string();
    else if (tag === delimited(VALUE)) value = readValue(at.message());
    else return false;
    return true;
  });
  return [key, value];
}

function readValue(input: Input): unknown {
  let value: unknown = null;
  input.fields((tag, at) => {
    if (tag === fixed64(KIND.number)) value = at.reader.double();
    else if (tag === delimited(KIND.text)) value = at.reader.string();
    else if (tag === varint(KIND.bool)) value = at.reader.bool();
    else if (tag === delimited(KIND.struct)) value = readStruct(at.message());
    else if (tag === delimited(KIND.list)) value = readList(at.message());
    else return false;
    return true;
  });
  return value;
}

function readList(input: Input): unknown[] {
  const values: unknown[] = [];
  input.fields((tag, at) => {
    if (tag !== delimited(LIST_VALUES)) return false;
    values.push(readValue(at.message()));
    return true;
  });
  return values;
}

/** Writes a Struct, its keys in alphabetical order. Throws TypeError for what is not JSON. */
export function writeStruct(writer: Writer, struct: Readonly<Record<string, unknown>>): void {
  for (const key of Object.keys(struct).sort()) {
    if (struct[key] === undefined) continue;
    writeMessage(writer, FIELDS, () => {
      writer.uint32(delimited(KEY)).string(key);
      writeMessage(writer, VALUE, () => {
        writeValue(writer, struct[key]);
      });
    });
  }
}

function writeValue(writer: Writer, value: unknown): void {
  if (value === null) writer.uint32(varint(KIND.null)).int32(0);
  else if (typeof value === 'number') writer.uint32(fixed64(KIND.number)).double(value);
  else if (typeof value === 'string') writer.uint32(delimited(KIND.text)).string(value);
  else if (typeof value === 'boolean') writer.uint32(varint(KIND.bool)).bool(value);
  else if (Array.isArray(value)) {
    writeMessage(writer, KIND.list, () => {
      for (const item of value) {
        writeMessage(writer, LIST_VALUES, () => {
          writeValue(writer, item);
        });
      }
    });
  } else if (typeof value === 'object') {
    writeMessage(writer, KIND.struct, () => {
      writeStruct(writer, value as Readonly<Record<string, unknown>>);
    });
  } else throw new TypeError(`google.protobuf.Value: a ${typeof value} is not JSON`);
}
