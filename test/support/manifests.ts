import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { program } from '../../local/components/index.ts';
import { mustRun } from '../../local/lib/run.ts';
import type { KubeObject } from '../../src/model/kube-objects.ts';

/** The top of the checkout. */
export const checkout = join(import.meta.dirname, '../..');

/** A manifest: an object of any kind, its other fields not known to the compiler. */
export type Manifest = KubeObject & {
  readonly kind: string;
  readonly apiVersion: string;
  readonly [field: string]: unknown;
};

/** The objects of a YAML text of one or more documents, comments-only documents left out. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** The objects of a YAML file of the checkout. */
export async function readManifests(path: string): Promise<Manifest[]> {
  return parseManifests(await readFile(join(checkout, path), 'utf8'));
}

/** What `kubectl kustomize` makes of a folder of the checkout, as text. */
export async function kustomize(folder: string): Promise<string> {
  return await mustRun(program('kubernetes', 'kubectl'), ['kustomize', join(checkout, folder)]);
}
