import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { parseCommandLine } from '../../../src/cli/command-line.ts';
import { readXdsBootstrapConfig } from '../../../src/config/index.ts';
import { XDS_CONFIG_MAP, XDS_CONFIG_MAP_KEY } from '../../../src/model/names.ts';
import { checkout } from '../../support/manifests.ts';

interface Container {
  readonly image: string;
  readonly args?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

const { spec } = (
  parse(readFileSync(join(checkout, 'deploy/samples/xds-client.yaml'), 'utf8')) as {
    spec: { template: { spec: { initContainers: [Container]; containers: [Container] } } };
  }
).spec.template;
const [init] = spec.initContainers;
const [app] = spec.containers;

describe('deploy/samples/xds-client.yaml', () => {
  /** What the kubelet puts into the environment: each variable from the field that the sample names. */
  const env = (fields: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      init.env.map(({ name, valueFrom }) => {
        const { fieldRef } = valueFrom as { fieldRef: { fieldPath: string } };
        return [name, fields[fieldRef.fieldPath] ?? ''];
      }),
    );
  const configOf = (fields: Readonly<Record<string, string>>) => {
    const said: string[] = [];
    const say = (text: string): void => void said.push(text);
    const line = parseCommandLine(init.args ?? [], '1', { out: say, err: say });
    assert.ok('command' in line && line.command === 'xds-bootstrap', said.join(''));
    return readXdsBootstrapConfig(line.raw, env(fields), { hostname: 'no' });
  };
  const pod = { 'metadata.name': 'cart-1', 'metadata.namespace': 'shop' };

  it('tells the command the pod and its place', () => {
    const labels = {
      "metadata.labels['topology.kubernetes.io/region']": 'eu-1',
      "metadata.labels['topology.kubernetes.io/zone']": 'eu-1a',
    };
    const { nodeId, region, zone } = configOf({ ...pod, ...labels });
    assert.deepEqual([nodeId, region, zone], ['cart-1.shop', 'eu-1', 'eu-1a']);
  });

  it('works on a node without the labels of a zone', () => {
    const { nodeId, region, zone } = configOf(pod);
    assert.deepEqual([nodeId, region, zone], ['cart-1.shop', '', '']);
  });

  it('has the application read the file that the init container writes, from the same volume', () => {
    const file = configOf(pod).outputFile ?? '';
    assert.equal(app.env.find(({ name }) => name === 'GRPC_XDS_BOOTSTRAP')?.value, file);
    const volumeAt = ({ volumeMounts }: Container) =>
      volumeMounts.find(({ mountPath }) => mountPath === dirname(file))?.name;
    assert.ok(volumeAt(init) !== undefined);
    assert.equal(volumeAt(app), volumeAt(init));
  });

  it('takes the image of the version in package.json', () => {
    const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
      version: string;
    };
    assert.equal(init.image, `rollcall:${version}`);
  });
});

describe('deploy/samples/xds-client-configmap.yaml', () => {
  it('mounts the ConfigMap that the operator makes, and names the file in it', () => {
    const { containers, volumes } = (
      parse(readFileSync(join(checkout, 'deploy/samples/xds-client-configmap.yaml'), 'utf8')) as {
        spec: {
          template: {
            spec: {
              containers: [Container];
              volumes: [{ readonly name: string; readonly configMap: { readonly name: string } }];
            };
          };
        };
      }
    ).spec.template.spec;
    const [{ env, volumeMounts }] = containers;
    const [volume] = volumes;
    assert.equal(volume.configMap.name, XDS_CONFIG_MAP);
    const folder = volumeMounts.find(({ name }) => name === volume.name)?.mountPath ?? '';
    assert.equal(
      env.find(({ name }) => name === 'GRPC_XDS_BOOTSTRAP')?.value,
      `${folder}/${XDS_CONFIG_MAP_KEY}`,
    );
  });
});
