import fc from 'fast-check';
import { enumShape, messageShape, type FieldShape } from '../../../src/xds/codec/descriptor.ts';

type Plain = Record<string, unknown>;

/** One message, or one value, three times. */
export interface Told<T = Plain> {
  /** As the codec takes it. */
  readonly ours: T;
  /** As @grpc/proto-loader takes it: without what is zero, which it would write. */
  readonly theirs: T;
  /** As it is decoded: without what is zero. Undefined: nothing is left. */
  readonly decoded: T | undefined;
}

const MOST_FIELDS = 5;

/** Any message of a type that proto/vendor's roots reach, with fields of all kinds, messages in it down to `depth`. */
export function arbitraryMessage(name: string, depth: number): fc.Arbitrary<Told> {
  const shape = messageShape(name);
  if (shape === undefined) throw new Error(`no message ${name}`);
  const fields = shape.fields.filter(({ type }) => depth > 0 || messageShape(type) === undefined);
  return fc
    .shuffledSubarray([...fields], { maxLength: Math.min(MOST_FIELDS, fields.length) })
    .chain((chosen) => fc.tuple(...chosen.map((field) => arbitraryField(field, depth))))
    .map((told) => ({
      ours: joined(told.map(({ ours }) => ours)),
      theirs: joined(told.map(({ theirs }) => theirs)),
      decoded: joined(told.map(({ decoded }) => decoded ?? {})),
    }));
}

const joined = (parts: readonly Plain[]): Plain => Object.assign({}, ...parts) as Plain;

/** An object with this one field. */
function arbitraryField(field: FieldShape, depth: number): fc.Arbitrary<Told> {
  const value = arbitraryValue(field.type, depth - 1);
  const { name } = field;
  const named = ({ ours, theirs, decoded }: Told<unknown>): Told => ({
    ours: { [name]: ours },
    theirs: { [name]: theirs },
    decoded: decoded === undefined ? undefined : { [name]: decoded },
  });
  switch (field.often) {
    case 'once':
      return value.map((told) =>
        isZero(field.type, told.ours)
          ? { ours: { [name]: told.ours }, theirs: {}, decoded: undefined }
          : named(told),
      );
    case 'one':
      return value.map(named);
    case 'repeated':
      return fc.array(value, { maxLength: 3 }).map((list) =>
        named({
          ours: list.map(({ ours }) => ours),
          theirs: list.map(({ theirs }) => theirs),
          decoded: list.length === 0 ? undefined : list.map(({ decoded }) => decoded),
        }),
      );
    case 'map':
      return fc
        .uniqueArray(fc.tuple(mapKey, value), { maxLength: 3, selector: ([key]) => key })
        .map((entries) => {
          const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
          const of = (list: typeof entries, which: keyof Told): Plain =>
            Object.fromEntries(list.map(([key, told]) => [key, told[which]]));
          return named({
            ours: of(entries, 'ours'),
            theirs: of(sorted, 'theirs'),
            decoded: entries.length === 0 ? undefined : of(entries, 'decoded'),
          });
        });
  }
}

const isZero = (type: string, value: unknown): boolean =>
  value === '' ||
  value === false ||
  Object.is(value, 0) ||
  (value instanceof Uint8Array && value.length === 0) ||
  enumShape(type)?.numbers.get(value as string) === 0;

/** The same for the codec, the witness and as decoded. */
const same = (value: unknown): Told<unknown> => ({ ours: value, theirs: value, decoded: value });
/** No whole number: JavaScript keeps those first in an object, and the witness writes in that order. */
const mapKey = fc.string({ maxLength: 5 }).map((key) => `k${key}`);
const bytes = fc.uint8Array({ maxLength: 20 });

const scalars: Readonly<Record<string, fc.Arbitrary<Told<unknown>>>> = {
  string: fc.string({ unit: 'grapheme', maxLength: 150 }).map(same),
  bool: fc.boolean().map(same),
  bytes: bytes.map((value) => ({ ...same(value), decoded: Buffer.from(value).toString('base64') })),
  uint32: fc.nat(0xffff_ffff).map(same),
  int32: fc.integer().map(same),
  uint64: fc.maxSafeNat().map(same),
  int64: fc.maxSafeInteger().map(same),
  double: fc.double({ noNaN: true }).map(same),
  float: fc.float({ noNaN: true }).map(same),
  'google.protobuf.Any': fc
    .tuple(fc.string({ minLength: 1 }), fc.uint8Array({ minLength: 1, maxLength: 20 }))
    .map(([url, value]) => ({
      ours: { typeUrl: `type.googleapis.com/none.${url}`, value },
      theirs: { type_url: `type.googleapis.com/none.${url}`, value },
      decoded: { typeUrl: `type.googleapis.com/none.${url}`, value: Buffer.from(value).toString('base64') },
    })),
  'google.protobuf.Struct': fc.constant({
    ours: { b: [1, null, { c: 'd' }], a: true },
    theirs: {
      fields: {
        a: { boolValue: true },
        b: {
          listValue: {
            values: [
              { numberValue: 1 },
              { nullValue: 'NULL_VALUE' },
              { structValue: { fields: { c: { stringValue: 'd' } } } },
            ],
          },
        },
      },
    },
    decoded: { b: [1, null, { c: 'd' }], a: true },
  }),
};

function arbitraryValue(type: string, depth: number): fc.Arbitrary<Told<unknown>> {
  const scalar = scalars[type];
  if (scalar !== undefined) return scalar;
  const names = enumShape(type)?.numbers;
  if (names === undefined) return arbitraryMessage(type, depth);
  return fc.constantFrom(...names.keys()).map(same);
}
