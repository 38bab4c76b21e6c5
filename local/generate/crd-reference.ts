import { code, page, table } from './markdown.ts';

/** A CustomResourceDefinition, as far as its reference page shows it. */
export interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: {
      readonly kind: string;
      readonly plural: string;
      readonly shortNames?: readonly string[];
    };
    readonly versions: readonly {
      readonly name: string;
      readonly additionalPrinterColumns?: readonly PrinterColumn[];
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

interface PrinterColumn {
  readonly name: string;
  readonly jsonPath: string;
  readonly description?: string;
  readonly priority?: number;
}

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly 'x-kubernetes-validations'?: readonly { readonly message?: string }[];
}

/** The reference page of one CRD: a section for each object of its schema, a row for each field. */
export function crdReference(crd: Crd, source: string): string {
  const { group, names, versions } = crd.spec;
  const [version] = versions;
  if (version === undefined || versions.length > 1) throw new Error(`${source}: a page shows one version`);
  const { openAPIV3Schema: root } = version.schema;
  return page(source, [
    `# ${names.kind}`,
    root.description ?? '',
    `apiVersion: ${code(`${group}/${version.name}`)}. For kubectl: ${[names.plural, ...(names.shortNames ?? [])].map(code).join(', ')}.`,
    refusals(messagesOf(root)),
    ...Object.entries(root.properties ?? {})
      .filter(([field]) => field === 'spec' || field === 'status')
      .flatMap(([field, property]) => objectSections(field, property)),
    '## What kubectl get shows',
    table(
      ['Column', 'From', 'Meaning'],
      (version.additionalPrinterColumns ?? []).map((column) => [
        column.priority === undefined ? column.name : `${column.name} (with ${code('-o wide')})`,
        code(column.jsonPath),
        column.description ?? '',
      ]),
    ),
  ]);
}

/** The section of one object, then those of the objects in it. An object of one field is a row of its own, not a section. */
function objectSections(path: string, schema: Schema): string[] {
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) =>
    inline(schema, name, property),
  );
  return [
    `## ${path}`,
    schema.description ?? '',
    table(
      ['Field', 'Type', 'Default', 'Meaning'],
      fields.map(({ name, required, property, description }) => [
        code(name),
        typeOf(property) + (required ? ', required' : ''),
        property.default === undefined ? '' : code(text(property.default)),
        description,
      ]),
    ),
    refusals([
      ...messagesOf(schema),
      ...fields.flatMap(({ name, property }) =>
        property.properties === undefined ? messagesOf(property, name) : [],
      ),
    ]),
    ...fields.flatMap(({ name, property }) => {
      if (property.properties !== undefined) return objectSections(`${path}.${name}`, property);
      return property.items?.properties === undefined
        ? []
        : objectSections(`${path}.${name}[]`, property.items);
    }),
  ];
}

function inline(parent: Schema, name: string, property: Schema) {
  const required = parent.required?.includes(name) === true;
  const description = property.description ?? '';
  const [only, ...others] = Object.entries(property.properties ?? {});
  if (only === undefined || others.length > 0) return { name, required, property, description };
  return { name: `${name}.${only[0]}`, required, property: only[1], description };
}

/** The messages of a schema's rules, and of those of its items unless they are objects with a section of their own. */
function messagesOf(schema: Schema, field?: string): string[] {
  const own = schema['x-kubernetes-validations'] ?? [];
  const ofItems =
    schema.items?.properties === undefined ? (schema.items?.['x-kubernetes-validations'] ?? []) : [];
  return [...own, ...ofItems].map(
    ({ message = '' }) => `- ${field === undefined ? '' : `${code(field)}: `}${escape(message)}`,
  );
}

function refusals(messages: readonly string[]): string {
  return messages.length === 0 ? '' : `What is refused, and what to write:\n\n${messages.join('\n')}`;
}

function escape(message: string): string {
  return message.replaceAll(/[*_<>]/g, (char) => `\\${char}`);
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  if (schema.items !== undefined) {
    return `list of ${itemsOf(schema.items)}${count(schema, 'Items')}`;
  }
  if (schema.additionalProperties !== undefined)
    return `map of ${schema.additionalProperties.type ?? 'object'}`;
  if (schema.type === 'integer') return `integer${range(schema)}`;
  if (schema.format === 'date-time') return 'time';
  return `${schema.type ?? 'object'}${count(schema, 'Length')}`;
}

function itemsOf(items: Schema): string {
  return items.type === 'string' && items.enum === undefined ? 'string' : typeOf(items);
}

function range({ minimum, maximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} to ${maximum}`;
  return minimum === undefined ? '' : `, at least ${minimum}`;
}

function count(schema: Schema, what: 'Items' | 'Length'): string {
  const max = schema[`max${what}`];
  return max === undefined ? '' : `, at most ${max}${what === 'Length' ? ' characters' : ''}`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
