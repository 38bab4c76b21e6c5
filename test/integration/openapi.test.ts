import assert from 'node:assert/strict';
import { testbed } from '../support/testbed/index.ts';
import { type Shape, typeShapes } from '../support/type-shapes.ts';

/** A schema of the API server's OpenAPI v3, as far as it matters here. */
interface OpenApiSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly items?: OpenApiSchema;
  readonly additionalProperties?: OpenApiSchema;
  readonly allOf?: readonly OpenApiSchema[];
  readonly oneOf?: readonly OpenApiSchema[];
  readonly $ref?: string;
}

const cases = [
  { api: 'apis/discovery.k8s.io/v1', kind: 'io.k8s.api.discovery.v1.EndpointSlice', type: 'EndpointSlice' },
  { api: 'api/v1', kind: 'io.k8s.api.core.v1.Service', type: 'KubeService' },
  { api: 'api/v1', kind: 'io.k8s.api.core.v1.Secret', type: 'Secret' },
  { api: 'api/v1', kind: 'io.k8s.api.core.v1.ConfigMap', type: 'ConfigMap' },
  { api: 'api/v1', kind: 'io.k8s.api.core.v1.Pod', type: 'Pod' },
  { api: 'apis/coordination.k8s.io/v1', kind: 'io.k8s.api.coordination.v1.Lease', type: 'Lease' },
  { api: 'apis/events.k8s.io/v1', kind: 'io.k8s.api.events.v1.Event', type: 'KubeEvent' },
] as const;

describe('the JSON shapes of Kubernetes objects in src', function () {
  this.timeout(60_000);
  const shapes = typeShapes('model/kube-objects.ts', 'kube/lease.ts', 'kube/kube-event.ts');

  for (const { api, kind, type } of cases) {
    it(`${type} names only fields that the API server's ${kind} has, of the same type`, async () => {
      const { request } = await testbed.cluster();
      const document = await request<{ components: { schemas: Record<string, OpenApiSchema> } }>(
        'GET',
        `/openapi/v3/${api}`,
      );
      const { schemas } = document.components;
      const wrong: string[] = [];
      compare(shapes(type), schemas[kind], schemas, type, wrong);
      assert.deepEqual(wrong, []);
    });
  }
});

/** Adds to `wrong` every place where the shape says something that the schema does not. */
function compare(
  shape: Shape,
  given: OpenApiSchema | undefined,
  schemas: Readonly<Record<string, OpenApiSchema>>,
  at: string,
  wrong: string[],
): void {
  const schema = resolve(given, schemas);
  if (schema === undefined) {
    wrong.push(`${at}: the API server has no such field`);
    return;
  }
  if (typeof shape === 'string') {
    if (!fits(shape, schema)) wrong.push(`${at}: ${shape} here, ${JSON.stringify(schema)} there`);
    return;
  }
  for (const [name, inner] of Object.entries(shape)) {
    const field = name.replace(/\?$/, '');
    if (name === '[]') compare(inner, schema.items, schemas, `${at}[]`, wrong);
    else if (name === '*') compare(inner, schema.additionalProperties, schemas, `${at}.*`, wrong);
    else compare(inner, schema.properties?.[field], schemas, `${at}.${field}`, wrong);
  }
}

function resolve(
  schema: OpenApiSchema | undefined,
  schemas: Readonly<Record<string, OpenApiSchema>>,
): OpenApiSchema | undefined {
  const [only] = schema?.allOf ?? [];
  const { $ref } = only ?? schema ?? {};
  if ($ref === undefined) return only ?? schema;
  return resolve(schemas[$ref.slice($ref.lastIndexOf('/') + 1)], schemas);
}

/** `shape`: string, number, boolean, or literals; `number | string` is the API's IntOrString. */
function fits(shape: string, schema: OpenApiSchema): boolean {
  const types = schema.oneOf?.map(({ type }) => type) ?? [schema.type];
  const wanted = shape.split(' | ').map((part) => {
    if (part === 'number') return ['integer', 'number'];
    return part === 'boolean' ? ['boolean'] : ['string'];
  });
  return wanted.every((names) => names.some((name) => types.includes(name)));
}
