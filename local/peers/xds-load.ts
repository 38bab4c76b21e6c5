import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { program } from '../components/index.ts';

/** When the streams received a version; times by the clock of `process.hrtime.bigint()`. */
export interface LoadReceipt {
  readonly version: string;
  /** How many have it: all of them, but for what is told at the end. */
  readonly streams: number;
  /** Of the response. */
  readonly bytes: number;
  readonly firstNs: bigint;
  readonly medianNs: bigint;
  readonly p99Ns: bigint;
  readonly lastNs: bigint;
}

/** Many xDS clients in one process. */
export interface XdsLoad {
  readonly pid: number | undefined;
  /** One for each version that all streams have, in the order in which that came to be. */
  readonly receipts: readonly LoadReceipt[];
  /** Ends it; gives its exit code, which is 0 unless a stream broke. */
  readonly stop: () => Promise<number>;
}

/** Starts local/go/xds/load: streams of ADS, state of the world, that subscribe to the assignment `name` and acknowledge what comes. Throws `Unavailable`. */
export function startXdsLoad(options: {
  readonly target: string;
  readonly streams: number;
  readonly connections: number;
  readonly name: string;
}): XdsLoad {
  const args = Object.entries(options).flatMap(([flag, value]) => [`--${flag}`, `${value}`]);
  const child = spawn(program('xdsReference', 'xds-load'), args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const receipts: LoadReceipt[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => receipts.push(receiptOf(line)));
  const exit = new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve(code ?? 128));
  });
  return {
    pid: child.pid,
    receipts,
    stop: () => {
      child.stdin.end();
      return exit;
    },
  };
}

function receiptOf(line: string): LoadReceipt {
  const told = JSON.parse(line) as Record<'firstNs' | 'medianNs' | 'p99Ns' | 'lastNs' | 'version', string> & {
    streams: number;
    bytes: number;
  };
  const { version, streams, bytes } = told;
  const [firstNs, medianNs, p99Ns, lastNs] = [told.firstNs, told.medianNs, told.p99Ns, told.lastNs].map(
    BigInt,
  );
  if (firstNs === undefined || medianNs === undefined || p99Ns === undefined || lastNs === undefined)
    throw new Error(`the xDS load says ${line}`);
  return { version, streams, bytes, firstNs, medianNs, p99Ns, lastNs };
}
