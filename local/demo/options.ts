import { parseArgs } from 'node:util';
import { clientKinds, type ClientKind } from '../peers/clients.ts';
import type { DatabaseFlavor } from '../servers/database.ts';
import { feedKinds, type FeedKind } from './feed-kinds.ts';

/** How what happens is shown: redrawn in place, as lines, or as one JSON object a second. */
export type Output = 'screen' | 'lines' | 'json';

/** What `npm start` was asked for. */
export interface DemoOptions {
  readonly database: DatabaseFlavor;
  /** How the operator notices changes: spec.feed.type of the Registry. */
  readonly feed: FeedKind;
  /** gRPC servers at the start. */
  readonly servers: number;
  /** Calls a second. */
  readonly rate: number;
  readonly client: ClientKind;
  readonly output: Output;
  /** Ends after this time. */
  readonly forMs: number | undefined;
  /** Ends after this many calls, good or failed. */
  readonly exitAfterCalls: number | undefined;
}

/** Wrong use of `npm start`. The message says what to write. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
}

/** Of `npm start -- --help`. */
export const usage = `npm start -- [options]

A whole cluster on this machine: control plane, DNS, a registry in a database, the operator, gRPC servers and a client.

  --mysql               MySQL as the registry's database instead of MariaDB
  --feed KIND           ${feedKinds.join(', ')}: how the operator notices changes (poll)
  --servers N           gRPC servers at the start, 1 to 50 (3)
  --rate N              calls a second, 1 to 200 (6)
  --client KIND         ${clientKinds.join(', ')}: whose gRPC calls (node)
  --output HOW          screen, lines or json (screen on a terminal, lines elsewhere and in CI)
  --for DURATION        end by itself after this time, such as 20s or 5m
  --exit-after-calls N  end by itself after this many calls

One that ends by itself has exit code 0 when every server answered and no call failed, otherwise 1.
npm run shell, in another terminal, opens a shell inside.`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

/** Reads the command line; `undefined` asks for the usage. Throws {@link WrongUse}. */
export function readOptions(args: readonly string[], terminal: boolean): DemoOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const feed = oneOf('--feed', values.feed, feedKinds, 'poll');
  if (feed === 'canal' && values.mysql) {
    throw new WrongUse(
      '--feed canal goes with MariaDB only: the canal-server that is run here cannot follow this MySQL. Leave out --mysql, or take --feed binlog.',
    );
  }
  return {
    database: values.mysql ? 'mysql' : 'mariadb',
    feed,
    servers: within('--servers', values.servers, 3, 1, 50),
    rate: within('--rate', values.rate, 6, 1, 200),
    client: oneOf('--client', values.client, clientKinds, 'node'),
    output: oneOf('--output', values.output, ['screen', 'lines', 'json'], terminal ? 'screen' : 'lines'),
    forMs: values.for === undefined ? undefined : durationMs('--for', values.for),
    exitAfterCalls:
      values['exit-after-calls'] === undefined
        ? undefined
        : within('--exit-after-calls', values['exit-after-calls'], 1, 1, 1_000_000),
  };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      ...{ mysql: flag, help: { ...flag, short: 'h' } },
      ...{
        feed: text,
        servers: text,
        rate: text,
        client: text,
        output: text,
        for: text,
        'exit-after-calls': text,
      },
    };
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function within(
  name: string,
  given: string | undefined,
  otherwise: number,
  least: number,
  most: number,
): number {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new WrongUse(`${name} takes a whole number from ${least} to ${most}, not "${given}".`);
}

function oneOf<T extends string>(
  name: string,
  given: string | undefined,
  words: readonly T[],
  otherwise: T,
): T {
  if (given === undefined) return otherwise;
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  throw new WrongUse(`${name} takes ${words.join(', ')}, not "${given}".`);
}

function durationMs(name: string, given: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(given) ?? [];
  if (number !== undefined && Number(number) > 0) {
    return Number(number) * { s: 1000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h'];
  }
  throw new WrongUse(`${name} takes a duration such as 20s or 5m, not "${given}".`);
}
