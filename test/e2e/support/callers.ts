import { availability } from '../../../local/components/index.ts';
import { waitFor } from '../../../local/lib/wait.ts';
import type { CallResult } from '../../../local/peers/calls.ts';
import {
  clientComponents,
  clientKinds,
  startClient,
  type ClientKind,
  type ClientOptions,
  type RunningClient,
  xdsClientKinds,
} from '../../../local/peers/clients.ts';

/** The clients that can run on this machine; the tests of the others skip themselves by `needs`. */
export const presentKinds: readonly ClientKind[] = clientKinds.filter(isPresent);
/** The same of those that are tried on xds:/// names. */
export const presentXdsKinds: readonly ClientKind[] = xdsClientKinds.filter(isPresent);

function isPresent(kind: ClientKind): boolean {
  return clientComponents[kind].every((name) => 'folder' in availability(name));
}

/** How many results each client had at a moment. */
export type Mark = ReadonlyMap<ClientKind, number>;

/** One client of each kind, side by side, all with the same options. */
export class Callers {
  /** Before any of them looked the name up. */
  readonly startedAt = Date.now();
  readonly #clients: ReadonlyMap<ClientKind, RunningClient>;

  constructor(options: ClientOptions, kinds = presentKinds) {
    this.#clients = new Map(kinds.map((kind) => [kind, startClient(kind, options)]));
  }

  /** From a mark on, or all. */
  results(kind: ClientKind, since?: Mark): readonly CallResult[] {
    return this.#clients.get(kind)?.results.slice(since?.get(kind) ?? 0) ?? [];
  }

  mark(): Mark {
    return new Map([...this.#clients].map(([kind, { results }]) => [kind, results.length]));
  }

  /** Waits until it is true of the results of every client (those of `kinds`, when given). */
  async until(
    what: string,
    isTrue: (results: readonly CallResult[]) => boolean,
    options: {
      readonly since?: Mark;
      readonly timeoutMs?: number;
      readonly kinds?: readonly ClientKind[];
    } = {},
  ): Promise<void> {
    const { since, timeoutMs = 60_000, kinds = [...this.#clients.keys()] } = options;
    for (const kind of kinds) {
      if (!this.#clients.has(kind)) continue;
      try {
        await waitFor(what, () => isTrue(this.results(kind, since)), { timeoutMs, intervalMs: 50 });
      } catch (error) {
        throw new Error(`${kind}: ${summaryOf(this.results(kind, since))}`, { cause: error });
      }
    }
  }

  /** Waits until every client has seen each of these servers. */
  untilSeen(servers: readonly string[], since?: Mark): Promise<void> {
    const all = (results: readonly CallResult[]): boolean => {
      const seen = serversOf(results);
      return servers.every((server) => seen.has(server));
    };
    return this.until(`${servers.length} servers to be seen`, all, since === undefined ? {} : { since });
  }

  /** Waits until every client has made so many more calls. */
  untilMore(calls: number, since = this.mark()): Promise<void> {
    return this.until(`${calls} more calls`, (results) => results.length >= calls, { since });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.stop()));
  }
}

/** The distinct servers that answered. */
export function serversOf(results: readonly CallResult[]): ReadonlySet<string> {
  return new Set(results.flatMap(({ server }) => (server === undefined ? [] : [server])));
}

/** How many calls it took until so many distinct servers had answered; infinitely many when they never did. */
export function callsUntilSeen(results: readonly CallResult[], servers: number): number {
  const seen = new Set<string>();
  const last = results.findIndex(({ server }) => server !== undefined && seen.add(server).size === servers);
  return last === -1 ? Infinity : last + 1;
}

/** The calls that failed, as `code text`. */
export function failuresOf(results: readonly CallResult[]): readonly string[] {
  return results.filter(({ ok }) => !ok).map(({ code, error }) => `${code} ${error}`);
}

/** When a server first answered, in ms since the epoch. */
export function firstAnswer(results: readonly CallResult[], server: string): number {
  const first = results.find((result) => result.server === server);
  if (first === undefined) throw new Error(`${server} never answered: ${summaryOf(results)}`);
  return Date.parse(first.at);
}

function summaryOf(results: readonly CallResult[]): string {
  const failures = failuresOf(results);
  const last = failures.at(-1) ?? 'none';
  return `${results.length} calls, ${serversOf(results).size} servers, ${failures.length} failures, the last: ${last}`;
}
