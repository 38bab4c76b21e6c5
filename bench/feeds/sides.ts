import { waitFor } from '../../local/lib/wait.ts';
import { mustRun } from '../../local/lib/run.ts';
import { Publishing } from '../../local/peers/publishing.ts';
import type { ApiServer } from '../../local/servers/api-server.ts';
import { startCanal } from '../../local/servers/canal.ts';
import type { DatabaseFlavor } from '../../local/servers/database.ts';
import { startRedis } from '../../local/servers/redis.ts';
import type { ServerProcess } from '../../local/servers/server-process.ts';
import type { FeedSpec, Registry } from '../../src/model/registry.ts';
import { converged, type LiveWorld } from '../churn/side.ts';
import { startBareLoop } from '../subjects/start-bare-loop.ts';
import { startOperator } from '../subjects/operator.ts';
import { addresses } from '../world/addresses.ts';
import type { Member } from '../world/fleet.ts';
import { database, login, rollcall, startRegistry, type RegistryDatabase } from '../world/registry.ts';

/** What follows the registry: one of the feeds, or the bare loop that they are measured by. */
export type Follower = 'bare loop' | 'Binlog' | 'Trigger' | 'Redis' | 'Canal' | 'Poll';

/** A converged world in which rows change; see {@link LiveWorld}. */
export type FeedWorld = Pick<LiveWorld, 'watch' | 'subject' | 'setReady' | 'dispose'> & {
  readonly registry: RegistryDatabase;
};

/** The stored states that each run begins with a copy of. */
export interface StoredStates {
  /** Folder of an etcd's data: GrpcServices, and a Registry that polls. */
  readonly cluster: string;
  /** Folders of the servers' data: rows, and the grants of the Binlog feed. */
  readonly rows: Readonly<Record<DatabaseFlavor, string>>;
  readonly members: readonly Member[];
}

const feeds: Readonly<Record<Exclude<Follower, 'bare loop'>, FeedSpec>> = {
  Binlog: { type: 'Binlog' },
  Trigger: { type: 'Trigger' },
  Redis: { type: 'Redis', redis: { addresses: [`${addresses.redis}:6379`] } },
  Canal: { type: 'Canal', canal: { host: addresses.canal, destination: 'registry' } },
  Poll: { type: 'Poll' },
};

type End = () => Promise<void>;

/** Starts everything that a follower needs, and the follower; resolves when it has published all rows and its feed is healthy. */
export async function startFeedWorld(
  follower: Follower,
  flavor: DatabaseFlavor,
  states: StoredStates,
  profile: string | undefined,
): Promise<FeedWorld> {
  const ends: End[] = [];
  const endAll = async (): Promise<void> => {
    for (const end of ends.reverse()) await end();
  };
  try {
    const registry = await startRegistry(states.rows[flavor], [], flavor);
    ends.push(() => registry.dispose());
    const publishing = await prepare(follower, registry, ends);
    const subject = (apiServer: ApiServer) => startFollower(follower, apiServer, profile);
    const world = await converged(states.cluster, states.members, subject);
    ends.push(() => world.dispose());
    if (follower !== 'bare loop') await untilFollowing(world.apiServer, follower);
    await world.watch.quiet(2000);
    const setReady = async ({ service, name }: Member, ready: boolean): Promise<void> => {
      const status = ready ? 'UP' : 'DRAINING';
      const key = [service, name];
      await registry.sql('UPDATE instances SET status = ? WHERE service = ? AND instance_id = ?', [
        ...[status, ...key],
      ]);
      // Sent after the commit, and not waited for: the time runs from the commit.
      void publishing?.committed(service);
    };
    return { ...world, registry, setReady, dispose: endAll };
  } catch (error) {
    await endAll();
    throw error;
  }
}

/** What the database administrator does for the feed. Gives how its writers publish, where they do. */
async function prepare(
  follower: Follower,
  registry: RegistryDatabase,
  ends: End[],
): Promise<Publishing | undefined> {
  if (follower === 'Trigger') {
    const url = registry.url(database);
    await mustRun(process.execPath, [rollcall(), 'migrate', '--url', url, '--feed', 'trigger']);
  }
  if (follower === 'Canal') {
    const canal = await startCanal({ address: addresses.canal, database: registry });
    ends.push(() => canal.dispose());
  }
  if (follower !== 'Redis') return undefined;
  const redis = await startRedis({ address: addresses.redis });
  ends.push(() => redis.dispose());
  const publishing = await Publishing.start(redis.url);
  ends.push(() => {
    publishing.stop();
    return Promise.resolve();
  });
  return publishing;
}

async function startFollower(
  follower: Follower,
  apiServer: ApiServer,
  profile: string | undefined,
): Promise<ServerProcess> {
  if (follower === 'bare loop') {
    const target = { host: addresses.database, user: login.user, password: login.password, database };
    return await startBareLoop(apiServer, { namespace: 'fleet', database: target });
  }
  const spec = { feed: feeds[follower] };
  await apiServer.request('PATCH', registryPath, { spec }, 'application/merge-patch+json');
  return await startOperator(apiServer, { profile });
}

const registryPath = '/apis/rollcall.dev/v1alpha1/namespaces/rollcall-system/registries/default';

async function untilFollowing(apiServer: ApiServer, follower: Follower): Promise<void> {
  await waitFor(`${follower} to follow`, async () => {
    const { status } = await apiServer.request<Registry>('GET', registryPath);
    const condition = status?.conditions?.find(({ type }) => type === 'FeedHealthy');
    if (condition?.status === 'True' && status?.feed?.active === follower) return true;
    throw new Error(`FeedHealthy: ${condition?.reason}: ${condition?.message}`);
  });
}
