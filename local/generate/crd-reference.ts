import { code, generatedNote, table } from './markdown.ts';

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
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly 'x-kubernetes-validations'?: readonly { readonly message?: string }[];
}

/** The reference page of one CRD: a section for each object of its schema, a row for each field. */
export function crdReference(crd: Crd, source: string): string {
  const { group, names, versions } = crd.spec;
  return versions
    .map(({ name, schema, additionalPrinterColumns = [] }) => {
      const { openAPIV3Schema: root } = schema;
      const sections = ['spec', 'status'].flatMap((field) => {
        const property = root.properties?.[field];
        return property === undefined ? [] : objectSections(field, property);
      });
      return [
        generatedNote(source.replace(/^(\.\.\/)+/, '')),
        `# ${names.kind}`,
        `${root.description ?? ''}`,
        `apiVersion: ${code(`${group}/${name}`)}. For kubectl: ${[names.plural, ...(names.shortNames ?? [])].map(code).join(', ')}.`,
        ...rules(root),
        ...sections,
        '## What kubectl get shows',
        table(
          ['Column', 'From', 'Meaning'],
          additionalPrinterColumns.map((column) => [
            column.priority === undefined ? column.name : `${column.name} (with ${code('-o wide')})`,
            code(column.jsonPath),
            column.description ?? '',
          ]),
        ),
      ].join('\n\n');
    })
    .join('\n\n');
}

/** The section of one object, then those of the objects in it. */
function objectSections(path: string, schema: Schema): string[] {
  const fields = Object.entries(schema.properties ?? {});
  const rows = fields.map(([name, property]) => [
    code(name),
    typeOf(property) + (schema.required?.includes(name) === true ? ', required' : ''),
    property.default === undefined ? '' : code(text(property.default)),
    property.description ?? '',
  ]);
  const own = [
    `## ${path}`,
    schema.description ?? '',
    table(['Field', 'Type', 'Default', 'Meaning'], rows),
    ...rules(schema),
    ...fields.flatMap(([name, property]) => rules(property.items ?? property, name, property)),
  ];
  const inner = fields.flatMap(([name, property]) => {
    if (property.properties !== undefined) return objectSections(`${path}.${name}`, property);
    return property.items?.properties === undefined ? [] : objectSections(`${path}.${name}[]`, property.items);
  });
  return [...own, ...inner];
}

/** What the rules of a schema say; those of an object are in its own section. */
function rules(schema: Schema, field?: string, property?: Schema): string[] {
  if (field !== undefined && schema.properties !== undefined) return [];
  const messages = [schema, ...(property === schema || property === undefined ? [] : [property])]
    .flatMap((each) => each['x-kubernetes-validations'] ?? [])
    .map(({ message = '' }) => `- ${field === undefined ? '' : `${code(field)}: `}${escape(message)}`);
  return messages.length === 0 ? [] : [`Refused otherwise:\n\n${messages.join('\n')}`];
}

function escape(message: string): string {
  return message.replaceAll(/[*_<>]/g, (char) => `\\${char}`);
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}${count(schema, 'Items')}`;
  if (schema.additionalProperties !== undefined) return `map of ${typeOf(schema.additionalProperties)}`;
  if (schema.type === 'integer') return `integer${range(schema)}`;
  if (schema.format === 'date-time') return 'time';
  return `${schema.type ?? 'object'}${count(schema, 'Length')}`;
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
