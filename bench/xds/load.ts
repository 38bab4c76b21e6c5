import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { program } from '../../local/components/index.ts';
import { assignmentName } from './sides.ts';

/** When the streams had one version, in ns of the monotonic clock. */
export interface Receipt {
  readonly streams: number;
  /** Of one response. */
  readonly bytes: number;
  readonly medianNs: bigint;
  readonly lastNs: bigint;
}

/** Many clients in one process (local/go/xds/load). */
export interface Load {
  /** The next version that every stream has. Rejects when the clients end before. */
  next(): Promise<Receipt>;
  stop(): Promise<void>;
}

/** Opens so many streams, spread over so many connections. */
export function startLoad(target: string, streams: number, connections: number): Load {
  const child = spawn(
    program('xdsReference', 'xds-load'),
    [
      '--target',
      target,
      '--name',
      assignmentName,
      '--streams',
      `${streams}`,
      '--connections',
      `${connections}`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error('the clients ended before every stream had the change');
      const { streams: had, bytes, medianNs, lastNs } = JSON.parse(value) as Readonly<Record<string, string>>;
      return {
        streams: Number(had),
        bytes: Number(bytes),
        medianNs: BigInt(medianNs ?? 0),
        lastNs: BigInt(lastNs ?? 0),
      };
    },
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
