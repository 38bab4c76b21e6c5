import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { ApiServer } from '../servers/api-server.ts';
import { writeKubeconfig } from '../servers/kubeconfig.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { newWorkDir } from '../servers/work-dir.ts';
import { operatorAccount, operatorNamespace } from './names.ts';

/** The program that a deployed image runs. */
export const mainFile = join(import.meta.dirname, '../../src/main.ts');

const address = '10.77.0.40';

/** How long a container that ended is left alone before the kubelet starts it again, the first time. */
const restartDelayMs = 1000;

/** The token ends with the demonstration. A pod's is rotated by the kubelet, which is not here. */
const tokenSeconds = 30 * 24 * 3600;

/** The operator as a process of its own, with the rights of deploy/base; started again when it ends, as a pod would be. */
export class Operator {
  readonly #process: ServerProcess;
  readonly #args: readonly string[];
  #starts = 1;
  #ready = true;

  private constructor(process: ServerProcess, args: readonly string[]) {
    this.#process = process;
    this.#args = args;
  }

  /** Starts it and waits until it is ready. */
  static async start(apiServer: ApiServer): Promise<Operator> {
    const args = operatorArgs(await operatorKubeconfig(apiServer));
    const process = await ServerProcess.start({
      name: 'operator',
      command: globalThis.process.execPath,
      args: [...args, '--identity', identityOf(1)],
      isReady: async () => (await request(`http://${address}:8081/readyz`)).statusCode === 200,
    });
    return new Operator(process, args);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** What it calls itself in the Lease; another one after each start. */
  get identity(): string {
    return identityOf(this.#starts);
  }

  /** Whether it answered /readyz after its last start. */
  get ready(): boolean {
    return this.#ready && this.pid !== undefined;
  }

  get logFile(): string {
    return this.#process.logFile;
  }

  async kill(): Promise<void> {
    await this.#process.kill();
  }

  /** Starts it again whenever it has ended, until `signal` is aborted. */
  async run(signal: AbortSignal, onTrouble: (error: unknown) => void): Promise<void> {
    while (!signal.aborted) {
      if (this.pid === undefined) {
        this.#ready = false;
        await pause(restartDelayMs, signal);
        this.#starts += 1;
        this.#process.respec({ args: [...this.#args, '--identity', this.identity] });
        try {
          await this.#process.start();
          this.#ready = true;
        } catch (error) {
          onTrouble(error);
        }
      }
      await pause(100, signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await sleep(ms, undefined, { signal }).catch(() => undefined);
}

const identityOf = (start: number) => `operator-${start}`;

function operatorArgs(kubeconfig: string): string[] {
  return [
    ...[mainFile, 'operator', '--kubeconfig', kubeconfig, '--namespace', operatorNamespace],
    ...['--default-registry', `${operatorNamespace}/default`, '--log-format', 'pretty'],
    ...['--metrics-address', `${address}:8080`, '--health-address', `${address}:8081`],
    ...['--admin-address', `${address}:8082`, '--xds-address', `${address}:18000`],
  ];
}

/** A kubeconfig of the operator's ServiceAccount: its rights are those of deploy/base and no others. */
async function operatorKubeconfig({ url, ca, serviceAccountToken }: ApiServer): Promise<string> {
  const account = { namespace: operatorNamespace, name: operatorAccount };
  const token = await serviceAccountToken(account, tokenSeconds);
  const file = join(newWorkDir('operator'), 'kubeconfig');
  return await writeKubeconfig(file, { server: url, ca, token, namespace: operatorNamespace });
}
