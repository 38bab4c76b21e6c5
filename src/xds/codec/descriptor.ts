import { DESCRIPTOR } from './generated/descriptor-text.ts';

/** How often a field may be there. `one`: in a oneof, so that it is written even when it has the zero of its type. */
export type Often = 'once' | 'one' | 'repeated' | 'map';

/** One field of a message. */
export interface FieldShape {
  readonly name: string;
  readonly id: number;
  /** A scalar of protobuf, or the full name of a message or an enumeration. A map has texts as keys, and values of this type. */
  readonly type: string;
  readonly often: Often;
}

/** A message: its fields by number, in their order. */
export interface MessageShape {
  readonly name: string;
  readonly fields: readonly FieldShape[];
  readonly byId: ReadonlyMap<number, FieldShape>;
}

/** An enumeration. */
export interface EnumShape {
  readonly numbers: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
}

interface Descriptor {
  readonly messages: Readonly<Record<string, Readonly<Record<string, readonly [number, string, Often?]>>>>;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

let parsed: Descriptor | undefined;
const messages = new Map<string, MessageShape>();
const enums = new Map<string, EnumShape>();

/** Parsed with the first use, not with the import: a few milliseconds that only they pay who serve xDS. */
function descriptor(): Descriptor {
  return (parsed ??= JSON.parse(DESCRIPTOR) as Descriptor);
}

/** The shape of a message; undefined when it is none that proto/vendor's roots reach. */
export function messageShape(name: string): MessageShape | undefined {
  const known = messages.get(name);
  if (known !== undefined) return known;
  const all = descriptor().messages;
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  if (found === undefined) return undefined;
  const fields = Object.entries(found).map(([field, [id, type, often = 'once']]): FieldShape => ({
    name: field,
    id,
    type,
    often,
  }));
  const shape = { name, fields, byId: new Map(fields.map((field) => [field.id, field])) };
  messages.set(name, shape);
  return shape;
}

/** The shape of an enumeration; undefined when it is none. */
export function enumShape(name: string): EnumShape | undefined {
  const known = enums.get(name);
  if (known !== undefined) return known;
  const all = descriptor().enums;
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  if (found === undefined) return undefined;
  const entries = Object.entries(found);
  const shape = {
    numbers: new Map(entries),
    names: new Map(entries.map(([value, number]) => [number, value])),
  };
  enums.set(name, shape);
  return shape;
}

/** The name of a message in the URL of its type: `envoy.config.cluster.v3.Cluster`. */
export function messageName(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
}
