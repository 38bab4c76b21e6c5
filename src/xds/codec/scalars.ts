import type { Writer } from 'protobufjs/minimal.js';
import type { Input } from './wire.ts';

/** One scalar type of protobuf: how it is checked, written and read. */
export interface Scalar {
  /** 0 varint, 1 eight bytes, 2 delimited, 5 four bytes. */
  readonly wireType: 0 | 1 | 2 | 5;
  /** What is left out, as proto3 does. */
  readonly isZero: (value: unknown) => boolean;
  readonly accepts: (value: unknown) => boolean;
  readonly write: (writer: Writer, value: never) => void;
  /** As plain JSON: bytes are base64, a 64-bit number that is not exact in JavaScript a text. */
  readonly read: (input: Input) => unknown;
}

const whole =
  (least: number, most: number) =>
  (value: unknown): boolean =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isZero = (value: unknown): boolean => value === 0;

/** A whole number of 64 bits: a number as far as it is exact, beyond that its digits as text. */
const isLong = (value: unknown): boolean =>
  Number.isSafeInteger(value) || (typeof value === 'string' && /^-?\d{1,20}$/.test(value));
const long = (value: { toString(): string }): number | string => {
  const text = value.toString();
  return Number.isSafeInteger(Number(text)) ? Number(text) : text;
};

/** The scalars that the vendored messages use. */
export const SCALARS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  [
    'string',
    {
      wireType: 2,
      isZero: (value) => value === '',
      accepts: (value) => typeof value === 'string',
      write: (writer, value: string) => writer.string(value),
      read: ({ reader }) => reader.string(),
    },
  ],
  [
    'bytes',
    {
      wireType: 2,
      isZero: (value) => (value as Uint8Array).length === 0,
      accepts: (value) => value instanceof Uint8Array,
      write: (writer, value: Uint8Array) => writer.bytes(value),
      read: ({ reader }) => Buffer.from(reader.bytes()).toString('base64'),
    },
  ],
  [
    'bool',
    {
      wireType: 0,
      isZero: (value) => value === false,
      accepts: (value) => typeof value === 'boolean',
      write: (writer, value: boolean) => writer.bool(value),
      read: ({ reader }) => reader.bool(),
    },
  ],
  [
    'uint32',
    {
      wireType: 0,
      isZero,
      accepts: whole(0, 0xffff_ffff),
      write: (writer, value: number) => writer.uint32(value),
      read: ({ reader }) => reader.uint32(),
    },
  ],
  [
    'int32',
    {
      wireType: 0,
      isZero,
      accepts: whole(-0x8000_0000, 0x7fff_ffff),
      write: (writer, value: number) => writer.int32(value),
      read: ({ reader }) => reader.int32(),
    },
  ],
  [
    'int64',
    {
      wireType: 0,
      isZero,
      accepts: isLong,
      write: (writer, value: number | string) => writer.int64(value),
      read: ({ reader }) => long(reader.int64()),
    },
  ],
  [
    'uint64',
    {
      wireType: 0,
      isZero,
      accepts: (value) => isLong(value) && !String(value).startsWith('-'),
      write: (writer, value: number | string) => writer.uint64(value),
      read: ({ reader }) => long(reader.uint64()),
    },
  ],
  [
    'double',
    {
      wireType: 1,
      isZero: (value) => Object.is(value, 0),
      accepts: isNumber,
      write: (writer, value: number) => writer.double(value),
      read: ({ reader }) => reader.double(),
    },
  ],
  [
    'float',
    {
      wireType: 5,
      isZero: (value) => Object.is(value, 0),
      accepts: isNumber,
      write: (writer, value: number) => writer.float(value),
      read: ({ reader }) => reader.float(),
    },
  ],
]);
