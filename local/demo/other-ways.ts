import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { availability } from '../components/index.ts';
import type { Progress } from '../lib/progress.ts';
import { mustRun } from '../lib/run.ts';
import { waitFor } from '../lib/wait.ts';
import type { ClientKind } from '../peers/clients.ts';
import { writeXdsBootstrap } from '../peers/xds-bootstrap.ts';
import { runEnvoy } from '../servers/envoy.ts';
import { newWorkDir } from '../servers/work-dir.ts';
import { Caller } from './caller.ts';
import { demoNamespace, envoyAddress, envoyTarget, rpcService, xdsServer, xdsTarget } from './names.ts';
import { mainFile } from './operator.ts';

/** The file that `xds:` targets need. */
export function writeClientBootstrap(): string {
  return writeXdsBootstrap({ servers: [xdsServer], nodeId: `caller.${demoNamespace}` });
}

/** A way to the same servers that is not DNS. */
export interface OtherWay {
  readonly via: 'xDS' | 'Envoy';
  readonly target: string;
  /** In words, why there is none: Envoy could not be had. */
  readonly caller: Caller | { readonly missing: string };
}

/** A client that asks the operator by xDS, and one that knows the address of an Envoy and nothing else. Both are ready to run. */
export async function startOtherWays(
  kind: ClientKind,
  rate: number,
  xdsBootstrap: string,
  progress: Progress,
): Promise<readonly OtherWay[]> {
  const there = availability('envoy');
  if ('folder' in there) await progress.during('Envoy, as the front proxy', startEnvoy);
  return [
    { via: 'xDS', target: xdsTarget, caller: new Caller(kind, rate, { target: xdsTarget, xdsBootstrap }) },
    {
      via: 'Envoy',
      target: envoyTarget,
      caller:
        'folder' in there ? new Caller(kind, rate, { target: envoyTarget }) : { missing: there.unavailable },
    },
  ];
}

/** Starts it, and waits until it would pass calls on. */
async function startEnvoy(): Promise<void> {
  const folder = newWorkDir('envoy');
  const file = join(folder, 'bootstrap.json');
  const flags = ['--node-id', 'envoy', '--server', xdsServer, '--envoy-admin', `${envoyAddress}:9901`];
  writeFileSync(file, await mustRun(process.execPath, [mainFile, 'xds-bootstrap', '--envoy', ...flags]));
  const quiet = ['--concurrency', '1', '--disable-hot-restart', '--log-level', 'warning'];
  await runEnvoy({ address: envoyAddress, args: ['--config-path', file, ...quiet], folder });
  await waitFor('Envoy to have the route', async () => {
    const { status } = await fetch(`http://${envoyTarget}/${rpcService}/SayHello`);
    // No route, and no endpoint. A server answers that this is no gRPC.
    return status !== 404 && status !== 503;
  });
}
