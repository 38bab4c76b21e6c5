import { availability } from '../local/components/index.ts';
import type { DatabaseFlavor } from '../local/servers/database.ts';
import { feedChecks, floodChecks, idleChecks } from './feeds/checks.ts';
import { floodMetrics, floodRate, measureFlood } from './feeds/flood.ts';
import { idleMetrics, latencyMetrics, measureLatency, rate, type LatencyTimes } from './feeds/latency.ts';
import type { Follower, StoredStates } from './feeds/sides.ts';
import type { Benchmark, BenchmarkOptions, Runs } from './harness/benchmark.ts';
import { interleave } from './harness/interleave.ts';
import { storedState } from './world/control-plane.ts';
import { fleet, serviceNames } from './world/fleet.ts';
import { createGrpcServices, insertRows, login, storedRegistry } from './world/registry.ts';

const mysqlFollowers: readonly Follower[] = ['bare loop', 'Binlog', 'Trigger', 'Redis', 'Poll'];
const flooded: readonly Follower[] = ['Binlog', 'Trigger', 'Canal'];

/** How the five feeds compare: from commit to slice, what following costs, and what somebody else's writing does to it. */
export const feeds: Benchmark = {
  name: 'feeds',
  summary: 'commit to slice with each feed, beside a bare loop; idle CPU; a foreign flood',
  run: async (options) => {
    const { quick, progress, profile } = options;
    const size = quick ? { instances: 500, services: 5 } : { instances: 5000, services: 50 };
    const states = await progress.during('making the states of the feeds', () => makeStates(size));
    const canal = 'folder' in availability('canal');
    const ofMariadb = canal
      ? [...mysqlFollowers.slice(0, -1), 'Canal' as const, 'Poll' as const]
      : mysqlFollowers;
    const mariadb = await latencies('mariadb', ofMariadb, states, options);
    const mysql =
      'folder' in availability('mysql') ? await latencies('mysql', mysqlFollowers, states, options) : [];
    const seconds = quick ? 4 : 30;
    const sides = flooded
      .filter((follower) => canal || follower !== 'Canal')
      .map((follower) => ({
        name: follower,
        measure: () => measureFlood(follower, states, seconds, profile),
      }));
    const floods = await interleave(sides, 1, progress);
    const ofSize = `${size.instances} endpoints of ${size.services} services`;
    const latencyTitle = `${rate} changes a second, ${ofSize}: commit to the slice at a watch`;
    return {
      sections: [
        { title: `MariaDB, ${latencyTitle}`, metrics: latencyMetrics, sides: mariadb },
        ...(mysql.length > 0
          ? [{ title: `MySQL, ${latencyTitle}`, metrics: latencyMetrics, sides: mysql }]
          : []),
        { title: `MariaDB, nothing changes, ${ofSize}`, metrics: idleMetrics, sides: mariadb.map(idleRuns) },
        {
          title: `MariaDB, the same changes while ${floodRate} rows a second are written to another table for ${seconds} s`,
          ...{ metrics: floodMetrics, sides: floods },
        },
      ],
      checks: [
        ...feedChecks('MariaDB', mariadb),
        ...feedChecks('MySQL', mysql),
        ...idleChecks(mariadb),
        ...floodChecks(floods),
      ],
      notes: [
        'The bare loop reads the binary log with the same library, believes the row image and PUTs the slice: no checks, no second look, no recovery.',
        'A change sets a row to DRAINING; the time runs from the answer to that UPDATE, which commits by itself, to the event at the watch.',
        'CPU and memory are those of the process that publishes, not of the database, Redis or canal-server.',
      ],
    };
  },
};

/** The runs that looked at the idle operator, too. */
function idleRuns({ name, samples }: Runs): Runs {
  return { name, samples: samples.filter(({ idleCpu }) => idleCpu !== undefined) };
}

async function makeStates({
  instances,
  services,
}: {
  instances: number;
  services: number;
}): Promise<StoredStates> {
  const members = fleet(instances, services);
  const rowsOf = (flavor: DatabaseFlavor): Promise<string> =>
    storedRegistry(async (registry) => {
      await insertRows(registry, members, null);
      const look = flavor === 'mariadb' ? 'BINLOG MONITOR' : 'REPLICATION CLIENT';
      await registry.query(`GRANT REPLICATION SLAVE, ${look} ON *.* TO '${login.user}'@'%'`);
    }, flavor);
  return {
    members,
    cluster: await storedState((apiServer) => createGrpcServices(apiServer, serviceNames(services))),
    rows: {
      mariadb: await rowsOf('mariadb'),
      mysql: 'folder' in availability('mysql') ? await rowsOf('mysql') : '',
    },
  };
}

async function latencies(
  flavor: DatabaseFlavor,
  followers: readonly Follower[],
  states: StoredStates,
  { quick, profile, progress }: BenchmarkOptions,
): Promise<Runs[]> {
  const sides = followers.map((follower) => ({
    name: follower,
    measure: (round: number) => {
      // A CPU that does nothing varies less than a latency: one run is enough.
      const isIdleToo = flavor === 'mariadb' && round === 0;
      const times: LatencyTimes = {
        idleSeconds: isIdleToo ? (quick ? 3 : 20) : 0,
        settleSeconds: quick ? 3 : 30,
        changeSeconds: quick ? 4 : 10,
      };
      return measureLatency(follower, flavor, states, times, profile);
    },
  }));
  return await interleave(sides, quick ? 1 : 3, progress);
}
