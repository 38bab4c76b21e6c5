import { join } from 'node:path';
import { request } from 'undici';
import { ServerProcess, type Server } from '../../local/servers/server-process.ts';
import { startXdsReference } from '../../local/servers/xds-reference.ts';
import { nodeFlags } from '../subjects/operator.ts';
import { addresses } from '../world/addresses.ts';
import { bench } from './endpoints.ts';

/** What is compared: our server, and go-control-plane with each of its caches. */
export const xdsSides = [
  'Rollcall',
  'go-control-plane, linear cache',
  'go-control-plane, snapshot cache',
] as const;

/** One of {@link xdsSides}. */
export type XdsSide = (typeof xdsSides)[number];

/** A server that serves one assignment. */
export interface XdsSubject extends Server {
  readonly target: string;
  /** Serves so many endpoints, of which one depends on the generation; gives when its cache was told, in ns of the monotonic clock. */
  setEndpoints(count: number, generation: number): Promise<bigint>;
}

const PORT = 18_000;

/** The name of the assignment. */
export const assignmentName = `${bench.name}.${bench.namespace}`;

/** Starts a server that serves nothing yet. */
export async function startXdsSubject(side: XdsSide): Promise<XdsSubject> {
  if (side === 'Rollcall') return await startOurs();
  const cache = side.includes('linear') ? 'linear' : 'snapshot';
  const reference = await startXdsReference({ address: addresses.operator, cache, port: PORT });
  return Object.assign(reference, {
    setEndpoints: (
      (set) => (count: number, generation: number) =>
        set(assignmentName, count, generation)
    )(reference.setEndpoints),
  });
}

async function startOurs(): Promise<XdsSubject> {
  const target = `${addresses.operator}:${PORT}`;
  const control = `http://${addresses.operator}:${PORT + 1}/endpoints`;
  const server = await ServerProcess.start({
    name: 'xds-server',
    command: process.execPath,
    args: [...(await nodeFlags()), join(import.meta.dirname, '../subjects/xds-server.ts'), target],
    isReady: async () => {
      const { statusCode, body } = await request(`${control}?count=0&generation=0`, { method: 'POST' });
      await body.dump();
      return statusCode === 200;
    },
  });
  return Object.assign(server, {
    target,
    setEndpoints: async (count: number, generation: number) => {
      const { body } = await request(`${control}?count=${count}&generation=${generation}`, {
        method: 'POST',
      });
      const { atNs } = (await body.json()) as { atNs: string };
      return BigInt(atNs);
    },
  });
}
