import { dirname } from 'node:path';
import { program } from '../../../local/components/index.ts';
import { mustRun } from '../../../local/lib/run.ts';
import type { World } from './world.ts';

/**
 * Runs the command that a message tells the reader to type, as they would: in a shell, as the cluster's admin.
 * `values` replaces the words that the message leaves for the reader to fill in.
 */
export async function followAdvice(
  world: World,
  message: string,
  command: RegExp,
  values: Readonly<Record<string, string>> = {},
): Promise<string> {
  const advised = command.exec(message)?.[0];
  if (advised === undefined) throw new Error(`the message names no command ${command.source}: ${message}`);
  const filled = Object.entries(values).reduce(
    (text, [word, value]) => text.replaceAll(word, value),
    advised,
  );
  const path = `${dirname(program('kubernetes', 'kubectl'))}:/usr/local/bin:/usr/bin:/bin`;
  return await mustRun('/bin/sh', ['-ec', filled], {
    env: { PATH: path, KUBECONFIG: world.cluster.kubeconfigFile },
  });
}
