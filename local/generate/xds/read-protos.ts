import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { XDS_ROOTS } from './roots.ts';

/** The messages and enumerations that are needed, by full name, in alphabetical order. */
export interface Protos {
  readonly messages: ReadonlyMap<string, protobuf.Type>;
  readonly enums: ReadonlyMap<string, protobuf.Enum>;
}

/** Written and read as plain JSON, or as the message in it: their fields are not looked at. */
export const WELL_KNOWN = ['google.protobuf.Any', 'google.protobuf.Struct'];

const vendor = join(import.meta.dirname, '../../../proto/vendor');
const upstreams = ['envoy-api', 'xds', 'googleapis'];
/** Files that only define options. */
const annotations = /^(validate|udpa\/annotations|xds\/annotations|envoy\/annotations|google\/api)\//;

/** Reads the roots' files and what they import from proto/vendor, and picks what the roots reach. Throws when a file is not there. */
export function readProtos(): Protos {
  const root = new protobuf.Root();
  const seen = new Set<string>();
  for (const [file] of XDS_ROOTS) read(root, file, seen);
  root.resolveAll();
  const messages = new Map<string, protobuf.Type>();
  const enums = new Map<string, protobuf.Enum>();
  const waiting: protobuf.ReflectionObject[] = XDS_ROOTS.map(([, name]) => root.lookupType(name));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const name = fullName(next);
    if (messages.has(name) || WELL_KNOWN.includes(name)) continue;
    if (next instanceof protobuf.Enum) enums.set(name, next);
    if (!(next instanceof protobuf.Type)) continue;
    messages.set(name, next);
    waiting.push(...next.fieldsArray.flatMap(({ resolvedType }) => resolvedType ?? []));
  }
  return { messages: sorted(messages), enums: sorted(enums) };
}

/** `envoy.config.core.v3.Node`, without protobufjs' leading dot. */
export const fullName = ({ fullName: name }: protobuf.ReflectionObject): string => name.slice(1);

function read(root: protobuf.Root, file: string, seen: Set<string>): void {
  if (seen.has(file) || annotations.test(file)) return;
  seen.add(file);
  const common = protobuf.common.get(file);
  if (common?.nested !== undefined) {
    root.addJSON(common.nested);
    return;
  }
  const path = upstreams.map((upstream) => join(vendor, upstream, file)).find(existsSync);
  if (path === undefined) throw new Error(`proto/vendor has no ${file}; see proto/README.md`);
  const { imports = [] } = protobuf.parse(readFileSync(path, 'utf8'), root);
  for (const imported of imports) read(root, imported, seen);
}

function sorted<T>(map: ReadonlyMap<string, T>): Map<string, T> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}
