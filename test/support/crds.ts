import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** A node of a structural schema, as far as the tests read it. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message?: string }[];
}

/** The schema of the one version of a file in crds/. */
export function crdSchema(plural: 'registries' | 'grpcservices'): Schema {
  const file = join(import.meta.dirname, `../../crds/${plural}.rollcall.dev.yaml`);
  const crd = parse(readFileSync(file, 'utf8')) as {
    spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
  };
  const [version] = crd.spec.versions;
  if (version === undefined) throw new Error(`${file} has no version`);
  return version.schema.openAPIV3Schema;
}

/** Every node of a schema with its path, the node itself first. */
export function* nodes(schema: Schema, path: readonly string[] = []): Generator<[readonly string[], Schema]> {
  yield [path, schema];
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    yield* nodes(property, [...path, name]);
  if (schema.items !== undefined) yield* nodes(schema.items, [...path, '[]']);
  if (schema.additionalProperties !== undefined) yield* nodes(schema.additionalProperties, [...path, '*']);
}

/** A value with the defaults of its schema filled in, as the API server stores it. */
export function withDefaults(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => withDefaults(items, item));
  }
  if (typeof value !== 'object' || value === null) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (filled[name] === undefined && property.default !== undefined) filled[name] = property.default;
    if (filled[name] !== undefined) filled[name] = withDefaults(property, filled[name]);
  }
  return filled;
}
