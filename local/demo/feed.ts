import { program } from '../components/index.ts';
import { mustRun } from '../lib/run.ts';
import type { Progress } from '../lib/progress.ts';
import { startCanal } from '../servers/canal.ts';
import type { DatabaseServer } from '../servers/database.ts';
import { startRedis } from '../servers/redis.ts';
import type { FeedSpec } from '../../src/model/registry.ts';
import { feedTypes, type FeedKind } from './feed-kinds.ts';
import { canalAddress, database as databaseName, password, redisAddress } from './names.ts';
import { mainFile } from './operator.ts';
import type { RegistryUsers } from './registry-database.ts';

/** The feed of the demonstration's Registry, and what runs for it. */
export interface DemoFeed {
  readonly kind: FeedKind;
  /** spec.feed of the Registry. */
  readonly spec: FeedSpec;
  /** Whom the operator logs in as, where it is not the database that it follows; in the Secret {@link feedLogin}. */
  readonly login?: { readonly user: string; readonly password: string };
  readonly redis?: {
    /** For those who publish. */
    readonly url: string;
    /** redis-cli as the person in the shell uses it. */
    readonly cli: readonly string[];
    /** The same as its administrator. */
    readonly administrator: readonly string[];
  };
}

/** Name of the Secret with the login of a feed. */
export const feedLogin = 'feed-login';

/** Where the Registry finds it. */
const credentialsSecretRef = { name: feedLogin };

interface Ground {
  readonly database: DatabaseServer;
  readonly users: RegistryUsers;
  readonly progress: Progress;
}

/** Starts what a feed needs, and does as root what docs/feeds/ asks of a database administrator, and nothing beyond it. */
export async function startFeed(kind: FeedKind, ground: Ground): Promise<DemoFeed> {
  const parts = await starts[kind](ground);
  return { kind, ...parts, spec: { type: feedTypes[kind], ...parts.spec } };
}

type Started = Omit<DemoFeed, 'kind'>;

const starts: Readonly<Record<FeedKind, (ground: Ground) => Promise<Started>>> = {
  poll: () => Promise.resolve({ spec: {} }),
  trigger: startTrigger,
  redis: startRedisFeed,
  binlog: startBinlog,
  canal: startCanalFeed,
};

async function startTrigger({ database, users, progress }: Ground): Promise<Started> {
  await progress.during('rollcall migrate --feed trigger', async () => {
    // Who makes triggers while there is a binary log needs SUPER otherwise.
    await database.query('SET GLOBAL log_bin_trust_function_creators = 1');
    await mustRun(process.execPath, [mainFile, 'migrate', '--feed', 'trigger'], {
      env: { ROLLCALL_URL: database.url(databaseName, users.person) },
    });
    const account = `'${users.operator.user}'@'%'`;
    await database.query(`GRANT SELECT, INSERT, DELETE ON ${databaseName}.change_log TO ${account}`);
    await database.query(`GRANT TRIGGER ON ${databaseName}.instances TO ${account}`);
  });
  return { spec: {} };
}

async function startRedisFeed({ users, progress }: Ground): Promise<Started> {
  const { operator, server: writer } = users;
  const redis = await progress.during('Redis', async () => {
    const server = await startRedis({ address: redisAddress });
    const may = (user: string, ...rights: string[]) =>
      server.command('ACL', 'SETUSER', user, 'on', `>${password}`, '&rollcall', ...rights);
    await may(operator.user, '+subscribe', '+ping', '+publish');
    await may(writer.user, '+publish');
    return server;
  });
  const where = `${redis.address}:${redis.port}`;
  const administrator = [
    program('mariadb', 'programs/redis-cli'),
    ...['-h', redis.address, '-p', `${redis.port}`],
  ];
  return {
    spec: { redis: { addresses: [where], credentialsSecretRef } },
    login: { user: operator.user, password },
    redis: {
      url: `redis://${writer.user}:${password}@${where}`,
      cli: [...administrator, '--user', writer.user, '--pass', password, '--no-auth-warning'],
      administrator,
    },
  };
}

async function startBinlog({ database, users }: Ground): Promise<Started> {
  const client = database.flavor === 'mysql' ? 'REPLICATION CLIENT' : 'BINLOG MONITOR';
  await database.query(`GRANT REPLICATION SLAVE, ${client} ON *.* TO '${users.operator.user}'@'%'`);
  return { spec: {} };
}

async function startCanalFeed({ database, progress }: Ground): Promise<Started> {
  const databaseUser = { user: 'canal', password };
  const login = { user: 'rollcall', password };
  const destination = 'registry';
  const canal = await progress.during('canal-server', async () => {
    const grants = 'SELECT, REPLICATION SLAVE, REPLICATION CLIENT';
    await database.createUser({ ...databaseUser, grants });
    return await startCanal({
      ...{ address: canalAddress, database, databaseUser, destinations: [destination], login },
    });
  });
  const { address: host, port } = canal;
  return { spec: { canal: { host, port, destination, credentialsSecretRef } }, login };
}
