import type protobuf from 'protobufjs';
import { fullName, type Protos } from './read-protos.ts';
import { XDS_ROOTS } from './roots.ts';
import { typeNames } from './type-names.ts';

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  bool: 'boolean',
  bytes: 'Uint8Array',
  int64: 'number | string',
  uint64: 'number | string',
};
const wellKnown: Readonly<Record<string, string>> = {
  'google.protobuf.Any': 'Any',
  'google.protobuf.Struct': 'Struct',
};

const anyTypes = `
/** google.protobuf.Any: encoded already, or the message itself with the URL of its type. */
export type Any = { readonly '@type'?: never; readonly typeUrl: string; readonly value: Uint8Array } | PackedMessage;

/** One of the messages that the codec packs into an Any. */
export type PackedMessage = { readonly [N in keyof Messages]: { readonly '@type': TypeUrl<N> } & Messages[N] }[keyof Messages];

/** \`type.googleapis.com/envoy.config.cluster.v3.Cluster\` */
export type TypeUrl<N extends keyof Messages = keyof Messages> = \`type.googleapis.com/\${N}\`;

/** google.protobuf.Struct as plain JSON. */
export type Struct = Readonly<Record<string, unknown>>;
`;

/** The module of the messages' types: as they are given to the codec, every field optional, enumerations by name. */
export function xdsTypes({ messages, enums }: Protos): string {
  const names = typeNames([...messages.keys(), ...enums.keys()]);
  const nameOf = (full: string): string => wellKnown[full] ?? names.get(full) ?? full;
  return [
    '// Made from proto/vendor by npm run generate. Change that, not this.',
    '/** The messages that stand by themselves, by full name. */',
    'export interface Messages {',
    ...XDS_ROOTS.map(([, name]) => `  readonly ${JSON.stringify(name)}: ${nameOf(name)};`),
    '}',
    anyTypes,
    ...[...messages].map(([full, type]) => interfaceOf(full, nameOf(full), type, nameOf)),
    ...[...enums].map(
      ([full, { values }]) =>
        `/** ${full} */\nexport type ${nameOf(full)} = ${Object.keys(values)
          .map((value) => JSON.stringify(value))
          .join(' | ')};\n`,
    ),
  ].join('\n');
}

function interfaceOf(
  full: string,
  name: string,
  type: protobuf.Type,
  nameOf: (full: string) => string,
): string {
  const fields = [...type.fieldsArray].sort((a, b) => a.id - b.id);
  return [
    `/** ${full} */`,
    `export interface ${name} {`,
    // Without any field it would take everything.
    ...(fields.length === 0 ? ["  readonly '@type'?: string;"] : []),
    ...fields.map((field) => `  readonly ${field.name}?: ${typeOf(field, nameOf)} | undefined;`),
    '}',
    '',
  ].join('\n');
}

function typeOf(field: protobuf.Field, nameOf: (full: string) => string): string {
  const one =
    field.resolvedType === null ? (scalars[field.type] ?? 'number') : nameOf(fullName(field.resolvedType));
  if (field.map) return `Readonly<Record<string, ${one}>>`;
  return field.repeated ? `readonly (${one})[]` : one;
}
