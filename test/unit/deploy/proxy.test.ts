import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { parse } from 'yaml';
import { parseCommandLine } from '../../../src/cli/command-line.ts';
import { xdsBootstrapCommand } from '../../../src/cli/xds-bootstrap.ts';
import { flagDocs } from '../../../src/config/index.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { PROXY_HEALTH_PATH } from '../../../src/xds/resources/proxy.ts';
import { viewOf } from '../../../src/xds/resources/view.ts';
import { checkout, readManifests } from '../../support/manifests.ts';
import { argumentsOf, environmentOf, proxyBootstrap, proxyPod } from '../../support/proxy-pod.ts';

const { container, terminationGracePeriodSeconds } = proxyPod();
const ports = new Map(container.ports.map(({ name, containerPort }) => [name, containerPort]));

/** What a command line of `rollcall`, as a person would type it, prints. */
async function printed(line: string): Promise<string> {
  const texts: string[] = [];
  const say = (text: string): void => void texts.push(text);
  const parsed = parseCommandLine(line.split(' '), '1', { out: say, err: say });
  assert.ok('command' in parsed && parsed.command === 'xds-bootstrap', texts.join(''));
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      say(String(chunk));
      done();
    },
  });
  const context = { env: {}, hostname: 'no', version: '1', clock: systemClock, random: () => 0 };
  const command = xdsBootstrapCommand.prepare(parsed.raw, { ...context, stdout: output, stderr: output });
  assert.equal(await command.run(new AbortController().signal), 0, texts.join(''));
  return texts.join('');
}

describe('deploy/proxy', () => {
  const env = environmentOf(container, {
    ...{ 'metadata.name': 'rollcall-proxy-1', 'metadata.namespace': 'rollcall-system' },
    "metadata.labels['topology.kubernetes.io/region']": 'eu-1',
    "metadata.labels['topology.kubernetes.io/zone']": 'eu-1a',
  });
  const own = (): { readonly node: object; readonly static_resources: { readonly clusters: object[] } } => {
    const args = argumentsOf(container, env);
    return parse(args[args.indexOf('--config-yaml') + 1] ?? '') as ReturnType<typeof own>;
  };

  it('has the bootstrap that the command in its kustomization.yaml prints', async () => {
    const text = readFileSync(join(checkout, 'deploy/proxy/kustomization.yaml'), 'utf8');
    const [, line = ''] = /`rollcall ([^`]*)`/.exec(text) ?? [];
    assert.equal(proxyBootstrap(), await printed(line));
  });

  it('is the front proxy to the operator, and tells it the pod and its place', () => {
    const { node } = JSON.parse(proxyBootstrap()) as { node: { metadata: Readonly<Record<string, string>> } };
    const unnamed = { id: '', cluster: '', userAgentName: 'envoy', userAgentVersion: '', locality: null };
    assert.equal(viewOf({ ...unnamed, clientFeatures: [], ...node, locality: null }).kind, 'proxy');
    assert.deepEqual(own().node, {
      id: 'rollcall-proxy-1.rollcall-system',
      locality: { region: 'eu-1', zone: 'eu-1a' },
    });
  });

  it('has its own admin interface behind the status port', () => {
    const { admin } = JSON.parse(proxyBootstrap()) as {
      admin: { address: { socket_address: { address: string; port_value: number } } };
    };
    const { address, port_value: port } = admin.address.socket_address;
    assert.equal(address, '127.0.0.1');
    assert.match(
      JSON.stringify(own().static_resources.clusters),
      new RegExp(`"${address}","port_value":${port}}`),
    );
    assert.match(
      container.lifecycle.preStop.exec.command.at(-1) ?? '',
      new RegExp(`/dev/tcp/${address}/${port}\n`),
    );
  });

  it('is called at the port that the operator has it listen on, and asked there whether it is ready', () => {
    const address = flagDocs()
      .flatMap(({ flags }) => flags)
      .find(({ flag }) => flag === '--proxy-address')?.default;
    assert.equal(address, `:${ports.get('grpc')}`);
    const { path, port } = container.readinessProbe.httpGet;
    assert.deepEqual([path, port], [PROXY_HEALTH_PATH, 'grpc']);
  });

  it('has more time to end than its drain takes', () => {
    const seconds = Number(env.DRAIN_DELAY_SECONDS) + Number(env.DRAIN_SECONDS);
    assert.ok(seconds > 0 && terminationGracePeriodSeconds > seconds + 5);
  });

  it('has a Service, a budget and a policy that select its pods, and not those of the operator', async () => {
    const labelsOf = async (folder: string): Promise<Readonly<Record<string, string>>> => {
      const [deployment] = await readManifests(`deploy/${folder}/deployment.yaml`);
      return (deployment?.spec as { template: { metadata: { labels: Record<string, string> } } }).template
        .metadata.labels;
    };
    const pods = [await labelsOf('proxy'), await labelsOf('base')];
    const selectorIn: Readonly<Record<string, (spec: never) => Readonly<Record<string, string>>>> = {
      deployment: ({ selector }: { selector: { matchLabels: Record<string, string> } }) =>
        selector.matchLabels,
      'pod-disruption-budget': ({ selector }: { selector: { matchLabels: Record<string, string> } }) =>
        selector.matchLabels,
      'network-policy': ({ podSelector }: { podSelector: { matchLabels: Record<string, string> } }) =>
        podSelector.matchLabels,
      service: ({ selector }: { selector: Record<string, string> }) => selector,
    };
    for (const [file, selectorOf] of Object.entries(selectorIn)) {
      const [manifest] = await readManifests(`deploy/proxy/${file}.yaml`);
      const selector = Object.entries(selectorOf(manifest?.spec as never));
      const selected = pods.map((labels) => selector.every(([label, value]) => labels[label] === value));
      assert.deepEqual(selected, [true, false], file);
    }
  });
});
