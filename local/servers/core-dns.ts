import { Resolver } from 'node:dns/promises';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { program } from '../components/index.ts';
import { dnsAddress } from '../namespace.ts';
import { ServerProcess, withCleanup, type Server } from './server-process.ts';
import { newWorkDir } from './work-dir.ts';

/** Options of {@link startCoreDns}. */
export interface CoreDnsOptions {
  readonly kubeconfigFile: string;
  /** The address in resolv.conf by default. */
  readonly address?: string;
  /** 53 by default. */
  readonly port?: number;
  /** `cluster.local` by default. */
  readonly clusterDomain?: string;
  /** TTL of the cluster's records; 5 s by default, as the plugin's own (kubeadm writes 30). */
  readonly ttlSeconds?: number;
  /** Caches the cluster's records, too (kubeadm and this by default do not). */
  readonly cacheClusterDomain?: boolean;
}

/** A real CoreDNS that answers from the API server. */
export interface CoreDnsServer extends Server {
  readonly address: string;
  readonly port: number;
  readonly metricsUrl: string;
}

/** Starts CoreDNS and waits until it knows the cluster's Services. */
export async function startCoreDns(options: CoreDnsOptions): Promise<CoreDnsServer> {
  const { address = dnsAddress, port = 53 } = options;
  const folder = newWorkDir('coredns');
  const corefile = join(folder, 'Corefile');
  await writeFile(corefile, corefileText(options, address, port));
  const server = await ServerProcess.start({
    name: 'coredns',
    command: program('coreDns', 'coredns'),
    args: ['-conf', corefile],
    // It says ready before it listens for questions, so it is asked one as well.
    isReady: async () => {
      const { statusCode } = await request(`http://${address}:8181/ready`);
      return statusCode === 200 && (await answers(address, port, options.clusterDomain));
    },
  });
  return Object.assign(withCleanup(server, folder), {
    address,
    port,
    metricsUrl: `http://${address}:9153/metrics`,
  });
}

/** Whether the Service that every cluster has is found. */
async function answers(address: string, port: number, clusterDomain = 'cluster.local'): Promise<boolean> {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`${address}:${port}`]);
  const found = await resolver.resolve4(`kubernetes.default.svc.${clusterDomain}`);
  return found.length > 0;
}

function corefileText(options: CoreDnsOptions, address: string, port: number): string {
  const { clusterDomain = 'cluster.local', ttlSeconds = 5, cacheClusterDomain = false } = options;
  const cache = cacheClusterDomain
    ? ['  cache 30']
    : ['  cache 30 {', `    disable success ${clusterDomain}`, `    disable denial ${clusterDomain}`, '  }'];
  return [
    `.:${port} {`,
    `  bind ${address}`,
    '  errors',
    `  ready ${address}:8181`,
    `  prometheus ${address}:9153`,
    `  kubernetes ${clusterDomain} in-addr.arpa ip6.arpa {`,
    `    kubeconfig ${options.kubeconfigFile}`,
    `    ttl ${ttlSeconds}`,
    '    fallthrough in-addr.arpa ip6.arpa',
    '  }',
    ...cache,
    '}',
    '',
  ].join('\n');
}
