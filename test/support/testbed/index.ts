import type { Context } from 'mocha';
import { startCluster, type Cluster } from '../../../local/cluster.ts';
import { availability, type ComponentName } from '../../../local/components/index.ts';
import {
  startMariadb,
  startMysql,
  type DatabaseFlavor,
  type DatabaseServer,
} from '../../../local/servers/database.ts';
import { startRedis, type RedisServer } from '../../../local/servers/redis.ts';
import { insideNamespace } from '../../../local/namespace.ts';
import { skipBecause } from '../skip.ts';
import { testedDatabase } from './tested-database.ts';

/** A database of one test's own on a shared server. */
export interface TestDatabase {
  readonly server: DatabaseServer;
  readonly name: string;
  /** As root. */
  readonly url: string;
  /** Runs one statement in this database as root. */
  readonly query: <T = Record<string, unknown>>(sql: string, values?: readonly unknown[]) => Promise<T[]>;
  readonly drop: () => Promise<void>;
}

interface Disposable {
  dispose(): Promise<void>;
}

/** Starts something at its first use and gives the same to every later one. */
function once<T extends Disposable>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return async () => {
    if (!insideNamespace()) {
      throw new Error(
        'The test bed needs the namespace: npm test -- integration (or e2e, or the path of a test file).',
      );
    }
    started ??= start().then((thing) => {
      running.push(thing);
      return thing;
    });
    return await started;
  };
}

const running: Disposable[] = [];
let databases = 0;

const shared = {
  mariadb: once(() => startMariadb()),
  mysql: once(() => startMysql()),
};

/**
 * Real servers, shared by all tests of one mocha process and started when the first asks. A test that stops, freezes
 * or replaces a server starts one of its own (local/servers), on an address of its own (see {@link freshAddress}).
 */
export const testbed = {
  /** etcd, kube-apiserver, kube-controller-manager and CoreDNS. */
  cluster: once<Cluster>(() => startCluster()),
  mariadb: shared.mariadb,
  /** Throws `Unavailable` when it could not be unpacked; see {@link needs}. */
  mysql: shared.mysql,
  redis: once<RedisServer>(() => startRedis()),

  /** A new, empty database; the name ends in a number of its own. */
  database: async (name = 'test', flavor: DatabaseFlavor = testedDatabase): Promise<TestDatabase> => {
    const server = await shared[flavor]();
    const fullName = `${name}_${++databases}`;
    await server.createDatabase(fullName);
    const connection = await server.connect(fullName);
    return {
      server,
      name: fullName,
      url: server.url(fullName),
      query: async <T>(sql: string, values?: readonly unknown[]) => {
        const [rows] = await connection.query(sql, values as unknown[] | undefined);
        return (Array.isArray(rows) ? rows : [rows]) as T[];
      },
      drop: async () => {
        await connection.end();
        await server.query(`DROP DATABASE \`${fullName}\``);
      },
    };
  },

  /** Ends all of them; the root hook does. */
  dispose: async (): Promise<void> => {
    await Promise.all(running.splice(0).map((thing) => thing.dispose()));
  },
};

/** Skips the test or suite when components are missing on this machine, with the reason that was found when they were fetched. */
export function needs(context: Context, ...names: readonly ComponentName[]): void {
  for (const name of names) {
    const found = availability(name);
    if ('unavailable' in found) skipBecause(context, found.unavailable);
  }
}

let addresses = 0;

/** An address that no other test of this process uses; the local cluster's own are below 10.77.1.0. */
export function freshAddress(): string {
  addresses += 1;
  return `10.77.${200 + Math.floor(addresses / 250)}.${(addresses % 250) + 1}`;
}
