import { Resolver } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { waitFor } from '../../../local/lib/wait.ts';
import { dnsAddress } from '../../../local/namespace.ts';
import { startGreeter, type Greeter, type GreeterOptions } from '../../../local/peers/greeter.ts';
import type { Registration } from './registry-table.ts';
import type { TestRegistry, World } from './world.ts';

const PORT = 50051;

/** What the servers of a {@link GreeterService} have in common. */
export type ServerOptions = Pick<GreeterOptions, 'maxConnectionAgeMs' | 'answerAfterMs' | 'tls'>;

/** Where a {@link GreeterService} lives. */
export interface Home {
  readonly world: World;
  readonly registry: TestRegistry;
  readonly namespace: string;
}

/**
 * One service: rows in the registry, a real server behind each row, and the name that the operator makes of it. The id
 * of a server is its address.
 */
export class GreeterService {
  readonly host: string;
  readonly target: string;
  readonly #home: Home;
  readonly #name: string;
  readonly #options: ServerOptions;
  readonly #servers = new Map<string, Greeter>();
  readonly #published = new Set<string>();

  constructor(home: Home, name: string, options: ServerOptions = {}) {
    this.#home = home;
    this.#name = name;
    this.#options = options;
    this.host = `${name}.${home.namespace}.svc.cluster.local`;
    this.target = `dns:///${this.host}:${PORT}`;
  }

  /** Applies the GrpcService and starts, registers and publishes the first servers. */
  static async start(
    home: Home,
    name: string,
    addresses: readonly string[],
    options?: ServerOptions,
  ): Promise<GreeterService> {
    const service = new GreeterService(home, name, options);
    try {
      await service.listen(...addresses);
      await service.register(...addresses);
      await service.apply();
      await service.untilPublished();
    } catch (error) {
      service.close();
      throw error;
    }
    return service;
  }

  /** Applies the GrpcService. */
  async apply(): Promise<void> {
    await this.#home.world.applyGrpcService(this.#home.namespace, this.#name);
  }

  /** Starts servers; nobody learns of them. */
  listen(...addresses: readonly string[]): Promise<void> {
    return this.listenOn(PORT, ...addresses);
  }

  /** The same on another port. */
  async listenOn(port: number, ...addresses: readonly string[]): Promise<void> {
    const start = async (address: string) => {
      this.#servers.set(address, await startGreeter({ ...this.#options, address, port, id: address }));
    };
    await Promise.all(addresses.map(start));
  }

  /** Writes rows that are UP. */
  async register(...addresses: readonly string[]): Promise<void> {
    await this.#home.registry.table.register(...addresses.map((address) => this.#row(address)));
    for (const address of addresses) this.#published.add(address);
  }

  /** Starts servers, registers them, and waits until DNS has them. */
  async add(...addresses: readonly string[]): Promise<void> {
    await this.listen(...addresses);
    await this.register(...addresses);
    await this.untilPublished();
  }

  /** Changes rows so that DNS leaves them out, and waits until it does. Their servers go on. */
  async withdraw(status: 'DRAINING' | 'DOWN', ...addresses: readonly string[]): Promise<void> {
    const rows = addresses.map((address) => ({ ...this.#row(address), status }));
    await this.#home.registry.table.register(...rows);
    for (const address of addresses) this.#published.delete(address);
    await this.untilPublished();
  }

  server(address: string): Greeter {
    const server = this.#servers.get(address);
    if (server === undefined) throw new Error(`no server listens on ${address}`);
    return server;
  }

  /** Ends a server as one should: what is being answered is answered. */
  async stop(address: string): Promise<void> {
    await this.server(address).stop(30_000);
    this.#servers.delete(address);
  }

  /** Ends a server as kill -9 does. */
  cut(address: string): void {
    this.server(address).cut();
    this.#servers.delete(address);
  }

  /** Waits until CoreDNS answers with exactly the rows that are UP. */
  async untilPublished(timeoutMs = 30_000): Promise<void> {
    const { world, namespace } = this.#home;
    const wanted = [...this.#published].sort();
    await world.untilReady(namespace, this.#name, wanted, timeoutMs);
    const resolver = new Resolver({ timeout: 2000, tries: 3 });
    resolver.setServers([dnsAddress]);
    const wantedV4 = wanted.filter((address) => isIPv4(address));
    await waitFor(
      `CoreDNS to answer with ${wantedV4.length} addresses for ${this.host}`,
      async () => {
        const found = await resolver.resolve4(this.host).catch(orNothing);
        return JSON.stringify(found.sort()) === JSON.stringify(wantedV4);
      },
      { timeoutMs },
    );
  }

  /** Ends all servers at once. */
  close(): void {
    for (const server of this.#servers.values()) server.cut();
    this.#servers.clear();
  }

  #row(address: string): Registration {
    return { service: this.#name, instanceId: address, address, port: PORT };
  }
}

function orNothing(error: unknown): string[] {
  const code = (error as { code?: string }).code;
  if (code === 'ENODATA' || code === 'ENOTFOUND') return [];
  throw error;
}

/** How many questions of a type (A, AAAA, TXT, ...) CoreDNS was asked so far. */
export async function dnsQuestions(type: string): Promise<number> {
  const text = await (await fetch(`http://${dnsAddress}:9153/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith('coredns_dns_requests_total{') && line.includes(`type="${type}"`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
