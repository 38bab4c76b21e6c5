import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallResult } from '../peers/calls.ts';
import { clientProgram, type ClientKind } from '../peers/clients.ts';
import { CallCounter, type CallCounts } from './call-counter.ts';

const aYear = 365 * 24 * 3600;

/** Whom a {@link Caller} calls. */
export interface Called {
  readonly target: string;
  /** The file that an `xds:` target needs. */
  readonly xdsBootstrap?: string;
}

/** An unmodified gRPC client that goes on calling. */
export class Caller {
  readonly #kind: ClientKind;
  readonly #rate: number;
  readonly #called: Called;
  readonly #counter = new CallCounter();
  #child: ChildProcess | undefined;

  constructor(kind: ClientKind, rate: number, called: Called) {
    this.#kind = kind;
    this.#rate = rate;
    this.#called = called;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  counts(now: number): CallCounts {
    return this.#counter.counts(now);
  }

  /** Calls until `signal` is aborted; a client that ended is started again. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#once(signal);
      await sleep(1000, undefined, { signal }).catch(() => undefined);
    }
  }

  async #once(signal: AbortSignal): Promise<void> {
    const [command, ...args] = clientProgram(this.#kind);
    const flags = ['--rate', `${this.#rate}`, '--duration', `${aYear}`, '--policy', 'round_robin'];
    const { target, xdsBootstrap } = this.#called;
    const xds = xdsBootstrap === undefined ? {} : { GRPC_XDS_BOOTSTRAP: xdsBootstrap };
    const child = spawn(command, [...args, target, ...flags], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, GRPC_VERBOSITY: 'NONE', ...xds },
      detached: true,
    });
    this.#child = child;
    const stop = () => void child.kill('SIGKILL');
    signal.addEventListener('abort', stop);
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        // A client that was killed may have written half a line.
        if (line.endsWith('}')) this.#counter.add(JSON.parse(line) as CallResult, Date.now());
      }
    } finally {
      signal.removeEventListener('abort', stop);
      this.#child = undefined;
    }
  }
}
