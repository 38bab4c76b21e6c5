import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { program } from '../components/index.ts';
import { envoyBinary } from '../components/xds.ts';
import { ServerProcess, withCleanup, type Server } from './server-process.ts';
import { newWorkDir } from './work-dir.ts';

/** Options of {@link startEnvoy}. */
export interface EnvoyOptions {
  /** Of its admin interface, and of nothing else: its listeners come by LDS. */
  readonly address: string;
  /** 9901 by default. */
  readonly adminPort?: number;
  /** The ADS server. */
  readonly xds: { readonly address: string; readonly port: number };
  /** `delta` by default. */
  readonly protocol?: 'sotw' | 'delta';
  /** `envoy` by default. */
  readonly nodeId?: string;
  /** `proxy` by default. */
  readonly nodeCluster?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly locality?: { readonly region?: string; readonly zone?: string };
  /** How long a drain takes; 5 s by default. */
  readonly drainSeconds?: number;
}

/** A real Envoy whose whole configuration comes by ADS. */
export interface EnvoyServer extends Server {
  readonly address: string;
  /** `http://address:port` */
  readonly adminUrl: string;
  /** What it has got and from where; by resource type (`clusters`, `endpoints`, ...), as its admin interface has it. */
  readonly configDump: () => Promise<EnvoyDump>;
  /** The value of one of its counters or gauges; 0 when it has none of this name. */
  readonly stat: (name: string) => Promise<number>;
  /** Asks it to take no new connections and to send the old ones away, over the time of its drain. */
  readonly drain: () => Promise<void>;
  /** The calls that it has logged as JSON on its standard output. */
  readonly accessLog: () => readonly Readonly<Record<string, unknown>>[];
}

/** The answer of /config_dump: one entry a type, named by `@type`. */
export interface EnvoyDump {
  readonly configs: readonly ({ readonly '@type': string } & Readonly<Record<string, unknown>>)[];
}

/** Starts Envoy and waits until it has its first listeners and clusters. Throws `Unavailable`. */
export async function startEnvoy(options: EnvoyOptions): Promise<EnvoyServer> {
  const { address, adminPort = 9901, drainSeconds = 5 } = options;
  const folder = newWorkDir('envoy');
  const file = join(folder, 'bootstrap.json');
  writeFileSync(file, JSON.stringify(bootstrap(options, adminPort)));
  return await runEnvoy({
    ...{ address, adminPort, folder },
    args: [
      ...['--config-path', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'warning'],
      ...['--drain-time-s', `${drainSeconds}`],
    ],
  });
}

/** Options of {@link runEnvoy}. */
export interface EnvoyRun {
  /** Of its admin interface, as its configuration says. */
  readonly address: string;
  /** 9901 by default. */
  readonly adminPort?: number;
  /** Arguments; they name the configuration. */
  readonly args: readonly string[];
  /** Removed when it ends. */
  readonly folder: string;
}

/** Starts Envoy with a configuration that is there already; otherwise as {@link startEnvoy}. */
export async function runEnvoy({ address, adminPort = 9901, args, folder }: EnvoyRun): Promise<EnvoyServer> {
  const adminUrl = `http://${address}:${adminPort}`;
  const server = await ServerProcess.start({
    name: `envoy-${address}`,
    command: program('envoy', envoyBinary),
    args: [...args, '--file-flush-interval-msec', '50'],
    isReady: async () => (await admin(adminUrl, 'GET', '/ready')).startsWith('LIVE'),
  });
  return Object.assign(withCleanup(server, folder), {
    address,
    adminUrl,
    configDump: async () => JSON.parse(await admin(adminUrl, 'GET', '/config_dump?include_eds')) as EnvoyDump,
    stat: async (name: string) => {
      const answer = await admin(
        adminUrl,
        'GET',
        `/stats?format=json&filter=${encodeURIComponent(`^${name}$`)}`,
      );
      const { stats } = JSON.parse(answer) as { stats: { name?: string; value?: number }[] };
      return stats.find((stat) => stat.name === name)?.value ?? 0;
    },
    drain: async () => {
      await admin(adminUrl, 'POST', '/healthcheck/fail');
      await admin(adminUrl, 'POST', '/drain_listeners?graceful');
    },
    accessLog: () =>
      readFileSync(server.logFile, 'utf8')
        .split('\n')
        // Its own messages begin with a date in brackets.
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
  });
}

async function admin(url: string, method: 'GET' | 'POST', path: string): Promise<string> {
  const answer = await request(url + path, { method });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`Envoy answers ${answer.statusCode} to ${path}: ${text}`);
  return text;
}

function bootstrap(options: EnvoyOptions, adminPort: number): object {
  const socket = (address: string, port: number) => ({ socket_address: { address, port_value: port } });
  const byAds = { ads: {}, resource_api_version: 'V3' };
  return {
    node: {
      id: options.nodeId ?? 'envoy',
      cluster: options.nodeCluster ?? 'proxy',
      ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
      ...(options.locality === undefined ? {} : { locality: options.locality }),
    },
    admin: { address: socket(options.address, adminPort) },
    dynamic_resources: {
      ads_config: {
        api_type: options.protocol === 'sotw' ? 'GRPC' : 'DELTA_GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }],
      },
      lds_config: byAds,
      cds_config: byAds,
    },
    static_resources: {
      clusters: [
        {
          name: 'xds',
          type: 'STATIC',
          connect_timeout: '1s',
          load_assignment: {
            cluster_name: 'xds',
            endpoints: [
              {
                lb_endpoints: [{ endpoint: { address: socket(options.xds.address, options.xds.port) } }],
              },
            ],
          },
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: {
                http2_protocol_options: { connection_keepalive: { interval: '10s', timeout: '5s' } },
              },
            },
          },
        },
      ],
    },
  };
}
