import { request } from 'undici';
import { program } from '../components/index.ts';
import { ServerProcess, type Server } from './server-process.ts';

/** A resource as its encoded message (google.protobuf.Any). */
export interface EncodedResource {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** Options of {@link startXdsReference}. */
export interface XdsReferenceOptions {
  readonly address: string;
  /** `snapshot`: one for all nodes, in ADS mode; `linear`: a cache for each type, with versions of its own. */
  readonly cache: 'snapshot' | 'linear';
  /** 18000 by default; the one after it takes resources. */
  readonly port?: number;
}

/** A go-control-plane server. */
export interface XdsReference extends Server {
  /** `address:port` */
  readonly target: string;
  /** Makes one change of what it serves; gives the time at which its cache was told, by the clock of `process.hrtime.bigint()`. */
  readonly apply: (
    set: readonly EncodedResource[],
    remove?: readonly { readonly typeUrl: string; readonly name: string }[],
  ) => Promise<bigint>;
  /** Serves an assignment of `count` endpoints for `cluster`, of which one depends on `generation`; gives the time as {@link apply} does. */
  readonly setEndpoints: (cluster: string, count: number, generation: number) => Promise<bigint>;
}

/** Starts local/go/xds/reference, which serves nothing yet. Throws `Unavailable`. */
export async function startXdsReference({
  address,
  cache,
  port = 18000,
}: XdsReferenceOptions): Promise<XdsReference> {
  const target = `${address}:${port}`;
  const control = `${address}:${port + 1}`;
  const server = await ServerProcess.start({
    name: `xds-reference-${cache}`,
    command: program('xdsReference', 'xds-reference'),
    args: ['--xds', target, '--control', control, '--cache', cache],
    isReady: async () => {
      const { statusCode, body } = await request(`http://${control}/ready`);
      await body.dump();
      return statusCode === 200;
    },
  });
  const post = async (path: string, content?: object): Promise<bigint> => {
    const answer = await request(`http://${control}${path}`, {
      method: 'POST',
      body: content === undefined ? null : JSON.stringify(content),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`the xDS reference refuses ${path}: ${text}`);
    // The number is larger than what JSON.parse keeps exact.
    return BigInt(/"atNs":(\d+)/.exec(text)?.[1] ?? '0');
  };
  return Object.assign(server, {
    target,
    apply: (set: readonly EncodedResource[], remove: readonly object[] = []) =>
      post('/resources', {
        set: set.map(({ typeUrl, value }) => ({ typeUrl, value: Buffer.from(value).toString('base64') })),
        remove,
      }),
    setEndpoints: (cluster: string, count: number, generation: number) =>
      post(
        `/endpoints?${new URLSearchParams({ cluster, count: `${count}`, generation: `${generation}` }).toString()}`,
      ),
  });
}
