import protobuf from 'protobufjs';
import { fullName, type Protos } from './read-protos.ts';

/** The module that holds the shape of each message for the codec: JSON text, a message on a line, parsed when it is needed first. */
export function xdsDescriptor({ messages, enums }: Protos): string {
  const lines = (entries: readonly (readonly [string, unknown])[]) =>
    entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',\n');
  const text = [
    '{"messages":{',
    lines([...messages].map(([name, type]) => [name, fieldsOf(type)])),
    '},"enums":{',
    lines([...enums].map(([name, { values }]) => [name, values])),
    '}}',
  ].join('\n');
  if (/[`\\]|\$\{/.test(text)) throw new Error('the text does not fit into a template literal as it is');
  return [
    '// Made from proto/vendor by npm run generate. Change that, not this.',
    '/** JSON of a Descriptor (descriptor.ts). */',
    `export const DESCRIPTOR = \`${text}\`;`,
    '',
  ].join('\n');
}

/** `{"name": [number, type, how often?]}`, by number. */
function fieldsOf(type: protobuf.Type): Record<string, readonly unknown[]> {
  const fields = [...type.fieldsArray].sort((a, b) => a.id - b.id);
  return Object.fromEntries(
    fields.map((field) => {
      const name = field.resolvedType === null ? field.type : fullName(field.resolvedType);
      const often = oftenOf(field);
      return [field.name, often === undefined ? [field.id, name] : [field.id, name, often]];
    }),
  );
}

/** `one`: a scalar that is written even when it is zero, for a oneof tells by it which was chosen. */
function oftenOf(field: protobuf.Field): 'repeated' | 'map' | 'one' | undefined {
  if (field instanceof protobuf.MapField) {
    if (field.keyType !== 'string') throw new Error(`${field.fullName}: a map by something else than text`);
    return 'map';
  }
  if (field.repeated) return 'repeated';
  return field.partOf === null ? undefined : 'one';
}
