import assert from 'node:assert/strict';
import fc from 'fast-check';
import { registryTimes } from '../../../src/controller/registry-options.ts';
import { publishSpec } from '../../../src/desired/publish-spec.ts';
import { parseDurationMs } from '../../../src/model/duration.ts';
import type { GrpcService } from '../../../src/model/grpcservice.ts';
import type { RegistrySpec } from '../../../src/model/registry.ts';
import { crdSchema, nodes, withDefaults, type Schema } from '../../support/crds.ts';
import { byName, type Shape, typeShapes } from '../../support/type-shapes.ts';

const schemas = { registries: crdSchema('registries'), grpcservices: crdSchema('grpcservices') } as const;

describe('crds/', () => {
  describe('has the fields of src/model, no more and no fewer', () => {
    const shapes = typeShapes('model/registry.ts', 'model/grpcservice.ts');
    const cases = [
      { plural: 'registries', field: 'spec', type: 'RegistrySpec' },
      { plural: 'registries', field: 'status', type: 'RegistryStatus' },
      { plural: 'grpcservices', field: 'spec', type: 'GrpcServiceSpec' },
      { plural: 'grpcservices', field: 'status', type: 'GrpcServiceStatus' },
    ] as const;
    for (const { plural, field, type } of cases) {
      it(`${plural}: ${field} is ${type}`, () => {
        const property = schemas[plural].properties?.[field];
        assert.ok(property);
        assert.deepEqual(shapeOfSchema(property), shapes(type));
      });
    }
  });

  for (const [plural, schema] of Object.entries(schemas)) {
    it(`${plural}: describes every field and bounds every text, list and map that people write`, () => {
      for (const [path, node] of nodes(schema)) {
        const at = `${plural}: ${path.join('.')}`;
        const parentIsMap = ['*', '[]'].includes(path.at(-1) ?? '');
        if (path.length > 0 && path[0] !== 'metadata' && !parentIsMap) assert.ok(node.description, at);
        if (path[0] !== 'spec') continue;
        if (node.type === 'string' && node.enum === undefined) assert.ok(node.maxLength, at);
        if (node.type === 'array') assert.ok(node.maxItems, at);
        if (node.additionalProperties !== undefined) assert.ok(node.maxProperties, at);
      }
    });

    it(`${plural}: every CEL rule has a message`, () => {
      for (const [path, node] of nodes(schema)) {
        for (const { rule, message } of node['x-kubernetes-validations'] ?? []) {
          assert.ok(message, `${path.join('.')}: ${rule}`);
        }
      }
    });
  }

  it('fills in for a GrpcService the defaults that the operator takes without them', () => {
    const bare: GrpcService = { metadata: { namespace: 'shop', name: 'orders' }, spec: { port: 50_051 } };
    const stored = withDefaults(schemas.grpcservices, bare) as GrpcService;
    assert.notDeepEqual(stored, bare);
    assert.deepEqual(publishSpec(stored), publishSpec(bare));
  });

  it('fills in for a Registry the durations that the operator takes without them', () => {
    const bare: RegistrySpec = {
      mysql: { host: 'db', database: 'rollcall', credentialsSecretRef: { name: 'login' } },
    };
    const stored = withDefaults(schemas.registries, { spec: bare }) as { spec: RegistrySpec };
    assert.notDeepEqual(stored.spec, bare);
    const times = registryTimes(stored.spec);
    assert.ok(times.ok);
    assert.deepEqual(times, registryTimes(bare));
  });

  it('accepts as a duration only what the operator can read', () => {
    const patterns = new Set(
      Object.values(schemas)
        .flatMap((schema) => [...nodes(schema)])
        .flatMap(([, node]) => node['x-kubernetes-validations'] ?? [])
        .map(({ rule }) => /self\.matches\('([^']+)'\) && duration\(self\)/.exec(rule)?.[1])
        .filter((pattern) => pattern !== undefined),
    );
    assert.equal(patterns.size, 1, 'all durations have one pattern');
    const [pattern = ''] = patterns;
    fc.assert(
      fc.property(fc.stringMatching(new RegExp(pattern)), (text) => {
        const ms = parseDurationMs(text);
        assert.ok(ms !== null && ms >= 0, text);
      }),
    );
  });
});

function shapeOfSchema(schema: Schema): Shape {
  switch (schema.type ?? 'object') {
    case 'string':
      return schema.enum === undefined ? 'string' : [...schema.enum].sort().join(' | ');
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array':
      assert.ok(schema.items);
      return { '[]': shapeOfSchema(schema.items) };
    default:
      if (schema.additionalProperties !== undefined)
        return { '*': shapeOfSchema(schema.additionalProperties) };
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .map(([name, property]): [string, Shape] => [
            schema.required?.includes(name) === true ? name : `${name}?`,
            shapeOfSchema(property),
          ])
          .sort(byName),
      );
  }
}
