import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { flagLabel } from '../config/index.ts';
import { ConfigError, errorMessage } from '../lib/errors.ts';
import type { CustomSchemaSpec } from '../model/registry.ts';

/**
 * spec.schema.custom of the Registry in a manifest (of several documents the first that is one); null where its schema is Managed. Throws
 * ConfigError where there is none, or where it says not enough: the API server has the last word on the rest.
 */
export function customSchemaOf(file: string): CustomSchemaSpec | null {
  const registry = read(file).find((document) => field(document, 'kind') === 'Registry');
  if (registry === undefined) throw problem(`${file} has no Registry in it`);
  const schema = field(field(registry, 'spec'), 'schema');
  if (field(schema, 'type') !== 'Custom') return null;
  const custom = field(schema, 'custom');
  const columns = field(custom, 'columns');
  const wrong = [
    ...texts(custom, 'spec.schema.custom', ['table']),
    ...texts(columns, 'spec.schema.custom.columns', ['service', 'instanceId', ...Object.keys(columns ?? {})]),
    ...(field(custom, 'where') === undefined ? [] : texts(custom, 'spec.schema.custom', ['where'])),
  ];
  if (wrong.length > 0) throw problem(`in ${file}, ${[...new Set(wrong)].join(', ')} must be a text`);
  return custom as CustomSchemaSpec;
}

function read(file: string): readonly unknown[] {
  try {
    return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw error;
      return document.toJS() as unknown;
    });
  } catch (error) {
    throw problem(errorMessage(error));
  }
}

function texts(of: unknown, path: string, names: readonly string[]): readonly string[] {
  const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
  return names.filter((name) => !isText(field(of, name))).map((name) => `${path}.${name}`);
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : undefined;
}

function problem(text: string): ConfigError {
  return new ConfigError([`${flagLabel('registry')}: ${text}`]);
}
