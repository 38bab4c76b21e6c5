import { startGreeterProcess, type GreeterProcess } from '../peers/servers.ts';
import { drainMs, maxConnectionAgeMs, serviceName, ttlMs } from './names.ts';

/** A greeter server as a process of its own. */
export interface FleetServer {
  /** In the order of starting. */
  readonly number: number;
  readonly id: string;
  readonly process: GreeterProcess;
  /** Was asked to drain. */
  readonly leaving: boolean;
}

/** The gRPC servers of the demonstration. */
export class Fleet {
  readonly #registry: string;
  readonly #redis: string | undefined;
  #servers: readonly FleetServer[] = [];
  #started = 0;

  /** `registry` is the URL that the servers register with, `redis` the one that they publish their changes at. */
  constructor(registry: string, redis?: string) {
    this.#registry = registry;
    this.#redis = redis;
  }

  /** Starts one more, on an address of its own. */
  async start(): Promise<FleetServer> {
    const number = ++this.#started;
    const id = `${serviceName}-${number}`;
    const process = await startGreeterProcess({
      ...{ id, address: `10.77.1.${number}`, service: serviceName, registry: this.#registry },
      ...{ ttlMs, drainMs, maxConnectionAgeMs, zone: 'abc'[(number - 1) % 3] ?? 'a' },
      ...(this.#redis === undefined ? {} : { redis: this.#redis }),
    });
    const server = { number, id, process, leaving: false };
    this.#servers = [...this.#servers, server].sort((one, other) => one.number - other.number);
    return server;
  }

  /** kill -9. */
  async kill(server: FleetServer): Promise<void> {
    await server.process.kill();
  }

  /** SIGTERM: the server drains, then ends by itself; does not wait for that. */
  drain(server: FleetServer): void {
    this.#servers = this.#servers.map((one) => (one.id === server.id ? { ...one, leaving: true } : one));
    server.process.signal('SIGTERM');
  }

  /** The one with this id, or the newest that runs and was not asked to leave. */
  pick(id?: string): FleetServer | undefined {
    return this.#servers.findLast(({ id: its, process, leaving }) =>
      id === undefined ? process.pid !== undefined && !leaving : its === id && process.pid !== undefined,
    );
  }

  /** Process ids of those that run. */
  pids(): ReadonlyMap<string, number> {
    return new Map(
      this.#servers.flatMap(({ id, process }) =>
        process.pid === undefined ? [] : [[id, process.pid] as const],
      ),
    );
  }
}
