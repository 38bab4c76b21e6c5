/**
 * `npm run generate`: writes the files that are made from others. docs/reference/ comes from the CRDs, the flags and the metrics;
 * the PrometheusRule from the plain rules file; the shapes and types of the xDS messages from proto/vendor. `npm test` fails when a file differs from what this makes.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { parse } from 'yaml';
import { flagDocs } from '../src/config/index.ts';
import { crdReference, type Crd } from './generate/crd-reference.ts';
import { flagReference } from './generate/flag-reference.ts';
import { metricReference, metricsThereAre } from './generate/metric-reference.ts';
import { prometheusRule } from './generate/prometheus-rule.ts';
import { xdsDescriptor } from './generate/xds/descriptor.ts';
import { readProtos } from './generate/xds/read-protos.ts';
import { xdsTypes } from './generate/xds/types.ts';

const root = join(import.meta.dirname, '..');

async function write(path: string, text: string): Promise<void> {
  const file = join(root, path);
  const options = await resolveConfig(file);
  await writeFile(file, await format(text, { ...options, filepath: file }));
}

async function read(path: string): Promise<string> {
  return await readFile(join(root, path), 'utf8');
}

const rules = 'deploy/monitoring/rollcall.rules.yaml';
const registryCrd = 'crds/registries.rollcall.dev.yaml';
const grpcServiceCrd = 'crds/grpcservices.rollcall.dev.yaml';

await write('docs/reference/registry.md', crdReference(parse(await read(registryCrd)) as Crd, registryCrd));
await write(
  'docs/reference/grpcservice.md',
  crdReference(parse(await read(grpcServiceCrd)) as Crd, grpcServiceCrd),
);
await write('docs/reference/flags.md', flagReference(flagDocs()));
await write('docs/reference/metrics.md', metricReference(metricsThereAre()));
await write('deploy/components/monitoring/prometheus-rule.yaml', prometheusRule(await read(rules), rules));

const protos = readProtos();
await write('src/xds/codec/generated/descriptor-text.ts', xdsDescriptor(protos));
await write('src/xds/codec/generated/messages.ts', xdsTypes(protos));
