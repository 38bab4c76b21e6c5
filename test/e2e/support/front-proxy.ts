import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { mustRun } from '../../../local/lib/run.ts';
import { type EnvoyServer, runEnvoy } from '../../../local/servers/envoy.ts';
import { newWorkDir } from '../../../local/servers/work-dir.ts';
import { checkout } from '../../support/manifests.ts';
import { argumentsOf, environmentOf, proxyPod } from '../../support/proxy-pod.ts';

const { container } = proxyPod();

/** Where the pod's admin interface and status port listen. */
const IN_THE_POD = { admin: '127.0.0.1', status: '"::", ipv4_compat: true' };

/** A pod of deploy/proxy: the same arguments, the same bootstrap, the same end. Only its addresses are others, since all "pods" share one network here. */
export interface FrontProxy extends EnvoyServer {
  /** What the kubelet does before it ends the container; the delay of the manifest left out. Answers how long it took, in ms. */
  readonly preStop: () => Promise<number>;
  /** GET of a path of the status port. */
  readonly status: (
    path: string,
    method?: string,
  ) => Promise<{ readonly code: number; readonly text: string }>;
}

/** Starts it and waits until it has the operator's listener. `xdsServer` is `host:port`. Throws `Unavailable`. */
export async function startFrontProxy(address: string, xdsServer: string): Promise<FrontProxy> {
  const folder = newWorkDir('proxy');
  const file = join(folder, 'bootstrap.json');
  const flags = [
    '--node-cluster',
    'rollcall-proxy',
    '--server',
    xdsServer,
    '--envoy-admin',
    `${address}:9901`,
  ];
  writeFileSync(file, await mustRun(process.execPath, [main, 'xds-bootstrap', '--envoy', ...flags]));
  const env = environmentOf(container, {
    'metadata.name': `proxy-${address}`,
    'metadata.namespace': 'rollcall-system',
  });
  const args = argumentsOf(container, env).map((arg) =>
    arg
      .replace('/etc/envoy/bootstrap.json', file)
      .replace(IN_THE_POD.status, `"${address}"`)
      .replace(IN_THE_POD.admin, address),
  );
  const envoy = await runEnvoy({ address, args, folder });
  return Object.assign(envoy, {
    preStop: async () => {
      const [command = '', ...rest] = container.lifecycle.preStop.exec.command;
      const startedAt = performance.now();
      await mustRun(
        command,
        rest.map((arg) => arg.replaceAll(IN_THE_POD.admin, address)),
        { env: { ...env, DRAIN_DELAY_SECONDS: '0' } },
      );
      return performance.now() - startedAt;
    },
    status: async (path: string, method = 'GET') => {
      const answer = await fetch(`http://${address}:9902${path}`, { method });
      return { code: answer.status, text: await answer.text() };
    },
  });
}

const main = join(checkout, 'src/main.ts');
